package main

import (
	"path/filepath"
	"strings"
	"testing"
)

const simulated = `day  waiting  reminded  confirmed  expired  pickles  loaded  at once
  1       46         0         17        0       46      17        1
  2       44        33         43        0       77      61        5
  3        0        63         57        0       63      49        3
  4        0        57         63        0       57       6        1
  5        0        52         68        0       52       5        1
  6        0        45         75        0       45       7        1
  7        0        39         81        0       39       6        1
  8        0        17         84       19       17      22        3
  9        0         0         86       34        0      17        2
310 letters; the program was started 45 times
`

// TestSimulate: how often the program ends, and how many it loads at once, changes
// nothing in what happens.
func TestSimulate(t *testing.T) {
	simulate := func(args string) string {
		t.Helper()
		var stdout, stderr strings.Builder
		if code := run(t.Context(), strings.Fields("simulate "+args), &stdout, &stderr); code != 0 {
			t.Fatalf("%s: code %d, stderr %q", args, code, stderr.String())
		}
		return stdout.String()
	}
	if got := simulate("--people 120 --days 2"); got != simulated {
		t.Errorf("got\n%swant\n%s", got, simulated)
	}
	first := simulate("--people 60 --batch 1 --restart 24")
	for line := range strings.Lines(simulate("--people 60 --batch 1 --restart 8")) {
		if !strings.Contains(first, line) && !strings.Contains(line, "started") {
			t.Errorf("with restarts: %sinstead of\n%s", line, first)
		}
	}
	if got := simulate("--people 60 --batch 1 --restart 24 --seed 2"); got == first {
		t.Errorf("another seed, the same days:\n%s", got)
	}
	if got := simulate("--people 0"); strings.Count(got, "\n") != 2 {
		t.Errorf("nobody: %s", got)
	}
}

func TestCommands(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.db")
	for _, step := range []struct{ args, stdout, stderr string }{
		{"signup ann@example.org", "ann@example.org has signed up, and is reminded at 2", ""},
		{"signup bob@example.org", "bob@example.org has signed up, and is reminded at 2", ""},
		{"signup bob@example.org", "", "onboarding: bob@example.org has signed up already\n"},
		{"work", "0 reminded, 0 expired\n", ""},
		{"work --ahead 24h", "2 reminded, 0 expired\n", ""},
		{"confirm ann@example.org", "ann@example.org has confirmed\n", ""},
		{"status", "waiting    0\nreminded   1\nconfirmed  1\nexpired    0\npickles    1, ", ""},
		{"work --ahead 168h", "0 reminded, 1 expired\n", ""},
		{"confirm bob@example.org", "", "onboarding: bob@example.org: the time to confirm is over\n"},
		{"status", "waiting    0\nreminded   0\nconfirmed  1\nexpired    1\npickles    0, 0 bytes\nletters    6\n", ""},
	} {
		command, rest, _ := strings.Cut(step.args, " ")
		var stdout, stderr strings.Builder
		code := run(t.Context(), append([]string{command, "--db", file}, strings.Fields(rest)...), &stdout, &stderr)
		if (code == 0) != (step.stderr == "") || !strings.HasPrefix(stdout.String(), step.stdout) || stderr.String() != step.stderr {
			t.Errorf("%s: code %d, stdout %q, stderr %q", step.args, code, stdout.String(), stderr.String())
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range []string{
		"", "nonsense", "signup", "signup a@b c@d", "confirm", "work more", "status --nonsense", "work --batch 0", "work --db=",
		"simulate --people -1", "simulate --days 0", "simulate --restart 0", "simulate --batch 0", "simulate more",
	} {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), strings.Fields(args), &stdout, &stderr); code != 2 || stdout.String() != "" {
			t.Errorf("%s: code %d, stdout %q", args, code, stdout.String())
		}
		if got := stderr.String(); !strings.HasPrefix(got, "onboarding: ") || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: stderr is not one line of ours: %q", args, got)
		}
	}
	for _, args := range []string{"--help", "help", "simulate --help", "work -h"} {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), strings.Fields(args), &stdout, &stderr); code != 0 || !strings.Contains(stdout.String(), "-ahead") || !strings.Contains(stdout.String(), "-people") {
			t.Errorf("%s: code %d, stdout %q", args, code, stdout.String())
		}
	}
}
