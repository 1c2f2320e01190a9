package channel_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// chooser selects for ever between two receives and a send, and logs what fired.
type chooser struct {
	Ints  *channel.Channel[int]
	Words *channel.Channel[string]
	Out   *channel.Channel[int]
	I     int
	W     string
	O     int
	Log   []string
}

func (c *chooser) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		fired, s := t.Select(c.Ints.OnReceive(&c.I), c.Words.OnReceive(&c.W), c.Out.OnSend(&c.O))
		switch s {
		case tasklet.Next:
		case tasklet.Failed:
			err := t.Recover()
			c.Log = append(c.Log, fmt.Sprintf("%d:%v", fired, err))
			if fired < 0 {
				return t.Fail(err)
			}
			return tasklet.Return
		default:
			return s
		}
		switch fired {
		case 0:
			c.Log = append(c.Log, fmt.Sprint("int ", c.I))
		case 1:
			c.Log = append(c.Log, "word "+c.W)
		case 2:
			c.Log = append(c.Log, fmt.Sprint("sent ", c.O))
			c.O++
		}
	}
}

func init() { pickle.Register[chooser]("test.chooser") }

func newChooser(s *sched.Scheduler) *chooser {
	return &chooser{Ints: channel.New[int](s), Words: channel.New[string](s), Out: channel.New[int](s), O: 10}
}

func check(t *testing.T, s *sched.Scheduler) {
	t.Helper()
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, s *sched.Scheduler) {
	t.Helper()
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	check(t, s)
}

func (c *chooser) balances() [3]int {
	return [3]int{c.Ints.Balance(), c.Words.Balance(), c.Out.Balance()}
}

// TestSelectWaits: whoever comes first completes a select that waits, and its other
// cases leave no trace.
func TestSelectWaits(t *testing.T) {
	for _, p := range []channel.Preference{channel.PreferReceiver, channel.PreferNeither, channel.PreferSender} {
		t.Run(fmt.Sprint(p), func(t *testing.T) {
			s := sched.New()
			c := newChooser(s)
			for _, set := range []func(channel.Preference){c.Ints.SetPreference, c.Words.SetPreference, c.Out.SetPreference} {
				set(p)
			}
			x := s.Go(c)
			run(t, s)
			if on, op := x.BlockedOn(); op != tasklet.OpSelect || on.WaitName() !=
				"receive on channel 1 of int, or receive on channel 2 of string, or send on channel 3 of int" {
				t.Errorf("blocked by %v on %s", op, on.WaitName())
			}
			if got := slices.Collect(c.Words.Waiters()); len(got) != 1 || got[0] != x || c.Out.First() != x {
				t.Errorf("waiters %v, first %v, want %v", got, c.Out.First(), x)
			}
			main := s.Main()
			if err := c.Ints.Put(main, 7); err != nil {
				t.Fatal(err)
			}
			run(t, s)
			if err := c.Words.Put(main, "a"); err != nil {
				t.Fatal(err)
			}
			check(t, s)
			for want := 10; want < 12; want++ {
				if v, err := c.Out.Get(main); err != nil || v != want {
					t.Fatalf("got %d, %v, want %d", v, err, want)
				}
				check(t, s)
				run(t, s)
			}
			if b := c.balances(); b != [3]int{-1, -1, 1} {
				t.Errorf("balances %v", b)
			}
			if err := main.Kill(x); err != nil {
				t.Fatal(err)
			}
			check(t, s)
			if b := c.balances(); b != [3]int{} {
				t.Errorf("balances after the kill %v", b)
			}
			want := []string{"int 7", "word a", "sent 10", "sent 11", "-1:tasklet exit"}
			if !slices.Equal(c.Log, want) {
				t.Errorf("log %q, want %q", c.Log, want)
			}
		})
	}
}

// TestSelectIsFair: of cases that are always ready, each has its turn.
func TestSelectIsFair(t *testing.T) {
	s := sched.New()
	c := newChooser(s)
	c.Words.SetPreference(channel.PreferNeither)
	for i := range 3 {
		s.GoFunc(func(co *tasklet.Coroutine) error { return c.Ints.Put(co, i) })
		s.GoFunc(func(co *tasklet.Coroutine) error { return c.Words.Put(co, fmt.Sprint(i)) })
		s.GoFunc(func(co *tasklet.Coroutine) error { _, err := c.Out.Get(co); return err })
	}
	if err := s.RunReady(); err != nil {
		t.Fatal(err)
	}
	s.Go(c)
	run(t, s)
	want := []string{"int 0", "word 0", "sent 10", "int 1", "word 1", "sent 11", "int 2", "word 2", "sent 12"}
	if !slices.Equal(c.Log, want) {
		t.Errorf("log %q, want %q", c.Log, want)
	}
}

// TestSelectFails: a case fails the select as its operation would, and says which.
func TestSelectFails(t *testing.T) {
	boom := errors.New("boom")
	for name, test := range map[string]struct {
		do   func(s *sched.Scheduler, c *chooser, x *tasklet.Tasklet) error
		want string
	}{
		"closed while it waits": {func(s *sched.Scheduler, c *chooser, _ *tasklet.Tasklet) error { c.Words.Close(); return nil }, "1:receive on channel 2 of string: closed channel"},
		"error sent":            {func(s *sched.Scheduler, c *chooser, _ *tasklet.Tasklet) error { return c.Ints.PutError(s.Main(), boom) }, "0:boom"},
		"closed to senders": {func(s *sched.Scheduler, c *chooser, x *tasklet.Tasklet) error {
			c.Out.Close()
			c.Out.Open()
			return x.ThrowLater(boom)
		}, "-1:boom"},
		"thrown":                 {func(s *sched.Scheduler, c *chooser, x *tasklet.Tasklet) error { return s.Main().Throw(x, boom) }, "-1:boom"},
		"timeout of somebody's":  {func(s *sched.Scheduler, c *chooser, x *tasklet.Tasklet) error { return x.ThrowLater(boom) }, "-1:boom"},
		"closed before it began": {nil, "1:receive on channel 2 of string: closed channel"},
	} {
		t.Run(name, func(t *testing.T) {
			s := sched.New()
			c := newChooser(s)
			x := s.Go(c)
			if test.do == nil {
				c.Words.Close()
			} else {
				run(t, s)
				if err := test.do(s, c, x); err != nil && !errors.Is(err, boom) {
					t.Fatal(err)
				}
				check(t, s)
			}
			if err := s.Run(); err != nil && !errors.Is(err, boom) {
				t.Fatal(err)
			}
			check(t, s)
			if len(c.Log) != 1 || c.Log[0] != test.want {
				t.Errorf("log %q, want %q", c.Log, test.want)
			}
			if b := c.balances(); b != [3]int{} {
				t.Errorf("balances %v", b)
			}
		})
	}
}

// TestSelectMain: main selects; nil channels and Otherwise; a select that could meet
// itself.
func TestSelectMain(t *testing.T) {
	s := sched.New()
	c := newChooser(s)
	main := s.Main()
	var i int
	var w string
	if fired, err := main.Select(c.Ints.OnReceive(&i), tasklet.Otherwise()); fired != 1 || err != nil {
		t.Errorf("nothing is ready: %d, %v", fired, err)
	}
	s.GoFunc(func(co *tasklet.Coroutine) error { return c.Words.Put(co, "late") })
	var none *channel.Channel[int]
	if fired, err := main.Select(none.OnReceive(&i), c.Ints.OnReceive(&i), c.Words.OnReceive(&w), none.OnSend(&i)); fired != 2 || err != nil || w != "late" {
		t.Errorf("%d, %v, %q", fired, err, w)
	}
	if _, err := main.Select(c.Ints.OnReceive(&i), c.Ints.OnSend(&i)); !errors.Is(err, tasklet.ErrMisuse) {
		t.Errorf("both ways: %v", err)
	}
	if _, err := main.Select(c.Ints.OnReceive(&i), none.OnSend(&i)); !errors.Is(err, tasklet.ErrDeadlock) {
		t.Errorf("deadlock: %v", err)
	}
	main.Tasklet().SetBlockTrap(true)
	if _, err := main.Select(c.Ints.OnReceive(&i)); !errors.Is(err, tasklet.ErrBlockTrap) {
		t.Errorf("block trap: %v", err)
	}
	check(t, s)
}

// TestSelectEnds: the end of a tasklet is a case.
func TestSelectEnds(t *testing.T) {
	s := sched.New()
	c := channel.New[int](s)
	boom := errors.New("boom")
	a := s.GoFunc(func(co *tasklet.Coroutine) error { _, err := c.Get(co); return err })
	b := s.GoFunc(func(co *tasklet.Coroutine) error { _ = co.Yield(); return boom })
	main := s.Main()
	if fired, err := main.Select(tasklet.OnEnd(a), tasklet.OnEnd(b)); fired != 1 || !errors.Is(err, boom) {
		t.Errorf("%d, %v", fired, err)
	}
	check(t, s)
	if fired, err := main.Select(tasklet.OnEnd(a), tasklet.OnEnd(b)); fired != 1 || !errors.Is(err, boom) {
		t.Errorf("of the dead: %d, %v", fired, err)
	}
	zero := 0
	if fired, err := main.Select(tasklet.OnEnd(a), c.OnSend(&zero)); fired != 1 || err != nil {
		t.Errorf("%d, %v", fired, err)
	}
	if fired, err := main.Select(tasklet.OnEnd(a)); fired != 0 || err != nil {
		t.Errorf("%d, %v", fired, err)
	}
	if _, err := main.Select(tasklet.OnEnd(main.Tasklet())); !errors.Is(err, tasklet.ErrCurrent) {
		t.Errorf("one's own end: %v", err)
	}
	check(t, s)
}

// TestSelectPickles: a select that waits goes on elsewhere where it was, also when it
// has fired but not run since.
func TestSelectPickles(t *testing.T) {
	for _, fire := range []bool{false, true} {
		s := sched.New()
		c := newChooser(s)
		s.Go(c)
		run(t, s)
		if fire { // x is ready with a word
			c.Words.SetPreference(channel.PreferSender)
			if err := c.Words.Put(s.Main(), "early"); err != nil {
				t.Fatal(err)
			}
		}
		b, err := pickle.Marshal(s.Everyone())
		if err != nil {
			t.Fatal(err)
		}
		s = sched.New()
		g, err := pickle.Unmarshal[*tasklet.Group](b, pickle.Into(s))
		if err != nil {
			t.Fatal(err)
		}
		check(t, s)
		var x *tasklet.Tasklet
		if fire {
			x = g.Ready[0]
			run(t, s)
		} else {
			x = g.Blocked[0]
		}
		c = x.Frame().(*chooser)
		if b := c.balances(); b != [3]int{-1, -1, 1} {
			t.Errorf("balances %v", b)
		}
		for _, put := range []func() error{
			func() error { return c.Ints.Put(s.Main(), 1) },
			func() error { return c.Words.Put(s.Main(), "w") },
			func() error { _, err := c.Out.Get(s.Main()); return err },
		} {
			if err := put(); err != nil {
				t.Fatal(err)
			}
			check(t, s)
			run(t, s)
		}
		want := []string{"int 1", "word w", "sent 10"}
		if fire {
			want = append([]string{"word early"}, want...)
		}
		if !slices.Equal(c.Log, want) {
			t.Errorf("log %q, want %q", c.Log, want)
		}
		s.Close()
	}
}

// TestSelectAllocates nothing once a tasklet has selected.
func TestSelectAllocates(t *testing.T) {
	s := sched.New()
	a, b := channel.New[int](s), channel.New[int](s)
	n := 0
	s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
		for {
			if _, s := t.Select(a.OnReceive(&n), b.OnReceive(&n)); s != tasklet.Next {
				return s
			}
		}
	}))
	s.Go(&feeder{a, b, 0})
	if _, err := s.Step(100); err != nil {
		t.Fatal(err)
	}
	if allocs := testing.AllocsPerRun(100, func() {
		if _, err := s.Step(100); err != nil {
			t.Fatal(err)
		}
	}); allocs > 0 {
		t.Errorf("%v allocations in 100 steps", allocs)
	}
}

// feeder sends to two channels in turn.
type feeder struct {
	a, b *channel.Channel[int]
	n    int
}

func (f *feeder) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; ; f.n++ {
		to := f.a
		if f.n%2 == 1 {
			to = f.b
		}
		if s := to.Send(t, f.n); s != tasklet.Next {
			return s
		}
	}
}
