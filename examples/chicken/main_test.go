package main

import (
	"strings"
	"testing"
)

func TestChicken(t *testing.T) {
	for _, args := range []string{"", "--functions"} {
		var stdout, stderr strings.Builder
		code := run(strings.Fields(args), &stdout, &stderr)
		if code != 0 || stdout.String() != "cluck\n" || stderr.String() != "" {
			t.Errorf("%s: code %d, stdout %q, stderr %q", args, code, stdout.String(), stderr.String())
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range []string{"--functions=maybe", "--nonsense", "more"} {
		var stdout, stderr strings.Builder
		if code := run(strings.Fields(args), &stdout, &stderr); code != 2 || stdout.String() != "" {
			t.Errorf("%s: code %d, stdout %q", args, code, stdout.String())
		}
		if got := stderr.String(); !strings.HasPrefix(got, "chicken: ") || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: stderr is not one line of ours: %q", args, got)
		}
	}
	var stdout, stderr strings.Builder
	if code := run([]string{"--help"}, &stdout, &stderr); code != 0 || !strings.Contains(stdout.String(), "-functions") {
		t.Errorf("--help: code %d, stdout %q", code, stdout.String())
	}
}
