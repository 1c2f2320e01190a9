package sched_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A duo is two schedulers of a pool, each driven by a goroutine of its own. Their
// mains run what the test says.
type duo struct {
	t    *testing.T
	pool *sched.Pool
	a, b *sched.Scheduler
}

// together has the mains of two schedulers do what they are given, at the same time.
func together(t *testing.T, a, b func(d *duo)) {
	t.Helper()
	p := sched.NewPool(0)
	d := &duo{t: t, pool: p, a: p.New(), b: p.New()}
	var both sync.WaitGroup
	for _, main := range []struct {
		s  *sched.Scheduler
		do func(*duo)
	}{{d.a, a}, {d.b, b}} {
		both.Go(func() {
			main.do(d)
			if err := main.s.Check(); err != nil {
				t.Errorf("check: %v", err)
			}
			if err := main.s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	both.Wait()
}

func (d *duo) must(err error) {
	if err != nil {
		d.t.Helper()
		d.t.Error(err)
	}
}

// TestS82: each scheduler has its own ring and its own main.
func TestS82(t *testing.T) {
	alone := func(s func(d *duo) *sched.Scheduler) func(*duo) {
		return func(d *duo) {
			if s := s(d); s.RunCount() != 1 || s.Current() != s.Main().Tasklet() {
				t.Errorf("runcount %d, current %v", s.RunCount(), s.Current())
			}
		}
	}
	together(t, alone(func(d *duo) *sched.Scheduler { return d.a }), alone(func(d *duo) *sched.Scheduler { return d.b }))
}

// TestS83: a receiver is blocked on B. A sends, and goes on without a switch, even with
// preference −1; the value arrives on B.
func TestS83(t *testing.T) {
	c := make(chan *channel.Channel[int], 1)
	var got int
	together(t, func(d *duo) {
		c := <-c
		d.must(c.Put(d.a.Main(), 7))
		if d.a.Current() != d.a.Main().Tasklet() {
			t.Errorf("A has switched to %v", d.a.Current())
		}
	}, func(d *duo) {
		in := channel.New[int](d.b)
		d.b.GoFunc(func(co *tasklet.Coroutine) (err error) {
			got, err = in.Get(co)
			return err
		})
		d.must(d.b.RunReady()) // now it is blocked
		c <- in
		d.must(d.b.Run())
	})
	if got != 7 {
		t.Errorf("got %d", got)
	}
}

// TestS84: main blocks with nothing runnable while B can run: it waits, and gets B's
// value. If B is blocked already, who blocks second gets the deadlock.
func TestS84(t *testing.T) {
	c := make(chan *channel.Channel[int], 1)
	together(t, func(d *duo) {
		in := channel.New[int](d.a)
		c <- in
		if v, err := in.Get(d.a.Main()); v != 7 || err != nil {
			t.Errorf("A got %d, %v", v, err)
		}
	}, func(d *duo) {
		d.must((<-c).Put(d.b.Main(), 7))
	})

	blocked := make(chan struct{})
	var errs [2]error
	together(t, func(d *duo) {
		in := channel.New[int](d.a)
		c <- in
		_ = d.a.Post(func() { close(blocked) }) // it is taken when main waits
		_, errs[0] = in.Get(d.a.Main())
	}, func(d *duo) {
		<-blocked
		_, errs[1] = channel.New[int](d.b).Get(d.b.Main())
		d.must((<-c).Put(d.b.Main(), 1)) // let A go
	})
	if errs[0] != nil || !errors.Is(errs[1], tasklet.ErrDeadlock) {
		t.Errorf("A: %v, B: %v", errs[0], errs[1])
	}
}

// parker parks, and then sends what its scheduler is.
type parker struct {
	out *channel.Channel[*tasklet.Home]
	pc  int
	at  *tasklet.Home
}

func (p *parker) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch p.pc {
	case 0:
		if s := t.Park(); s != tasklet.Next {
			return s
		}
		p.at, p.pc = t.Home(), 1
		fallthrough
	default:
		if s := p.out.Send(t, p.at); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

// TestS86: a runnable tasklet can't be moved to another scheduler. A parked one goes on
// there when it is inserted, a blocked one when somebody sends to it.
func TestS86(t *testing.T) {
	type gift struct {
		ref *tasklet.Ref
		c   *channel.Channel[*tasklet.Home]
	}
	gifts := make(chan gift, 2)
	ints := make(chan *channel.Channel[int], 1)
	var received [2]any
	together(t, func(d *duo) {
		c := channel.New[*tasklet.Home](d.a)
		x := d.a.Go(&parker{out: c})
		if _, err := x.MoveTo(d.b); !errors.Is(err, tasklet.ErrScheduled) {
			t.Errorf("move of a runnable tasklet: %v", err)
		}
		d.must(d.a.RunReady())
		ref, err := x.MoveTo(d.b)
		d.must(err)
		gifts <- gift{ref, c}
		at, err := c.Get(d.a.Main())
		if d.must(err); at != d.b.Home() {
			t.Errorf("the parked one ran at %p, want %p", at, d.b.Home())
		}

		// Blocked: it waits on in A's channel, first in the queue.
		in := channel.New[int](d.a)
		wait := func(i int) *tasklet.Tasklet {
			return d.a.GoFunc(func(co *tasklet.Coroutine) error {
				v, err := in.Get(co)
				received[i] = fmt.Sprint(v, co.Tasklet().Home() == d.b.Home(), err)
				return err
			})
		}
		y := wait(0)
		wait(1)
		d.must(d.a.RunReady())
		ref, err = y.MoveTo(d.b)
		d.must(err)
		if in.Balance() != -2 {
			t.Errorf("balance %d", in.Balance())
		}
		d.must(d.a.Check())
		ints <- in
		gifts <- gift{ref, nil}
		d.must(d.a.Run())
		if in.Balance() != 0 {
			t.Errorf("balance %d", in.Balance())
		}
	}, func(d *duo) {
		g := <-gifts
		d.must(g.ref.Insert())
		d.must(d.b.RunReady())
		g = <-gifts
		in := <-ints
		d.must(in.Put(d.b.Main(), 1))
		d.must(in.Put(d.b.Main(), 2))
		d.must(d.b.Main().JoinRef(g.ref))
		d.must(d.b.Run())
	})
	if received != [2]any{"1 true <nil>", "2 false <nil>"} {
		t.Errorf("received %q", received)
	}
}

// TestAbroad: operations on another scheduler's channel do as at home.
func TestAbroad(t *testing.T) {
	boom := errors.New("boom")
	type pair struct {
		ints  *channel.Channel[int]
		words *channel.Channel[string]
		gate  *channel.Channel[bool]
	}
	c := make(chan pair, 1)
	ready, killed := make(chan struct{}), make(chan struct{})
	var b *sched.Scheduler
	together(t, func(d *duo) {
		p := <-c
		main := d.a.Main()
		var log []string
		say := func(what string, v, err any) { log = append(log, fmt.Sprint(what, " ", v, " ", err)) }
		for i := range 3 { // B receives three
			say("put", i, p.ints.Put(main, i))
		}
		for range 3 {
			w, err := p.words.Get(main)
			say("get", w, err)
		}
		say("error", "", p.ints.PutError(main, boom))
		_, err := p.words.Get(main)
		say("got error", "", err)
		<-ready

		// A select, of something here and there.
		here := channel.New[int](d.a)
		v, w := 5, ""
		i, err := main.Select(here.OnReceive(&v), p.words.OnReceive(&w))
		say("select", fmt.Sprint(i, w), err)
		i, err = main.Select(here.OnReceive(&v), p.ints.OnSend(&v))
		say("select", i, err)
		i, err = main.Select(here.OnReceive(&v), p.ints.OnSend(&v), tasklet.Otherwise())
		say("otherwise", i, err)
		say("gate", "", p.gate.Put(main, true))
		d.a.GoFunc(func(co *tasklet.Coroutine) error { return here.Put(co, 9) })
		i, err = main.Select(p.words.OnReceive(&w), here.OnReceive(&v))
		say("home is quicker", fmt.Sprint(i, v), err)

		// A kill calls the operation back.
		x := d.a.GoFunc(func(co *tasklet.Coroutine) error { return p.ints.Put(co, 99) })
		d.must(d.a.RunReady())
		d.must(d.a.Check())
		say("kill", x.Status(), main.Kill(x))
		close(killed) // until then, nobody receives what x sends
		d.must(d.a.Check())
		main.Tasklet().SetBlockTrap(true)
		say("trap", "", errors.Is(p.ints.Put(main, 1), tasklet.ErrBlockTrap))
		main.Tasklet().SetBlockTrap(false)
		d.must(p.ints.Put(main, -1)) // B closes them now
		_, err = p.words.Get(main)
		say("closed", "", errors.Is(err, channel.ErrClosed))
		want := []string{
			"put 0 <nil>", "put 1 <nil>", "put 2 <nil>", "get a <nil>", "get b <nil>", "get c <nil>",
			"error  <nil>", "got error  boom", "select 1selected <nil>", "select 1 <nil>", "otherwise 2 <nil>", "gate  <nil>",
			"home is quicker 1 9 <nil>", "kill blocked <nil>", "trap  true", "closed  true",
		}
		if !slices.Equal(log, want) {
			t.Errorf("log\n%q, want\n%q", log, want)
		}
	}, func(d *duo) {
		b = d.b
		p := pair{channel.New[int](b), channel.New[string](b), channel.New[bool](b)}
		main := b.Main()
		c <- p
		for i := range 3 {
			if v, err := p.ints.Get(main); v != i || err != nil {
				t.Errorf("B got %d, %v", v, err)
			}
		}
		for _, w := range []string{"a", "b", "c"} {
			d.must(p.words.Put(main, w))
		}
		if _, err := p.ints.Get(main); !errors.Is(err, boom) {
			t.Errorf("B got %v", err)
		}
		d.must(p.words.PutError(main, boom))
		close(ready)
		d.must(p.words.Put(main, "selected"))
		if v, err := p.ints.Get(main); v != 5 || err != nil {
			t.Errorf("B got %d, %v", v, err)
		}
		_, err := p.gate.Get(main)
		d.must(err)
		<-killed
		for v := 0; v != -1; {
			var err error
			v, err = p.ints.Get(main)
			if v == 99 || err != nil {
				t.Errorf("B got %d, %v", v, err)
			}
		}
		p.words.Close()
		d.must(b.Run())
		d.must(b.Check())
		if p.ints.Balance() != 0 || p.words.Balance() != 0 {
			t.Errorf("%v, %v", p.ints, p.words)
		}
	})
}
