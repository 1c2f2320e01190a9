package sched_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// sleeper sleeps for d and notes when it woke.
type sleeper struct {
	id  int
	d   time.Duration
	log *[]int
}

func (z *sleeper) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := t.Sleep(z.d); s != tasklet.Next {
		return s
	}
	*z.log = append(*z.log, z.id)
	return tasklet.Return
}

// TestTimers puts many to sleep at random, wakes some by killing them, and
// compares the order of waking with a stable sort.
func TestTimers(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 2))
		start := time.Unix(1000, 0)
		clock := sched.NewVirtualClock(start)
		s := sched.New(sched.WithClock(clock))
		var log []int
		var want []*sleeper
		var all []*tasklet.Tasklet
		for id := range 400 {
			z := &sleeper{id: id, d: time.Duration(1 + r.IntN(50)), log: &log}
			want = append(want, z)
			all = append(all, s.Go(z))
		}
		s.RunReady()
		if s.Sleeping() != 400 {
			t.Fatalf("%d sleep", s.Sleeping())
		}
		var latest time.Duration
		for i, u := range all {
			if r.IntN(3) == 0 {
				want[i] = nil
				if err := s.Main().Kill(u); err != nil {
					t.Fatal(err)
				}
			} else {
				latest = max(latest, want[i].d)
			}
			if i%16 == 0 {
				if err := s.Check(); err != nil {
					t.Fatal(err)
				}
			}
		}
		want = slices.DeleteFunc(want, func(z *sleeper) bool { return z == nil })
		slices.SortStableFunc(want, func(a, b *sleeper) int { return int(a.d - b.d) })
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		for i, z := range want {
			if i >= len(log) || log[i] != z.id {
				t.Fatalf("seed %d: woke %v", seed, log)
			}
		}
		if now := clock.Now().Sub(start); now != latest {
			t.Errorf("seed %d: the clock shows %v, want %v", seed, now, latest)
		}
	}
}

// TestAdvance: moving a virtual clock wakes who is due, at the next run.
func TestAdvance(t *testing.T) {
	clock := sched.NewVirtualClock(time.Unix(0, 0))
	s := sched.New(sched.WithClock(clock))
	var log []int
	for id := range 3 {
		s.Go(&sleeper{id: id, d: time.Duration(id+1) * time.Hour, log: &log})
	}
	s.RunReady()
	clock.Advance(2 * time.Hour)
	if err := s.RunReady(); err != nil || fmt.Sprint(log) != "[0 1]" || s.Sleeping() != 1 {
		t.Errorf("%v, %v, %d asleep", err, log, s.Sleeping())
	}
	s.Close()
}

// TestDueWhileBusy: who is due wakes although others are always ready.
func TestDueWhileBusy(t *testing.T) {
	clock := sched.NewVirtualClock(time.Unix(0, 0))
	s := sched.New(sched.WithClock(clock))
	var log []int
	s.Go(&sleeper{d: time.Hour, log: &log})
	s.Go(new(yielder))
	s.Step(10)
	clock.Advance(time.Hour)
	s.Step(200)
	if len(log) != 1 {
		t.Error("it still sleeps")
	}
	s.Close()
}

// TestForEver: a sleep past the end of time is one that does not end.
func TestForEver(t *testing.T) {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))))
	var log []int
	u := s.Go(&sleeper{d: 1<<63 - 1, log: &log})
	s.Go(&sleeper{id: 1, d: 5, log: &log})
	s.RunReady()
	if err := s.Main().Sleep(time.Second); err != nil || u.Status() != tasklet.Sleeping || fmt.Sprint(log) != "[1]" {
		t.Errorf("%v, %v, %v", err, u, log)
	}
	s.Close()
}

// TestRealClock: the real clock waits, for the time or for the bell.
func TestRealClock(t *testing.T) {
	var c sched.RealClock
	c.Wait(c.Now().Add(-time.Hour), nil)
	bell := make(chan struct{}, 1)
	bell <- struct{}{}
	c.Wait(time.Time{}, bell)
	bell <- struct{}{}
	c.Wait(c.Now().Add(time.Hour), bell)
	var log []int
	s := sched.New()
	for id, d := range []time.Duration{3, 1, 2} {
		s.Go(&sleeper{id: id, d: d * time.Microsecond, log: &log})
	}
	start := c.Now()
	if err := s.Run(); err != nil || len(log) != 3 {
		t.Errorf("%v, %v", err, log)
	}
	if took := c.Now().Sub(start); took < 3*time.Microsecond {
		t.Errorf("all woke after %v", took)
	}
}

// TestDeadlockNamesAll: the error lists who is blocked, on what.
func TestDeadlockNamesAll(t *testing.T) {
	s := sched.New()
	orders, replies := channel.New[int](s), channel.New[string](s)
	orders.SetName("orders")
	courier := s.Go(&receiver{in: orders})
	courier.SetName("courier")
	awaited = courier
	s.GoFunc(waitForIt)
	s.Run()
	_, err := replies.Get(s.Main())
	var d *sched.DeadlockError
	if !errors.As(err, &d) || !errors.Is(err, tasklet.ErrDeadlock) || len(d.Blocked) != 3 {
		t.Fatalf("got %v", err)
	}
	const want = `deadlock: the last runnable tasklet cannot be blocked
	tasklet 2 (courier), frame sched_test.receiver, blocked: receive on channel 1 (orders) of int
	tasklet 3, frame github.com/stackless-go/stackless/sched_test.waitForIt, blocked: join on the end of tasklet 2 (courier)
	tasklet 1 (main), frame main, blocked: receive on channel 2 of string`
	if err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if b := d.Blocked[0]; b.Name != "courier" || b.By != tasklet.OpReceive || b.ID != 2 {
		t.Errorf("got %+v", b)
	}
	for range 200 {
		s.Go(&receiver{in: orders})
	}
	s.RunReady()
	if _, err := replies.Get(s.Main()); !strings.HasSuffix(err.Error(), "and 103 more") {
		t.Errorf("got %v", err)
	}
	s.Close()
}

var awaited *tasklet.Tasklet

func waitForIt(co *tasklet.Coroutine) error { return co.Join(awaited) }

// TestStep: a scheduler can be driven step by step, and whoever is next stays
// next.
func TestStep(t *testing.T) {
	s := sched.New()
	a, b, c := new(yielder), new(yielder), new(yielder)
	for _, y := range []*yielder{a, b, c} {
		s.Go(y)
	}
	for i := range 9 { // the first round begins a yield, the others complete one
		if ran, err := s.Step(1); ran != 1 || err != nil || a.rounds+b.rounds+c.rounds != max(0, i-2) {
			t.Fatalf("step %d: ran %d, %v: %d %d %d", i, ran, err, a.rounds, b.rounds, c.rounds)
		}
	}
	if a.rounds != 2 || b.rounds != 2 || c.rounds != 2 {
		t.Errorf("%d %d %d", a.rounds, b.rounds, c.rounds)
	}
	for _, n := range []int{0, -1} {
		if ran, err := s.Step(n); ran != 0 || err != nil {
			t.Errorf("Step(%d) ran %d, %v", n, ran, err)
		}
	}
	if ran, _ := s.Step(1000); ran != 1000 || s.Steps() != 1009 {
		t.Errorf("ran %d, %d in all", ran, s.Steps())
	}
	s.Close()
	if ran, err := s.Step(5); ran != 0 || !errors.Is(err, sched.ErrClosed) {
		t.Errorf("closed: ran %d, %v", ran, err)
	}
	if ran, err := sched.New().Step(5); ran != 0 || err != nil {
		t.Errorf("nothing to run: ran %d, %v", ran, err)
	}
}

// TestDrivenOnce: only main, in its turn, can drive.
func TestDrivenOnce(t *testing.T) {
	s := sched.New()
	var inFrame, inFunction, closing error
	s.Go(tasklet.Func(func(*tasklet.Tasklet) tasklet.Step {
		inFrame, closing = s.Run(), s.Close()
		return tasklet.Return
	}))
	s.GoFunc(func(*tasklet.Coroutine) error { _, inFunction = s.Step(1); return nil })
	misuse := s.Go(tasklet.Func(func(*tasklet.Tasklet) tasklet.Step { s.Main().Yield(); return tasklet.Return }))
	err := s.Run()
	for _, e := range []error{inFrame, inFunction, closing} {
		if !errors.Is(e, sched.ErrRunning) {
			t.Errorf("got %v", e)
		}
	}
	if !errors.Is(err, tasklet.ErrMisuse) || misuse.Alive() {
		t.Errorf("main's operation in a tasklet's step: %v", err)
	}
}

// stubborn recovers from every kill.
type stubborn struct{ in *channel.Channel[int] }

func (f *stubborn) Resume(t *tasklet.Tasklet) tasklet.Step {
	var v int
	for {
		if s := f.in.Receive(t, &v); s == tasklet.Failed {
			t.Recover()
		} else if s != tasklet.Next {
			return s
		}
	}
}

// TestClose ends everything, wherever it is, and names who will not die.
func TestClose(t *testing.T) {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))))
	c := channel.New[int](s)
	var log []int
	all := []*tasklet.Tasklet{
		s.Go(&receiver{in: c}), s.Go(&sleeper{d: time.Hour, log: &log}), s.New(new(yielder)), s.Go(new(yielder)),
		s.GoFunc(func(co *tasklet.Coroutine) error { return co.Park() }),
	}
	s.Step(len(all))
	s.Go(&stubborn{c}).SetName("mule")
	s.Step(2)
	err := s.Close()
	if !errors.Is(err, tasklet.ErrAlive) || !strings.Contains(err.Error(), "(mule)") {
		t.Errorf("got %v", err)
	}
	for _, u := range all {
		if u.Alive() {
			t.Error(u)
		}
	}
	if err := s.Check(); err != nil || c.Balance() != -1 {
		t.Errorf("%v, balance %d", err, c.Balance())
	}
}

// TestForeign: another scheduler's tasklets and channels are refused.
func TestForeign(t *testing.T) {
	s, other := sched.New(), sched.New()
	c := channel.New[int](other)
	u := other.New(new(yielder))
	m := s.Main()
	for name, err := range map[string]error{
		"put": c.Put(m, 1), "put error": c.PutError(m, channel.ErrEnd), "join": m.Join(u),
		"run": m.Run(u), "switch": m.Switch(u), "throw": m.Throw(u, channel.ErrEnd),
	} {
		if !errors.Is(err, tasklet.ErrForeign) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Get(m); !errors.Is(err, tasklet.ErrForeign) {
		t.Errorf("get: %v", err)
	}
	other.Close()
}

// TestNoAllocation: neither a switch nor a rendezvous allocates.
func TestNoAllocation(t *testing.T) {
	for name, setUp := range map[string]func(s *sched.Scheduler){
		"yield": func(s *sched.Scheduler) { s.Go(new(yielder)); s.Go(new(yielder)) },
		"rendezvous": func(s *sched.Scheduler) {
			c := channel.New[int](s)
			s.Go(&receiver{in: c})
			s.Go(&sender{out: c})
		},
		"many senders": func(s *sched.Scheduler) {
			c := channel.New[int](s)
			for range 100 {
				s.Go(&sender{out: c})
			}
			s.Go(&receiver{in: c})
		},
		"functions": func(s *sched.Scheduler) {
			c := channel.New[int](s)
			s.GoFunc(func(co *tasklet.Coroutine) error {
				for {
					if _, err := c.Get(co); err != nil {
						return err
					}
				}
			})
			s.GoFunc(func(co *tasklet.Coroutine) error {
				for {
					if err := c.Put(co, 1); err != nil {
						return err
					}
				}
			})
		},
	} {
		s := sched.New()
		setUp(s)
		s.Step(1000)
		if n := testing.AllocsPerRun(10, func() { s.Step(1000) }); n != 0 {
			t.Errorf("%s: %v allocations in 1000 steps", name, n)
		}
		s.Close()
	}
}

// TestSweep: queues in which nobody waits any more do not stay on record.
func TestSweep(t *testing.T) {
	s := sched.New()
	for i := range 1000 {
		c := channel.New[int](s)
		s.Go(&receiver{in: c})
		s.RunReady()
		if i%2 == 0 {
			c.Close()
			if err := s.Run(); !errors.Is(err, channel.ErrClosed) {
				t.Fatal(err)
			}
		}
	}
	n := 0
	for range s.Blocked() {
		n++
	}
	if err := s.Check(); err != nil || n != 500 {
		t.Errorf("%v, %d blocked", err, n)
	}
	s.Close()
}

// brokenClock panics when it is to wait.
type brokenClock struct{ sched.VirtualClock }

func (*brokenClock) Wait(time.Time, <-chan struct{}) { panic("clock") }

// TestBrokenClock: a panic between two steps is no tasklet's; main hears of it.
func TestBrokenClock(t *testing.T) {
	s := sched.New(sched.WithClock(&brokenClock{}))
	var log []int
	u := s.Go(&sleeper{d: time.Hour, log: &log})
	for range 2 {
		var p *tasklet.PanicError
		if err := s.Run(); !errors.As(err, &p) || p.Value != "clock" || u.Status() != tasklet.Sleeping {
			t.Errorf("got %v, %v", err, u)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
