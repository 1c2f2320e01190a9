package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/sched/schedtest"
)

// TestInEveryOrder: whenever a sign-up hears of what, the letters that it has written
// are those of a life that there is.
func TestInEveryOrder(t *testing.T) {
	schedtest.Run(t, func(w *schedtest.World) {
		chance := rand.New(rand.NewPCG(w.Seed(), 0))
		all := make([]*signUp, 5)
		for i := range all {
			all[i] = newSignUp(w.Scheduler(), fmt.Sprint(i, "@example.org"))
			w.Go(all[i])
		}
		w.Always(func() error {
			for _, f := range all {
				letters := make([]string, len(f.letters))
				for i, l := range f.letters {
					letters[i] = string(l)
				}
				if written := strings.Join(letters, ", "); !slices.Contains(lives[f.state.String()], written) {
					return fmt.Errorf("%s is %v and has written %s", f.email, f.state, written)
				}
			}
			return nil
		})
		for range 4 {
			for _, i := range chance.Perm(len(all))[:chance.IntN(len(all)+1)] {
				if f := all[i]; f.state == waiting || f.state == reminded { // the others hear no more
					if err := f.events.Put(w.Main(), event(chance.IntN(2))); err != nil {
						w.Fatal(err)
					}
				}
			}
			w.Run()
		}
	}, schedtest.ShuffleHandovers())
}
