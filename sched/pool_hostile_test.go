package sched_test

import (
	"context"
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

// These tests do to schedulers that know each other what is not in anybody's interest.

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

// TestKeptAtHome: a tasklet that something at home is to hear of does not move.
func TestKeptAtHome(t *testing.T) {
	p := sched.NewPool(0)
	a, b := p.New(), p.New()
	must := func(errs ...error) {
		if err := errors.Join(errs...); err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	for name, made := range map[string]func() *tasklet.Tasklet{
		"a join": func() *tasklet.Tasklet {
			x := tasklet.New(a.Home(), &hop{})
			_, err := on.NewJoin(a, x)
			must(err)
			return x
		},
		"a scope": func() *tasklet.Tasklet {
			x, err := on.NewScope(a).Go(a.Main().Tasklet(), &hop{})
			must(err, x.Remove())
			return x
		},
		"permits": func() *tasklet.Tasklet {
			s := on.NewSemaphore(a, 1)
			s.TryAcquire(1)
			x := a.GoFunc(func(co *tasklet.Coroutine) error { return s.AcquireFor(co, 1) })
			must(a.RunReady(), s.Release(1), x.Remove())
			return x
		},
		"a mutex": func() *tasklet.Tasklet {
			m := on.NewMutex(a)
			x := a.GoFunc(func(co *tasklet.Coroutine) error {
				defer func() { _ = m.Unlock(co.Tasklet()) }()
				return errors.Join(m.LockFor(co), co.Park())
			})
			must(a.RunReady())
			return x
		},
		"a watch": func() *tasklet.Tasklet {
			x := a.GoFunc(func(co *tasklet.Coroutine) error {
				_, err := co.Watch(tasklet.Budget{})
				return err
			})
			a.GoFunc(func(co *tasklet.Coroutine) error {
				defer func() { must(x.Insert()) }()
				_, err := x.MoveTo(b)
				if !errors.Is(err, tasklet.ErrBlocked) || !strings.Contains(err.Error(), "it watches") {
					t.Errorf("a watch: %v", err)
				}
				return nil
			})
			must(a.RunReady())
			return nil
		},
	} {
		if x := made(); x != nil {
			if _, err := x.MoveTo(b); !errors.Is(err, tasklet.ErrBlocked) || x.Home() != a.Home() {
				t.Errorf("%s: %v", name, err)
			}
		}
		must(a.Check())
	}
	must(a.Close(), b.Close())
}

// TestJoinAfterMove: a tasklet that was joined, and then is not, moves and is joined again.
func TestJoinAfterMove(t *testing.T) {
	p := sched.NewPool(0)
	a, b := p.New(), p.New()
	x := tasklet.New(a.Home(), &hop{})
	y := a.GoFunc(func(co *tasklet.Coroutine) error { return co.Join(x) })
	if err := errors.Join(a.RunReady(), a.Main().Kill(y)); err != nil {
		t.Fatal(err)
	}
	ref, err := x.MoveTo(b)
	if err := errors.Join(err, b.RunReady()); err != nil {
		t.Fatal(err)
	}
	z := b.GoFunc(func(co *tasklet.Coroutine) error { return co.JoinRef(ref) })
	if err := b.RunReady(); err != nil {
		t.Fatal(err)
	}
	if n := len(slices.Collect(b.Blocked())); n != 1 || !z.Blocked() {
		t.Errorf("%d are blocked, %v", n, z)
	}
	if err := errors.Join(a.Check(), b.Check(), ref.Insert(), b.RunReady()); err != nil || z.Alive() {
		t.Errorf("%v, %v", err, z)
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Error(err)
	}
}

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

// TestObservedMoves: observers are told of moves as of ends and beginnings, and do not look
// at who has gone.
func TestObservedMoves(t *testing.T) {
	p := sched.NewPool(2)
	w := p.Schedulers()
	for _, s := range w {
		s.Observe(true)
		s.OnSwitch(func(from, to *tasklet.Tasklet) { _, _ = from.Name(), to.Name() })
	}
	for range 50 { // they roam, give themselves names, and move on
		w[0].Home().Roam(&named{n: 200})
	}
	if err := errors.Join(p.Run(), w[0].Check(), w[1].Check(), p.Close()); err != nil {
		t.Error(err)
	}

	a, b := p.New(), p.New()
	a.Observe(true)
	x := tasklet.New(b.Home(), &hop{}) // of the higher number
	y := a.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
		if s := t.Park(); s != tasklet.Next {
			return s
		}
		return tasklet.Return
	}))
	if _, err := x.MoveTo(a); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.Check(), a.RunReady(), a.Check()); err != nil {
		t.Error(err)
	}
	ref, err := y.MoveTo(b)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Check(), b.RunReady(), ref.Insert(), b.RunReady(), a.RunReady(), b.Check(), a.Check()); err != nil {
		t.Error(err)
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Error(err)
	}
}

// A named is a hop that gives itself a name at each.
type named struct{ n int }

func (w *named) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; w.n > 0; w.n-- {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
		t.SetName(fmt.Sprint(w.n))
	}
	return tasklet.Return
}

// TestDeadlockAfterMove: the last that ran has gone to another scheduler, and is not to
// hear of a deadlock here.
func TestDeadlockAfterMove(t *testing.T) {
	p := sched.NewPool(1)
	a, b := p.New(), p.Schedulers()[0]
	in := channel.New[int](a)
	x := a.Go(&recipient{in: in})
	release := a.Hold()
	go func() {
		handed(t, a, func() {})
		handed(t, a, func() {
			if _, err := x.MoveTo(b); err != nil {
				t.Error(err)
			}
		})
		release()
	}()
	if _, err := channel.New[int](a).Get(a.Main()); !errors.Is(err, tasklet.ErrDeadlock) {
		t.Errorf("%v", err)
	}
	if err := errors.Join(a.Check(), in.Put(a.Main(), 1), a.Check(), a.Close(), p.Run(), b.Check(), p.Close()); err != nil || x.Alive() {
		t.Errorf("%v, %v", err, x)
	}
}

// TestPoolGoesOn: after an error, a further run goes on with everybody.
func TestPoolGoesOn(t *testing.T) {
	boom := errors.New("boom")
	for range 50 {
		p := sched.NewPool(2)
		w := p.Schedulers()
		w[0].Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return t.Fail(boom) }))
		if err := p.Run(); !errors.Is(err, boom) {
			t.Fatal(err)
		}
		var left [2]*tasklet.Tasklet
		for i := range left {
			left[i] = w[i].Go(&hop{N: 1000})
		}
		if err := p.Run(); err != nil {
			t.Fatal(err)
		}
		for i, x := range left {
			if x.Alive() {
				t.Fatalf("the run was over before %v of scheduler %d", x, i)
			}
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPoolGoexit: a tasklet ends the goroutine of its scheduler. The run says so, and a
// further one goes on.
func TestPoolGoexit(t *testing.T) {
	p := sched.NewPool(2)
	w := p.Schedulers()
	x := w[0].Go(tasklet.Func(func(*tasklet.Tasklet) tasklet.Step { runtime.Goexit(); return tasklet.Return }))
	y := w[0].Go(&hop{N: 3})
	if err := p.Run(); err == nil || !strings.Contains(err.Error(), "Goexit") {
		t.Errorf("%v", err)
	}
	if err := p.Run(); err == nil || x.Alive() { // it hears of its end
		t.Errorf("%v, %v", err, x)
	}
	if err := p.Run(); err != nil || y.Alive() {
		t.Errorf("%v, %v", err, y)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// TestBlockedMainTakesNobody: a scheduler whose main waits for something takes nobody over,
// who would be left there when main goes on.
func TestBlockedMainTakesNobody(t *testing.T) {
	c := make(chan *channel.Channel[int], 1)
	together(t, func(d *duo) {
		if _, err := (<-c).Get(d.a.Main()); err != nil {
			t.Error(err)
		}
		if n := d.a.Stats().Born; n != 1 { // main
			t.Errorf("%d tasklets have come", n)
		}
	}, func(d *duo) {
		out := channel.New[int](d.b)
		c <- out
		for range 100 {
			d.b.Home().Roam(&hop{N: 1000})
		}
		d.must(d.b.Run())
		d.must(out.Put(d.b.Main(), 1))
	})
}

// TestAdoptedAfterlife: what is dead at an adopted scheduler can be joined and bound again,
// what belongs to it can be waited on, and the chain of heirs is followed.
func TestAdoptedAfterlife(t *testing.T) {
	boom := errors.New("boom")
	a, b, c := sched.New(), sched.New(), sched.New()
	a.OnError(func(*tasklet.Tasklet, error) error { return nil })
	x := a.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return t.Fail(boom) }))
	mutex, event, buffer := on.NewMutex(a), on.NewEvent(a), on.NewBuffer[int](a, 1)
	gate := channel.New[int](a)
	var log []string
	y := a.GoFunc(func(co *tasklet.Coroutine) error {
		if _, err := gate.Get(co); err != nil {
			return err
		}
		log = append(log, fmt.Sprint("join ", co.Join(x)))
		log = append(log, fmt.Sprint("lock ", mutex.LockFor(co)))
		log = append(log, fmt.Sprint("put ", buffer.Put(co, 1)))
		log = append(log, fmt.Sprint("wait ", event.WaitFor(co)))
		return mutex.Unlock(co.Tasklet())
	})
	if err := errors.Join(a.RunReady(), a.Stop(), b.Adopt(a), b.Check(), b.RunReady(), b.Stop(), c.Adopt(b), c.Check(), a.Check()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(gate.Put(c.Main(), 1), c.RunReady()); err != nil {
		t.Fatal(err)
	}
	z := c.GoFunc(func(co *tasklet.Coroutine) error {
		if err := mutex.LockFor(co); err != nil {
			return err
		}
		_, err := buffer.Get(co)
		log = append(log, fmt.Sprint("got ", err))
		return errors.Join(err, mutex.Unlock(co.Tasklet()))
	})
	if err := c.RunReady(); err != nil || !y.Blocked() || !z.Blocked() {
		t.Errorf("%v, %v, %v", err, y, z)
	}
	event.Set()
	if err := errors.Join(c.Check(), c.Run(), c.Check()); err != nil {
		t.Fatal(err)
	}
	if want := "[join boom lock <nil> put <nil> wait <nil> got <nil>]"; fmt.Sprint(log) != want {
		t.Errorf("%v, want %s", log, want)
	}
	if err := errors.Join(x.Setup(&hop{N: 2}), c.Check(), c.Run(), c.Check()); err != nil || x.Alive() {
		t.Errorf("%v, %v", err, x)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// TestAdoptWork: who awaits functions outside at a scheduler that takes them in order goes
// on at one that does not, and the other way round.
func TestAdoptWork(t *testing.T) {
	for _, order := range []bool{false, true} {
		options := [2][]sched.Option{1: {sched.WithWorkInOrder()}}
		if order {
			options[0], options[1] = options[1], options[0]
		}
		a, b := sched.New(options[0]...), sched.New(options[1]...)
		begin, begun := make(chan struct{}), make(chan struct{})
		var sum int
		for i := range 3 {
			a.GoFunc(func(co *tasklet.Coroutine) error {
				v, err := tasklet.AwaitFor(co, func(context.Context) (int, error) {
					begun <- struct{}{}
					if i != 1 { // which is back before
						<-begin
					}
					return i + 1, nil
				})
				sum += v
				return err
			})
		}
		a.Go(&hop{N: 10}) // or the step would wait for the work
		if _, err := a.Step(3); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			<-begun
		}
		if err := errors.Join(a.Stop(), b.Adopt(a)); err != nil {
			t.Fatal(err)
		}
		close(begin)
		if err := errors.Join(b.Run(), b.Check(), b.Close()); err != nil || sum != 6 {
			t.Errorf("%v, sum %d", err, sum)
		}
	}
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

// TestEveryoneInPool: a whole scheduler to which others have come can be pickled and loaded.
func TestEveryoneInPool(t *testing.T) {
	p := sched.NewPool(0)
	a, b := p.New(), p.New()
	x := tasklet.New(b.Home(), &hop{N: 2})
	if _, err := x.MoveTo(a); err != nil {
		t.Fatal(err)
	}
	a.Go(&hop{N: 3})
	if _, err := a.Step(1); err != nil {
		t.Fatal(err)
	}
	bytes, err := pickle.Marshal(a.Everyone())
	if err != nil {
		t.Fatal(err)
	}
	c := p.New()
	g, err := pickle.Unmarshal[*tasklet.Group](bytes, pickle.Into(c))
	if err != nil || g.Len() != 2 {
		t.Fatalf("%v, %v", g, err)
	}
	last := c.Home().LastID()
	if n := c.New(nil).ID(); n != last+1 || n>>36 != c.Main().Tasklet().ID()>>36 {
		t.Errorf("the next is %d, after %d", n, last)
	}
	if err := errors.Join(c.Check(), a.Close(), b.Close(), c.Close()); err != nil {
		t.Error(err)
	}
}
