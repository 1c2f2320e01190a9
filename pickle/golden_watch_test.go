package pickle_test

import (
	"fmt"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/tasklet"
)

// The frames of the golden pickles of watchdogs. Their names, fields and states are
// never to change.
type (
	// goldenWatchdog lets the others run, and inserts whom it has caught, until it
	// catches nobody any more.
	goldenWatchdog struct {
		name   string
		budget tasklet.Budget
		victim *tasklet.Tasklet
		begun  bool //lint:ignore U1000 it is in pickles that were written once
	}
	// goldenTicker ticks so many times, those from the third to the sixth in an
	// atomic section.
	goldenTicker struct {
		name      string
		tick, all int
	}
)

// Resume watches.
func (f *goldenWatchdog) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := t.Watch(f.budget, &f.victim); s != tasklet.Next {
			return s
		}
		if f.victim == nil {
			say("%s catches nobody", f.name)
			return tasklet.Return
		}
		say("%s catches %s", f.name, f.victim.Name())
		if err := f.victim.Insert(); err != nil {
			return t.Fail(err)
		}
	}
}

// Resume ticks, but not for hours, as a damaged pickle may say: nobody interrupts it
// if the watch over it has no budget.
func (f *goldenTicker) Resume(t *tasklet.Tasklet) tasklet.Step {
	if f.all-f.tick > 1000 || f.all-f.tick < 0 && f.all > f.tick {
		return t.Fail(fmt.Errorf("%s: %d is too far to tick", f.name, f.all))
	}
	for ; f.tick < f.all; f.tick++ {
		if s := t.Tick(); s != tasklet.Next {
			return s
		}
		t.SetAtomic(f.tick >= 2 && f.tick < 6)
		say("%s %d", f.name, f.tick)
	}
	return tasklet.Return
}

func init() {
	pickle.Register[goldenWatchdog]("golden.watchdog")
	pickle.Register[goldenTicker]("golden.ticker")
	pickle.Register[tasklet.Budget]("golden.budget")
}

// watches are golden pickles of tasklets that watch, and of who was interrupted.
func watches() []golden {
	make := func(steps int, frames ...tasklet.Frame) func(w *stage) any {
		return func(w *stage) any {
			for i, f := range frames {
				w.s.Go(f).SetName(string(rune('a' + i)))
			}
			if _, err := w.s.Step(steps); err != nil {
				panic(err)
			}
			return w.asItIs(nil)
		}
	}
	// The watches go on by themselves. Play would insert them.
	use := func(w *stage, v any) {
		g := v.(*goldenStage).Group
		say("%d ready, %d parked", len(g.Ready), len(g.Parked))
		w.run()
		w.check()
	}
	return []golden{
		{name: "watching", make: make(4, &goldenWatchdog{name: "outer"}, &goldenWatchdog{name: "inner"},
			&goldenTurns{"turns", 0, 3}, &goldenTurns{"others", 0, 2}), use: use},
		{name: "watching-ticks", make: make(5, &goldenWatchdog{name: "dog", budget: tasklet.Budget{Steps: 2}},
			&goldenTicker{"x", 0, 9}, &goldenTicker{"y", 0, 3}), use: use},
		{name: "interrupted", make: func(w *stage) any {
			a := w.s.Go(&goldenTicker{"a", 0, 9})
			a.SetName("a")
			for range 2 {
				if v, err := w.s.RunBudget(tasklet.Budget{Steps: 3}); v != a || err != nil {
					panic(err)
				}
				if err := a.Insert(); err != nil {
					panic(err)
				}
			}
			if err := a.Remove(); err != nil {
				panic(err)
			}
			return w.asItIs(nil, a)
		}, use: func(w *stage, v any) {
			a := v.(*goldenStage).Tasklets[0]
			say("%s, atomic: %t", describe(a), a.Atomic())
			play(w, v)
		}},
	}
}
