package main

import (
	"strings"
	"testing"
)

func TestRing(t *testing.T) {
	tests := map[string]string{
		"":                             "number 1 of 1000 holds the token after 100000 messages\n",
		"--tasklets 2 --rounds 3":      "number 1 of 2 holds the token after 6 messages\n",
		"--tasklets 7 --rounds 0":      "number 1 of 7 holds the token after 0 messages\n",
		"--tasklets 100000 --rounds 1": "number 1 of 100000 holds the token after 100000 messages\n",
	}
	for args, want := range tests {
		var stdout, stderr strings.Builder
		code := run(strings.Fields(args), &stdout, &stderr)
		if code != 0 || stdout.String() != want || stderr.String() != "" {
			t.Errorf("%s: code %d, stdout %q, stderr %q", args, code, stdout.String(), stderr.String())
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range []string{"--tasklets 1", "--rounds -1", "--rounds x", "--nonsense", "more"} {
		var stdout, stderr strings.Builder
		if code := run(strings.Fields(args), &stdout, &stderr); code != 2 || stdout.String() != "" {
			t.Errorf("%s: code %d, stdout %q", args, code, stdout.String())
		}
		if got := stderr.String(); !strings.HasPrefix(got, "ring: ") || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: stderr is not one line of ours: %q", args, got)
		}
	}
	var stdout, stderr strings.Builder
	if code := run([]string{"--help"}, &stdout, &stderr); code != 0 || !strings.Contains(stdout.String(), "-rounds") {
		t.Errorf("--help: code %d, stdout %q", code, stdout.String())
	}
}
