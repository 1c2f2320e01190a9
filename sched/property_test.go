package sched_test

import (
	"bytes"
	"flag"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/sched"
)

var (
	scripts   = flag.Uint64("scripts", 0, "how many random scripts each property is tested with, if not as many as usual")
	firstSeed = flag.Uint64("seed", 0, "the seed of the first of them")
)

// seeds returns the seeds of as many random scripts as usual, or as the flags say.
func seeds(usual, short uint64) (first, end uint64) {
	n := usual
	switch {
	case *scripts > 0:
		n = *scripts
	case testing.Short():
		n = short
	}
	return *firstSeed, *firstSeed + n
}

// TestProperty runs random scripts on the scheduler, as frames and as plain
// functions, and on the model: all three are to log the same.
func TestProperty(t *testing.T) {
	for seed, end := seeds(20000, 2000); seed < end; seed++ {
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
