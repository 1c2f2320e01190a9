package wait_test

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestProperty runs random programs on the scheduler, as frames, as plain functions
// and as frames that are pickled between steps, and on the model: all are to log the
// same.
func TestProperty(t *testing.T) {
	n := 20000
	if testing.Short() {
		n = 1000
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

// sameAsModel reports whether the programs of that seed log the same everywhere.
func sameAsModel(t *testing.T, seed uint64) bool {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	programs := randomPrograms(r)
	want := strings.Join(runModel(programs), " ")
	for _, form := range []string{"frames", "functions", "pickled"} {
		w := newWorld(programs, form == "functions")
		var err error
		for form == "pickled" && err == nil {
			var ran int
			if ran, err = w.s.Step(1 + r.IntN(6)); ran == 0 {
				break
			}
			w = w.pickled()
		}
		if err == nil {
			err = w.s.Run()
		}
		w.state()
		got := strings.Join(w.log, " ")
		w.check()
		w.s.OnError(nil)
		_ = w.s.Close() // kills meet errors that are on their way
		w.check()
		if err != nil || w.broken != nil || got != want {
			t.Errorf("seed %d, %s: %v, %v", seed, form, err, w.broken)
			for _, p := range programs {
				t.Log(p)
			}
			t.Errorf("got  %s\nwant %s", got, want)
			return false
		}
	}
	return true
}

// randomPrograms writes up to six programs that use all nouns, or a few of them
// much.
func randomPrograms(r *rand.Rand) []*program {
	nouns := [][]string{
		{"lock", "lock", "unlock", "unlock", "trylock", "repair"},
		{"lock", "condwait", "condwait", "signal", "broadcast", "unlock"},
		{"acquire", "acquire", "release"},
		{"ewait", "set", "clear"},
		{"gwait", "add", "add"},
		{"put", "put", "get", "get"},
	}
	verbs := []string{"yield"}
	for range 1 + r.IntN(4) {
		verbs = append(verbs, nouns[r.IntN(len(nouns))]...)
	}
	if r.IntN(2) == 0 {
		verbs = append(verbs, "kill", "throw", "throw")
	}
	if r.IntN(6) == 0 {
		verbs = append(verbs, "close")
	}
	programs := make([]*program, 1+r.IntN(6))
	for i := range programs {
		p := &program{name: string(rune('a' + i)), tidy: r.IntN(4) > 0}
		for j := range 1 + r.IntN(12) {
			o := step{verb: verbs[r.IntN(len(verbs))]}
			switch o.verb {
			case "acquire":
				o.n = r.IntN(permits + 1)
				if r.IntN(20) == 0 {
					o.n = permits + 1
				}
			case "release":
				o.n = r.IntN(permits + 1)
			case "add":
				o.n = r.IntN(4) - 2
			case "put":
				o.n = 100*i + j
			case "kill", "throw":
				o.n = r.IntN(len(programs))
			}
			p.steps = append(p.steps, o)
		}
		programs[i] = p
	}
	return programs
}
