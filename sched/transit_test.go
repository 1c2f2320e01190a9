package sched_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// TestTouchedOnItsWay: whoever does something with a tasklet by its pointer after a step has
// begun to move it, and before it has gone, has it here still, or is refused; nobody
// beside it suffers.
func TestTouchedOnItsWay(t *testing.T) {
	oops := errors.New("oops")
	frame := tasklet.Func(func(*tasklet.Tasklet) tasklet.Step { return tasklet.Return })
	for name, c := range map[string]struct {
		touch func(co *tasklet.Coroutine, u *tasklet.Tasklet, other *sched.Scheduler) error
		at    int // whether it has ended with one of a and b, or is parked there
		dead  bool
		err   error
	}{
		"insert": {at: 0, dead: true, touch: func(_ *tasklet.Coroutine, u *tasklet.Tasklet, _ *sched.Scheduler) error { return u.Insert() }},
		"remove": {at: 1, touch: func(_ *tasklet.Coroutine, u *tasklet.Tasklet, _ *sched.Scheduler) error { return u.Remove() }},
		"kill later": {at: 0, dead: true, err: tasklet.ErrExit, touch: func(_ *tasklet.Coroutine, u *tasklet.Tasklet, _ *sched.Scheduler) error {
			u.KillLater()
			return nil
		}},
		"kill":        {at: 0, dead: true, err: tasklet.ErrExit, touch: func(co *tasklet.Coroutine, u *tasklet.Tasklet, _ *sched.Scheduler) error { return co.Kill(u) }},
		"throw later": {at: 0, dead: true, err: oops, touch: func(_ *tasklet.Coroutine, u *tasklet.Tasklet, _ *sched.Scheduler) error { return u.ThrowLater(oops) }},
		"throw":       {at: 0, dead: true, err: oops, touch: func(co *tasklet.Coroutine, u *tasklet.Tasklet, _ *sched.Scheduler) error { return co.Throw(u, oops) }},
		"set error":   {at: 1, touch: func(_ *tasklet.Coroutine, u *tasklet.Tasklet, _ *sched.Scheduler) error { return u.SetError(oops) }},
		"bind to nil": {at: 0, dead: true, touch: func(_ *tasklet.Coroutine, u *tasklet.Tasklet, _ *sched.Scheduler) error { return u.Bind(nil) }},
		"bind":        {at: 0, touch: func(_ *tasklet.Coroutine, u *tasklet.Tasklet, _ *sched.Scheduler) error { return u.Bind(frame) }},
		"finish":      {at: 0, dead: true, err: tasklet.ErrExit, touch: func(_ *tasklet.Coroutine, u *tasklet.Tasklet, _ *sched.Scheduler) error { return u.Finish() }},
		"run":         {at: 0, dead: true, touch: func(co *tasklet.Coroutine, u *tasklet.Tasklet, _ *sched.Scheduler) error { return co.Run(u) }},
		"join": {at: 0, touch: func(co *tasklet.Coroutine, u *tasklet.Tasklet, _ *sched.Scheduler) error {
			return co.Within(time.Second, func() error { return co.Join(u) })
		}},
		"move back": {at: 0, touch: func(co *tasklet.Coroutine, u *tasklet.Tasklet, _ *sched.Scheduler) error {
			_, err := u.MoveTo(co.Tasklet())
			return err
		}},
		"move again": {at: 1, touch: func(_ *tasklet.Coroutine, u *tasklet.Tasklet, b *sched.Scheduler) error {
			_, err := u.MoveTo(b)
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p := sched.NewPool(0)
			clock := sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0)))
			a, b := p.New(clock), p.New()
			var all []*tasklet.Tasklet
			for range 3 {
				all = append(all, a.New(frame))
			}
			u := all[1]
			a.GoFunc(func(co *tasklet.Coroutine) error {
				if _, err := u.MoveTo(b); err != nil {
					return err
				}
				if err := c.touch(co, u, b); err != nil && !errors.Is(err, tasklet.ErrTimeout) {
					return err
				}
				return nil
			})
			if err := a.RunReady(); !errors.Is(err, c.err) && c.err != tasklet.ErrExit {
				t.Error(err)
			}
			if err := b.RunReady(); err != nil {
				t.Error(err)
			}
			for _, s := range []*sched.Scheduler{a, b} {
				if err := s.Check(); err != nil {
					t.Error(err)
				}
			}
			if !all[0].Paused() || !all[2].Paused() {
				t.Error(all[0], all[2])
			}
			if u.Home() != []*sched.Scheduler{a, b}[c.at].Home() || u.Alive() == c.dead || !errors.Is(u.Err(), c.err) {
				t.Errorf("%v, here %v, %v", u, u.Home() == a.Home(), u.Err())
			}
		})
	}
}
