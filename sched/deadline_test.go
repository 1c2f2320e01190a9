package sched_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A routine is a frame of numbered operations, for tests: each is performed until
// it is complete, and says what comes of it.
type routine struct {
	pc  int
	ops []func(t *tasklet.Tasklet) tasklet.Step
}

func (r *routine) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; r.pc < len(r.ops); r.pc++ {
		if s := r.ops[r.pc](t); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

// timeline is a scheduler on a virtual clock, with a log.
type timeline struct {
	*sched.Scheduler
	t     *testing.T
	clock *sched.VirtualClock
	start time.Time
	log   []string
}

func newTimeline(t *testing.T) *timeline {
	start := time.Unix(1000, 0)
	clock := sched.NewVirtualClock(start)
	return &timeline{Scheduler: sched.New(sched.WithClock(clock)), t: t, clock: clock, start: start}
}

// say logs something with the time.
func (s *timeline) say(what any) {
	s.log = append(s.log, fmt.Sprintf("%v:%v", s.clock.Now().Sub(s.start).Seconds(), what))
}

// routine makes a frame of operations. Each logs its name when it is complete; one
// that fails logs the error, which is recovered.
func (s *timeline) routine(ops ...any) *routine {
	r := new(routine)
	for i := 0; i < len(ops); i += 2 {
		name, op := ops[i], ops[i+1].(func(*tasklet.Tasklet) tasklet.Step)
		r.ops = append(r.ops, func(t *tasklet.Tasklet) tasklet.Step {
			if err := s.Check(); err != nil {
				s.t.Error(err)
			}
			step := op(t)
			switch step {
			case tasklet.Next:
				s.say(name)
			case tasklet.Failed:
				err := t.Recover()
				var timeout *tasklet.TimeoutError
				if errors.As(err, &timeout) {
					s.say(fmt.Sprintf("%v-%v", name, timeout.After))
				} else {
					s.say(fmt.Sprintf("%v-%v", name, err))
				}
				if strings.HasPrefix(fmt.Sprint(name), "!") {
					return t.Fail(err)
				}
				step = tasklet.Next
			}
			return step
		})
	}
	return r
}

// want runs everything and compares the log.
func (s *timeline) want(log string) {
	s.t.Helper()
	if err := s.Run(); err != nil {
		s.t.Error(err)
	}
	if err := s.Check(); err != nil {
		s.t.Error(err)
	}
	if got := strings.Join(s.log, " "); got != log {
		s.t.Errorf("got  %s\nwant %s", got, log)
	}
}

type operation = func(*tasklet.Tasklet) tasklet.Step

func within(d time.Duration, o operation) operation {
	return func(t *tasklet.Tasklet) tasklet.Step { return t.Within(d*time.Second, o(t)) }
}

func call(f tasklet.Frame) operation {
	return func(t *tasklet.Tasklet) tasklet.Step { return t.Call(f) }
}

func sleep(d time.Duration) operation {
	return func(t *tasklet.Tasklet) tasklet.Step { return t.Sleep(d * time.Second) }
}

func receive(c *channel.Channel[int], into *int) operation {
	return func(t *tasklet.Tasklet) tasklet.Step { return c.Receive(t, into) }
}

// TestDeadlineOfCall: frames have deadlines of their own, and that of a call holds
// for all that is called.
func TestDeadlineOfCall(t *testing.T) {
	var v int
	tests := []struct {
		name string
		make func(s *timeline, c *channel.Channel[int]) *routine
		want string
	}{
		{"the callee's operation fails, and the error unwinds", func(s *timeline, c *channel.Channel[int]) *routine {
			inner := s.routine("a", sleep(2), "!b", receive(c, &v), "never", sleep(1))
			return s.routine("call", within(5, call(inner)), "after", sleep(9))
		}, "2:a 5:!b-5s 5:call-5s 14:after"},
		{"the inner one is shorter", func(s *timeline, c *channel.Channel[int]) *routine {
			inner := s.routine("b", within(2, receive(c, &v)), "c", sleep(1))
			return s.routine("call", within(5, call(inner)), "after", sleep(9))
		}, "2:b-2s 3:c 3:call 12:after"},
		{"the outer one is shorter", func(s *timeline, c *channel.Channel[int]) *routine {
			inner := s.routine("!b", within(7, receive(c, &v)))
			return s.routine("call", within(5, call(inner)), "after", sleep(9))
		}, "5:!b-5s 5:call-5s 14:after"},
		{"who recovers goes on without limit", func(s *timeline, c *channel.Channel[int]) *routine {
			inner := s.routine("b", receive(c, &v), "c", sleep(60))
			return s.routine("call", within(5, call(inner)), "after", sleep(1))
		}, "5:b-5s 65:c 65:call 66:after"},
		{"three deep", func(s *timeline, c *channel.Channel[int]) *routine {
			deep := s.routine("!c", within(9, sleep(60)))
			inner := s.routine("b", within(4, call(deep)), "b2", sleep(3), "b3", sleep(60))
			return s.routine("call", within(8, call(inner)))
		}, "4:!c-4s 4:b-4s 7:b2 8:b3-8s 8:call"},
		{"a call without time that has to wait", func(s *timeline, c *channel.Channel[int]) *routine {
			inner := s.routine("!b", sleep(60))
			return s.routine("call", within(0, call(inner)), "quick", within(0, call(s.routine())))
		}, "0:!b-0s 0:call-0s 0:quick"},
		{"complete in time, and the callee returns", func(s *timeline, c *channel.Channel[int]) *routine {
			return s.routine("call", within(3, call(s.routine("b", sleep(3)))), "after", sleep(9))
		}, "3:b 3:call 12:after"},
		{"complete in time, two deep", func(s *timeline, c *channel.Channel[int]) *routine {
			inner := s.routine("b", call(s.routine("c", sleep(3))))
			return s.routine("call", within(3, call(inner)), "after", sleep(9))
		}, "3:c 3:b 3:call 12:after"},
		{"complete in time, and the callee goes on", func(s *timeline, c *channel.Channel[int]) *routine {
			return s.routine("call", within(3, call(s.routine("b", sleep(3), "!c", (*tasklet.Tasklet).Yield))), "after", sleep(9))
		}, "3:b 3:!c-3s 3:call-3s 12:after"},
		{"complete in time, and the callee's caller goes on", func(s *timeline, c *channel.Channel[int]) *routine {
			inner := s.routine("b", call(s.routine("c", sleep(3))), "d", (*tasklet.Tasklet).Yield, "e", sleep(1))
			return s.routine("call", within(3, call(inner)))
		}, "3:c 3:b 3:d-3s 4:e 4:call"},
		{"an error in the callee ends the deadline", func(s *timeline, c *channel.Channel[int]) *routine {
			bad := func(t *tasklet.Tasklet) tasklet.Step { return t.Fail(errors.New("bad")) }
			return s.routine("call", within(3, call(s.routine("b", sleep(1), "!c", bad))), "after", sleep(9))
		}, "1:b 1:!c-bad 1:call-bad 10:after"},
		{"a panic in the callee does", func(s *timeline, c *channel.Channel[int]) *routine {
			bad := func(t *tasklet.Tasklet) tasklet.Step { panic("bad") }
			return s.routine("call", within(3, call(s.routine("b", sleep(1), "!c", bad))), "after", sleep(9))
		}, "1:b 1:call-panic: bad 10:after"},
		{"of two in one frame the shorter counts", func(s *timeline, c *channel.Channel[int]) *routine {
			return s.routine("a", within(2, within(5, receive(c, &v))), "b", within(5, within(2, receive(c, &v))), "after", sleep(9))
		}, "2:a-2s 4:b-2s 13:after"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newTimeline(t)
			s.Go(test.make(s, channel.New[int](s)))
			s.want(test.want)
		})
	}
}

// TestDeadlineLosesNothing: what has changed hands when the deadline passes counts.
func TestDeadlineLosesNothing(t *testing.T) {
	for _, deep := range []bool{false, true} {
		s := newTimeline(t)
		c := channel.New[int](s)
		c.SetPreference(channel.PreferSender)
		var v int
		o := within(3, receive(c, &v))
		if deep {
			o = within(3, call(s.routine("in", receive(c, &v))))
		}
		s.Go(s.routine("op", o, "after", sleep(9)))
		if err := s.RunReady(); err != nil {
			t.Fatal(err)
		}
		if err := c.Put(s.Main(), 7); err != nil {
			t.Fatal(err)
		}
		s.clock.Advance(3 * time.Second) // the deadline is looked at before the receiver runs
		want := "3:op 12:after"
		if deep {
			want = "3:in " + want
		}
		s.want(want)
		if v != 7 {
			t.Errorf("received %d", v)
		}
	}
}

// TestDeadlineAndKill: an error that is on its way already is what a tasklet fails
// with; if it recovers, the deadline strikes.
func TestDeadlineAndKill(t *testing.T) {
	s := newTimeline(t)
	inner := s.routine("b", sleep(60), "c", (*tasklet.Tasklet).Yield, "d", sleep(1))
	u := s.Go(s.routine("call", within(3, call(inner))))
	s.RunReady()
	if err := u.SetError(tasklet.ErrExit); err != nil { // it sleeps on
		t.Fatal(err)
	}
	s.want("3:b-tasklet exit 3:c-3s 4:d 4:call")

	s = newTimeline(t)
	u = s.Go(s.routine("!park", within(3, (*tasklet.Tasklet).Yield)))
	s.Step(1)
	if err := errors.Join(u.Remove(), u.SetError(tasklet.ErrExit)); err != nil {
		t.Fatal(err)
	}
	s.want("3:!park-tasklet exit")
}

// TestDeadlineLeavesNothing: however a tasklet ends, its deadlines end, and nobody
// waits for them.
func TestDeadlineLeavesNothing(t *testing.T) {
	for name, end := range map[string]func(s *timeline, u *tasklet.Tasklet) error{
		"kill":   func(s *timeline, u *tasklet.Tasklet) error { return s.Main().Kill(u) },
		"throw":  func(s *timeline, u *tasklet.Tasklet) error { return ignore(s.Main().Throw(u, errors.New("thrown"))) },
		"unbind": func(s *timeline, u *tasklet.Tasklet) error { return u.Bind(nil) },
		"bind":   func(s *timeline, u *tasklet.Tasklet) error { return u.Bind(&routine{}) },
		"later": func(s *timeline, u *tasklet.Tasklet) error {
			u.KillLater()
			return nil
		},
		"close": func(s *timeline, u *tasklet.Tasklet) error { return s.Close() },
		"move": func(s *timeline, u *tasklet.Tasklet) error {
			pickle.Register[patient]("test.patient")
			return pickle.Move(u, func([]byte) error { return nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTimeline(t)
			u := s.Go(&patient{})
			s.RunReady()
			if at, ok := u.Deadline(); !ok || at.Sub(s.start) != time.Hour {
				t.Fatalf("its deadline is %v, %v", at, ok)
			}
			if err := end(s, u); err != nil {
				t.Fatal(err)
			}
			if err := s.Check(); err != nil {
				t.Error(err)
			}
			if _, ok := u.Deadline(); ok && !u.Scheduled() {
				t.Error("it still has a deadline")
			}
			_ = s.Run()
			if !s.clock.Now().Equal(s.start) {
				t.Errorf("somebody waited until %v", s.clock.Now())
			}
		})
	}
}

func ignore(error) error { return nil }

// patient calls itself once, and parks, with deadlines for both.
type patient struct {
	inner *patient
	deep  bool
}

func (p *patient) Resume(t *tasklet.Tasklet) tasklet.Step {
	if p.deep {
		if s := t.Within(2*time.Hour, t.Park()); s != tasklet.Next {
			return s
		}
		return tasklet.Return
	}
	if p.inner == nil {
		p.inner = &patient{deep: true}
	}
	if s := t.Within(time.Hour, t.Call(p.inner)); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

// TestScopes: deadlines of plain functions and of main.
func TestScopes(t *testing.T) {
	s := newTimeline(t)
	c := channel.New[int](s)
	s.GoFunc(func(co *tasklet.Coroutine) error {
		say := func(what string, err error) {
			var timeout *tasklet.TimeoutError
			if errors.As(err, &timeout) {
				err = fmt.Errorf("%v", timeout.After)
			}
			s.say(fmt.Sprintf("%s-%v", what, err))
		}
		say("outer", co.Within(5*time.Second, func() error {
			say("inner", co.Within(2*time.Second, func() error {
				_, err := c.Get(co)
				say("get", err)
				return co.Sleep(time.Second) // time is still up
			}))
			say("sleep", co.Sleep(time.Second))
			say("long", co.Within(time.Hour, func() error { return co.Park() }))
			say("yield", co.Yield()) // needs no wait
			return co.Sleep(time.Second)
		}))
		say("after", co.Sleep(time.Second))

		// It passes, and nobody waits: what follows has nothing of it.
		say("busy", co.Within(time.Second, func() error {
			s.clock.Advance(2 * time.Second)
			return co.Yield()
		}))
		say("free", co.Sleep(time.Minute))
		say("none", co.Within(0, func() error { return co.Sleep(1) }))
		say("until", co.Until(s.clock.Now().Add(time.Second), func() error { return co.Park() }))
		say("past", co.Until(s.start, func() error { return co.Park() }))
		func() {
			defer func() { say("recovered", fmt.Errorf("%v", recover())) }()
			_ = co.Within(time.Second, func() error { panic("bad") })
		}()
		say("end", co.Sleep(time.Minute))
		return nil
	})
	s.want("2:get-2s 2:inner-2s 3:sleep-<nil> 5:long-5s 5:yield-<nil> 5:outer-5s 6:after-<nil> " +
		"8:busy-<nil> 68:free-<nil> 68:none-0s 69:until-1s 69:past--1m9s 69:recovered-bad 129:end-<nil>")

	// A function that is killed leaves its scopes; those that begin in it are none.
	s = newTimeline(t)
	u := s.GoFunc(func(co *tasklet.Coroutine) error {
		err := co.Within(time.Hour, func() error { return co.Park() })
		s.say(co.Within(time.Hour, func() error { return co.Park() }))
		return err
	})
	s.RunReady()
	if err := u.Bind(nil); err != nil {
		t.Error(err)
	}
	s.want("0:tasklet exit")
}

// TestDeadlineOfSelect: a select that times out leaves all its queues.
func TestDeadlineOfSelect(t *testing.T) {
	s := newTimeline(t)
	a, b := channel.New[int](s), channel.New[int](s)
	var v int
	choose := func(t *tasklet.Tasklet) tasklet.Step {
		_, step := t.Select(a.OnReceive(&v), b.OnSend(&v))
		return step
	}
	s.Go(s.routine("select", within(2, choose), "again", within(0, choose), "after", sleep(1)))
	s.want("2:select-2s 2:again-0s 3:after")
	if a.Balance() != 0 || b.Balance() != 0 {
		t.Errorf("balances %d, %d", a.Balance(), b.Balance())
	}
}

// TestTimeoutError: what it says, and of what kinds it is.
func TestTimeoutError(t *testing.T) {
	s := newTimeline(t)
	c := channel.New[int](s)
	c.SetName("orders")
	err := s.Main().Within(time.Second, func() error { _, err := c.Get(s.Main()); return err })
	const want = "tasklet 1 (main): receive on channel 1 (orders) of int timed out after 1s"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	var timeout interface{ Timeout() bool }
	if !errors.Is(err, tasklet.ErrTimeout) || !errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, tasklet.ErrExit) ||
		!errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("%v is of the wrong kinds", err)
	}
}

// TestDeadlineAllocates: nothing, once a tasklet has had one.
func TestDeadlineAllocates(t *testing.T) {
	s := newTimeline(t)
	c := channel.New[int](s)
	c.SetPreference(channel.PreferSender)
	var v, n int
	s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
		for {
			if s := t.Within(time.Second, c.Receive(t, &v)); s != tasklet.Next {
				return s
			}
			n++
		}
	}))
	send := func() {
		for range 100 {
			if err := c.Put(s.Main(), 1); err != nil {
				t.Fatal(err)
			}
			s.RunReady()
		}
	}
	send()
	if allocs := testing.AllocsPerRun(10, send); allocs > 0 {
		t.Errorf("%v allocations for a hundred", allocs)
	}
	if err := s.Close(); err != nil || n < 1000 {
		t.Errorf("%v, %d received", err, n)
	}
}
