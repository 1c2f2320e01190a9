package wait

import (
	"fmt"
	"unsafe"

	"github.com/stackless-go/stackless/tasklet"
)

// A Mutex is held by one tasklet at a time, which holds it across its waits. The
// zero Mutex works.
//
// Fairness: first come, first served. Unlock hands it to the first who waits,
// before anybody else can lock it.
//
// A tasklet that ends while it holds the mutex abandons it: those who wait, and
// all who lock it later, fail with [ErrAbandoned] until somebody calls Repair. A
// frame that can be killed therefore unlocks in its Cleanup:
//
//	func (f *frame) Cleanup(t *tasklet.Tasklet) {
//		if f.m.HeldBy(t) {
//			_ = f.m.Unlock(t)
//		}
//	}
//
// Invariants: somebody waits only while there is an owner. The owner keeps the
// mutex, as tasklet.Tasklet.Keep has it, also one that has been given it and has
// not gone on since. Nobody owns what is abandoned. A waiter's slot is nil, or the
// Cond whose signal it took.
type Mutex struct {
	Line
	owner     *tasklet.Tasklet
	signal    *Cond  // that the owner took, if it has not gone on since
	abandoned string // by whom; "" if it is in order
}

// NewMutex makes a mutex that belongs to of, a scheduler or a tasklet's scheduler.
func NewMutex(of tasklet.Homely) *Mutex {
	m := new(Mutex)
	m.queue.Bind(of.Home(), m)
	return m
}

// Lock makes the mutex t's, and is complete when it is. It fails with [ErrHeld] if
// t holds it already, with [ErrAbandoned], with tasklet.ErrBlockTrap if t may not
// wait, and with tasklet.ErrForeign on another scheduler's. When it has failed, t
// does not hold the mutex.
func (m *Mutex) Lock(t *tasklet.Tasklet) tasklet.Step {
	if m.queue.Completed(t, tasklet.OpLock) {
		return tasklet.Next
	}
	if !m.queue.Begin(t) {
		return m.queue.Again(t, tasklet.OpLock)
	}
	if err := m.lockable(t); err != nil {
		return t.Fail(err)
	}
	if m.owner == nil {
		m.give(t)
		return tasklet.Next
	}
	return m.hold(t, m, tasklet.OpLock)
}

// LockFor is Lock for main and plain functions.
func (m *Mutex) LockFor(co *tasklet.Coroutine) error { return block(co, m.Lock) }

// TryLock makes the mutex t's if it is nobody's, and reports whether it did. It
// may be used in a Cleanup.
func (m *Mutex) TryLock(t *tasklet.Tasklet) bool {
	if m.lockable(t) != nil || m.owner != nil {
		return false
	}
	m.give(t)
	return true
}

// Unlock lets go of the mutex, which t holds: it is the first waiter's now, who
// goes on at the end of the ring. The error is [ErrNotHeld]; nothing has changed
// then. It may be used in a Cleanup.
func (m *Mutex) Unlock(t *tasklet.Tasklet) error {
	if m.owner != t || t == nil {
		return refuse(ErrNotHeld, m, "unlock by %v", t)
	}
	t.Drop(m)
	m.next()
	return nil
}

// Owner returns who holds the mutex, nil if nobody does.
func (m *Mutex) Owner() *tasklet.Tasklet { return m.owner }

// HeldBy reports whether t holds the mutex.
func (m *Mutex) HeldBy(t *tasklet.Tasklet) bool { return m.owner == t && t != nil }

// Repair says that what an abandoned mutex guards is in order again, so that it
// can be locked. It reports whether the mutex was abandoned.
func (m *Mutex) Repair() bool {
	was := m.abandoned != ""
	m.abandoned = ""
	return was
}

// WaitName names the mutex as what somebody waits on, as in "mutex 3 (orders),
// held by tasklet 7".
func (m *Mutex) WaitName() string {
	if m.owner == nil {
		return m.title("mutex")
	}
	return fmt.Sprintf("%s, held by %v", m.title("mutex"), m.owner)
}

// WaitQueue returns where those wait who are to lock the mutex.
func (m *Mutex) WaitQueue() *tasklet.Queue { return &m.queue }

// lockable says why t may not even wait for the mutex.
func (m *Mutex) lockable(t *tasklet.Tasklet) error {
	if m.queue.Home() != t.Home() {
		if err := m.home(t, m); err != nil {
			return err
		}
	}
	switch {
	case m.abandoned != "":
		return m.spoiled()
	case m.owner == t:
		return refuse(ErrHeld, m, "lock")
	}
	return nil
}

func (m *Mutex) spoiled() error {
	return fmt.Errorf("lock on %s, left by %s: %w", m.title("mutex"), m.abandoned, ErrAbandoned)
}

// give makes the mutex, which is nobody's, t's.
func (m *Mutex) give(t *tasklet.Tasklet) {
	m.owner = t
	t.Keep(m)
}

// next gives the mutex, which its owner has let go, to the first who waits.
func (m *Mutex) next() {
	m.owner, m.signal = nil, nil
	if first := m.queue.First(); first != nil {
		m.signal = (*Cond)(m.queue.Slot(first))
		m.give(m.wake())
	}
}

// admit lets t, which Take has taken out of the queue of a Cond, lock the mutex.
// Signal is that Cond if nobody else took its signal.
func (m *Mutex) admit(t *tasklet.Tasklet, signal *Cond) {
	m.queue.Admit(t, tasklet.OpLock, unsafe.Pointer(signal))
	switch {
	case m.abandoned != "":
		m.fail()
	case m.owner == nil:
		m.next()
	}
}

// fail has the first waiter fail, because the mutex is abandoned.
func (m *Mutex) fail() {
	t := m.queue.Take()
	m.queue.Fails(t, m.spoiled())
	t.Home().Wake(t)
}

// Abandoned is called when t has ended and holds the mutex, or has moved elsewhere
// without it: see tasklet.Holding.
func (m *Mutex) Abandoned(t *tasklet.Tasklet) error {
	if m.owner != t {
		return nil
	}
	m.owner, m.signal, m.abandoned = nil, nil, fmt.Sprintf("tasklet %d", t.ID())
	if name := t.Name(); name != "" {
		m.abandoned += " (" + name + ")"
	}
	for m.queue.Len() > 0 {
		m.fail()
	}
	return nil
}

// Left is called when a waiter has left otherwise than by being given the mutex:
// see tasklet.Keeper. If it had taken a signal, that is the next one's.
func (m *Mutex) Left(slot unsafe.Pointer) {
	if c := (*Cond)(slot); c != nil {
		c.Signal()
	}
}

// Returned is called when t was given the mutex and ends without having gone on:
// see tasklet.Keeper.
func (m *Mutex) Returned(t *tasklet.Tasklet) {
	if m.owner != t {
		return
	}
	signal := m.signal
	t.Drop(m)
	m.next()
	if signal != nil {
		signal.Signal()
	}
}
