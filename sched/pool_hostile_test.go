package sched_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// TestPoolGoesOn: after an error, a further run goes on with everybody.
func TestPoolGoesOn(t *testing.T) {
	boom := errors.New("boom")
	for range 50 {
		p := sched.NewPool(2)
		w := p.Schedulers()
		w[0].Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return t.Fail(boom) }))
		if err := p.Run(); !errors.Is(err, boom) {
			t.Fatal(err)
		}
		var left [2]*tasklet.Tasklet
		for i := range left {
			left[i] = w[i].Go(&hop{N: 1000})
		}
		if err := p.Run(); err != nil {
			t.Fatal(err)
		}
		for i, x := range left {
			if x.Alive() {
				t.Fatalf("the run was over before %v of scheduler %d", x, i)
			}
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPoolGoexit: a tasklet ends the goroutine of its scheduler. The run says so, and a
// further one goes on.
func TestPoolGoexit(t *testing.T) {
	p := sched.NewPool(2)
	w := p.Schedulers()
	x := w[0].Go(tasklet.Func(func(*tasklet.Tasklet) tasklet.Step { runtime.Goexit(); return tasklet.Return }))
	y := w[0].Go(&hop{N: 3})
	if err := p.Run(); err == nil || !strings.Contains(err.Error(), "Goexit") {
		t.Errorf("%v", err)
	}
	if err := p.Run(); err == nil || x.Alive() { // it hears of its end
		t.Errorf("%v, %v", err, x)
	}
	if err := p.Run(); err != nil || y.Alive() {
		t.Errorf("%v, %v", err, y)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// TestBlockedMainTakesNobody: a scheduler whose main waits for something takes nobody over,
// who would be left there when main goes on.
func TestBlockedMainTakesNobody(t *testing.T) {
	c := make(chan *channel.Channel[int], 1)
	together(t, func(d *duo) {
		if _, err := (<-c).Get(d.a.Main()); err != nil {
			t.Error(err)
		}
		if n := d.a.Stats().Born; n != 1 { // main
			t.Errorf("%d tasklets have come", n)
		}
	}, func(d *duo) {
		out := channel.New[int](d.b)
		c <- out
		for range 100 {
			d.b.Home().Roam(&hop{N: 1000})
		}
		d.must(d.b.Run())
		d.must(out.Put(d.b.Main(), 1))
	})
}

// TestWorkerByHand: one of Run's schedulers that is driven by hand is counted among those
// who wait only while it does.
func TestWorkerByHand(t *testing.T) {
	for range 50 {
		p := sched.NewPool(1)
		w, a, b := p.Schedulers()[0], p.New(), p.New()
		c := channel.New[int](a)
		over := make(chan error, 2)
		go func() { over <- w.Run() }()
		go func() {
			v, err := c.Get(a.Main())
			if v != 1 && err == nil {
				err = fmt.Errorf("got %d", v)
			}
			over <- errors.Join(err, a.Close())
		}()
		handed(t, a, func() {})
		handed(t, a, func() {}) // it has rested in between
		if err := errors.Join(c.Put(b.Main(), 1), b.Close(), <-over, <-over, p.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOneClockForTwo: a virtual clock belongs to one goroutine.
func TestOneClockForTwo(t *testing.T) {
	clock := sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0)))
	p := sched.NewPool(1, clock)
	p.Schedulers()[0].GoFunc(func(co *tasklet.Coroutine) error { return co.Sleep(time.Hour) })
	if err := errors.Join(p.Run(), p.Close()); err != nil {
		t.Error(err)
	}
	defer func() {
		if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "VirtualClock") {
			t.Errorf("two have one clock: %v", p)
		}
	}()
	sched.NewPool(2, clock)
}

// TestPoolLeavesNothing: when all has ended, no goroutine is left, and nobody who waited
// abroad is held by where that was.
func TestPoolLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	p := sched.NewPool(2)
	w := p.Schedulers()
	c := channel.New[int](w[0])
	var waited []weak.Pointer[tasklet.Tasklet]
	for i := range 10 {
		here := channel.New[int](w[1])
		x := w[1].Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
			var v int
			if i%2 == 0 {
				return t.Within(time.Microsecond, c.Receive(t, &v))
			}
			_, s := t.Select(c.OnReceive(&v), here.OnReceive(&v))
			return t.Within(time.Microsecond, s)
		}))
		waited = append(waited, weak.Make(x))
	}
	w[1].OnError(func(*tasklet.Tasklet, error) error { return nil })
	if err := p.Run(); err != nil {
		t.Error(err)
	}
	if c.Balance() != 0 {
		t.Errorf("%v", c)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	runtime.GC()
	held := 0
	for _, x := range waited {
		if x.Value() != nil {
			held++
		}
	}
	if held > 1 { // the last that ran
		t.Errorf("%d tasklets are held", held)
	}
	runtime.KeepAlive(p)
	runtime.KeepAlive(c)
	for range 10000 { // they have said that they are done, and may not be gone yet
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
