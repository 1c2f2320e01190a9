package sched_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A payer ticks, and yields now and then, and counts the steps that a budget does.
type payer struct {
	ticks, yieldEvery int
	steps             *atomic.Int64
	yielding          bool
}

func (f *payer) Resume(t *tasklet.Tasklet) tasklet.Step {
	f.steps.Add(1)
	for f.ticks > 0 || f.yielding {
		if !f.yielding {
			began := t.Op() == tasklet.OpNone
			if s := t.Tick(); s != tasklet.Next {
				return s
			}
			if began {
				f.steps.Add(1)
			}
			f.ticks--
			f.yielding = f.yieldEvery > 0 && f.ticks%f.yieldEvery == 0
		}
		if f.yielding {
			if s := t.Yield(); s != tasklet.Next {
				return s
			}
			f.yielding = false
		}
	}
	return tasklet.Return
}

// TestPoolTotal: a total is one number for the whole pool, kept to the step, whoever runs
// them and wherever they roam; and everybody gets done in the end.
func TestPoolTotal(t *testing.T) {
	for _, soft := range []bool{false, true} {
		var steps atomic.Int64
		p := sched.NewPool(2)
		for i := range 30 {
			if _, err := p.Go(&payer{ticks: 500, yieldEvery: 1 + i%7, steps: &steps}); err != nil {
				t.Fatal(err)
			}
		}
		w := p.Schedulers()
		alone := w[0].Go(&payer{ticks: 700, steps: &steps})
		b := tasklet.Budget{Steps: 333, Total: true, Soft: soft}
		runs := 0
		for {
			before := steps.Load()
			victims, err := p.RunBudget(b)
			if err := errors.Join(err, w[0].Check(), w[1].Check()); err != nil {
				t.Fatal(err)
			}
			ran := steps.Load() - before
			left := w[0].RunCount() + w[1].RunCount() - 2 + len(victims)
			switch {
			case left == 0:
			case soft && (len(victims) > 0 || ran < 333),
				!soft && (len(victims) < 1 || len(victims) > 2 || ran != 333):
				t.Fatalf("soft %t: run %d had %d steps and the victims %v", soft, runs, ran, victims)
			}
			for _, v := range victims {
				if !v.Paused() {
					t.Errorf("%v", v)
				}
				if err := v.Insert(); err != nil {
					t.Error(err)
				}
			}
			if runs++; left == 0 {
				break
			}
		}
		if runs < 5 || alone.Alive() {
			t.Errorf("soft %t: done in %d runs, %v", soft, runs, alone)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestPoolBudget: a budget for each tasklet interrupts who computes for long, wherever that
// is, and nobody who does not; negative ones are refused.
func TestPoolBudget(t *testing.T) {
	var steps atomic.Int64
	p := sched.NewPool(2)
	w := p.Schedulers()
	long := []*tasklet.Tasklet{w[0].Go(&payer{ticks: 5000, steps: &steps}), w[1].Go(&payer{ticks: 3000, steps: &steps})}
	for range 20 {
		if _, err := p.Go(&payer{ticks: 50, yieldEvery: 10, steps: &steps}); err != nil {
			t.Fatal(err)
		}
	}
	times := map[*tasklet.Tasklet]int{}
	for {
		victims, err := p.RunBudget(tasklet.Budget{Steps: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if len(victims) == 0 {
			break
		}
		for _, v := range victims {
			times[v]++
			if err := v.Insert(); err != nil {
				t.Error(err)
			}
		}
	}
	if len(times) != 2 || times[long[0]] < 4 || times[long[1]] < 2 || times[long[0]] > 5 || times[long[1]] > 3 {
		t.Errorf("victims %v of %v", times, long)
	}
	if _, err := p.RunBudget(tasklet.Budget{Steps: -1}); !errors.Is(err, tasklet.ErrBudget) {
		t.Error(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := p.RunBudget(tasklet.Budget{}); !errors.Is(err, sched.ErrClosed) {
		t.Error(err)
	}
}

// A traveller has four steps: it yields, parks, and yields again.
type traveller struct {
	pc           int
	leaves, ends func()
}

func (f *traveller) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.pc < 3; f.pc++ {
		if f.pc == 1 && t.Op() == tasklet.OpNone {
			f.leaves()
		}
		step := t.Yield
		if f.pc == 1 {
			step = t.Park
		}
		if s := step(); s != tasklet.Next {
			return s
		}
	}
	f.ends()
	return tasklet.Return
}

// TestBudgetOfOneWhoWasAway: the steps that a tasklet ran before it went to another
// scheduler do not count when it is back.
func TestBudgetOfOneWhoWasAway(t *testing.T) {
	a, b, _, must := abroad(t)
	var x *tasklet.Tasklet
	away := func() {
		ref, err := x.MoveTo(b)
		must(err, ref.Do(func(t *tasklet.Tasklet) {
			_, err := t.MoveTo(a)
			must(err)
		}), b.RunReady(), ref.Insert())
	}
	x = a.Go(&traveller{
		leaves: func() { must(a.Post(away)) },
		ends:   func() { must(a.Main().Tasklet().Insert()) },
	})
	if victim, err := a.RunBudget(tasklet.Budget{Steps: 3}); victim != nil || err != nil || x.Alive() {
		t.Errorf("%v, %v, %v", victim, err, x)
	}
}

// TestPoolHold: who is still to come to the pool is waited for, and whoever comes meanwhile
// runs.
func TestPoolHold(t *testing.T) {
	p := sched.NewPool(2)
	release := p.Hold()
	var ended atomic.Int64
	go func() {
		for range 20 {
			ref, err := p.Go(tasklet.Func(func(*tasklet.Tasklet) tasklet.Step { ended.Add(1); return tasklet.Return }))
			if err == nil {
				err = ref.Join(context.Background())
			}
			if err != nil {
				t.Error(err)
			}
		}
		release()
		release()
	}()
	if err := p.Run(); err != nil || ended.Load() != 20 {
		t.Errorf("%v, %d have ended", err, ended.Load())
	}
	s := p.New()
	second := p.Hold()
	c := channel.New[int](s)
	go func() {
		handed(t, s, func() {}) // it waits now, and is not told of a deadlock
		second()
	}()
	if _, err := c.Get(s.Main()); !errors.Is(err, tasklet.ErrDeadlock) {
		t.Errorf("%v", err)
	}
	if err := errors.Join(s.Close(), p.Close()); err != nil {
		t.Error(err)
	}
}

// TestServeWithoutSchedulers: a pool whose schedulers others drive is served until ctx is
// done, and can't be run or closed meanwhile. Its Run has nothing to do.
func TestServeWithoutSchedulers(t *testing.T) {
	p := sched.NewPool(0)
	if err := p.Run(); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error)
	go func() {
		err := sched.ErrRunning
		for errors.Is(err, sched.ErrRunning) { // it meets one of the runs below
			err = p.Serve(ctx)
		}
		over <- err
	}()
	for !errors.Is(p.Run(), sched.ErrRunning) {
	}
	if err := p.Close(); !errors.Is(err, sched.ErrRunning) {
		t.Error(err)
	}
	select {
	case err := <-over:
		t.Errorf("it has ended: %v", err)
	default:
	}
	cancel()
	if err := errors.Join(<-over, p.Close()); err != nil {
		t.Error(err)
	}
	if err := p.Serve(ctx); !errors.Is(err, sched.ErrClosed) {
		t.Error(err)
	}
}

// TestPoolOfStopped: a run leaves out who was stopped, and what is given to it is done by
// who adopts it.
func TestPoolOfStopped(t *testing.T) {
	p := sched.NewPool(2)
	w := p.Schedulers()
	x := w[0].Go(&hop{N: 2})
	if err := w[0].Stop(); err != nil {
		t.Fatal(err)
	}
	y := w[1].Go(&hop{N: 2000})
	if err := p.Run(); err != nil || !x.Alive() || y.Alive() {
		t.Errorf("%v, %v, %v", err, x, y)
	}
	if err := w[1].Adopt(w[0]); err != nil {
		t.Fatal(err)
	}
	var refs []*tasklet.Ref
	for range 4 {
		ref, err := p.Go(&hop{N: 2})
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, ref)
	}
	if err := p.Run(); err != nil || x.Alive() || w[1].Stats().Ended < 6 {
		t.Errorf("%v, %v, %+v", err, x, w[1].Stats())
	}
	if err := w[1].Stop(); err != nil {
		t.Fatal(err)
	}
	if err := p.Run(); !errors.Is(err, sched.ErrStopped) {
		t.Error(err)
	}
	if err := p.Close(); err != nil || slices.Contains(refs, nil) {
		t.Error(err)
	}
}
