package sched

import (
	"runtime"
	"testing"

	"github.com/stackless-go/stackless/tasklet"
)

// TestCollectorIsLetIn: a scheduler waits for the collector now and then, but only if no
// processor is idle; a pool, if none of its schedulers is.
func TestCollectorIsLetIn(t *testing.T) {
	spin := func(s *Scheduler) {
		s.home.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
			for {
				if s := t.Yield(); s != tasklet.Next {
					return s
				}
			}
		}))
		steps := 2 * collectEvery * pollEvery
		if ran, err := s.Step(steps); err != nil || ran != steps {
			t.Errorf("ran %d, %v", ran, err)
		}
	}
	for _, procs := range []int{1, 2} {
		before := runtime.GOMAXPROCS(procs)
		alone := New()
		spin(alone)
		if let := alone.collector.end != nil; let != (procs == 1) {
			t.Errorf("alone on %d processors, it lets the collector in: %v", procs, let)
		}
		p := NewPool(0)
		a, b := p.New(), p.New()
		spin(a)
		if a.collector.end == nil {
			t.Errorf("of a pool of two on %d processors, one does not let the collector in", procs)
		}
		b.Stop()
		c := p.New()
		c.looked = a.looked
		p.mu.Lock()
		p.hunger(a)
		p.mu.Unlock()
		spin(c)
		if let := c.collector.end != nil; let != (procs == 1) {
			t.Errorf("beside one that has nothing to do, on %d processors, it lets the collector in: %v", procs, let)
		}
		p.mu.Lock()
		p.sate(a)
		p.mu.Unlock()
		runtime.GOMAXPROCS(before)
	}
}
