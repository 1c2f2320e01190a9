package main

import (
	"strings"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
)

func TestPipeline(t *testing.T) {
	tests := []struct{ args, primes, last string }{
		{
			"",
			"2 3 5 7 11 13 17 19 23 29 31 37 41 43 47 53 59 61 67 71 73 79 83 89 97",
			"25 primes below 100, found by 27 tasklets",
		},
		{"--below 30", "2 3 5 7 11 13 17 19 23 29", "10 primes below 30, found by 12 tasklets"},
		{"--below 3", "2", "1 primes below 3, found by 3 tasklets"},
		{"--below 2", "", "0 primes below 2, found by 2 tasklets"},
		{"--below -5", "", "0 primes below -5, found by 2 tasklets"},
	}
	for _, test := range tests {
		var stdout, stderr strings.Builder
		if code := run(strings.Fields(test.args), &stdout, &stderr); code != 0 || stderr.String() != "" {
			t.Errorf("%s: code %d, stderr %q", test.args, code, stderr.String())
		}
		want := strings.Join(append(strings.Fields(test.primes), test.last), "\n") + "\n"
		if got := stdout.String(); got != want {
			t.Errorf("%s: got\n%swant\n%s", test.args, got, want)
		}
	}
}

// TestEnd tests that closing the first channel ends every stage.
func TestEnd(t *testing.T) {
	s := sched.New()
	numbers, primes := channel.New[int](s), channel.New[int](s)
	first := s.Go(&stage{in: numbers, primes: primes})
	s.Go(&counter{out: numbers, next: 2, below: 50})
	var found []int
	for prime, err := range primes.All(s.Main()) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, prime)
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	if len(found) != 15 || first.Alive() || first.Err() != nil {
		t.Errorf("found %v; first stage: %v, error %v", found, first, first.Err())
	}
	for waiting := range s.Blocked() {
		t.Error("still there:", waiting.Describe())
	}
	if !numbers.Closed() || !primes.Closed() {
		t.Errorf("not closed: %v, %v", numbers, primes)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range []string{"--below x", "--nonsense", "more"} {
		var stdout, stderr strings.Builder
		if code := run(strings.Fields(args), &stdout, &stderr); code != 2 || stdout.String() != "" {
			t.Errorf("%s: code %d, stdout %q", args, code, stdout.String())
		}
		if got := stderr.String(); !strings.HasPrefix(got, "pipeline: ") || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: stderr is not one line of ours: %q", args, got)
		}
	}
	var stdout, stderr strings.Builder
	if code := run([]string{"--help"}, &stdout, &stderr); code != 0 || !strings.Contains(stdout.String(), "-below") {
		t.Errorf("--help: code %d, stdout %q", code, stdout.String())
	}
}
