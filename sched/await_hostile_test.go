package sched_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// TestAwaitMisuse: a frame that breaks the contract is ended with an error that
// names it, and its function is cancelled.
func TestAwaitMisuse(t *testing.T) {
	cancelled := make(chan struct{}, 1)
	var i int
	var word string
	forever := func(ctx context.Context) (int, error) { <-ctx.Done(); cancelled <- struct{}{}; return 0, nil }
	at := 0
	for _, test := range []struct {
		name string
		f    tasklet.Func
		says string
	}{
		{"nil", func(t *tasklet.Tasklet) tasklet.Step { return tasklet.Await[int](t, &i, nil) }, "awaits a nil function"},
		{"twice", func(t *tasklet.Tasklet) tasklet.Step {
			tasklet.Await(t, &i, forever)
			return tasklet.Await(t, &i, forever)
		}, "performs a await although its await has not returned Next"},
		{"another", func(t *tasklet.Tasklet) tasklet.Step {
			if at++; at > 1 {
				return tasklet.Await(t, &word, panics)
			}
			return tasklet.Await(t, &i, func(context.Context) (int, error) { return 1, nil })
		}, "left an Await of "},
		{"yield", func(t *tasklet.Tasklet) tasklet.Step {
			if at++; at > 3 {
				return t.Yield()
			}
			return tasklet.Await(t, &i, func(context.Context) (int, error) { return 1, nil })
		}, "left a await and resumed into a yield"},
	} {
		s := sched.New()
		s.Go(test.f)
		if err := s.Run(); !errors.Is(err, tasklet.ErrMisuse) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.name, err)
		}
		if test.name == "twice" {
			<-cancelled
		}
		at = 2 * min(at, 1)
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestAwaitStress has tasklets await functions of all kinds, while others kill
// them and throw at them, and closes the scheduler in the middle of it. Nobody is
// lost, and no more functions run at a time than may.
func TestAwaitStress(t *testing.T) {
	for round := range 20 {
		before := runtime.NumGoroutine()
		late := 0 // errors that came after the last result, and met no operation
		options := []sched.Option{sched.WithWorkers(1 + round%5), sched.WithErrorHandler(func(_ *tasklet.Tasklet, err error) error {
			if late++; errors.Is(err, errLost) {
				return nil
			}
			return err
		})}
		if round%2 == 1 {
			options = append(options, sched.WithWorkInOrder())
		}
		s := sched.New(options...)
		var running atomic.Int32
		var values, errs, ended int
		var ts []*tasklet.Tasklet
		const n = 60
		for i := range n {
			u := s.GoFunc(func(co *tasklet.Coroutine) error {
				for k := range 20 {
					v, err := tasklet.AwaitFor(co, func(ctx context.Context) (int, error) {
						if int(running.Add(1)) > 1+round%5 {
							t.Error("too many at a time")
						}
						defer running.Add(-1)
						switch (i + k) % 6 {
						case 0:
							return 0, errLost
						case 1:
							panic(errLost)
						case 2:
							runtime.Goexit()
						case 3:
							runtime.Gosched()
						}
						return i*100 + k, ctx.Err()
					})
					switch {
					case err == nil && v == i*100+k:
						values++
					case errors.Is(err, errLost), errors.Is(err, tasklet.ErrGoexit):
						errs++
					case errors.Is(err, tasklet.ErrExit):
						return err
					default:
						return fmt.Errorf("%d, %v", v, err)
					}
				}
				return nil
			})
			u.OnExit(func(*tasklet.Tasklet) { ended++ })
			ts = append(ts, u)
		}
		for k := 0; s.RunCount() > 1 || s.Home().Awaiting() > 0; k++ {
			if _, err := s.Step(7); err != nil {
				t.Fatal(err)
			}
			if err := s.Check(); err != nil {
				t.Fatal(err)
			}
			switch u := ts[k*7%n]; k % 3 {
			case 0:
				_ = u.ThrowLater(errLost)
			case 1:
				u.KillLater()
			}
			if round%4 == 3 && k == 100 {
				break
			}
			if k%16 == 0 {
				runtime.Gosched()
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if ended != n || errs == 0 {
			t.Fatalf("%d of %d have ended, %d with an error; %d values, %d errors", ended, n, late, values, errs)
		}
		for runtime.NumGoroutine() > before {
			runtime.Gosched()
		}
	}
}

// TestAwaitHostile: frames that break the contract around an Await are ended, and
// what they asked for is withdrawn.
func TestAwaitHostile(t *testing.T) {
	for name, after := range map[string]func(t, other *tasklet.Tasklet, into *int) tasklet.Step{
		"returns": func(*tasklet.Tasklet, *tasklet.Tasklet, *int) tasklet.Step { return tasklet.Return },
		"panics":  func(*tasklet.Tasklet, *tasklet.Tasklet, *int) tasklet.Step { panic(errLost) },
		"fails":   func(t, _ *tasklet.Tasklet, _ *int) tasklet.Step { return t.Fail(errLost) },
		"yields":  func(t, _ *tasklet.Tasklet, _ *int) tasklet.Step { return t.Yield() },
		"for another": func(_, other *tasklet.Tasklet, into *int) tasklet.Step {
			return tasklet.Await(other, into, func(context.Context) (int, error) { return 0, nil })
		},
	} {
		s := sched.New()
		cause := make(chan error, 1)
		other := s.New(frame(parks))
		var got int
		u := s.Go(frame(func(u *tasklet.Tasklet) tasklet.Step {
			tasklet.Await(u, &got, func(ctx context.Context) (int, error) {
				<-ctx.Done()
				cause <- context.Cause(ctx)
				return 1, nil
			})
			return after(u, other, &got)
		}))
		if err := s.Run(); err == nil || u.Alive() || got != 0 {
			t.Errorf("%s: %v, %v, %d", name, err, u, got)
		}
		if err := <-cause; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: cancelled by %v", name, err)
		}
		if err := errors.Join(s.Check(), s.Close()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := sched.New()
	s.Go(&tidy{returns, func(u *tasklet.Tasklet) {
		var got int
		tasklet.Await(u, &got, func(context.Context) (int, error) { return 1, nil })
	}})
	if err := s.Run(); !errors.Is(err, tasklet.ErrMisuse) {
		t.Errorf("in a cleanup: %v", err)
	}
}
