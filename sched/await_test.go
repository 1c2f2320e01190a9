package sched_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
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

// TestWorkers: no more than so many functions run at a time; the others begin in
// the order of asking, and one that nobody waits for any more does not.
func TestWorkers(t *testing.T) {
	s := sched.New(sched.WithWorkers(2))
	begun := make(chan string)
	release := make(chan struct{})
	var running, most atomic.Int32
	work := func(name string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			begun <- name
			<-release
			return name, nil
		}
	}
	var ts []*tasklet.Tasklet
	for i := range 7 {
		ts = append(ts, s.Go(&fetcher[string]{f: work(fmt.Sprint(i))}))
	}
	if err := s.RunReady(); err != nil {
		t.Fatal(err)
	}
	first := []string{<-begun, <-begun}
	slices.Sort(first)
	for _, i := range []int{2, 4, 6} { // the first, a middle one and the last of the queue
		if err := s.Main().Kill(ts[i]); err != nil {
			t.Fatal(err)
		}
	}
	order := first
	for range 2 {
		release <- struct{}{}
		order = append(order, <-begun)
	}
	close(release)
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, " "); got != "0 1 3 5" || most.Load() != 2 {
		t.Errorf("begun %s, at most %d at a time", got, most.Load())
	}
	if n := sched.New(sched.WithWorkers(-3)); n == nil {
		t.Fatal("none")
	} else if v, err := tasklet.AwaitFor(n.Main(), func(context.Context) (int, error) { return 7, nil }); v != 7 || err != nil {
		t.Errorf("with no worker: %d, %v", v, err)
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

// TestWorkInOrder: whichever function returns first, the results come in the
// order of asking, and when nothing else is ready.
func TestWorkInOrder(t *testing.T) {
	for range 50 {
		clock := sched.NewVirtualClock(time.Unix(0, 0))
		s := sched.New(sched.WithClock(clock))
		var log []string
		const n = 5
		var done [n + 1]chan struct{}
		for i := range done {
			done[i] = make(chan struct{})
		}
		close(done[n])
		for i := range n {
			f := &fetcher[int]{f: func(context.Context) (int, error) {
				<-done[i+1] // the last is the first to return
				defer close(done[i])
				return i, nil
			}}
			f.after = func(f *fetcher[int]) { log = append(log, fmt.Sprint(f.got)) }
			s.Go(f)
		}
		s.GoFunc(func(co *tasklet.Coroutine) error {
			for i := range 300 {
				if i%100 == 0 {
					log = append(log, "turn")
				}
				if err := co.Yield(); err != nil {
					return err
				}
			}
			err := co.Sleep(time.Hour)
			log = append(log, "an hour later")
			return err
		})
		if err := s.RunReady(); err != nil { // waits for the work, not for the sleeper
			t.Fatal(err)
		}
		if !clock.Now().Equal(time.Unix(0, 0)) {
			t.Fatalf("work took until %v", clock.Now())
		}
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(log, " "); got != "turn turn turn 0 1 2 3 4 an hour later" {
			t.Fatalf("log %s", got)
		}
	}
}

// TestWorkOnVirtualClock: functions that sleep on the scheduler's clock take
// virtual time, each its own, and can be overtaken by those who gave up on them.
func TestWorkOnVirtualClock(t *testing.T) {
	for _, workers := range []int{1, 2, 64} {
		for range 20 {
			start := time.Unix(0, 0)
			clock := sched.NewVirtualClock(start)
			s := sched.New(sched.WithClock(clock), sched.WithWorkers(workers))
			var log []string
			slow := func(d time.Duration) func(context.Context) (time.Duration, error) {
				return func(ctx context.Context) (time.Duration, error) { return d, s.Sleep(ctx, d) }
			}
			say := func(f *fetcher[time.Duration]) {
				at := clock.Now().Sub(start)
				if f.err != nil {
					log = append(log, fmt.Sprintf("%v at %v", f.err, at))
				} else {
					log = append(log, fmt.Sprintf("%v at %v", f.got, at))
				}
			}
			var ts []*tasklet.Tasklet
			for _, d := range []time.Duration{3 * time.Hour, time.Hour, 2 * time.Hour} {
				ts = append(ts, s.Go(&fetcher[time.Duration]{f: slow(d), after: say}))
			}
			s.GoFunc(func(co *tasklet.Coroutine) error {
				if err := co.Sleep(90 * time.Minute); err != nil {
					return err
				}
				return ts[0].ThrowLater(errLost)
			})
			if err := s.Run(); err != nil {
				t.Fatal(err)
			}
			want := map[int]string{
				1:  "lost at 1h30m0s, 1h0m0s at 2h30m0s, 2h0m0s at 4h30m0s",
				2:  "1h0m0s at 1h0m0s, lost at 1h30m0s, 2h0m0s at 3h0m0s",
				64: "1h0m0s at 1h0m0s, lost at 1h30m0s, 2h0m0s at 2h0m0s",
			}
			if got := strings.Join(log, ", "); got != want[workers] {
				t.Fatalf("%d workers: %s, want %s", workers, got, want[workers])
			}
			if err := errors.Join(s.Check(), s.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

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
