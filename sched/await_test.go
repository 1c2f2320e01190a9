package sched_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// fetcher awaits a function and keeps what comes of it.
type fetcher[T any] struct {
	f     func(ctx context.Context) (T, error)
	got   T
	err   error
	after func(f *fetcher[T]) // called when it has gone on
}

func (f *fetcher[T]) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch s := tasklet.Await(t, &f.got, f.f); s {
	case tasklet.Next:
	case tasklet.Failed:
		f.err = t.Recover()
	default:
		return s
	}
	if f.after != nil {
		f.after(f)
	}
	return tasklet.Return
}

// untilCancelled is a function that waits for its cancellation, having said that
// it has begun, and then returns its cause.
func untilCancelled(begun chan<- string, name string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		begun <- name
		<-ctx.Done()
		return name, context.Cause(ctx)
	}
}

var errLost = errors.New("lost")

func panics(context.Context) (string, error) { panic("no page") }

// TestAwait: what a function does is what the Await does, in frames, plain
// functions and main.
func TestAwait(t *testing.T) {
	for _, test := range []struct {
		name string
		f    func(ctx context.Context) (string, error)
		got  string
		err  error
		text string
	}{
		{name: "value", f: func(context.Context) (string, error) { return "page", nil }, got: "page"},
		{name: "error", f: func(context.Context) (string, error) { return "half", errLost }, err: errLost},
		{name: "panic", f: panics, text: "panic: no page"},
		{name: "panic with an error", f: func(context.Context) (string, error) { panic(errLost) }, err: errLost},
		{name: "goexit", f: func(context.Context) (string, error) { runtime.Goexit(); return "never", nil }, err: tasklet.ErrGoexit},
		{name: "exit", f: func(context.Context) (string, error) { return "", tasklet.ErrExit }, err: tasklet.ErrExit},
	} {
		check := func(form, got string, err error) {
			t.Helper()
			if got != test.got || (err == nil) != (test.err == nil && test.text == "") || !errors.Is(err, test.err) && test.err != nil ||
				test.text != "" && err.Error() != test.text {
				t.Errorf("%s, %s: %q, %v", test.name, form, got, err)
			}
			var p *tasklet.PanicError
			if test.name == "panic" && (!errors.As(err, &p) || !strings.Contains(string(p.Stack), "sched_test.panics")) {
				t.Errorf("%s: the stack does not show where", form)
			}
		}
		for _, options := range [][]sched.Option{nil, {sched.WithWorkInOrder()}} {
			s := sched.New(options...)
			f := &fetcher[string]{f: test.f}
			s.Go(f)
			var got string
			var err error
			s.GoFunc(func(co *tasklet.Coroutine) error {
				got, err = tasklet.AwaitFor(co, test.f)
				return nil
			})
			if err := s.Run(); err != nil {
				t.Fatal(err)
			}
			check("frame", f.got, f.err)
			check("function", got, err)
			got, err = tasklet.AwaitFor(s.Main(), test.f)
			check("main", got, err)
			if err := errors.Join(s.Check(), s.Close()); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestAwaitUncaught: what nothing recovers is the tasklet's error.
func TestAwaitUncaught(t *testing.T) {
	s := sched.New()
	var page string
	u := s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
		if s := tasklet.Await(t, &page, panics); s != tasklet.Next {
			return s
		}
		return tasklet.Return
	}))
	var uncaught *tasklet.Uncaught
	if err := s.Run(); !errors.As(err, &uncaught) || uncaught.Tasklet != u || u.Alive() {
		t.Errorf("%v, %v", err, u)
	}
}

// TestAwaitLetsOthersRun: while a function is out, the others have turns, and it
// can come in from outside.
func TestAwaitLetsOthersRun(t *testing.T) {
	for _, options := range [][]sched.Option{nil, {sched.WithWorkInOrder()}} {
		s := sched.New(options...)
		c := channel.New[int](s)
		f := &fetcher[int]{f: func(ctx context.Context) (int, error) {
			for i := range 3 {
				if err := c.PutContext(ctx, i); err != nil {
					return 0, err
				}
			}
			return c.GetContext(ctx)
		}}
		u := s.Go(f)
		sum := 0
		s.GoFunc(func(co *tasklet.Coroutine) error {
			for range 3 {
				v, err := c.Get(co)
				if err != nil {
					return err
				}
				sum += v
				on, by := u.BlockedOn()
				if by != tasklet.OpAwait || u.Status() != tasklet.Blocked ||
					!strings.HasPrefix(on.WaitName(), "the result of github.com/stackless-go/stackless/sched_test.TestAwaitLetsOthersRun.func") ||
					!strings.Contains(u.Describe(), "blocked: await on the result of ") || on.WaitQueue() != nil {
					t.Errorf("%s", u.Describe())
				}
				if err := s.Check(); err != nil {
					t.Error(err)
				}
			}
			return c.Put(co, 40+sum)
		})
		if err := s.Run(); err != nil || f.got != 43 || f.err != nil {
			t.Errorf("%v, %d, %v", err, f.got, f.err)
		}
	}
}

// TestAwaitKill: whoever awaits leaves at once, its function hears why, and what
// it returns afterwards is dropped.
func TestAwaitKill(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(co *tasklet.Coroutine, u *tasklet.Tasklet) error
		want error
	}{
		{"kill", func(co *tasklet.Coroutine, u *tasklet.Tasklet) error { return co.Kill(u) }, tasklet.ErrExit},
		{"throw", func(co *tasklet.Coroutine, u *tasklet.Tasklet) error { return co.Throw(u, errLost) }, errLost},
		{"later", func(co *tasklet.Coroutine, u *tasklet.Tasklet) error {
			return errors.Join(u.ThrowLater(errLost), co.Join(u))
		}, errLost},
	} {
		s := sched.New()
		release, cause := make(chan struct{}), make(chan error, 1)
		begun := make(chan struct{})
		f := &fetcher[string]{f: func(ctx context.Context) (string, error) {
			close(begun)
			<-ctx.Done()
			cause <- context.Cause(ctx)
			<-release // it is in no hurry
			return "late", nil
		}}
		u := s.Go(f)
		if err := s.RunReady(); err != nil {
			t.Fatal(err)
		}
		<-begun
		if err := test.end(s.Main(), u); err != nil {
			t.Fatal(err)
		}
		if u.Alive() || !errors.Is(f.err, test.want) {
			t.Errorf("%s: %v, %v", test.name, u, f.err)
		}
		if err := <-cause; !errors.Is(err, test.want) {
			t.Errorf("%s: its context's cause is %v", test.name, err)
		}
		if err := s.Run(); err != nil { // does not wait for the function
			t.Error(err)
		}
		close(release)
		if _, err := tasklet.AwaitFor(s.Main(), func(context.Context) (int, error) { return 0, nil }); err != nil {
			t.Error(err)
		}
		if f.got != "" || u.Alive() {
			t.Errorf("%s: the late result was taken", test.name)
		}
		if err := errors.Join(s.Check(), s.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestAwaitKeepsResult: an error that comes after the result does not take it
// back. It is for the next operation.
func TestAwaitKeepsResult(t *testing.T) {
	s := sched.New(sched.WithWorkInOrder())
	var page string
	var then error
	u := s.GoFunc(func(co *tasklet.Coroutine) (err error) {
		page, err = tasklet.AwaitFor(co, func(context.Context) (string, error) { return "page", nil })
		if err != nil {
			return err
		}
		then = co.Yield()
		return nil
	})
	// The step after which nothing is ready makes it ready with its result.
	for u.Status() != tasklet.Ready || u.Op() != tasklet.OpAwait {
		if _, err := s.Step(1); err != nil || !u.Alive() {
			t.Fatalf("%v, %v", err, u)
		}
	}
	if err := u.ThrowLater(errLost); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(); err != nil || page != "page" || !errors.Is(then, errLost) {
		t.Errorf("%v, page %q, then %v", err, page, then)
	}
}

// TestAwaitClose: Close cancels what is out and what waits, and nobody can await
// any more. The functions' goroutines end.
func TestAwaitClose(t *testing.T) {
	before := runtime.NumGoroutine()
	s := sched.New(sched.WithWorkers(2))
	begun := make(chan string, 9)
	var fetchers []*fetcher[string]
	for i := range 5 {
		f := &fetcher[string]{f: untilCancelled(begun, fmt.Sprint(i))}
		fetchers = append(fetchers, f)
		s.Go(f)
	}
	var again error
	s.GoFunc(func(co *tasklet.Coroutine) error {
		_, err := tasklet.AwaitFor(co, untilCancelled(begun, "a"))
		if !errors.Is(err, tasklet.ErrExit) {
			t.Errorf("closed: %v", err)
		}
		_, again = tasklet.AwaitFor(co, untilCancelled(begun, "b"))
		return nil
	})
	if err := s.RunReady(); err != nil {
		t.Fatal(err)
	}
	<-begun
	<-begun
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, f := range fetchers {
		if !errors.Is(f.err, tasklet.ErrExit) || f.got != "" {
			t.Errorf("%q, %v", f.got, f.err)
		}
	}
	if !errors.Is(again, sched.ErrClosed) {
		t.Errorf("await after the close: %v", again)
	}
	if _, err := tasklet.AwaitFor(s.Main(), untilCancelled(begun, "c")); !errors.Is(err, sched.ErrClosed) {
		t.Errorf("await of main after the close: %v", err)
	}
	for runtime.NumGoroutine() > before {
		runtime.Gosched()
	}
	if len(begun) != 0 {
		t.Errorf("%d functions began that were not to", len(begun))
	}
}

// TestAwaitDeadline: a function that takes too long is cancelled by the timeout
// with which its Await fails, on the scheduler's clock.
func TestAwaitDeadline(t *testing.T) {
	start := time.Unix(0, 0)
	for _, d := range []time.Duration{0, 5 * time.Minute, 2 * time.Hour} {
		clock := sched.NewVirtualClock(start)
		s := sched.New(sched.WithClock(clock))
		causes := make(chan error, 2)
		work := func(ctx context.Context) (string, error) {
			err := s.Sleep(ctx, time.Hour)
			if err != nil {
				<-ctx.Done()
				causes <- context.Cause(ctx)
			}
			return "page", err
		}
		var page string
		var failed, functions error
		s.Go(frame(func(u *tasklet.Tasklet) tasklet.Step {
			switch s := u.Within(d, tasklet.Await(u, &page, work)); s {
			case tasklet.Next, tasklet.Failed:
				failed = u.Recover()
			default:
				return s
			}
			if at := clock.Now().Sub(start); at != min(d, time.Hour) {
				t.Errorf("within %v: went on after %v", d, at)
			}
			return tasklet.Return
		}))
		s.GoFunc(func(co *tasklet.Coroutine) error {
			functions = co.Within(d, func() error { _, err := tasklet.AwaitFor(co, work); return err })
			return nil
		})
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		if want := d < time.Hour; errors.Is(failed, tasklet.ErrTimeout) != want || errors.Is(functions, tasklet.ErrTimeout) != want || (page == "page") == want {
			t.Errorf("within %v: %v, %v, %q", d, failed, functions, page)
		}
		if 0 < d && d < time.Hour {
			for range 2 {
				if cause := <-causes; !errors.Is(cause, tasklet.ErrTimeout) {
					t.Errorf("within %v: cancelled by %v", d, cause)
				}
			}
		}
		if at := clock.Now().Sub(start); at != min(d, time.Hour) {
			t.Errorf("within %v: it took until %v", d, at)
		}
		if err := errors.Join(s.Check(), s.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestAwaitSwitchTrap: under a switch trap nothing begins.
func TestAwaitSwitchTrap(t *testing.T) {
	s := sched.New()
	s.SetSwitchTrap(1)
	_, err := tasklet.AwaitFor(s.Main(), func(context.Context) (int, error) { t.Error("it has begun"); return 0, nil })
	if !errors.Is(err, tasklet.ErrSwitchTrap) || s.Home().Awaiting() != 0 {
		t.Errorf("%v, %d await", err, s.Home().Awaiting())
	}
	s.SetSwitchTrap(-1)
	if v, err := tasklet.AwaitFor(s.Main(), func(context.Context) (int, error) { return 7, nil }); v != 7 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
}
