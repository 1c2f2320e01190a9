package sched_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// What programs do that should not, or rarely do. Each of these went wrong once.

var errOne, errTwo = errors.New("one"), errors.New("two")

type step = tasklet.Step

func frame(f func(t *tasklet.Tasklet) step) tasklet.Func { return f }

// tidy is a frame with a cleanup.
type tidy struct {
	resume  func(t *tasklet.Tasklet) step
	cleanup func(t *tasklet.Tasklet)
}

func (f *tidy) Resume(t *tasklet.Tasklet) step { return f.resume(t) }
func (f *tidy) Cleanup(t *tasklet.Tasklet)     { f.cleanup(t) }

func parks(t *tasklet.Tasklet) step {
	if s := t.Park(); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

func returns(*tasklet.Tasklet) step { return tasklet.Return }

func failsWith(err error) func(t *tasklet.Tasklet) step {
	return func(t *tasklet.Tasklet) step { return t.Fail(err) }
}

// runAll runs until nothing is left to report and returns all errors together.
func runAll(s *sched.Scheduler) error {
	var errs []error
	for range 100 {
		err := s.Run()
		if err == nil {
			break
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func TestCallOfClosure(t *testing.T) {
	s := sched.New()
	called := false
	callee := frame(func(*tasklet.Tasklet) step { called = true; return tasklet.Return })
	s.Go(frame(func(t *tasklet.Tasklet) step {
		if s := t.Call(callee); s != tasklet.Next {
			return s
		}
		return tasklet.Return
	}))
	if err := s.Run(); err != nil || !called {
		t.Errorf("%v, called %v", err, called)
	}
	result := make(chan error)
	release := s.Hold()
	go func() { result <- s.Do(context.Background(), callee); release() }()
	runErr := make(chan error, 1)
	go func() { runErr <- <-result }()
	if err := s.Run(); err != nil {
		t.Error(err)
	}
	if err := <-runErr; err != nil {
		t.Errorf("Do: %v", err)
	}
}

func TestBindReplacesParked(t *testing.T) {
	s := sched.New()
	cleaned, ran := false, false
	u := s.New(&tidy{parks, func(*tasklet.Tasklet) { cleaned = true }})
	if err := u.Bind(frame(func(*tasklet.Tasklet) step { ran = true; return tasklet.Return })); err != nil {
		t.Fatal(err)
	}
	if err := u.Insert(); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(); err != nil || !cleaned || !ran {
		t.Errorf("%v, cleaned %v, ran %v", err, cleaned, ran)
	}
	// An error that was pending is not lost with the frames it was for.
	u.Setup(frame(parks))
	s.Run()
	u.SetError(errOne)
	if err := u.Bind(nil); !errors.Is(err, errOne) {
		t.Errorf("got %v", err)
	}
}

func TestFailOutOfTurn(t *testing.T) {
	for name, bad := range map[string]func(t *tasklet.Tasklet) step{
		"after a sleep": func(t *tasklet.Tasklet) step { t.Sleep(time.Hour); return t.Fail(errOne) },
		"after a yield": func(t *tasklet.Tasklet) step { t.Yield(); return t.Fail(errOne) },
		"of another": func(t *tasklet.Tasklet) step {
			return t.Go(frame(parks)).Fail(errOne)
		},
	} {
		s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))))
		s.Go(frame(returns))
		s.Go(frame(bad))
		if err := runAll(s); !errors.Is(err, tasklet.ErrMisuse) {
			t.Errorf("%s: %v", name, err)
		}
		if err := errors.Join(s.Check(), s.Close()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := sched.New()
	s.GoFunc(func(co *tasklet.Coroutine) error { co.Tasklet().Sleep(time.Hour); return errOne })
	if err := s.Run(); !errors.Is(err, tasklet.ErrMisuse) {
		t.Errorf("in a function: %v", err)
	}
	s.Close()
}

// TestHogs: a frame that says Wait or Called without having done so can't keep
// the others from their turns for long.
func TestHogs(t *testing.T) {
	pc := 0
	for name, hog := range map[string]func(t *tasklet.Tasklet) step{
		"wait": func(t *tasklet.Tasklet) step {
			if pc++; pc == 1 {
				return t.Yield()
			}
			return tasklet.Wait
		},
		"called": func(*tasklet.Tasklet) step { return tasklet.Called },
		"itself": func(t *tasklet.Tasklet) step { return t.Call(t.Frame()) },
	} {
		s := sched.New()
		s.Go(frame(hog))
		y := new(yielder)
		s.Go(y)
		if _, err := s.Step(1000); !errors.Is(err, tasklet.ErrMisuse) {
			t.Errorf("%s: %v", name, err)
		}
		s.Step(1000)
		if y.rounds < 900 {
			t.Errorf("%s: the other had %d turns", name, y.rounds)
		}
		s.Close()
	}
}

// TestNobodyBindsTheEnding: hooks and cleanups can't start what is just ending.
func TestNobodyBindsTheEnding(t *testing.T) {
	s := sched.New()
	cleanups := 0
	var refused []error
	u := s.New(&tidy{parks, func(t *tasklet.Tasklet) {
		cleanups++
		refused = append(refused, t.Bind(frame(parks)), t.Insert())
		t.KillLater()
		s.Close()
	}})
	u.OnExit(func(t *tasklet.Tasklet) { refused = append(refused, t.Bind(frame(parks))) })
	if err := u.Bind(nil); err != nil || cleanups != 1 || u.Alive() {
		t.Errorf("%v, %d cleanups, %v", err, cleanups, u)
	}
	for i, err := range refused {
		if err == nil {
			t.Errorf("attempt %d was not refused", i)
		}
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func TestHookInHook(t *testing.T) {
	s := sched.New()
	var log []string
	u := s.Go(frame(returns))
	u.OnExit(func(t *tasklet.Tasklet) {
		log = append(log, "outer")
		t.OnExit(func(*tasklet.Tasklet) { log = append(log, "inner") })
	})
	if err := s.Run(); err != nil || fmt.Sprint(log) != "[outer inner]" {
		t.Errorf("%v, %v", err, log)
	}
}

// TestNoErrorIsLost has two errors meet in many ways: both are heard of.
func TestNoErrorIsLost(t *testing.T) {
	for name, program := range map[string]func(s *sched.Scheduler) error{
		"two workers fail, one is joined": func(s *sched.Scheduler) error {
			u := s.Go(frame(failsWith(errOne)))
			s.Go(frame(failsWith(errTwo)))
			return errors.Join(s.Main().Join(u), runAll(s))
		},
		"main has an error pending": func(s *sched.Scheduler) error {
			s.Main().Tasklet().ThrowLater(errOne)
			s.Go(frame(failsWith(errTwo)))
			return runAll(s)
		},
		"the joiner is killed": func(s *sched.Scheduler) error {
			u := s.Go(frame(failsWith(errOne)))
			j := s.Go(frame(func(t *tasklet.Tasklet) step {
				if s := t.Join(u); s != tasklet.Next {
					return s
				}
				return tasklet.Return
			}))
			u.Remove() // so that j joins first
			s.RunReady()
			u.Insert()
			s.Step(1)
			j.KillLater()
			return errors.Join(errTwo, runAll(s))
		},
		"a cleanup kills": func(s *sched.Scheduler) error {
			s.Go(&tidy{failsWith(errOne), func(t *tasklet.Tasklet) { t.KillLater() }})
			return errors.Join(errTwo, runAll(s))
		},
		"a cleanup throws": func(s *sched.Scheduler) error {
			s.Go(&tidy{failsWith(errOne), func(t *tasklet.Tasklet) { t.ThrowLater(errTwo) }})
			return runAll(s)
		},
		"a cleanup panics with an exit": func(s *sched.Scheduler) error {
			s.Go(&tidy{failsWith(errOne), func(*tasklet.Tasklet) { panic(tasklet.ErrExit) }})
			return errors.Join(errTwo, runAll(s))
		},
		"it fails while it is killed": func(s *sched.Scheduler) error {
			u := s.GoFunc(func(co *tasklet.Coroutine) error { return errors.Join(co.Park(), errOne, errTwo) })
			s.Run()
			return s.Main().Kill(u)
		},
		"close, with one pending": func(s *sched.Scheduler) error {
			s.Go(&tidy{parks, func(*tasklet.Tasklet) { panic(errOne) }})
			s.Run()
			s.Post(func() { panic(errTwo) })
			return s.Close()
		},
	} {
		s := sched.New()
		if err := program(s); !errors.Is(err, errOne) || !errors.Is(err, errTwo) {
			t.Errorf("%s: %v", name, err)
		}
		if err := errors.Join(s.Check(), s.Close()); err != nil {
			t.Errorf("%s: closing: %v", name, err)
		}
	}
}

// TestClosedBetween: a value that has changed hands before the scheduler was
// closed has done so for both.
func TestClosedBetween(t *testing.T) {
	for range 20 {
		s := sched.New()
		c := channel.New[int](s)
		result := make(chan error)
		go func() { result <- c.PutContext(context.Background(), 7) }()
		for c.Balance() != 1 {
			s.RunReady()
			runtime.Gosched()
		}
		v, err := c.Get(s.Main())
		closed := s.Close()
		if put := <-result; v != 7 || err != nil || put != nil || closed != nil {
			t.Fatalf("got %d, %v; put %v; close %v", v, err, put, closed)
		}
		if err := s.Serve(context.Background()); !errors.Is(err, sched.ErrClosed) {
			t.Errorf("serve: %v", err)
		}
	}
}

// TestVisitKilled: a visit that is killed while the scheduler is open says so, and
// one that fails while it is closed hides nothing.
func TestVisitKilled(t *testing.T) {
	for name, end := range map[string]func(s *sched.Scheduler, u *tasklet.Tasklet){
		"killed": func(_ *sched.Scheduler, u *tasklet.Tasklet) { u.KillLater() },
		"closed": func(s *sched.Scheduler, _ *tasklet.Tasklet) { s.Close() },
	} {
		s := sched.New()
		var u *tasklet.Tasklet
		result := make(chan error, 1)
		go func() {
			result <- s.Do(context.Background(), frame(func(t *tasklet.Tasklet) step {
				u = t
				if s := t.Park(); s == tasklet.Failed {
					return t.Fail(errOne) // what it does about the kill goes wrong
				} else if s != tasklet.Next {
					return s
				}
				return tasklet.Return
			}))
		}()
		for u == nil || !u.Paused() {
			s.RunReady()
			runtime.Gosched()
		}
		end(s, u)
		s.RunReady()
		err := <-result
		if !errors.Is(err, errOne) || errors.Is(err, sched.ErrClosed) != (name == "closed") {
			t.Errorf("%s: got %v", name, err)
		}
		s.Close()
	}
}

// TestCancelOfBusy: a context ends a Do whose frame never waits for long.
func TestCancelOfBusy(t *testing.T) {
	s := sched.New()
	s.Go(new(yielder))
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	y := new(yielder)
	go func() { result <- s.Do(ctx, y) }()
	for y.rounds == 0 {
		s.Step(100)
		runtime.Gosched()
	}
	cancel()
	for len(result) == 0 {
		s.Step(100)
		runtime.Gosched()
	}
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	s.Close()
}

// TestCloseIsLinear: closing gives each one turn, however many there are.
func TestCloseIsLinear(t *testing.T) {
	const n = 5000
	s := sched.New()
	for range n {
		s.Go(new(yielder))
	}
	s.Step(n)
	before := s.Steps()
	if err := s.Close(); err != nil || s.Steps()-before > n {
		t.Errorf("%v, %d steps", err, s.Steps()-before)
	}
}

// TestGoexit: a function that ends its goroutine ends the driver's too, and what
// that defers can close the scheduler.
func TestGoexit(t *testing.T) {
	s := sched.New()
	cleaned := false
	var closed error
	done := make(chan struct{})
	s.Go(&tidy{parks, func(*tasklet.Tasklet) { cleaned = true }})
	s.GoFunc(func(*tasklet.Coroutine) error { runtime.Goexit(); return nil })
	go func() {
		defer close(done)
		defer func() { closed = s.Close() }()
		s.Run()
	}()
	<-done
	if closed == nil || !strings.Contains(closed.Error(), "Goexit") || !cleaned {
		t.Errorf("close: %v, cleaned %v", closed, cleaned)
	}
}

// TestFunctionGivesUp: a function that is ended by force finds every further
// operation failing, and may perform some in what it defers.
func TestFunctionGivesUp(t *testing.T) {
	s := sched.New()
	c := channel.New[int](s)
	var errs []error
	u := s.GoFunc(func(co *tasklet.Coroutine) error {
		defer func() { errs = append(errs, c.Put(co, 1), co.Yield()) }()
		errs = append(errs, co.Park())
		return nil
	})
	s.Run()
	if err := u.Bind(nil); err != nil || len(errs) != 3 {
		t.Errorf("%v, %v", err, errs)
	}
	for _, err := range errs {
		if !errors.Is(err, tasklet.ErrExit) {
			t.Errorf("got %v", err)
		}
	}
}

// TestOfAnother: an operation in the name of a tasklet that does not run completes
// nothing of that tasklet's.
func TestOfAnother(t *testing.T) {
	s := sched.New()
	c := channel.New[int](s)
	c.SetPreference(channel.PreferNeither)
	out := &sender{out: c}
	u := s.Go(out)
	s.Go(frame(func(t *tasklet.Tasklet) step {
		var v int
		c.Receive(t, &v) // completes u's send
		return c.Send(u, 7)
	}))
	if err := s.Run(); !errors.Is(err, tasklet.ErrMisuse) || out.n != 0 {
		t.Errorf("%v, sent %d", err, out.n)
	}
	s.Close()
}

// TestOddClocks: sleeps on a clock that went back, and very long ones.
func TestOddClocks(t *testing.T) {
	clock := sched.NewVirtualClock(time.Unix(0, 0))
	s := sched.New(sched.WithClock(clock))
	clock.Advance(-time.Hour)
	if err := s.Main().Sleep(time.Second); err != nil || !clock.Now().Equal(time.Unix(1-3600, 0)) {
		t.Errorf("%v, the clock shows %v", err, clock.Now())
	}
}

// TestNothingIsKept: queues in which nobody waits any more are let go, with what
// they belong to.
func TestNothingIsKept(t *testing.T) {
	s := sched.New()
	var freed atomic.Int64
	const n = 100
	for range n {
		c := channel.New[int](s)
		runtime.AddCleanup(c, func(*int) { freed.Add(1) }, new(int))
		r := s.Go(&receiver{in: c})
		s.RunReady()
		s.Main().Kill(r)
	}
	s.Go(new(yielder))
	for range 50 {
		s.Step(1000)
		runtime.GC()
		if freed.Load() >= n-1 {
			break
		}
		runtime.Gosched() // cleanups run on a goroutine of their own
	}
	if freed.Load() < n-1 {
		t.Errorf("%d of %d channels were freed", freed.Load(), n)
	}
	s.Close()
}
