package sched_test

import (
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// TestCollectorAcrossBubbles: what a scheduler waits by for the collector does not belong to
// the bubble of package synctest in which it did so first, if the scheduler doesn't.
func TestCollectorAcrossBubbles(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	s := sched.New()
	s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
		for {
			if s := t.Yield(); s != tasklet.Next {
				return s
			}
		}
	}))
	spin := func(t *testing.T) {
		if ran, err := s.Step(10_000); err != nil || ran != 10_000 {
			t.Errorf("ran %d, %v", ran, err)
		}
	}
	synctest.Test(t, spin)
	synctest.Test(t, spin)
	spin(t)
}
