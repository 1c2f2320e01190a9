package sched_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// What can go wrong with clocks: their ends, their jumps, and those who change from one to
// another.

// TestEndOfTime: who sleeps longer than a clock goes wakes when it ends, and what happens
// then does not hang.
func TestEndOfTime(t *testing.T) {
	s := newTimeline(t)
	var v int
	c := channel.New[int](s)
	ages := func(t *tasklet.Tasklet) tasklet.Step { return t.Sleep(math.MaxInt64) }
	s.Go(s.routine("ages", ages, "again", ages, "again", within(1, receive(c, &v)), "nap", sleep(1)))
	s.Go(s.routine("limited", func(t *tasklet.Tasklet) tasklet.Step { return t.Within(math.MaxInt64, c.Receive(t, &v)) }))
	s.Go(s.routine("until", func(t *tasklet.Tasklet) tasklet.Step { return t.SleepUntil(time.Unix(1<<60, 0)) }))
	s.GoFunc(func(co *tasklet.Coroutine) error {
		_, err := co.Select(c.OnReceive(&v), tasklet.At(time.Unix(1<<60, 0)))
		s.say("at")
		return err
	})
	if err := s.Run(); err != nil || s.Check() != nil {
		t.Fatal(err, s.Check())
	}
	var end []string
	for _, said := range s.log {
		at, what, _ := strings.Cut(said, ":")
		if at != fmt.Sprint(time.Duration(math.MaxInt64).Seconds()) {
			t.Errorf("%s at %s", what, at)
		}
		end = append(end, what)
	}
	if got := strings.Join(end, " "); got != "ages until limited-2562047h47m16.854775807s at again again-1s nap" {
		t.Error(got)
	}
}

// TestBeginningOfTime: the zero time is one like any other.
func TestBeginningOfTime(t *testing.T) {
	for _, before := range []time.Duration{0, 1, time.Hour} {
		clock := sched.NewVirtualClock(time.Time{}.Add(-before))
		s := sched.New(sched.WithClock(clock))
		woke := false
		s.GoFunc(func(co *tasklet.Coroutine) error {
			err := errors.Join(co.SleepUntil(time.Time{}), co.Within(0, co.Park))
			woke = true
			return err
		})
		done := make(chan error)
		go func() { done <- s.Run() }()
		select {
		case err := <-done:
			if passed := clock.Now().Sub(time.Time{}); !woke || passed < 0 || passed > 1 || !errors.Is(err, tasklet.ErrTimeout) {
				t.Errorf("%v before: woke %v, at %v, %v", before, woke, clock.Now(), err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%v before: it waits for ever", before)
		}
	}
}

// TestClockGoesBack: nobody wakes before the time has come again.
func TestClockGoesBack(t *testing.T) {
	s := newTimeline(t)
	var v int
	c := channel.New[int](s)
	tick := tasklet.Ticker{Every: 10 * time.Second}
	s.Go(s.routine("a", sleep(100), "b", sleep(1)))
	s.Go(s.routine("c", within(100, receive(c, &v)), "d", within(1, receive(c, &v))))
	s.Go(s.routine("tick", tick.Next, "tick", tick.Next, "tick", tick.Next))
	s.RunReady()
	s.clock.Advance(-time.Hour)
	s.RunReady()
	s.Go(s.routine("e", sleep(3600), "f", within(95, receive(c, &v))))
	s.want("0:e 10:tick 20:tick 30:tick 95:f-1m35s 100:a 100:c-1m40s 101:b 101:d-1s")
}

// TestWithinAHundred: of a hundred deadlines, each in a frame of its own, the first to
// pass strikes; of as many in one frame, or scopes in a function, too.
func TestWithinAHundred(t *testing.T) {
	const deep = 100
	for _, shortest := range []int{0, 1, 50, deep - 1} {
		limit := func(i int) time.Duration { return time.Duration(10 + (i-shortest)*(i-shortest)) }
		s := newTimeline(t)
		f := s.routine("!wait", within(limit(deep-1), sleep(100_000)))
		for i := deep - 2; i >= 0; i-- {
			f = s.routine("!call", within(limit(i), call(f)))
		}
		s.Go(s.routine("outer", within(9_000, call(f)), "after", sleep(1)))
		unwinds := strings.Repeat("10:!call-10s ", deep-1)
		s.want("10:!wait-10s " + unwinds + "10:outer-10s 11:after")

		s = newTimeline(t)
		one := sleep(100_000)
		for i := range deep {
			one = within(limit(i), one)
		}
		s.Go(s.routine("one", one, "after", sleep(100)))
		s.want("10:one-10s 110:after")

		s = newTimeline(t)
		s.GoFunc(func(co *tasklet.Coroutine) error {
			f := func() error { return co.Sleep(100_000 * time.Second) }
			for i := range deep {
				inner := f
				f = func() error { return co.Within(limit(deep-1-i)*time.Second, inner) }
			}
			s.say(f() != nil)
			s.say(co.Sleep(100 * time.Second))
			return s.Check()
		})
		s.want("10:true 110:<nil>")
	}
}

// TestTickerFallsBehind: ticks that were missed are counted, by how much ever it is late,
// and it goes on in time.
func TestTickerFallsBehind(t *testing.T) {
	s := newTimeline(t)
	tick := tasklet.Ticker{Every: 10 * time.Second}
	s.Go(s.routine(
		"a", tick.Next, "slow", sleep(10), "due", tick.Next, "slower", sleep(39), "late", tick.Next, "b", tick.Next,
		"in vain", within(3, tick.Next), "b", tick.Next, "ages", sleep(3_000_000_000), "c", tick.Next, "d", tick.Next))
	s.want("10:a 20:slow 20:due 59:slower 59:late 60:b 63:in vain-3s 70:b 3.00000007e+09:ages 3.00000007e+09:c 3.00000008e+09:d")
	if tick.Missed != 2+299_999_999 {
		t.Errorf("%d missed", tick.Missed)
	}
}

// TestStruckTogether: a deadline that passes when a message has come, a kill, and the time
// of a select, in the same look.
func TestStruckTogether(t *testing.T) {
	var v int
	tests := []struct {
		name string
		make func(s *timeline, c *channel.Channel[int]) operation
		then func(s *timeline, c *channel.Channel[int], u *tasklet.Tasklet) error
		want string
	}{
		{"a message", func(s *timeline, c *channel.Channel[int]) operation { return within(5, receive(c, &v)) },
			func(s *timeline, c *channel.Channel[int], u *tasklet.Tasklet) error { return c.Put(s.Main(), 1) },
			"5:op 5:after"},
		{"a select and a message", func(s *timeline, c *channel.Channel[int]) operation {
			return within(5, func(t *tasklet.Tasklet) tasklet.Step {
				_, step := t.Select(c.OnReceive(&v), tasklet.After(5*time.Second))
				return step
			})
		}, func(s *timeline, c *channel.Channel[int], u *tasklet.Tasklet) error { return c.Put(s.Main(), 1) },
			"5:op 5:after"},
		{"a select", func(s *timeline, c *channel.Channel[int]) operation {
			return within(5, func(t *tasklet.Tasklet) tasklet.Step {
				i, step := t.Select(c.OnReceive(&v), tasklet.After(5*time.Second))
				if step == tasklet.Next && i != 1 {
					s.say(i)
				}
				return step
			})
		}, nil, "5:op 5:after"},
		{"a kill", func(s *timeline, c *channel.Channel[int]) operation { return within(5, receive(c, &v)) },
			func(s *timeline, c *channel.Channel[int], u *tasklet.Tasklet) error { u.KillLater(); return nil },
			"5:op-tasklet exit 5:after"},
		{"a message and a kill", func(s *timeline, c *channel.Channel[int]) operation { return within(5, receive(c, &v)) },
			func(s *timeline, c *channel.Channel[int], u *tasklet.Tasklet) error {
				err := c.Put(s.Main(), 1)
				u.KillLater()
				return err
			}, "5:op 5:after-tasklet exit"},
		{"an insert", func(s *timeline, c *channel.Channel[int]) operation { return within(5, (*tasklet.Tasklet).Park) },
			func(s *timeline, c *channel.Channel[int], u *tasklet.Tasklet) error { return u.Insert() },
			"5:op 5:after"},
		{"a close", func(s *timeline, c *channel.Channel[int]) operation { return within(5, receive(c, &v)) },
			func(s *timeline, c *channel.Channel[int], u *tasklet.Tasklet) error { c.Close(); return nil },
			"5:op-closed 5:after"},
	}
	for _, test := range tests {
		for _, late := range []bool{false, true} {
			s := newTimeline(t)
			c := channel.New[int](s)
			c.SetPreference(channel.PreferSender)
			u := s.Go(s.routine("op", test.make(s, c), "after", (*tasklet.Tasklet).Yield))
			if err := s.RunReady(); err != nil {
				t.Fatal(err)
			}
			if late {
				s.clock.Advance(5 * time.Second)
			}
			if test.then != nil {
				if err := test.then(s, c, u); err != nil {
					t.Fatal(err)
				}
			}
			if !late {
				s.clock.Advance(5 * time.Second)
			}
			if err := s.Run(); err != nil {
				t.Error(err)
			}
			got := strings.Join(s.log, " ")
			got = strings.ReplaceAll(got, "receive on channel 1 of int: closed channel", "closed")
			if got != test.want {
				t.Errorf("%s, late %v:\ngot  %s\nwant %s", test.name, late, got, test.want)
			}
			if err := s.Check(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestAdoptedByAnotherClock: those who are taken over wake, and time out, when the clock of
// their new scheduler says so, in the order in which they would have.
func TestAdoptedByAnotherClock(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		-50: "5:tick 10:nap 10:tick 10:limit-10s 10:other-10s 10:select",
		7:   "7:tick 10:nap 10:tick 10:limit-10s 10:other-10s 10:select",
		60:  "60:tick 60:nap 60:limit-10s 60:other-10s 60:select 60:tick",
	} {
		s := newTimeline(t)
		var v int
		c := channel.New[int](s)
		tick := tasklet.Ticker{Every: 5 * time.Second}
		s.Go(s.routine("limit", within(10, receive(c, &v))))
		s.Go(s.routine("other", within(10, (*tasklet.Tasklet).Park)))
		s.Go(s.routine("select", func(t *tasklet.Tasklet) tasklet.Step {
			_, step := t.Select(c.OnReceive(&v), tasklet.After(10*time.Second))
			return step
		}))
		s.Go(s.routine("nap", sleep(10)))
		s.Go(s.routine("tick", tick.Next, "tick", tick.Next))
		if err := s.RunReady(); err != nil {
			t.Fatal(err)
		}
		of := s.Scheduler
		s.clock = sched.NewVirtualClock(s.start.Add(ahead * time.Second))
		s.Scheduler = sched.New(sched.WithClock(s.clock))
		if err := errors.Join(of.Stop(), s.Adopt(of), s.Check()); err != nil {
			t.Fatal(err)
		}
		if st := of.Stats(); st.Timers != 0 || s.Stats().Timers != 5 {
			t.Errorf("%d timers are left, and %d taken over", st.Timers, s.Stats().Timers)
		}
		s.want(want)
	}
}
