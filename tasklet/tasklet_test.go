package tasklet_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

type parker struct{ times int }

func (p *parker) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; p.times > 0; p.times-- {
		if s := t.Park(); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

// TestSize: the size of the control block is a promise.
func TestSize(t *testing.T) {
	if size := unsafe.Sizeof(tasklet.Tasklet{}); unsafe.Sizeof(uintptr(0)) == 8 && size != 48 {
		t.Errorf("a Tasklet takes %d bytes", size)
	}
}

func TestOnExitRunsAtEveryEnd(t *testing.T) {
	for name, end := range map[string]func(s *sched.Scheduler, u *tasklet.Tasklet) error{
		"return": func(s *sched.Scheduler, u *tasklet.Tasklet) error { u.Insert(); return s.Run() },
		"kill":   func(s *sched.Scheduler, u *tasklet.Tasklet) error { return s.Main().Kill(u) },
		"throw": func(s *sched.Scheduler, u *tasklet.Tasklet) error {
			if err := s.Main().Throw(u, channel.ErrEnd); !errors.Is(err, channel.ErrEnd) {
				return err
			}
			return nil
		},
		"unbind": func(s *sched.Scheduler, u *tasklet.Tasklet) error { return u.Bind(nil) },
		"close":  func(s *sched.Scheduler, u *tasklet.Tasklet) error { return s.Close() },
	} {
		var log []string
		s := sched.New()
		u := s.Go(&parker{1})
		u.OnExit(func(*tasklet.Tasklet) { log = append(log, "first") })
		u.OnExit(func(*tasklet.Tasklet) { log = append(log, "second") })
		s.Run()
		if err := end(s, u); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := strings.Join(log, " "); got != "second first" || u.Alive() {
			t.Errorf("%s: %v, %v", name, got, u)
		}
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOnExitPanic: a hook that panics makes the tasklet fail; the others run.
func TestOnExitPanic(t *testing.T) {
	s := sched.New()
	ran := false
	u := s.Go(&parker{0})
	u.OnExit(func(*tasklet.Tasklet) { ran = true })
	u.OnExit(func(*tasklet.Tasklet) { panic("hook") })
	var p *tasklet.PanicError
	if err := s.Run(); !errors.As(err, &p) || p.Value != "hook" || !ran {
		t.Errorf("got %v, other hook ran %v", err, ran)
	}
}

func init() { pickle.Register[parker]("tasklet_test.parker") }

func TestRestorable(t *testing.T) {
	s := sched.New()
	frame := s.Go(&parker{1})
	closure := s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return t.Park() }))
	function := s.GoFunc(func(co *tasklet.Coroutine) error { return co.Park() })
	wild := s.Go(&deep{depth: 1, wait: (*tasklet.Tasklet).Park})
	hooked := s.Go(&parker{1})
	hooked.OnExit(func(*tasklet.Tasklet) {})
	s.Run()
	dead := s.New(nil)
	for name, c := range map[string]struct {
		t    *tasklet.Tasklet
		want bool
	}{
		"frame": {frame, true}, "closure": {closure, false}, "function": {function, false},
		"not registered": {wild, false}, "hook": {hooked, false}, "main": {s.Main().Tasklet(), false}, "dead": {dead, true},
	} {
		if got := c.t.Restorable(); got != c.want {
			t.Errorf("%s: restorable %v", name, got)
		}
	}
	s.Close()
}

func TestDescribe(t *testing.T) {
	s := sched.New()
	c := channel.New[int](s)
	c.SetName("orders")
	u := s.Go(&getter{in: c})
	u.SetName("courier")
	s.Run()
	for got, want := range map[string]string{
		u.String():                                        "tasklet 2 (courier), blocked",
		u.Describe():                                      "tasklet 2 (courier), frame tasklet_test.getter, blocked: receive on channel 1 (orders) of int",
		s.Main().Tasklet().Describe():                     "tasklet 1 (main), frame main, running",
		s.New(nil).Describe():                             "tasklet 3, dead",
		s.New(&parker{1}).Describe():                      "tasklet 4, frame tasklet_test.parker, parked",
		tasklet.Step(1).String():                          "Wait",
		c.String():                                        "channel 1 (orders) of int, balance -1",
		tasklet.OpSendError.String():                      "send of an error",
		tasklet.Sleeping.String():                         "sleeping",
		tasklet.FrameName(new(deep)):                      "tasklet_test.deep",
		tasklet.FrameName(nil):                            "none",
		tasklet.FrameName(panicker{}):                     "tasklet_test.panicker",
		s.Main().Tasklet().Home().Main().Tasklet().Name(): "main",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	s.Close()
}

type getter struct {
	in *channel.Channel[int]
	v  int
}

func (g *getter) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := g.in.Receive(t, &g.v); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

// TestFunctionsLeaveNoGoroutine: however a function ends, its goroutine ends.
func TestFunctionsLeaveNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	s := sched.New()
	c := channel.New[int](s)
	var log []string
	waits := func(name string) func(co *tasklet.Coroutine) error {
		return func(co *tasklet.Coroutine) error {
			defer func() { log = append(log, name) }()
			_, err := c.Get(co)
			for range 3 { // a function that does not give up at once
				_, err = c.Get(co)
			}
			return err
		}
	}
	ends := s.GoFunc(func(co *tasklet.Coroutine) error { return co.Yield() })
	killed := s.GoFunc(func(co *tasklet.Coroutine) error { _, err := c.Get(co); return err })
	unbound := s.GoFunc(func(co *tasklet.Coroutine) error {
		defer func() { log = append(log, "unbound") }()
		co.Park()
		return co.Park() // nobody will ever insert it
	})
	s.GoFunc(waits("closed"))
	never := s.GoFunc(waits("never"))
	never.Remove()
	s.Run()
	if err := s.Main().Kill(killed); err != nil {
		t.Error(err)
	}
	if err := unbound.Bind(nil); err != nil && !errors.Is(err, tasklet.ErrMisuse) {
		t.Error(err)
	}
	for range 5 { // each kills once, and one function takes four kills
		s.Close()
	}
	if ends.Alive() || killed.Alive() || unbound.Alive() || never.Alive() {
		t.Error(ends, killed, unbound, never)
	}
	// Others than ours may end meanwhile, as those of the test runner.
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after; log %v", before, after, log)
	}
}

// TestFunctionPanicsAtItsEnd: a panic is heard of also when the function was
// being ended anyway.
func TestFunctionPanicsAtItsEnd(t *testing.T) {
	for name, end := range map[string]func(s *sched.Scheduler, u *tasklet.Tasklet) error{
		"kill":   func(s *sched.Scheduler, u *tasklet.Tasklet) error { return s.Main().Kill(u) },
		"unbind": func(s *sched.Scheduler, u *tasklet.Tasklet) error { return u.Bind(nil) },
	} {
		s := sched.New()
		u := s.GoFunc(func(co *tasklet.Coroutine) error {
			defer func() { panic("late") }()
			return co.Park()
		})
		s.Run()
		var p *tasklet.PanicError
		if err := end(s, u); !errors.As(err, &p) || p.Value != "late" || u.Alive() {
			t.Errorf("%s: got %v, %v", name, err, u)
		}
		if !strings.Contains(string(p.Stack), "TestFunctionPanicsAtItsEnd") {
			t.Errorf("%s: the stack does not show where:\n%s", name, p.Stack)
		}
	}
}

// TestMachine: a machine's states run in turn, and the same state again after a
// wait.
func TestMachine(t *testing.T) {
	s := sched.New()
	m := &tasklet.Machine[lamp]{State: green}
	s.Go(m)
	if err := s.Run(); err != nil || m.Fields.log != "green yellow red " {
		t.Errorf("%q, %v", m.Fields.log, err)
	}
}

type lamp struct{ log string }

func green(l *lamp, t *tasklet.Tasklet) (tasklet.StateFunc[lamp], tasklet.Step) {
	if s := t.Yield(); s != tasklet.Next {
		return nil, s
	}
	l.log += "green "
	return yellow, tasklet.Next
}

func yellow(l *lamp, t *tasklet.Tasklet) (tasklet.StateFunc[lamp], tasklet.Step) {
	if s := t.Yield(); s != tasklet.Next {
		return nil, s
	}
	l.log += "yellow "
	return red, tasklet.Next
}

func red(l *lamp, t *tasklet.Tasklet) (tasklet.StateFunc[lamp], tasklet.Step) {
	l.log += "red "
	return nil, tasklet.Next
}
