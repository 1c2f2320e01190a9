package main

import (
	"strings"
	"testing"
)

const afterTenSeconds = `






 .     .
...  .. .  ..                   ..                                   .
   .. .:.::...:. : .:::.-...:.-  :.. .  ::.:. . : .:: ...:. ...:::: . .:
 ..  - .:.....::.:..:.:::-::.::::::-:--.:::::-::-:::--.-: :--:-: ::--::.
  : :.   :.  .. ..: .                ..     .        .
. .  ..       ..  . .
 : .






300 walkers, 1292 steps, 10s of simulated time
`

// walk runs the command and returns what it prints.
func walk(t *testing.T, args string) string {
	t.Helper()
	var stdout, stderr strings.Builder
	if code := run(strings.Fields(args), &stdout, &stderr); code != 0 || stderr.String() != "" {
		t.Errorf("%s: code %d, stderr %q", args, code, stderr.String())
	}
	return stdout.String()
}

func TestWalkers(t *testing.T) {
	if got := walk(t, "--walkers 300 --time 10s"); got != afterTenSeconds {
		t.Errorf("got\n%swant\n%s", got, afterTenSeconds)
	}
	if got := walk(t, "--walkers 300 --time 10s --seed 2"); got == afterTenSeconds {
		t.Errorf("another seed, the same picture:\n%s", got)
	}
}

func TestNobodyWalks(t *testing.T) {
	start := strings.Repeat("\n", 10) + strings.Repeat("-", width) + strings.Repeat("\n", 10) +
		"288 walkers, 0 steps, 0s of simulated time\n"
	if got := walk(t, "--walkers 288 --time 0"); got != start {
		t.Errorf("got\n%swant\n%s", got, start)
	}
	nobody := strings.Repeat("\n", height/2) + "0 walkers, 0 steps, 1m0s of simulated time\n"
	if got := walk(t, "--walkers 0 --time 1m"); got != nobody {
		t.Errorf("got\n%swant\n%s", got, nobody)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range []string{"--walkers -1", "--time -1s", "--seed x", "--nonsense", "more"} {
		var stdout, stderr strings.Builder
		if code := run(strings.Fields(args), &stdout, &stderr); code != 2 || stdout.String() != "" {
			t.Errorf("%s: code %d, stdout %q", args, code, stdout.String())
		}
		if got := stderr.String(); !strings.HasPrefix(got, "walkers: ") || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: stderr is not one line of ours: %q", args, got)
		}
	}
	var stdout, stderr strings.Builder
	if code := run([]string{"--help"}, &stdout, &stderr); code != 0 || !strings.Contains(stdout.String(), "-seed") {
		t.Errorf("--help: code %d, stdout %q", code, stdout.String())
	}
}
