package channel_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// TestSelectFirstDue: a case of time that is due is Otherwise, so of several such the
// first in the list fires, however long each has been due.
func TestSelectFirstDue(t *testing.T) {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(100, 0))))
	c := channel.New[int](s)
	v := 0
	past := tasklet.At(time.Unix(50, 0))
	for name, test := range map[string]struct {
		cases []tasklet.Case
		want  int
	}{
		"no time":         {[]tasklet.Case{c.OnReceive(&v), tasklet.After(0), tasklet.Otherwise()}, 1},
		"otherwise":       {[]tasklet.Case{tasklet.Otherwise(), past, c.OnReceive(&v)}, 0},
		"past":            {[]tasklet.Case{tasklet.After(time.Hour), past, tasklet.Otherwise()}, 1},
		"long past":       {[]tasklet.Case{tasklet.After(-time.Second), past}, 0},
		"sooner is later": {[]tasklet.Case{tasklet.After(2), tasklet.After(1), c.OnReceive(&v)}, 1},
	} {
		if fired, err := s.Main().Select(test.cases...); fired != test.want || err != nil {
			t.Errorf("%s: %d, %v; want %d", name, fired, err, test.want)
		}
	}
	check(t, s)
}

// TestSelectTimeIsBeforeDeadlines: a case of time and a deadline that are due at once:
// the case fires, in frames as in functions.
func TestSelectTimeIsBeforeDeadlines(t *testing.T) {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))))
	c := channel.New[int](s)
	v, fired := 0, -1
	s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
		k, step := t.Select(c.OnReceive(&v), tasklet.After(time.Minute))
		if step = t.Within(time.Minute, step); step != tasklet.Next {
			return step
		}
		fired = k
		return tasklet.Return
	}))
	run(t, s)
	if fired != 1 {
		t.Errorf("the frame's case %d has fired", fired)
	}
	err := s.Main().Within(time.Minute, func() (err error) {
		fired, err = s.Main().Select(tasklet.After(time.Minute), c.OnReceive(&v))
		return err
	})
	if fired != 0 || err != nil {
		t.Errorf("main: %d, %v", fired, err)
	}
	check(t, s)
	if c.Balance() != 0 {
		t.Errorf("balance %d", c.Balance())
	}
}

// TestSelectKeepsWhatMainHas received when an error of another's, which is for main,
// comes between: it is for main's next operation.
func TestSelectKeepsWhatMainHas(t *testing.T) {
	s := sched.New()
	c := channel.New[int](s)
	c.SetPreference(channel.PreferNeither)
	boom := errors.New("boom")
	s.GoFunc(func(co *tasklet.Coroutine) error {
		if err := c.Put(co, 5); err != nil {
			return err
		}
		return boom
	})
	v := 0
	if fired, err := s.Main().Select(c.OnReceive(&v)); fired != 0 || err != nil || v != 5 {
		t.Errorf("%d, %v, received %d", fired, err, v)
	}
	if err := s.Main().Yield(); !errors.Is(err, boom) {
		t.Errorf("the next operation: %v", err)
	}
	check(t, s)
}
