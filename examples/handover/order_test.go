package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/sched/schedtest"
)

// TestInEveryOrder: the group says the same lines in every order, also if it moves on
// in the middle of its work.
func TestInEveryOrder(t *testing.T) {
	const lines = 6
	schedtest.Run(t, func(w *schedtest.World) {
		pause := time.Second
		c := newCargo(w.Scheduler(), pause, func() {})
		if err := w.Main().Sleep(time.Duration(w.Seed()%lines) * pause); err != nil {
			w.Fatal(err)
		}
		c.Group = w.Scheduler().Everyone()
		var moved []byte
		if err := pickle.Move(c, func(b []byte) error { moved = b; return nil }); err != nil {
			w.Fatal(err)
		}
		w.Run()
		there := sched.New(sched.WithClock(w.Clock()), sched.WithShuffle(w.Seed()), sched.WithSpuriousWakeups(w.Seed()))
		w.Cleanup(func() { _ = there.Close() })
		c, err := loadCargo(there, moved, func() {})
		if err != nil {
			w.Fatal(err)
		}
		for len(c.World.Lines) < lines {
			if err := there.Main().Sleep(pause); err != nil {
				w.Fatal(err)
			}
			if err := there.Check(); err != nil {
				w.Fatal(err)
			}
		}
		sum := 0
		for i, line := range c.World.Lines {
			sum += 2 * (i + 1)
			if want := fmt.Sprintf("%d doubled is %d, all together %d", i+1, 2*(i+1), sum); line != want {
				w.Errorf("line %q, want %q", line, want)
			}
		}
	}, schedtest.AllEnded())
}
