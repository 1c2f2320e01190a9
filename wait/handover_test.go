package wait_test

import (
	"errors"
	"testing"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
	"github.com/stackless-go/stackless/wait"
)

// TestReturned: who is given something and ends without a turn gives it on.
func TestReturned(t *testing.T) {
	s := sched.New()
	main := s.Main()
	m, sem := wait.NewMutex(s), wait.NewSemaphore(s, 3)
	if err := errors.Join(m.LockFor(main), sem.AcquireFor(main, 3)); err != nil {
		t.Fatal(err)
	}
	a, b := s.Go(&locker{m: m}), s.New(nil)
	second := func(t *tasklet.Tasklet) tasklet.Step { // locks, and lets go at once
		if s := m.Lock(t); s != tasklet.Next {
			return s
		}
		_ = m.Unlock(t)
		return tasklet.Return
	}
	if err := b.Setup(tasklet.Func(second)); err != nil {
		t.Fatal(err)
	}
	asker := func(n int64) tasklet.Frame {
		return tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
			if s := sem.Acquire(t, n); s != tasklet.Next {
				return s
			}
			return tasklet.Return
		})
	}
	c, d := s.Go(asker(3)), s.Go(asker(2))
	run(t, s)
	if err := errors.Join(m.Unlock(main.Tasklet()), sem.Release(3)); err != nil {
		t.Fatal(err)
	}
	if m.Owner() != a || c.Status() != tasklet.Ready || !d.Blocked() {
		t.Fatalf("owner %v, %v, %v", m.Owner(), c, d)
	}
	for _, u := range []*tasklet.Tasklet{a, c} {
		if err := errors.Join(u.Remove(), u.Bind(nil)); err != nil {
			t.Fatal(err)
		}
	}
	if m.Owner() != b || sem.Free() != 1 || d.Status() != tasklet.Ready {
		t.Errorf("owner %v, %d free, %v", m.Owner(), sem.Free(), d)
	}
	run(t, s)
	if m.Owner() != nil || b.Alive() || d.Alive() {
		t.Errorf("owner %v, %v, %v", m.Owner(), b, d)
	}
}

// TestSignalIsNotLost: a signal that its taker can't use is another's.
func TestSignalIsNotLost(t *testing.T) {
	for _, handed := range []bool{false, true} {
		s := sched.New()
		main := s.Main()
		m := wait.NewMutex(s)
		c := wait.NewCond(m)
		var who []int
		waiter := func(i int) *tasklet.Tasklet {
			return s.GoFunc(func(co *tasklet.Coroutine) error {
				if err := errors.Join(m.LockFor(co), c.WaitFor(co)); err != nil {
					return err
				}
				who = append(who, i)
				return m.Unlock(co.Tasklet())
			})
		}
		a := waiter(1)
		waiter(2)
		run(t, s)
		if c.Waiting() != 2 || m.Owner() != nil {
			t.Fatalf("%d wait, %v", c.Waiting(), m.Owner())
		}
		if handed { // a has the mutex, and ends without a turn
			c.Signal()
			if m.Owner() != a {
				t.Fatal(m.Owner())
			}
			if err := errors.Join(a.Remove(), a.Bind(nil)); err != nil {
				t.Fatal(err)
			}
		} else { // a waits for the mutex with the signal
			if err := m.LockFor(main); err != nil {
				t.Fatal(err)
			}
			c.Signal()
			if on, by := a.BlockedOn(); on != m || by != tasklet.OpLock {
				t.Fatal(on, by)
			}
			if err := errors.Join(main.Kill(a), m.Unlock(main.Tasklet())); err != nil {
				t.Fatal(err)
			}
		}
		run(t, s)
		if len(who) != 1 || who[0] != 2 || c.Waiting() != 0 || m.Owner() != nil {
			t.Errorf("handed %v: %v went on, %d wait, owner %v", handed, who, c.Waiting(), m.Owner())
		}
	}
}

// TestMainKeepsWhatItHas: an error of another that reaches main when it has been
// given the mutex does not take it away.
func TestMainKeepsWhatItHas(t *testing.T) {
	s := sched.New()
	m := wait.NewMutex(s)
	cause := errors.New("cause")
	s.GoFunc(func(co *tasklet.Coroutine) error {
		if err := errors.Join(m.LockFor(co), co.Yield(), m.Unlock(co.Tasklet())); err != nil {
			return err
		}
		return cause
	})
	if err := s.Main().Yield(); err != nil {
		t.Fatal(err)
	}
	if err := m.LockFor(s.Main()); err != nil || !m.HeldBy(s.Main().Tasklet()) {
		t.Fatalf("%v, held by %v", err, m.Owner())
	}
	is(t, s.Main().Yield(), cause)
}

// TestBroadcastIsForThoseWhoWaited: one whom a broadcast let go on, and who ends on
// its way, leaves nothing to those who came later.
func TestBroadcastIsForThoseWhoWaited(t *testing.T) {
	s := sched.New()
	main := s.Main()
	m := wait.NewMutex(s)
	c := wait.NewCond(m)
	waiter := func(co *tasklet.Coroutine) error { return errors.Join(m.LockFor(co), c.WaitFor(co)) }
	early := s.GoFunc(waiter)
	run(t, s)
	if err := m.LockFor(main); err != nil {
		t.Fatal(err)
	}
	later := s.GoFunc(waiter)
	run(t, s)
	c.Broadcast() // early is behind later in the mutex's line
	if err := m.Unlock(main.Tasklet()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Step(1); err != nil { // later waits in the Cond, and early has the mutex
		t.Fatal(err)
	}
	if on, _ := later.BlockedOn(); on != c || m.Owner() != early {
		t.Fatalf("%v, held by %v", later, m.Owner())
	}
	if err := early.Finish(); err != nil {
		t.Fatal(err)
	}
	run(t, s)
	if c.Waiting() != 1 || m.Owner() != nil {
		t.Errorf("%d wait, held by %v", c.Waiting(), m.Owner())
	}
}
