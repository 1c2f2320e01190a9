package wait_test

import (
	"errors"
	"testing"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
	"github.com/stackless-go/stackless/wait"
)

// TestAllocations: in the steady state nothing is allocated.
func TestAllocations(t *testing.T) {
	s := sched.New()
	m, sem, e, b := wait.NewMutex(s), wait.NewSemaphore(s, 2), wait.NewEvent(s), wait.NewBuffer[int](s, 4)
	g, c := wait.NewGroup(s), wait.NewCond(m)
	forever := func(f func(t *tasklet.Tasklet) tasklet.Step) { s.Go(tasklet.Func(f)) }
	locks := func(waits bool) func(*tasklet.Tasklet) tasklet.Step {
		pc := 0
		return func(t *tasklet.Tasklet) tasklet.Step {
			for {
				switch pc {
				case 0:
					if s := m.Lock(t); s != tasklet.Next {
						return s
					}
					pc = 1
				case 1:
					if waits {
						if s := c.Wait(t); s != tasklet.Next {
							return s
						}
					} else if s := t.Yield(); s != tasklet.Next {
						return s
					}
					c.Signal()
					_ = m.Unlock(t)
					pc = 0
				}
			}
		}
	}
	for i := range 4 {
		forever(locks(i == 0))
		has := false
		forever(func(t *tasklet.Tasklet) tasklet.Step {
			for {
				if !has {
					if s := sem.Acquire(t, 2); s != tasklet.Next {
						return s
					}
					has = true
				}
				if s := e.Wait(t); s != tasklet.Next {
					return s
				}
				has = false
				if err := errors.Join(sem.Release(1), sem.Release(1)); err != nil {
					return t.Fail(err)
				}
			}
		})
	}
	var v int
	forever(func(t *tasklet.Tasklet) tasklet.Step {
		for {
			if s := b.Receive(t, &v); s != tasklet.Next {
				return s
			}
		}
	})
	for range 2 {
		forever(func(t *tasklet.Tasklet) tasklet.Step {
			for {
				if s := b.Send(t, 1); s != tasklet.Next {
					return s
				}
			}
		})
	}
	forever(func(t *tasklet.Tasklet) tasklet.Step {
		for {
			e.Set()
			e.Clear()
			if s := t.Yield(); s != tasklet.Next {
				return s
			}
		}
	})
	forever(func(t *tasklet.Tasklet) tasklet.Step {
		for {
			if s := g.Wait(t); s != tasklet.Next {
				return s
			}
			_ = g.Add(1)
		}
	})
	forever(func(t *tasklet.Tasklet) tasklet.Step {
		for {
			if s := t.Yield(); s != tasklet.Next {
				return s
			}
			_ = g.Add(-g.Count())
		}
	})
	if _, err := s.Step(20000); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(20, func() {
		if _, err := s.Step(1000); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations in 1000 steps", n)
	}
}
