package tasklet_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A counting frame runs f and knows how often it was resumed.
type counting struct {
	resumed int
	f       func(c *counting, t *tasklet.Tasklet) tasklet.Step
}

func (c *counting) Resume(t *tasklet.Tasklet) tasklet.Step {
	c.resumed++
	return c.f(c, t)
}

// cleaning performs an operation in its Cleanup.
type cleaning struct{ counting }

func (c *cleaning) Cleanup(t *tasklet.Tasklet) { t.Yield() }

// TestContract breaks each rule of Resume. The tasklet that does ends with
// ErrMisuse, which names it and says what it did; the others go on.
func TestContract(t *testing.T) {
	var a, b *channel.Channel[int]
	var other *tasklet.Tasklet
	var v int
	for _, c := range []struct {
		name string
		f    func(c *counting, t *tasklet.Tasklet) tasklet.Step
		says string
	}{
		{"goes on after Wait", func(_ *counting, t *tasklet.Tasklet) tasklet.Step {
			a.Receive(t, &v)
			return a.Receive(t, &v)
		}, "performs a receive although its receive has not returned Next"},
		{"goes on after a yield", func(_ *counting, t *tasklet.Tasklet) tasklet.Step {
			t.Yield()
			return t.Park()
		}, "performs a park, but it is not the one that runs"},
		{"resumes into another operation", func(c *counting, t *tasklet.Tasklet) tasklet.Step {
			if c.resumed == 1 {
				return t.Yield()
			}
			return a.Receive(t, &v)
		}, "left a yield and resumed into a receive"},
		{"resumes into another channel", func(c *counting, t *tasklet.Tasklet) tasklet.Step {
			if c.resumed == 1 {
				return a.Receive(t, &v)
			}
			return b.Receive(t, &v)
		}, "left a receive and resumed into the receive of something else"},
		{"resumes into another call", func(c *counting, t *tasklet.Tasklet) tasklet.Step {
			return t.Call(&counting{f: func(*counting, *tasklet.Tasklet) tasklet.Step { return tasklet.Return }})
		}, "left a call of tasklet_test.counting and resumed into another"},
		{"returns while it waits", func(_ *counting, t *tasklet.Tasklet) tasklet.Step {
			a.Receive(t, &v)
			return tasklet.Return
		}, "returned Return although its receive has not returned Next"},
		{"forgets what it waited for", func(c *counting, t *tasklet.Tasklet) tasklet.Step {
			if c.resumed == 1 {
				return t.Yield()
			}
			return tasklet.Return
		}, "returned Return although its yield has not returned Next"},
		{"returns Next", func(*counting, *tasklet.Tasklet) tasklet.Step { return tasklet.Next }, "returned Next to its scheduler"},
		{"returns no step", func(*counting, *tasklet.Tasklet) tasklet.Step { return 99 }, "returned Step(99) to its scheduler"},
		{"waits for nothing", func(*counting, *tasklet.Tasklet) tasklet.Step { return tasklet.Wait }, "returned Wait, but no operation told it so"},
		{"fails without an error", func(*counting, *tasklet.Tasklet) tasklet.Step { return tasklet.Failed }, "returned Failed, but nothing has failed"},
		{"performs for another", func(*counting, *tasklet.Tasklet) tasklet.Step { return other.Yield() }, "is not the one that runs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := sched.New()
			a, b = channel.New[int](s), channel.New[int](s)
			bad := s.Go(&counting{f: c.f})
			bad.SetName("bad")
			other = s.Go(&counting{f: func(c *counting, t *tasklet.Tasklet) tasklet.Step {
				if c.resumed < 3 {
					if s := t.Yield(); s != tasklet.Next {
						return s
					}
				}
				if s := a.Send(t, 7); s != tasklet.Next {
					return s
				}
				return tasklet.Return
			}})
			err := s.Run()
			for range 3 {
				if err != nil {
					break
				}
				err = s.Run()
			}
			if !errors.Is(err, tasklet.ErrMisuse) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "tasklet 2 (bad), frame tasklet_test.counting") {
				t.Errorf("got  %v\nwant %s", err, c.says)
			}
			if bad.Alive() {
				t.Errorf("it is still %v", bad)
			}
			if err := s.Check(); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestCleanupMayNotWait: an operation in Cleanup is misuse, and the frame still
// ends.
func TestCleanupMayNotWait(t *testing.T) {
	s := sched.New()
	c := s.Go(&cleaning{counting{f: func(*counting, *tasklet.Tasklet) tasklet.Step { return tasklet.Return }}})
	err := s.Run()
	if !errors.Is(err, tasklet.ErrMisuse) || !strings.Contains(err.Error(), "Cleanup") || c.Alive() {
		t.Errorf("got %v, %v", err, c)
	}
}

// panicker panics in a function of its own, which the stack is to show.
type panicker struct{}

func (panicker) Resume(*tasklet.Tasklet) tasklet.Step { return explode() }

//go:noinline
func explode() tasklet.Step { panic(errors.New("boom")) }

// TestPanic: a panic ends the tasklet alone, with the stack where it happened.
func TestPanic(t *testing.T) {
	s := sched.New()
	cause := errors.New("boom")
	for name, start := range map[string]func() *tasklet.Tasklet{
		"frame":    func() *tasklet.Tasklet { return s.Go(panicker{}) },
		"function": func() *tasklet.Tasklet { return s.GoFunc(func(*tasklet.Coroutine) error { explode(); return nil }) },
	} {
		bad := start()
		other := s.Go(&counting{f: func(*counting, *tasklet.Tasklet) tasklet.Step { return tasklet.Return }})
		err := s.Run()
		var p *tasklet.PanicError
		if !errors.As(err, &p) || p.Error() != "panic: boom" || errors.Unwrap(p) == nil || errors.Is(p, cause) {
			t.Fatalf("%s: got %v", name, err)
		}
		if !strings.Contains(string(p.Stack), "tasklet_test.explode") {
			t.Errorf("%s: the stack does not show where:\n%s", name, p.Stack)
		}
		s.Run()
		if bad.Alive() || other.Alive() {
			t.Errorf("%s: %v, %v", name, bad, other)
		}
	}
}
