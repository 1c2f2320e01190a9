package sched_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// echo answers each request with its double.
type echo struct {
	in, out *channel.Channel[int]
	v       int
	sending bool
}

func (e *echo) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if !e.sending {
			if s := e.in.Receive(t, &e.v); s != tasklet.Next {
				return s
			}
			e.sending = true
		}
		if s := e.out.Send(t, 2*e.v); s != tasklet.Next {
			return s
		}
		e.sending = false
	}
}

// TestOutside has goroutines put and get through a scheduler that serves them:
// each value comes through once.
func TestOutside(t *testing.T) {
	s := sched.New()
	in, out := channel.New[int](s), channel.New[int](s)
	for range 3 {
		s.Go(&echo{in: in, out: out})
	}
	ctx, stop := context.WithCancel(t.Context())
	const each, goroutines = 200, 4
	sums := make(chan int, goroutines)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			sum := 0
			for i := range each {
				if err := in.PutContext(ctx, g*each+i); err != nil {
					t.Error(err)
				}
				v, err := out.GetContext(ctx)
				if err != nil {
					t.Error(err)
				}
				sum += v
			}
			sums <- sum
		})
	}
	go func() { wg.Wait(); stop() }()
	if err := s.Serve(ctx); err != nil {
		t.Fatal(err)
	}
	total, n := 0, each*goroutines
	for range goroutines {
		total += <-sums
	}
	if want := n * (n - 1); total != want {
		t.Errorf("the answers add up to %d, want %d", total, want)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := in.PutContext(t.Context(), 1); !errors.Is(err, sched.ErrClosed) {
		t.Errorf("put after close: %v", err)
	}
}

// TestOutsideCancel cancels gets at random moments while values are sent: what
// is not got by one is there for another, so that all arrive once and in order.
func TestOutsideCancel(t *testing.T) {
	s := sched.New()
	c := channel.New[int](s)
	const n = 300
	s.GoFunc(func(co *tasklet.Coroutine) error {
		for i := range n {
			if err := c.Put(co, i); err != nil {
				return err
			}
		}
		c.Close()
		return nil
	})
	cause := errors.New("enough")
	cancelled := 0
	done := make(chan []int)
	release := s.Hold()
	go func() {
		defer release()
		var got []int
		for attempt := 0; ; attempt++ {
			ctx, cancel := context.WithCancelCause(context.Background())
			if attempt%2 == 0 { // or, on one processor, none might ever come through
				go cancel(cause)
			}
			v, err := c.GetContext(ctx)
			cancel(nil)
			switch {
			case err == nil:
				got = append(got, v)
			case errors.Is(err, cause):
				cancelled++
			case errors.Is(err, channel.ErrClosed):
				done <- got
				return
			default:
				t.Error(err)
			}
		}
	}()
	result := make(chan error, 1)
	var got []int
	go func() { got = <-done; result <- nil }()
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	<-result
	if len(got) != n {
		t.Fatalf("%d of %d values arrived", len(got), n)
	}
	for i, v := range got {
		if v != i {
			t.Fatalf("value %d is %d", i, v)
		}
	}
	t.Logf("%d gets were cancelled", cancelled)
}

// TestOutsideNotDriven: a call on a scheduler that nobody drives ends with its
// context, and leaves nothing behind.
func TestOutsideNotDriven(t *testing.T) {
	s := sched.New()
	c := channel.New[int](s)
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if err := c.PutContext(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := s.Run(); err != nil || c.Balance() != 0 {
		t.Errorf("run %v, balance %d", err, c.Balance())
	}
	if err := new(channel.Channel[int]).PutContext(t.Context(), 1); !errors.Is(err, channel.ErrUnbound) {
		t.Errorf("unbound: %v", err)
	}
}

// TestOutsideJoin joins tasklets from other goroutines.
func TestOutsideJoin(t *testing.T) {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))))
	cause := errors.New("cause")
	good := s.GoFunc(func(co *tasklet.Coroutine) error { return co.Sleep(time.Hour) })
	bad := s.GoFunc(func(co *tasklet.Coroutine) error { co.Sleep(time.Hour); return cause })
	results := make(chan error, 2)
	release := s.Hold()
	var wg sync.WaitGroup
	wg.Go(func() { results <- s.Join(t.Context(), good) })
	wg.Go(func() { results <- s.Join(t.Context(), bad) })
	go func() { wg.Wait(); release() }()
	for err := s.Run(); err != nil; err = s.Run() { // bad may end before anybody joins it
		if !errors.Is(err, cause) {
			t.Fatal(err)
		}
	}
	failed := 0
	for range 2 {
		if err := <-results; errors.Is(err, cause) {
			failed++
		} else if err != nil {
			t.Error(err)
		}
	}
	if failed != 1 {
		t.Errorf("%d joins failed", failed)
	}
}

// TestMainWaitsForOutside: while somebody is expected, a wait of main is no
// deadlock; afterwards it is.
func TestMainWaitsForOutside(t *testing.T) {
	s := sched.New()
	c := channel.New[string](s)
	release := s.Hold()
	go func() {
		if err := c.PutContext(context.Background(), "hello"); err != nil {
			t.Error(err)
		}
		release()
	}()
	if v, err := c.Get(s.Main()); err != nil || v != "hello" {
		t.Errorf("%q, %v", v, err)
	}
	if _, err := c.Get(s.Main()); !errors.Is(err, tasklet.ErrDeadlock) {
		t.Errorf("got %v", err)
	}
}

// TestCloseLetsVisitorsGo: Close ends those who wait from outside.
func TestCloseLetsVisitorsGo(t *testing.T) {
	s := sched.New()
	c := channel.New[int](s)
	result := make(chan error)
	go func() {
		_, err := c.GetContext(context.Background())
		result <- err
	}()
	for c.Balance() == 0 { // until the visitor waits
		if err := s.RunReady(); err != nil {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-result; !errors.Is(err, sched.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// TestServeEnds: Serve returns when its context is done, though tasklets are
// ready for ever.
func TestServeEnds(t *testing.T) {
	s := sched.New()
	y := new(yielder)
	s.Go(y)
	ctx, cancel := context.WithCancel(t.Context())
	s.GoFunc(func(co *tasklet.Coroutine) error { cancel(); return nil })
	if err := s.Serve(ctx); err != nil {
		t.Error(err)
	}
	// The notice of that Serve does not end a later run early.
	before := y.rounds
	if ran, err := s.Step(1000); ran != 1000 || err != nil || y.rounds-before < 999 {
		t.Errorf("ran %d, %v", ran, err)
	}
	s.Close()
}

// TestPost: what is posted runs between steps; its panic is main's to hear of.
func TestPost(t *testing.T) {
	s := sched.New()
	var log []string
	go func() {
		s.Post(func() { log = append(log, "posted"); s.Go(new(ender)) })
		s.Post(func() { panic("post") })
	}()
	release := s.Hold()
	time.AfterFunc(0, release)
	var p *tasklet.PanicError
	err := s.Run()
	for err == nil && len(log) == 0 {
		err = s.Run()
	}
	if err == nil {
		err = s.Run()
	}
	if !errors.As(err, &p) || p.Value != "post" {
		t.Errorf("got %v, %v", err, log)
	}
}
