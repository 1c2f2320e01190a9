package sched_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
	on "github.com/stackless-go/stackless/wait"
)

// What can go wrong with tasklets that move, alone or with their whole scheduler.

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
