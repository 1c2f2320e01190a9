package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/sched"
)

func TestSleepers(t *testing.T) {
	tests := map[string]string{
		"": `tasklets  2000
sleeps    240000
passed    2m0s on a virtual clock
`,
		"--tasklets 3 --rounds 7200": `tasklets  3
sleeps    21600
passed    2h0m0s on a virtual clock
`,
		"--tasklets 0": `tasklets  0
sleeps    0
passed    0s on a virtual clock
`,
	}
	for args, want := range tests {
		t.Run(args, func(t *testing.T) {
			var stdout, stderr strings.Builder
			if code := run(strings.Fields(args), &stdout, &stderr); code != 0 || stderr.String() != "" {
				t.Errorf("code %d, stderr %q", code, stderr.String())
			}
			if got := stdout.String(); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

func TestRealClock(t *testing.T) {
	if testing.Short() {
		t.Skip("it sleeps")
	}
	sleeps, passed, err := sleep(50, 1, sched.RealClock{})
	if err != nil || sleeps != 50 || passed < time.Second {
		t.Errorf("%d sleeps in %v, error %v", sleeps, passed, err)
	}
	var stdout, stderr strings.Builder
	code := run([]string{"--rounds=0", "--virtual=false"}, &stdout, &stderr)
	if code != 0 || !strings.HasSuffix(stdout.String(), " on a real clock\n") || stderr.String() != "" {
		t.Errorf("code %d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
	}
}

func TestUsage(t *testing.T) {
	for _, args := range []string{"--rounds x", "--tasklets -1", "--nonsense", "more"} {
		var stdout, stderr strings.Builder
		if code := run(strings.Fields(args), &stdout, &stderr); code != 2 || stdout.String() != "" {
			t.Errorf("%s: code %d, stdout %q", args, code, stdout.String())
		}
		if got := stderr.String(); !strings.HasPrefix(got, "sleepers: ") || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: stderr is not one line of ours: %q", args, got)
		}
	}
	var stdout, stderr strings.Builder
	if code := run([]string{"--help"}, &stdout, &stderr); code != 0 || !strings.Contains(stdout.String(), "-rounds") {
		t.Errorf("--help: code %d, stdout %q", code, stdout.String())
	}
}
