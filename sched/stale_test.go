package sched_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// Those who wait in a channel from another scheduler, and what its own sees of them. The
// test drives both schedulers, so that it is certain who knows what.

// abroad makes two schedulers that know each other, and a channel of the second.
func abroad(t *testing.T) (a, b *sched.Scheduler, c *channel.Channel[int], must func(...error)) {
	p := sched.NewPool(0)
	a, b = p.New(), p.New()
	must = func(errs ...error) {
		t.Helper()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { must(a.Check(), b.Check(), a.Close(), b.Close(), a.Check(), b.Check()) })
	return a, b, channel.New[int](b), must
}

// TestCalledBackDoesNotCount: who has been called back is not in the channel's figures,
// though its scheduler has not heard of it.
func TestCalledBackDoesNotCount(t *testing.T) {
	a, b, c, must := abroad(t)
	var seen []tasklet.ChannelEvent
	b.OnChannel(func(e tasklet.ChannelEvent) { seen = append(seen, e) })
	x := a.Go(&recipient{in: c})
	y := a.Go(&recipient{in: c, other: channel.New[int](a)})
	must(a.RunReady(), b.RunReady())
	if c.Balance() != -2 {
		t.Fatalf("%v", c)
	}
	must(a.Main().Kill(x))
	if c.Balance() != -1 {
		t.Errorf("one has been called back: %v", c)
	}
	must(a.Main().Kill(y))
	if c.Balance() != 0 {
		t.Errorf("both have been called back: %v", c)
	}
	seven := 7
	if i, err := b.Main().Select(c.OnSend(&seven), tasklet.Otherwise()); i != 1 || err != nil {
		t.Errorf("select: %d, %v", i, err)
	}
	if len(seen) != 0 {
		t.Errorf("told of %v", seen)
	}
	must(b.RunReady())
	if c.WaitQueue().Len() != 0 || c.Balance() != 0 {
		t.Errorf("%v", c)
	}

	x = a.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
		if s := c.Send(t, 1); s != tasklet.Next {
			return s
		}
		return tasklet.Return
	}))
	must(a.RunReady(), b.RunReady())
	c.Close()
	if c.Closed() || c.Balance() != 1 {
		t.Errorf("a sender waits: %v", c)
	}
	must(a.Main().Kill(x))
	if !c.Closed() || c.Balance() != 0 {
		t.Errorf("it was called back: %v", c)
	}
}

// TestDoneElsewhereDoesNotCount: who has been met elsewhere, by another case of its
// select, is not in the figures of its own scheduler's channel either.
func TestDoneElsewhereDoesNotCount(t *testing.T) {
	a, b, c, must := abroad(t)
	here := channel.New[int](a)
	r := &recipient{in: here, other: c}
	x := a.Go(r)
	must(a.RunReady(), b.RunReady())
	if here.Balance() != -1 || !slices.Equal(slices.Collect(here.Waiters()), []*tasklet.Tasklet{x}) {
		t.Errorf("%v, %v", here, here.First())
	}
	must(c.Put(b.Main(), 1))
	if here.Balance() != 0 || here.First() != nil {
		t.Errorf("%v, %v", here, here.First())
	}
	must(a.RunReady())
	if x.Alive() || r.got != 1 {
		t.Errorf("%v got %d", x, r.got)
	}
}

// TestTrapAndAbroad: under a switch trap, one of another scheduler can be met, as nobody
// is given the turn; one of this scheduler can't, also if it comes behind one who has been
// called back.
func TestTrapAndAbroad(t *testing.T) {
	for _, all := range []bool{false, true} {
		for _, sends := range []bool{false, true} {
			a, b, c, must := abroad(t)
			c.SetScheduleAll(all)
			if !sends {
				c.SetPreference(channel.PreferSender)
			}
			got := 0
			op := func(t *tasklet.Tasklet) tasklet.Step {
				s := tasklet.Step(0)
				if sends {
					s = c.Receive(t, &got)
				} else {
					s = c.Send(t, 5)
				}
				if s == tasklet.Next {
					return tasklet.Return
				}
				return s
			}
			meet := func() error {
				if sends {
					return c.Put(b.Main(), 5)
				}
				v, err := c.Get(b.Main())
				got = v
				return err
			}
			x := a.Go(tasklet.Func(op))
			must(a.RunReady(), b.RunReady())
			b.SetSwitchTrap(1)
			must(meet(), a.RunReady())
			if x.Alive() || got != 5 {
				t.Errorf("%v, got %d", x, got)
			}
			x = a.Go(tasklet.Func(op))
			b.SetSwitchTrap(-1)
			must(a.RunReady(), b.RunReady())
			y := b.Go(tasklet.Func(op))
			must(b.RunReady(), a.Main().Kill(x))
			b.SetSwitchTrap(1)
			if err := meet(); !errors.Is(err, tasklet.ErrSwitchTrap) || !y.Blocked() {
				t.Errorf("%v, %v", err, y)
			}
			b.SetSwitchTrap(-1)
			must(meet(), b.RunReady())
			if y.Alive() {
				t.Errorf("%v", y)
			}
		}
	}
}
