package main

import (
	"strings"
	"testing"
)

func TestYesno(t *testing.T) {
	var stdout, stderr strings.Builder
	code := run(nil, &stdout, &stderr)
	if code != 0 || stdout.String() != "[yes no]\n" || stderr.String() != "" {
		t.Errorf("code %d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
	}
}

func TestUsage(t *testing.T) {
	var stdout, stderr strings.Builder
	code := run([]string{"maybe"}, &stdout, &stderr)
	if code != 2 || stdout.String() != "" || stderr.String() != "yesno: unexpected argument \"maybe\"\n" {
		t.Errorf("code %d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
	}
}
