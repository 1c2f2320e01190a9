package sched_test

import (
	"errors"
	"testing"
	"time"
	"unsafe"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A machineClock has a monotonic clock and one on the wall, as a machine has.
type machineClock struct{ mono, wall time.Time }

func newMachineClock() *machineClock {
	now := time.Now()
	return &machineClock{mono: now, wall: now}
}

// Now returns both, which package time lets nobody set apart.
func (c *machineClock) Now() time.Time {
	now := c.mono.Add(c.wall.Sub(c.mono.Round(0)))
	parts := (*struct {
		wall uint64
		ext  int64 // the monotonic part
		loc  *time.Location
	})(unsafe.Pointer(&now))
	parts.ext -= int64(c.wall.Sub(c.mono.Round(0)))
	return now
}

func (c *machineClock) pass(d time.Duration) { c.mono, c.wall = c.mono.Add(d), c.wall.Add(d) }

func (c *machineClock) Wait(until time.Time, _ <-chan struct{}) { c.pass(until.Sub(c.Now())) }

// A lodger sleeps and parks, for so long.
type lodger struct {
	Sleep, Limit time.Duration
	Limited      bool
	Slept        bool
}

func (l *lodger) Resume(t *tasklet.Tasklet) tasklet.Step {
	if !l.Slept {
		if s := t.Sleep(l.Sleep); s != tasklet.Next {
			return s
		}
		l.Slept = true
	}
	s := t.Within(l.Limit, t.Park())
	if s == tasklet.Failed {
		l.Limited = errors.Is(t.Recover(), tasklet.ErrTimeout)
		return tasklet.Return
	}
	return s
}

// TestWallIsSet: a point in time that was written on the wall is as far away as the wall's
// clock says when it is armed, wherever that has jumped before; what was counted from now
// is not concerned.
func TestWallIsSet(t *testing.T) {
	pickle.Register[lodger]("test.lodger")
	for _, jump := range []time.Duration{0, 10 * time.Microsecond, 8 * time.Hour, -8 * time.Hour} {
		clock := newMachineClock()
		s := sched.New(sched.WithClock(clock))
		passed := func(what string, want time.Duration, f func() error) {
			t.Helper()
			before := clock.mono
			if err := f(); err != nil {
				t.Errorf("%v, %s: %v", jump, what, err)
			}
			if got := clock.mono.Sub(before); (got - want).Abs() > time.Millisecond {
				t.Errorf("%v, %s: %v, want %v", jump, what, got, want)
			}
		}
		main := s.Main()
		timesOut := func(f func() error) func() error {
			return func() error {
				if err := f(); !errors.Is(err, tasklet.ErrTimeout) {
					return errors.Join(errors.New("no timeout"), err)
				}
				return nil
			}
		}
		passed("the jump", time.Hour, func() error {
			woke := false
			s.GoFunc(func(co *tasklet.Coroutine) error {
				err := co.Sleep(time.Hour)
				woke = true
				return err
			})
			if err := s.RunReady(); err != nil {
				return err
			}
			clock.wall = clock.wall.Add(jump)
			if err := s.RunReady(); err != nil || woke {
				return errors.Join(errors.New("it wakes by the wall"), err)
			}
			return s.Run()
		})
		wall := func(d time.Duration) time.Time { return clock.Now().Round(0).Add(d) }
		passed("sleep until", time.Minute, func() error { return main.SleepUntil(wall(time.Minute)) })
		passed("until", time.Minute, timesOut(func() error { return main.Until(wall(time.Minute), main.Park) }))
		passed("within", time.Minute, timesOut(func() error { return main.Within(time.Minute, main.Park) }))
		passed("select", time.Minute, func() error {
			_, err := main.Select(tasklet.At(wall(time.Minute)))
			return err
		})

		// Pickles have the wall's time, and are loaded by it.
		l := &lodger{Sleep: time.Minute, Limit: time.Minute}
		u := s.Go(l)
		if err := s.RunReady(); err != nil {
			t.Fatal(err)
		}
		if at, asleep := u.Wakes(); !asleep || at.Round(0).Sub(wall(time.Minute)).Abs() > time.Millisecond {
			t.Errorf("%v: it wakes at %v, %v", jump, at, asleep)
		}
		b, err := pickle.Marshal(u)
		if err != nil {
			t.Fatal(err)
		}
		passed("asleep in a pickle, then limited", 2*time.Minute, func() error {
			again, err := pickle.Unmarshal[*tasklet.Tasklet](b, pickle.Into(s))
			return errors.Join(err, main.Kill(u), main.Join(again), s.Check())
		})
	}
}
