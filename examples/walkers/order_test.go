package main

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stackless-go/stackless/sched/schedtest"
)

// TestInEveryOrder: in another order the walkers draw other numbers, but none leaves
// the torus, and each is as quick as it is to be.
func TestInEveryOrder(t *testing.T) {
	const count, duration = 9, 20 * time.Second
	schedtest.Run(t, func(w *schedtest.World) {
		all := &world{chance: rand.New(rand.NewPCG(w.Seed(), 0))}
		walkers := make([]walker, count)
		fewest, most := 0, 0
		for i := range walkers {
			f := &walkers[i]
			*f = walker{world: all, x: i, y: height / 2, pause: shortestPause + time.Duration(i)*time.Second}
			f.drawSleep()
			fewest += int(duration / (f.pause * 3 / 2))
			most += int(duration/(f.pause/2)) + 1
			w.Go(f)
		}
		w.Always(func() error {
			for i, f := range walkers {
				if f.x < 0 || f.x >= width || f.y < 0 || f.y >= height {
					return fmt.Errorf("walker %d is at %d, %d", i, f.x, f.y)
				}
			}
			return nil
		})
		if err := w.Main().Sleep(duration); err != nil {
			w.Fatal(err)
		}
		if all.steps < fewest || all.steps > most {
			w.Errorf("%d steps, not between %d and %d", all.steps, fewest, most)
		}
	})
}
