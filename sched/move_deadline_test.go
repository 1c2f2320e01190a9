package sched_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// An emigrant moves when it has to wait, and limits the wait before or after.
type emigrant struct {
	to            tasklet.Homely
	wait          func(*tasklet.Tasklet) tasklet.Step
	first, second time.Duration // limits: before the move, and after it; 0 is none
	moved         bool
	err           error
	ended         time.Time
}

func (e *emigrant) Resume(t *tasklet.Tasklet) tasklet.Step {
	s := e.wait(t)
	if e.first > 0 {
		s = t.Within(e.first, s)
	}
	if s == tasklet.Wait && !e.moved {
		e.moved = true
		if _, err := t.MoveTo(e.to); err != nil {
			return t.Fail(err)
		}
	}
	if e.second != 0 {
		s = t.Within(e.second, s)
	}
	switch s {
	case tasklet.Failed:
		e.err = t.Recover()
	case tasklet.Next:
	default:
		return s
	}
	e.ended = t.Now()
	return tasklet.Return
}

// TestDeadlineMoves: deadlines go where the tasklet goes, those that it is given after the
// step's move has begun as well, and pass by the clock that is there.
func TestDeadlineMoves(t *testing.T) {
	tests := []struct {
		sleep, first, second time.Duration // seconds; no sleep is a park
		there                time.Duration // what the other's clock is ahead
		ends                 time.Duration // by the other's clock, from the first's start
		struck               time.Duration // 0 if it sleeps to the end
	}{
		{sleep: 5, ends: 5},
		{sleep: 5, first: 9, ends: 5},
		{sleep: 5, second: 9, ends: 5},
		{sleep: 5, first: 3, ends: 3, struck: 3},
		{sleep: 5, second: 3, ends: 3, struck: 3},
		{sleep: 5, first: 4, second: 3, ends: 3, struck: 3},
		{sleep: 5, first: 3, second: 4, ends: 3, struck: 3},
		{first: 3, ends: 3, struck: 3},
		{second: 3, ends: 3, struck: 3},
		{second: -1, ends: 0, struck: -1},
		{sleep: 5, first: 9, there: 7, ends: 7},
		{sleep: 5, second: 3, there: 4, ends: 4, struck: 3},
		{sleep: 5, second: 9, there: -100, ends: 5},
		{first: 9, second: 8, there: -100, ends: 8, struck: 8},
	}
	for _, test := range tests {
		start := time.Unix(1000, 0)
		p := sched.NewPool(0)
		a := p.New(sched.WithClock(sched.NewVirtualClock(start)))
		b := p.New(sched.WithClock(sched.NewVirtualClock(start.Add(test.there * time.Second))))
		e := &emigrant{to: b, first: test.first * time.Second, second: test.second * time.Second}
		e.wait = func(t *tasklet.Tasklet) tasklet.Step {
			if test.sleep == 0 {
				return t.Park()
			}
			return t.Sleep(test.sleep * time.Second)
		}
		a.Go(e)
		if err := errors.Join(a.RunReady(), a.Check(), b.Check()); err != nil {
			t.Fatal(err)
		}
		if st := a.Stats(); st.Timers != 0 {
			t.Errorf("%+v: %d timers are left", test, st.Timers)
		}
		if err := errors.Join(a.Close(), b.Run(), b.Check()); err != nil {
			t.Fatal(err)
		}
		var timeout *tasklet.TimeoutError
		if errors.As(e.err, &timeout) != (test.struck != 0) || timeout != nil && timeout.After != test.struck*time.Second || e.ended.Sub(start) != test.ends*time.Second {
			t.Errorf("%+v: %v after %v", test, e.err, e.ended.Sub(start))
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A rover yields many times, and naps now and then, under a deadline for all of it and one
// for each; some are struck by it.
type rover struct {
	in      *journey
	turns   int
	short   bool // its deadline passes under way
	struck  *atomic.Int32
	arrived *atomic.Int32
}

func (r *rover) Resume(t *tasklet.Tasklet) tasklet.Step {
	if r.in == nil {
		r.in = &journey{turns: r.turns}
	}
	limit := time.Hour
	if r.short {
		limit = 50 * time.Microsecond
	}
	switch s := t.Within(limit, t.Call(r.in)); s {
	case tasklet.Next:
		r.arrived.Add(1)
	case tasklet.Failed:
		if err := t.Recover(); !errors.Is(err, tasklet.ErrTimeout) || !r.short {
			return t.Fail(err)
		}
		r.struck.Add(1)
	default:
		return s
	}
	return tasklet.Return
}

type journey struct{ turns, n int }

func (j *journey) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; j.n < j.turns; j.n++ {
		s := tasklet.Next
		if j.n%16 == 15 {
			s = t.Within(time.Hour, t.Sleep(20*time.Microsecond))
		} else {
			s = t.Within(time.Hour, t.Yield())
		}
		if s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

// TestDeadlinesRoam: those who roam take their deadlines along, and leave none behind.
func TestDeadlinesRoam(t *testing.T) {
	roamed := 0
	for range 100 { // when the other scheduler wakes up in time is not in our hands
		if roamed = deadlinesRoam(t); roamed > 0 || t.Failed() {
			break
		}
	}
	if roamed == 0 {
		t.Error("nobody has roamed")
	}
}

// deadlinesRoam returns how many have arrived at the scheduler at which none began.
func deadlinesRoam(t *testing.T) (roamed int) {
	const rovers = 400
	p := sched.NewPool(2)
	var struck, arrived atomic.Int32
	for i := range rovers {
		p.Schedulers()[0].Home().Roam(&rover{turns: 64, short: i%4 == 0, struck: &struck, arrived: &arrived})
	}
	if err := p.Run(); err != nil {
		t.Fatal(err)
	}
	if struck.Load()+arrived.Load() != rovers || struck.Load() == 0 || arrived.Load() < rovers*3/4 {
		t.Errorf("%d struck, %d arrived", struck.Load(), arrived.Load())
	}
	for i, s := range p.Schedulers() {
		st := s.Stats()
		if err := s.Check(); err != nil || st.Timers != 0 || st.Born-st.Ended != 1 {
			t.Errorf("%d: %+v, %v", i, st, err)
		}
		roamed = int(st.Born) - 1
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	return roamed
}
