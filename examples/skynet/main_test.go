package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestSkynet(t *testing.T) {
	for _, leaves := range []int64{1, 2, 9, 10, 11, 99, 100, 101, 1000, 12345, 1_000_000} {
		if testing.Short() && leaves > 100_000 {
			continue
		}
		var stdout, stderr strings.Builder
		code := run([]string{fmt.Sprint("--leaves=", leaves)}, &stdout, &stderr)
		if want := fmt.Sprintln(leaves * (leaves - 1) / 2); code != 0 || stdout.String() != want {
			t.Errorf("%d leaves: code %d, stdout %q, want %q", leaves, code, stdout.String(), want)
		}
		if got := stderr.String(); !strings.Contains(got, " steps in ") || strings.Count(got, "\n") != 1 {
			t.Errorf("%d leaves: stderr %q", leaves, got)
		}
	}
}

// TestSteps tests that the steps are the program's alone, the same in each run.
func TestSteps(t *testing.T) {
	_, first, err := skynet(1000)
	if err != nil {
		t.Fatal(err)
	}
	if _, again, _ := skynet(1000); again != first {
		t.Errorf("%d steps, and again %d", first, again)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range []string{"--leaves 0", "--leaves x", "--nonsense", "more"} {
		var stdout, stderr strings.Builder
		if code := run(strings.Fields(args), &stdout, &stderr); code != 2 || stdout.String() != "" {
			t.Errorf("%s: code %d, stdout %q", args, code, stdout.String())
		}
		if got := stderr.String(); !strings.HasPrefix(got, "skynet: ") || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: stderr is not one line of ours: %q", args, got)
		}
	}
	var stdout, stderr strings.Builder
	if code := run([]string{"--help"}, &stdout, &stderr); code != 0 || !strings.Contains(stdout.String(), "-leaves") {
		t.Errorf("--help: code %d, stdout %q", code, stdout.String())
	}
}
