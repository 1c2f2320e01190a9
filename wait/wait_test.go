package wait_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
	"github.com/stackless-go/stackless/wait"
)

// run runs s and checks it.
func run(t *testing.T, s *sched.Scheduler) {
	t.Helper()
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
}

// is fails the test if err is not of that kind, or does not name all of names.
func is(t *testing.T, err, kind error, names ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got %v, want %v", err, kind)
	}
	for _, name := range names {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not say %q", err, name)
		}
	}
}

// TestRefusals: what can't be done says so, and nothing has changed.
func TestRefusals(t *testing.T) {
	s, other := sched.New(), sched.New()
	main := s.Main()
	m, sem, b := wait.NewMutex(s), wait.NewSemaphore(s, 2), wait.NewBuffer[int](s, 1)
	m.SetName("orders")
	e, g := wait.NewEvent(s), wait.NewGroup(s)
	c := wait.NewCond(m)
	is(t, m.Unlock(main.Tasklet()), wait.ErrNotHeld, "mutex 1 (orders)", "tasklet 1 (main)")
	is(t, m.Unlock(nil), wait.ErrNotHeld)
	is(t, c.WaitFor(main), wait.ErrNotHeld)
	is(t, (&wait.Cond{}).WaitFor(main), wait.ErrNotHeld, "without a mutex")
	is(t, sem.AcquireFor(main, 3), wait.ErrRange, "acquire of 3", "2 of 2 free")
	is(t, sem.AcquireFor(main, -1), wait.ErrRange)
	is(t, sem.Release(1), wait.ErrRange)
	is(t, sem.Release(-1), wait.ErrRange)
	is(t, g.Add(-1), wait.ErrRange)
	is(t, g.Done(), wait.ErrRange)
	if err := g.Add(1); err != nil {
		t.Fatal(err)
	}
	is(t, g.Add(int(^uint(0)>>1)), wait.ErrRange)

	foreign := other.Main()
	is(t, m.LockFor(foreign), tasklet.ErrForeign)
	is(t, sem.AcquireFor(foreign, 1), tasklet.ErrForeign)
	is(t, e.WaitFor(foreign), tasklet.ErrForeign)
	is(t, g.WaitFor(foreign), tasklet.ErrForeign)
	is(t, b.Put(foreign, 1), tasklet.ErrForeign)
	_, err := g.Go(foreign.Tasklet(), &locker{m: m})
	is(t, err, tasklet.ErrForeign)
	_, err = b.Get(foreign)
	is(t, err, tasklet.ErrForeign)

	if err := errors.Join(m.LockFor(main), sem.AcquireFor(main, 2)); err != nil {
		t.Fatal(err)
	}
	is(t, m.LockFor(main), wait.ErrHeld)
	trapped := s.GoFunc(func(co *tasklet.Coroutine) error {
		is(t, m.LockFor(co), tasklet.ErrBlockTrap)
		is(t, sem.AcquireFor(co, 1), tasklet.ErrBlockTrap)
		is(t, e.WaitFor(co), tasklet.ErrBlockTrap)
		is(t, g.WaitFor(co), tasklet.ErrBlockTrap)
		if _, err := b.Get(co); !errors.Is(err, tasklet.ErrBlockTrap) {
			t.Error(err)
		}
		if err := b.Put(co, 1); err != nil {
			t.Error(err)
		}
		is(t, b.Put(co, 2), tasklet.ErrBlockTrap)
		return nil
	})
	trapped.SetBlockTrap(true)
	run(t, s)
	if m.Owner() != main.Tasklet() || sem.Free() != 0 || e.IsSet() || g.Count() != 1 || b.Len() != 1 || b.Cap() != 1 {
		t.Errorf("something has changed: %v %v", m.Owner(), sem.Free())
	}

	unbound := new(wait.Event)
	is(t, unbound.WaitContext(context.Background()), wait.ErrUnbound)
}

// TestAbandoned: who ends while it holds a mutex leaves it unusable, until somebody
// says that it is in order.
func TestAbandoned(t *testing.T) {
	for _, how := range []string{"returns", "fails", "is killed", "panics"} {
		t.Run(how, func(t *testing.T) {
			s := sched.New(sched.WithErrorHandler(func(*tasklet.Tasklet, error) error { return nil }))
			m := wait.NewMutex(s)
			var got []error
			holder := s.GoFunc(func(co *tasklet.Coroutine) error {
				if err := m.LockFor(co); err != nil {
					return err
				}
				if err := co.Yield(); err != nil {
					return err
				}
				switch how {
				case "fails":
					return errors.New("cause")
				case "panics":
					panic("cause")
				case "is killed":
					return co.Park()
				}
				return nil
			})
			holder.SetName("holder")
			for range 2 {
				s.GoFunc(func(co *tasklet.Coroutine) error {
					got = append(got, m.LockFor(co))
					return nil
				})
			}
			run(t, s)
			if how == "is killed" {
				if len(got) != 0 || m.Waiting() != 2 {
					t.Fatalf("%v, %d wait", got, m.Waiting())
				}
				if err := s.Main().Kill(holder); err != nil {
					t.Fatal(err)
				}
				run(t, s)
			}
			if len(got) != 2 {
				t.Fatalf("%d went on", len(got))
			}
			for _, err := range append(got, m.LockFor(s.Main())) {
				is(t, err, wait.ErrAbandoned, "mutex 1", "tasklet 2 (holder)")
			}
			if m.TryLock(s.Main().Tasklet()) || m.Owner() != nil {
				t.Error("it can be locked")
			}
			if !m.Repair() || m.Repair() {
				t.Error("repaired twice, or not at all")
			}
			if err := errors.Join(m.LockFor(s.Main()), m.Unlock(s.Main().Tasklet())); err != nil {
				t.Error(err)
			}
		})
	}
}

// locker locks, and says so.
type locker struct {
	m     *wait.Mutex
	first *wait.Cond // to wait for with the mutex first, if not nil
	has   bool
}

func (f *locker) Resume(t *tasklet.Tasklet) tasklet.Step {
	if f.first == nil {
		if s := f.m.Lock(t); s != tasklet.Next {
			return s
		}
	} else if s := f.first.Until(t, func() bool { return false }); s != tasklet.Next {
		return s
	}
	f.has = true
	return tasklet.Return
}

// TestDeadlock: it names what everybody waits on.
func TestDeadlock(t *testing.T) {
	s := sched.New()
	m, sem, e, g, b := wait.NewMutex(s), wait.NewSemaphore(s, 1), wait.NewEvent(s), wait.NewGroup(s), wait.NewBuffer[string](s, 2)
	c := wait.NewCond(m)
	e.SetName("open")
	_ = g.Add(2)
	sem.TryAcquire(1)
	for _, f := range []func(co *tasklet.Coroutine) error{
		func(co *tasklet.Coroutine) error { return errors.Join(m.LockFor(co), c.WaitFor(co)) },
		func(co *tasklet.Coroutine) error { return errors.Join(m.LockFor(co), e.WaitFor(co)) },
		m.LockFor, g.WaitFor,
		func(co *tasklet.Coroutine) error { return sem.AcquireFor(co, 1) },
		func(co *tasklet.Coroutine) error { _, err := b.Get(co); return err },
	} {
		s.GoFunc(f)
	}
	run(t, s)
	err := m.LockFor(s.Main())
	is(t, err, tasklet.ErrDeadlock, "tasklet 1 (main), frame main, blocked: lock on mutex 1, held by tasklet 3, blocked",
		"wait on condition 6", "wait on event 3 (open)", "lock on mutex 1", "wait on group 4, 2 to do",
		"acquire on semaphore 2, 0 of 1 free", "receive on buffer 5 of string, 0 of 2")
	if m.Waiting() != 1 {
		t.Errorf("%d wait", m.Waiting())
	}
}

// TestBuffer: order, closing, and what is left.
func TestBuffer(t *testing.T) {
	for _, capacity := range []int{0, 1, 2, 3, 7, 100} {
		s := sched.New()
		b := wait.NewBuffer[int](s, capacity)
		s.GoFunc(func(co *tasklet.Coroutine) error {
			for i := range 50 {
				if err := b.Put(co, i); err != nil {
					return err
				}
				if b.Len() > capacity {
					t.Errorf("%d values in a buffer of %d", b.Len(), capacity)
				}
			}
			b.Close()
			if capacity >= 100 && (b.Closed() || !b.Closing()) {
				t.Error("closed, or not closing")
			}
			is(t, b.Put(co, 50), wait.ErrClosed)
			return nil
		})
		var got []int
		for v, err := range b.All(s.Main()) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, v)
		}
		for i := range 50 {
			if len(got) != 50 || got[i] != i {
				t.Fatalf("capacity %d: %v", capacity, got)
			}
		}
	}
}

// TestSelect: buffers, events and groups are cases like others.
func TestSelect(t *testing.T) {
	s := sched.New()
	e, g := wait.NewEvent(s), wait.NewGroup(s)
	in, out := wait.NewBuffer[int](s, 1), wait.NewBuffer[string](s, 1)
	_ = g.Add(1)
	if err := out.Put(s.Main(), "full"); err != nil {
		t.Fatal(err)
	}
	var fired []int
	var v int
	word := "word"
	s.GoFunc(func(co *tasklet.Coroutine) error {
		for range 5 {
			i, err := co.Select(e.OnSet(), g.OnDone(), in.OnReceive(&v), out.OnSend(&word))
			if err != nil {
				return err
			}
			fired = append(fired, i)
			e.Clear()
		}
		return nil
	})
	for i, do := range []func(){
		func() {},
		func() { _ = in.Put(s.Main(), 7) },
		e.Set,
		func() {
			if full, err := out.Get(s.Main()); full != "full" || err != nil {
				t.Error(full, err)
			}
		},
		func() { _ = g.Done() },
	} {
		do()
		run(t, s)
		if len(fired) < i {
			t.Fatalf("after %d: %v", i, fired)
		}
		if e.Waiting() > 1 || in.Waiting() > 1 {
			t.Fatal("more than one waits")
		}
	}
	got, err := out.Get(s.Main())
	if v != 7 || got != "word" || err != nil || fired[0] != 2 || fired[1] != 0 || fired[2] != 3 || fired[3] != 1 {
		t.Errorf("%v, %d, %q, %v", fired, v, got, err)
	}
}

// TestOutside: goroutines that are no tasklets.
func TestOutside(t *testing.T) {
	s := sched.New()
	e, g, b := wait.NewEvent(s), wait.NewGroup(s), wait.NewBuffer[int](s, 1)
	_ = g.Add(1)
	ctx, stop := context.WithCancel(context.Background())
	errs := make(chan error, 1)
	go func() {
		defer stop()
		gone, cancel := context.WithCancelCause(ctx)
		cancel(word("gone"))
		errs <- func() error {
			if err := b.PutContext(ctx, 1); err != nil {
				return err
			}
			if v, err := b.GetContext(ctx); v != 1 || err != nil {
				return err
			}
			if _, err := b.GetContext(gone); !errors.Is(err, word("gone")) {
				return errors.New("not gone")
			}
			if err := s.Post(func() { e.Set(); _ = g.Done() }); err != nil {
				return err
			}
			return errors.Join(e.WaitContext(ctx), g.WaitContext(ctx))
		}()
	}()
	if err := s.Serve(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-errs; err != nil {
		t.Fatal(err)
	}
}

// TestMove: what has moved is not here any more as well.
func TestMove(t *testing.T) {
	next := sched.New()
	w := newWorld([]*program{
		{name: "a", steps: []step{{"put", 1}, {"lock", 0}, {"acquire", 2}, {"ewait", 0}, {"unlock", 0}, {"get", 0}}},
		{name: "b", steps: []step{{"lock", 0}, {"unlock", 0}}},
		{name: "c", steps: []step{{"acquire", 2}}},
	}, false)
	s := w.s
	run(t, s)
	var moved *world
	err := pickle.Move(passage{s.Everyone(), w}, func(b []byte) error {
		p, err := pickle.Unmarshal[passage](b, pickle.Into(next))
		moved = p.World
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if w.m.Owner() != nil || w.b.Len() != 0 || w.m.Waiting()+w.sem.Waiting() != 0 || s.Check() != nil {
		t.Errorf("left: owner %v, %d values, %v", w.m.Owner(), w.b.Len(), s.Check())
	}
	if err := errors.Join(w.m.LockFor(s.Main()), w.m.Unlock(s.Main().Tasklet())); err != nil {
		t.Error(err)
	}
	moved.s = next
	moved.hear()
	moved.e.Set()
	moved.log = nil
	run(t, next)
	if got := strings.Join(moved.log, ", "); got != "a ewait, a got 1, b lock" {
		t.Error(got)
	}
}

// TestHeldByMain: main's mutex can't be pickled, and the error says so.
func TestHeldByMain(t *testing.T) {
	s := sched.New()
	m := wait.NewMutex(s)
	if err := m.LockFor(s.Main()); err != nil {
		t.Fatal(err)
	}
	_, err := pickle.Marshal(m)
	is(t, err, pickle.ErrUnpicklable, "Owner", "drives the scheduler")
}

// TestWithin: a deadline that passes takes nothing, and lets those behind go on.
func TestWithin(t *testing.T) {
	clock := sched.NewVirtualClock(time.Unix(0, 0))
	s := sched.New(sched.WithClock(clock))
	m, sem, e := wait.NewMutex(s), wait.NewSemaphore(s, 2), wait.NewEvent(s)
	c, b, g := wait.NewCond(m), wait.NewBuffer[int](s, 1), wait.NewGroup(s)
	main := s.Main()
	if err := errors.Join(m.LockFor(main), sem.AcquireFor(main, 1), b.Put(main, 1), g.Add(1)); err != nil {
		t.Fatal(err)
	}
	var v int
	for name, operation := range map[string]func(t *tasklet.Tasklet) tasklet.Step{
		"lock":    m.Lock,
		"acquire": func(t *tasklet.Tasklet) tasklet.Step { return sem.Acquire(t, 2) },
		"event":   e.Wait,
		"group":   g.Wait,
		"send":    func(t *tasklet.Tasklet) tasklet.Step { return b.Send(t, 2) },
	} {
		u := s.Go(tasklet.Func(func(u *tasklet.Tasklet) tasklet.Step {
			s := u.Within(time.Second, operation(u))
			if s == tasklet.Failed {
				if err := u.Recover(); !errors.Is(err, tasklet.ErrTimeout) {
					t.Errorf("%s: %v", name, err)
				}
				return tasklet.Return
			}
			if s == tasklet.Next {
				t.Errorf("%s is complete", name)
				return tasklet.Return
			}
			return s
		}))
		var small bool
		s.GoFunc(func(co *tasklet.Coroutine) error { // behind the big one
			err := sem.AcquireFor(co, 1)
			small = err == nil
			return errors.Join(err, sem.Release(1))
		})
		before := clock.Now()
		run(t, s)
		if d := clock.Now().Sub(before); u.Alive() || !small || d != time.Second {
			t.Errorf("%s: %v after %v", name, u, d)
		}
	}
	if m.Waiting()+sem.Waiting()+e.Waiting()+g.Waiting()+b.Waiting() != 0 || sem.Free() != 1 || b.Len() != 1 {
		t.Error("somebody is left")
	}
	err := main.Within(time.Second, func() error { return c.WaitFor(main) })
	is(t, err, tasklet.ErrTimeout)
	if m.Owner() != nil || c.Waiting() != 0 {
		t.Errorf("held by %v, %d wait", m.Owner(), c.Waiting())
	}
	if got, err := b.Get(main); got != 1 || err != nil {
		t.Error(got, err)
	}
	err = main.Within(time.Second, func() (err error) { v, err = b.Get(main); return err })
	is(t, err, tasklet.ErrTimeout)
	if v != 0 {
		t.Error(v)
	}
}

// TestSwitchTrap: what would give up the turn under a switch trap says so, and nothing has
// changed.
func TestSwitchTrap(t *testing.T) {
	s := sched.New()
	main := s.Main()
	m, sem, b := wait.NewMutex(s), wait.NewSemaphore(s, 1), wait.NewBuffer[int](s, 1)
	e, g, c := wait.NewEvent(s), wait.NewGroup(s), wait.NewCond(m)
	if err := errors.Join(m.LockFor(main), sem.AcquireFor(main, 1), b.Put(main, 1), g.Add(1)); err != nil {
		t.Fatal(err)
	}
	s.SetSwitchTrap(1)
	is(t, c.WaitFor(main), tasklet.ErrSwitchTrap)
	is(t, sem.AcquireFor(main, 1), tasklet.ErrSwitchTrap)
	is(t, b.Put(main, 2), tasklet.ErrSwitchTrap)
	is(t, e.WaitFor(main), tasklet.ErrSwitchTrap)
	is(t, g.WaitFor(main), tasklet.ErrSwitchTrap)
	s.SetSwitchTrap(-1)
	if !m.HeldBy(main.Tasklet()) {
		t.Errorf("the mutex is held by %v", m.Owner())
	}
	if m.Waiting()+sem.Waiting()+b.Waiting()+e.Waiting()+g.Waiting()+c.Waiting() != 0 || sem.Free() != 0 || b.Len() != 1 {
		t.Error("somebody waits, or something has changed hands")
	}
	if err := errors.Join(m.Unlock(main.Tasklet()), sem.Release(1), s.Check()); err != nil {
		t.Error(err)
	}
}
