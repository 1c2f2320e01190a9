package sched_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
	on "github.com/stackless-go/stackless/wait"
)

// TestMainOfStopped: who joins main of a scheduler that is adopted hears that it is no
// more, what main held goes to the next, and an error that awaited it is not lost.
func TestMainOfStopped(t *testing.T) {
	boom := errors.New("boom")
	p := sched.NewPool(0)
	a, b, c := p.New(), p.New(), p.New()
	main := a.Main()
	mutex := on.NewMutex(a)
	early := a.GoFunc(func(co *tasklet.Coroutine) error { return co.Join(main.Tasklet()) })
	far := c.GoFunc(func(co *tasklet.Coroutine) error { return co.JoinRef(main.Tasklet().Ref()) })
	next := a.GoFunc(func(co *tasklet.Coroutine) error { return mutex.LockFor(co) })
	for _, s := range []*sched.Scheduler{a, b, c} {
		s.OnError(func(*tasklet.Tasklet, error) error { return nil })
	}
	exited := 0
	main.Tasklet().OnExit(func(*tasklet.Tasklet) { exited++ })
	if err := errors.Join(mutex.LockFor(main), a.RunReady(), c.RunReady(), a.RunReady(), main.Tasklet().ThrowLater(boom), a.Stop()); err != nil {
		t.Fatal(err)
	}
	if err := b.Adopt(a); err != nil || exited != 1 || main.Tasklet().Alive() {
		t.Fatalf("%v, %d, %v", err, exited, main.Tasklet())
	}
	if err := b.RunReady(); !errors.Is(err, boom) {
		t.Errorf("what awaited main: %v", err)
	}
	late := b.GoFunc(func(co *tasklet.Coroutine) error { return co.Join(main.Tasklet()) })
	if err := errors.Join(b.Check(), b.RunReady(), c.RunReady(), b.Check(), c.Check()); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]*tasklet.Tasklet{"early": early, "far": far, "late": late} {
		if x.Alive() || !errors.Is(x.Err(), sched.ErrStopped) {
			t.Errorf("%s: %v, %v", name, x, x.Err())
		}
	}
	if next.Alive() || !strings.Contains(next.Err().Error(), "while it held the mutex") {
		t.Errorf("%v, %v", next, next.Err())
	}
	if err := errors.Join(a.Close(), b.Close(), c.Close()); err != nil {
		t.Error(err)
	}
}

// TestStoppedMainDoesNothing: main of a stopped scheduler performs no operation, also while
// it is being adopted on another goroutine, and can be stopped and closed again.
func TestStoppedMainDoesNothing(t *testing.T) {
	a, b := sched.New(), sched.New()
	c := channel.New[int](a)
	got := 0
	a.Go(&recipient{in: c})
	r := &recipient{in: c}
	a.Go(r)
	if err := errors.Join(a.RunReady(), c.Put(a.Main(), 1)); err != nil {
		t.Fatal(err)
	}
	err := a.Main().Within(time.Hour, func() error { // the scope's time is over with it
		if err := a.Stop(); err != nil {
			return err
		}
		v, err := c.Get(a.Main())
		got = v
		return errors.Join(err, c.Put(a.Main(), 2), a.Main().Park(), a.Main().Sleep(time.Second), a.Main().Yield())
	})
	if !errors.Is(err, sched.ErrStopped) || strings.Count(err.Error(), "stopped") != 5 || got != 0 || r.got != 0 {
		t.Errorf("%v, got %d and %d", err, got, r.got)
	}
	if _, err := a.Main().Select(c.OnReceive(&got)); !errors.Is(err, sched.ErrStopped) {
		t.Errorf("select: %v", err)
	}
	var both sync.WaitGroup
	both.Go(func() {
		for range 100 {
			if err := a.Run(); !errors.Is(err, sched.ErrStopped) {
				t.Errorf("run: %v", err)
			}
			if err := a.Stop(); err != nil {
				t.Errorf("stop: %v", err)
			}
		}
	})
	if err := errors.Join(b.Adopt(a), b.Check(), c.Put(b.Main(), 3), b.Run()); err != nil || r.got != 3 {
		t.Errorf("%v, got %d", err, r.got)
	}
	both.Wait()
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Error(err)
	}
	if err := b.Adopt(a); !errors.Is(err, sched.ErrClosed) {
		t.Error(err)
	}

	a = sched.New()
	x := a.Go(&hop{N: 3})
	if err := errors.Join(a.Stop(), a.Close()); err != nil || x.Alive() {
		t.Errorf("closed after it was stopped: %v, %v", err, x)
	}
}

// TestAdoptedStandsForItsAdopter: what is made with the help of a scheduler that was adopted
// is its adopter's, also at the end of a chain.
func TestAdoptedStandsForItsAdopter(t *testing.T) {
	a, b, d := sched.New(), sched.New(), sched.New()
	a.Go(&hop{N: 1})
	a.Stop()
	before := a.Go(&hop{N: 1}) // it is there when it is adopted
	if err := errors.Join(b.Adopt(a), b.RunReady(), b.Stop(), d.Adopt(b)); err != nil || before.Alive() {
		t.Fatalf("%v, %v", err, before)
	}
	if a.Adopter() != d || b.Adopter() != d || d.Adopter() != nil {
		t.Error("not who they are adopted by")
	}
	c := channel.New[int](a)
	r := &recipient{in: c}
	parked := a.New(&hop{N: 1})
	made := []*tasklet.Tasklet{
		a.Go(r), a.GoFunc(func(co *tasklet.Coroutine) error { return co.Yield() }), parked, tasklet.Spawn(a, hop{N: 2}),
	}
	for i, x := range made {
		if x.Home() != d.Home() || x.Home() != a.Home() {
			t.Errorf("%d: %v is elsewhere", i, x)
		}
	}
	if a.RunCount() != 4 || a.Current() != d.Main().Tasklet() {
		t.Errorf("%d, %v", a.RunCount(), a.Current())
	}
	if err := errors.Join(parked.Insert(), d.Check(), d.RunReady(), c.Put(d.Main(), 5), d.Run()); err != nil || r.got != 5 {
		t.Errorf("%v, got %d", err, r.got)
	}
	for i, x := range made {
		if x.Alive() {
			t.Errorf("%d: %v", i, x)
		}
	}
	if err := errors.Join(d.Check(), d.Close()); err != nil {
		t.Error(err)
	}
}

// TestFiguresOfAdopted: who looks at a scheduler that was adopted is shown its adopter, and
// nothing is counted twice.
func TestFiguresOfAdopted(t *testing.T) {
	a, b := sched.New(), sched.New()
	a.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return t.Park() })).SetName("guest")
	a.GoFunc(func(co *tasklet.Coroutine) error { return co.Sleep(time.Hour) })
	release := a.Hold()
	if err := errors.Join(a.RunReady(), a.Stop(), b.Adopt(a)); err != nil {
		t.Fatal(err)
	}
	if snap := a.Inspect(); !snap.Adopted || len(snap.Tasklets) != 3 ||
		!strings.Contains(snap.String(), `"guest"`) || !strings.Contains(snap.String(), "adopted this one") {
		t.Errorf("%v", snap)
	}
	want := sched.Stats{Adopted: true, Steps: 2, Born: 3, Ended: 3}
	if got := a.Stats(); got != want {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	want = sched.Stats{Running: 1, Parked: 1, Sleeping: 1, Timers: 1, Expected: 1, Born: 4, Ended: 1}
	if got := b.Stats(); got != want {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	done := make(chan error)
	go func() {
		snap, err := a.InspectContext(context.Background())
		st, err2 := a.StatsContext(context.Background())
		if len(snap.Tasklets) != 3 || !st.Adopted {
			err = errors.New("not the adopter's: " + snap.String())
		}
		release()
		done <- errors.Join(err, err2, a.Post(func() { _ = a.Inspect() }), a.Post(func() { b.Home().Front(b.Main().Tasklet()) }))
	}()
	if err := errors.Join(b.Run(), <-done, b.Close()); err != nil {
		t.Error(err)
	}
}
