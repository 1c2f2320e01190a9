package tasklet

import (
	"fmt"
	"unsafe"
)

// This file is how one tasklet is moved to another scheduler of its pool, while it waits.
//
// A move that is asked for between two steps, or by main in its turn, is made at once. One
// that is asked for in a step could be asked for by the tasklet itself, whose frame is
// still running: so the other scheduler gets it only after the step. Until then the
// tasklet is in transit and belongs to the home that it leaves: its Ref and the claim of
// what it waits by say so, and what they lead to is posted, behind the hand-over.

// A Movable is a Waitable that tasklets can wait on from another scheduler: a tasklet
// that waits on it can move away and goes on waiting.
type Movable interface {
	Waitable
	// Cross returns what waits in place of t, which waits with slot by op.
	Cross(t *Tasklet, op Op, slot unsafe.Pointer) (*Request, Ferry)
}

// A move is one that is under way. While t is in transit, its place is the move's queue,
// in which it is alone, and which does not know it.
type move struct {
	place    Queue
	t        *Tasklet
	to       *Home
	settle   func(h *Home) // puts t where it belongs at h, on whose goroutine it is called
	undo     func()        // puts t back, if nothing has happened to it since
	crossing *Request      // by which t goes on waiting, nil if it does not wait for somebody
	off      bool          // it was called off
}

// WaitName is there because a queue has an owner; nobody waits in transit.
func (*move) WaitName() string { return "a move" }

// WaitQueue returns nil.
func (*move) WaitQueue() *Queue { return nil }

// MoveTo moves the tasklet to another scheduler of the same pool. One that is parked is
// parked there, one that sleeps wakes there, one that waits in a channel or for the end
// of another goes on waiting, at its place in the queue. The tasklet is not to be
// touched here any more: it is known by the Ref. The errors are [ErrCurrent],
// [ErrScheduled] for one that is ready, [ErrDead], [ErrForeign] if the schedulers don't
// know each other, [ErrBlocked] for one that waits for what can only be waited for at
// home, or that something at home keeps, such as who joins it, or that the other
// scheduler is closed; then nothing has changed.
//
// In a step, it only begins the move: the tasklet leaves where it waits, and goes when
// the scheduler next looks outside. So a frame can move its own tasklet, when an
// operation has told it to wait; it then does nothing but return that step, limited perhaps
// by Within. If the other scheduler is closed meanwhile, the tasklet stays; so it does if
// somebody here, who has its pointer, inserts, binds, joins or ends it, throws at it or
// switches to it.
func (t *Tasklet) MoveTo(other Homely) (*Ref, error) {
	t.stay()
	from, to := t.Home(), other.Home().heirOrSelf()
	ref := t.Ref()
	if from == to {
		return ref, nil
	}
	if err := t.mayMove(to); err != nil {
		return ref, err
	}
	after := !from.between && from.scheduler.InStep()
	if after {
		if err := to.scheduler.Post(func() {}); err != nil {
			return ref, fmt.Errorf("move %s: %w", t.title(), err)
		}
	}
	from.letGo(t)
	m := t.depart(to)
	var err error
	if after {
		if err = from.scheduler.Post(func() { _ = m.handOver() }); err != nil {
			m.callOff()
		}
	} else {
		err = m.handOver()
	}
	if err != nil {
		err = fmt.Errorf("move %s: %w", t.title(), err)
	}
	return ref, err
}

func (t *Tasklet) mayMove(to *Home) error {
	switch status := t.Status(); {
	case status == Running || t == t.Home().main.t:
		return t.refuse(ErrCurrent, "move")
	case status == Ready:
		return t.refuse(ErrScheduled, "move")
	case status == Dead || t.flags&ending != 0:
		return t.refuse(ErrDead, "move")
	case !t.Home().Knows(to):
		return t.refuse(ErrForeign, "move")
	case !t.movable():
		return fmt.Errorf("move %s: %s: %w", t, t.tie(), ErrBlocked)
	case status == Blocked:
		if _, ok := t.place.owner.(Movable); !ok {
			return t.refuse(ErrBlocked, "move")
		}
	}
	return nil
}

// depart takes t out of its place.
func (t *Tasklet) depart(to *Home) *move {
	from, place := t.Home(), t.place
	m := &move{t: t, to: to}
	m.place = Queue{home: from, status: inTransit, owner: m}
	switch place.status {
	case Sleeping:
		at := from.scheduler.Wakes(t, t.slot)
		from.scheduler.Disarm(t, t.slot)
		t.slot = nil
		m.settle = func(h *Home) { h.fallAsleep(t, at) }
	case Blocked:
		m.departWaiting()
	default:
		place.remove(t)
		m.settle = func(h *Home) { h.enter(&h.parked, t) }
	}
	t.place = &m.place
	return m
}

// departWaiting leaves a request in t's queue in its place.
func (m *move) departWaiting() {
	t, q, slot := m.t, m.t.place, m.t.slot
	e, ferry := q.owner.(Movable).Cross(t, t.op, slot)
	e.prepare(q, t.op, ferry)
	e.patient = true
	e.join(newClaim(t, nil), 0)
	e.stand.waiting = true
	q.replace(t, &e.stand.block.t)
	q.crossed = true
	t.slot = unsafe.Pointer(e)
	m.crossing = e
	m.settle = func(h *Home) { h.stayAway(t) }
	m.undo = func() {
		q.replace(&e.stand.block.t, t)
		t.slot = slot
	}
}

// handOver posts t to the other home, on the goroutine of the one that it leaves, between
// two steps. The error is that the other is closed; then t is back.
func (m *move) handOver() error {
	if m.off {
		return nil
	}
	t, from := m.t, m.place.home.heirOrSelf()
	from.scheduler.Forget(t) // which was perhaps the last to run
	m.belongs(m.to)
	err := m.to.scheduler.Post(func() {
		home := m.to.heirOrSelf()
		home.takeIn(t, false)
		m.settle(home)
		home.settled(t)
	})
	if err != nil {
		m.belongs(from)
		m.callOff()
	}
	return err
}

// belongs says to whom it may concern that t is h's, or is on its way there.
func (m *move) belongs(h *Home) {
	m.t.rare().ref.home.Store(h)
	if e := m.crossing; e != nil {
		e.claim.mu.Lock()
		e.claim.home = h
		e.claim.mu.Unlock()
	}
}

// callOff puts t back where it was. If its request is done meanwhile, t waits for the
// answer.
func (m *move) callOff() {
	from := m.place.home.heirOrSelf()
	m.off = true
	from.takeIn(m.t, false)
	if m.crossing != nil && m.crossing.stand.waiting {
		m.undo()
	} else {
		m.settle(from)
	}
	from.settled(m.t)
}

// settled has the observer know where t is that has come: it has heard of those who are
// parked.
func (h *Home) settled(t *Tasklet) {
	if h.observer != nil && t.place != &h.parked {
		h.observer.Entered(t)
	}
}

// stay calls off a move of t that has begun and that its home has not handed over yet. It
// comes before whatever else is done with t here, also before recall.
func (t *Tasklet) stay() {
	if t.place.status == inTransit {
		t.callOffMove()
	}
}

func (t *Tasklet) callOffMove() bool {
	m, ok := t.place.owner.(*move)
	if ok {
		m.callOff()
	}
	return ok
}

// replace puts t at the place of old.
func (q *Queue) replace(old, t *Tasklet) {
	t.place = q
	if q.len == 1 {
		t.next, t.prev, q.head = t, t, t
		return
	}
	t.next, t.prev = old.next, old.prev
	t.next.prev, t.prev.next = t, t
	if q.head == old {
		q.head = t
	}
}

// Cross has a tasklet that joins t go on doing so from another scheduler.
func (t *Tasklet) Cross(by *Tasklet, op Op, slot unsafe.Pointer) (*Request, Ferry) {
	e := &joining{}
	e.ref = t.Ref()
	return &e.Request, e
}
