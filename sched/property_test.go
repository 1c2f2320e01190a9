package sched_test

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/sched"
)

// TestProperty runs random scripts on the scheduler, as frames and as plain
// functions, and on the model: all three are to log the same.
func TestProperty(t *testing.T) {
	n := 20000
	if testing.Short() {
		n = 2000
	}
	for seed := range uint64(n) {
		if !sameAsModel(t, seed) {
			return
		}
	}
}

// FuzzModel is TestProperty with seeds of the fuzzer's choice.
func FuzzModel(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { sameAsModel(t, seed) })
}

// sameAsModel reports whether the script of that seed logs the same everywhere.
func sameAsModel(t *testing.T, seed uint64) bool {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	var more []string
	if seed%4 == 1 {
		more = append(more, "await")
	}
	s := randomScript(r, more...)
	slowDown(r, s)
	want, ok := runModel(s)
	if !ok {
		t.Fatalf("seed %d: the model does not know all of\n%s", seed, s)
	}
	for _, functions := range []bool{false, true} {
		got, err := runScript(s, functions)
		if err != nil || strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("seed %d, functions %v: %v\n%s\ngot  %v\nwant %v", seed, functions, err, s, got, want)
			return false
		}
	}
	if seed%4 == 0 { // looking changes nothing
		w, err := runWorld(s, seed%8 == 0, sched.WithTrace(slog.New(asText(new(bytes.Buffer)))))
		if err != nil || strings.Join(w.log, " ") != strings.Join(want, " ") {
			t.Errorf("seed %d, observed: %v\n%s\ngot  %v\nwant %v", seed, err, s, w.log, want)
			return false
		}
	}
	return true
}
