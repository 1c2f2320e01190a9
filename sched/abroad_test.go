package sched_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
	on "github.com/stackless-go/stackless/wait"
)

// What can go wrong with operations on what belongs to another scheduler.

// handed returns when f has run on the goroutine of s, which another drives.
func handed(t *testing.T, s *sched.Scheduler, f func()) {
	t.Helper()
	done := make(chan struct{})
	if err := s.Post(func() { f(); close(done) }); err != nil {
		t.Error(err)
		return
	}
	<-done
}

// A recipient receives one value, by a select if there is a second channel.
type recipient struct {
	in, other *channel.Channel[int]
	limit     *time.Duration // within which; nil for ever
	got       int
}

func (r *recipient) Resume(t *tasklet.Tasklet) tasklet.Step {
	var s tasklet.Step
	if r.other == nil {
		s = r.in.Receive(t, &r.got)
	} else {
		_, s = t.Select(r.in.OnReceive(&r.got), r.other.OnReceive(&r.got))
	}
	if r.limit != nil {
		s = t.Within(*r.limit, s)
	}
	if s == tasklet.Next {
		return tasklet.Return
	}
	return s
}

// A hop yields n times. It can be pickled.
type hop struct{ N int }

func (h *hop) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; h.N > 0; h.N-- {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

func init() { pickle.Register[hop]("sched_test.hop") }

// TestEndedAbroad: however a tasklet that waits abroad ends its wait, nobody there meets
// it any more, and what they send is for the next.
func TestEndedAbroad(t *testing.T) {
	boom := errors.New("boom")
	ends := map[string]func(d *duo, x *tasklet.Tasklet) error{
		"kill":   func(d *duo, x *tasklet.Tasklet) error { return d.a.Main().Kill(x) },
		"throw":  func(d *duo, x *tasklet.Tasklet) error { return d.a.Main().Throw(x, boom) },
		"finish": func(_ *duo, x *tasklet.Tasklet) error { return x.Finish() },
	}
	for how, end := range ends {
		for _, selects := range []bool{false, true} {
			t.Run(fmt.Sprint(how, " ", selects), func(t *testing.T) {
				c := make(chan *channel.Channel[int], 1)
				over := make(chan struct{})
				together(t, func(d *duo) {
					in := <-c
					r := &recipient{in: in}
					if selects {
						r.other = channel.New[int](d.a)
					}
					x := d.a.Go(r)
					d.must(d.a.RunReady())
					for n := 0; n != -1; { // until it waits there
						handed(t, d.b, func() { n = in.Balance() })
					}
					if err := end(d, x); err != nil && !errors.Is(err, boom) {
						t.Error(err)
					}
					if err := d.a.RunReady(); err != nil && !errors.Is(err, boom) {
						t.Error(err)
					}
					if x.Alive() {
						t.Errorf("%v", x)
					}
					d.must(d.a.Check())
					close(over)
					if v, err := in.Get(d.a.Main()); v != 1 || err != nil || r.got != 0 {
						t.Errorf("got %d, %v; the dead one %d", v, err, r.got)
					}
					d.must(d.a.Check())
				}, func(d *duo) {
					in := channel.New[int](d.b)
					c <- in
					release := d.b.Hold()
					go func() { <-over; release() }()
					d.must(d.b.Run())
					d.must(d.b.Check())
					d.must(in.Put(d.b.Main(), 1))
				})
			})
		}
	}
}

// TestFaultAbroad: a frame breaks the contract after it has gone abroad.
func TestFaultAbroad(t *testing.T) {
	c := make(chan *channel.Channel[int], 1)
	over := make(chan struct{})
	together(t, func(d *duo) {
		in := <-c
		got := 0
		x := d.a.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
			in.Receive(t, &got)
			panic("boom")
		}))
		if err := d.a.Run(); err == nil || !strings.Contains(err.Error(), "boom") {
			t.Errorf("%v", err)
		}
		if x.Alive() {
			t.Errorf("%v", x)
		}
		close(over)
		if v, err := in.Get(d.a.Main()); v != 1 || err != nil || got != 0 {
			t.Errorf("got %d, %v; the dead one %d", v, err, got)
		}
	}, func(d *duo) {
		in := channel.New[int](d.b)
		c <- in
		<-over
		d.must(in.Put(d.b.Main(), 1))
	})
}

// TestNoTimeAbroad: an operation abroad always has to wait, so it fails if it may not. It
// leaves nothing there, and its error says what it waited on.
func TestNoTimeAbroad(t *testing.T) {
	c := make(chan *channel.Channel[int], 1)
	over := make(chan struct{})
	together(t, func(d *duo) {
		in := <-c
		for _, limit := range []time.Duration{0, time.Microsecond} {
			r := &recipient{in: in, limit: &limit}
			err := d.a.Main().Join(d.a.Go(r))
			if !errors.Is(err, tasklet.ErrTimeout) || !strings.Contains(err.Error(), "receive on channel 1 of int") || r.got != 0 {
				t.Errorf("within %v: %v, got %d", limit, err, r.got)
			}
			err = d.a.Main().Within(limit, func() error {
				_, err := in.Get(d.a.Main())
				return err
			})
			if !errors.Is(err, tasklet.ErrTimeout) {
				t.Errorf("within %v: %v", limit, err)
			}
			d.must(d.a.Check())
		}
		close(over)
		if v, err := in.Get(d.a.Main()); v != 1 || err != nil {
			t.Errorf("got %d, %v", v, err)
		}
	}, func(d *duo) {
		in := channel.New[int](d.b)
		c <- in
		<-over
		d.must(in.Put(d.b.Main(), 1))
	})
}

// TestTrapsAbroad: a block trap and a switch trap forbid operations abroad, and these leave
// nothing that a later one would take up.
func TestTrapsAbroad(t *testing.T) {
	type pair struct{ first, second *channel.Channel[int] }
	c := make(chan pair, 1)
	together(t, func(d *duo) {
		p := <-c
		main := d.a.Main()
		seven, eight := 7, 8
		main.Tasklet().SetBlockTrap(true)
		if _, err := main.Select(p.first.OnSend(&seven)); !errors.Is(err, tasklet.ErrBlockTrap) {
			t.Errorf("select under a block trap: %v", err)
		}
		main.Tasklet().SetBlockTrap(false)
		d.a.SetSwitchTrap(1)
		if err := p.first.Put(main, 1); !errors.Is(err, tasklet.ErrSwitchTrap) {
			t.Errorf("send under a switch trap: %v", err)
		}
		if _, err := main.Select(p.first.OnSend(&seven)); !errors.Is(err, tasklet.ErrSwitchTrap) {
			t.Errorf("select under a switch trap: %v", err)
		}
		d.a.SetSwitchTrap(-1)
		if i, err := main.Select(p.second.OnSend(&eight)); i != 0 || err != nil {
			t.Errorf("select: %d, %v", i, err)
		}
		d.must(p.first.Put(main, 9))
	}, func(d *duo) {
		p := pair{channel.New[int](d.b), channel.New[int](d.b)}
		c <- p
		got := map[*channel.Channel[int]][]int{}
		for _, in := range []*channel.Channel[int]{p.first, p.second} {
			d.b.GoFunc(func(co *tasklet.Coroutine) error {
				v, err := in.Get(co)
				got[in] = append(got[in], v)
				return err
			})
		}
		d.must(d.b.Run())
		if fmt.Sprint(got[p.first], got[p.second]) != "[9] [8]" {
			t.Errorf("got %v and %v", got[p.first], got[p.second])
		}
	})
}

// TestKilledByEnd: a tasklet that waits for an end here, and for something there, is killed
// while that end is under way.
func TestKilledByEnd(t *testing.T) {
	boom := errors.New("boom")
	c := make(chan *channel.Channel[int], 1)
	over := make(chan struct{})
	together(t, func(d *duo) {
		in := <-c
		x := d.a.New(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return t.Fail(boom) }))
		var fired int
		var err error
		y := d.a.GoFunc(func(co *tasklet.Coroutine) error {
			var v int
			fired, err = co.Select(in.OnReceive(&v), tasklet.OnEnd(x))
			return nil
		})
		d.must(d.a.RunReady())
		x.AddHeir(killer{y})
		d.must(x.Insert())
		d.must(d.a.RunReady())
		if fired != 1 || !errors.Is(err, boom) || y.Alive() {
			t.Errorf("case %d, %v, %v", fired, err, y)
		}
		d.must(d.a.Check())
		close(over)
	}, func(d *duo) {
		c <- channel.New[int](d.b)
		<-over
		d.must(d.b.RunReady())
	})
}

// A killer is the heir of a tasklet that kills another.
type killer struct{ t *tasklet.Tasklet }

func (k killer) Inherits(*tasklet.Tasklet, error) bool { k.t.KillLater(); return false }

// TestShownFromAbroad: who waits from another scheduler is counted, and not shown as if it
// were a tasklet here.
func TestShownFromAbroad(t *testing.T) {
	c := make(chan *channel.Channel[int], 1)
	together(t, func(d *duo) {
		if v, err := (<-c).Get(d.a.Main()); v != 5 || err != nil {
			t.Errorf("got %d, %v", v, err)
		}
	}, func(d *duo) {
		in := channel.New[int](d.b)
		c <- in
		for in.Balance() == 0 {
			d.must(d.b.RunReady())
			runtime.Gosched()
		}
		for w := range in.Waiters() {
			t.Errorf("waits: %v", w)
		}
		if in.First() != nil || in.Balance() != -1 {
			t.Errorf("first %v, balance %d", in.First(), in.Balance())
		}
		if _, err := pickle.Marshal(in); !errors.Is(err, pickle.ErrUnpicklable) || !strings.Contains(fmt.Sprint(err), "another scheduler waits") {
			t.Errorf("pickle: %v", err)
		}
		local := d.b.GoFunc(func(co *tasklet.Coroutine) error { _, err := in.Get(co); return err })
		d.must(d.b.RunReady())
		if st := d.b.Stats(); in.First() != local || len(slices.Collect(d.b.Blocked())) != 1 || st.Blocked != 1 || len(d.b.Inspect().Tasklets) != 2 {
			t.Errorf("first %v, stats %+v, %v", in.First(), st, d.b.Inspect())
		}
		var peers []string
		d.b.OnChannel(func(e tasklet.ChannelEvent) {
			id := uint64(0)
			if e.Peer != nil {
				id = e.Peer.ID()
			}
			peers = append(peers, fmt.Sprint(id, e.WillBlock))
		})
		d.must(d.b.Check())
		d.must(in.Put(d.b.Main(), 5))
		_, err := channel.New[int](d.b).Get(d.b.Main())
		var e *sched.DeadlockError
		if !errors.As(err, &e) || len(e.Blocked) != 2 || e.Blocked[0].ID != local.ID() {
			t.Errorf("%v", err)
		}
		d.must(in.Put(d.b.Main(), 6))
		d.b.OnChannel(nil)
		if want := "[0 false 0 true " + fmt.Sprint(local.ID()) + " false]"; fmt.Sprint(peers) != want {
			t.Errorf("peers, and whether it blocks: %v, want %s", peers, want)
		}
	})
}

// TestWaitForeign: what package wait has is for one scheduler, and says so to tasklets of
// others without looking at it.
func TestWaitForeign(t *testing.T) {
	c := make(chan *on.Mutex, 1)
	over := make(chan struct{})
	together(t, func(d *duo) {
		m := <-c
		if err := m.LockFor(d.a.Main()); !errors.Is(err, tasklet.ErrForeign) || !strings.Contains(err.Error(), "wait.Mutex 1") {
			t.Errorf("%v", err)
		}
		close(over)
	}, func(d *duo) {
		m := on.NewMutex(d.b)
		d.b.GoFunc(func(co *tasklet.Coroutine) error {
			for {
				if err := errors.Join(m.LockFor(co), co.Yield(), m.Unlock(co.Tasklet()), co.Yield()); err != nil {
					return err
				}
			}
		})
		c <- m
		for {
			select {
			case <-over:
				return
			default:
				_, err := d.b.Step(10)
				d.must(err)
			}
		}
	})
}

// A relay sends and receives in turn, the latter by a select.
type relay struct {
	in, out *channel.Channel[int]
	n, v, w int
	sending bool
}

func (r *relay) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; r.n > 0; r.n-- {
		if r.sending {
			if s := r.out.Send(t, r.n); s != tasklet.Next {
				return s
			}
		} else if _, s := t.Select(r.in.OnReceive(&r.v), (*channel.Channel[int])(nil).OnReceive(&r.w)); s != tasklet.Next {
			return s
		}
		r.sending = !r.sending
	}
	return tasklet.Return
}

// TestSpuriousAbroad: who waits abroad and is woken although nothing has come waits on.
func TestSpuriousAbroad(t *testing.T) {
	for seed := range uint64(10) {
		p := sched.NewPool(2, sched.WithSpuriousWakeups(seed), sched.WithShuffle(seed))
		w := p.Schedulers()
		there, back := channel.New[int](w[0]), channel.New[int](w[1])
		relays := [2]*relay{{in: back, out: there, n: 80, sending: true}, {in: there, out: back, n: 80}}
		w[1].Go(relays[0])
		w[0].Go(relays[1])
		for range 4 { // somebody to take turns with
			w[0].Go(&hop{N: 200})
			w[1].Go(&hop{N: 200})
		}
		if err := errors.Join(p.Run(), w[0].Check(), w[1].Check()); err != nil {
			t.Fatal(err)
		}
		if relays[0].n != 0 || relays[1].n != 0 {
			t.Errorf("%d and %d are left", relays[0].n, relays[1].n)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestClosedBelow: who waits on channels of a scheduler that closes, or joins its tasklets,
// hears of it.
func TestClosedBelow(t *testing.T) {
	type gift struct {
		c   *channel.Channel[int]
		ref *tasklet.Ref
	}
	gifts := make(chan gift, 1)
	together(t, func(d *duo) {
		g := <-gifts
		var errs [4]error
		var all []*tasklet.Tasklet
		for i, f := range []func(co *tasklet.Coroutine) error{
			func(co *tasklet.Coroutine) error { _, err := g.c.Get(co); return err },
			func(co *tasklet.Coroutine) error { return co.JoinRef(g.ref) }, // which is killed
			func(co *tasklet.Coroutine) error {
				var v int
				_, err := co.Select(channel.New[int](d.a).OnReceive(&v), g.c.OnReceive(&v))
				return err
			},
			func(co *tasklet.Coroutine) error {
				return co.Within(time.Hour, func() error { _, err := g.c.Get(co); return err })
			},
		} {
			all = append(all, d.a.GoFunc(func(co *tasklet.Coroutine) error {
				errs[i] = f(co)
				return nil
			}))
		}
		d.must(d.a.Run())
		for i, x := range all {
			if x.Alive() || errors.Is(errs[i], sched.ErrClosed) != (i != 1) {
				t.Errorf("%d: %v, %v", i, x, errs[i])
			}
		}
		if err := g.c.Put(d.a.Main(), 1); !errors.Is(err, sched.ErrClosed) {
			t.Errorf("%v", err)
		}
		if d.a.Stats().Timers != 0 {
			t.Errorf("%+v", d.a.Stats())
		}
	}, func(d *duo) {
		c := channel.New[int](d.b)
		x := d.b.GoFunc(func(co *tasklet.Coroutine) error { return co.Park() })
		gifts <- gift{c, x.Ref()}
		for c.Balance() != -3 || x.WaitQueue().Len() != 1 {
			d.must(d.b.RunReady())
			runtime.Gosched()
		}
	})
}

// A carrier carries a channel about, and can be pickled.
type carrier struct{ Out *channel.Channel[int] }

func (c *carrier) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := t.Yield(); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

func init() { pickle.Register[carrier]("sched_test.carrier") }

// TestPickleForeign: what leads to what belongs to another scheduler is not pickled, and
// that is not looked at. Where it has been adopted, it is.
func TestPickleForeign(t *testing.T) {
	c := make(chan *channel.Channel[int], 1)
	over := make(chan struct{})
	together(t, func(d *duo) {
		out := <-c
		x := d.a.New(&carrier{Out: out})
		for range 20 {
			_, err := pickle.Marshal(x)
			if !errors.Is(err, tasklet.ErrForeign) || !errors.Is(err, pickle.ErrUnpicklable) || !strings.Contains(fmt.Sprint(err), ".Out") {
				t.Errorf("%v", err)
			}
			if err := pickle.Move(d.a.Everyone(), func([]byte) error { return nil }); !errors.Is(err, tasklet.ErrForeign) || !x.Alive() {
				t.Errorf("%v, %v", err, x)
			}
		}
		close(over)
	}, func(d *duo) {
		out := channel.New[int](d.b)
		c <- out
		for {
			select {
			case <-over:
				return
			default:
				d.b.GoFunc(func(co *tasklet.Coroutine) error { return out.Put(co, 1) })
				d.b.GoFunc(func(co *tasklet.Coroutine) error { _, err := out.Get(co); return err })
				d.must(d.b.RunReady())
			}
		}
	})

	a, b := sched.New(), sched.New()
	x := b.New(&carrier{Out: channel.New[int](a)})
	if _, err := pickle.Marshal(x); !errors.Is(err, tasklet.ErrForeign) {
		t.Errorf("%v", err)
	}
	if err := errors.Join(a.Stop(), b.Adopt(a), pickle.Check(x), b.Close()); err != nil {
		t.Error(err)
	}
}
