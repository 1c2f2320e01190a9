package tasklet

import (
	"fmt"
	"time"
	"unsafe"
)

// This file is how tasklets move from one scheduler to another in the same process.
// Nothing is copied: the goroutine that they belong to lets go of them and posts them
// to the other. Meanwhile they are in transit, which is no place of either home.

// A Movable is a Waitable that tasklets can wait on from another scheduler: a tasklet
// that waits on it can move away and goes on waiting.
type Movable interface {
	Waitable
	// Cross returns what waits in place of t, which waits with slot by op.
	Cross(t *Tasklet, op Op, slot unsafe.Pointer) (*Request, Ferry)
}

// MoveTo moves the tasklet to another scheduler of the same pool. One that is parked is
// parked there, one that sleeps wakes there, one that waits in a channel or for the end
// of another goes on waiting, at its place in the queue. The tasklet is not to be
// touched here any more: it is known by the Ref. The errors are [ErrCurrent],
// [ErrScheduled] for one that is ready, [ErrDead], [ErrForeign] if the schedulers don't
// know each other, [ErrBlocked] for one that waits for what can only be waited for at
// home, or that something at home keeps, such as who joins it, or that the other
// scheduler is closed; then nothing has changed. It is for others: a tasklet does not
// move itself in its own step.
func (t *Tasklet) MoveTo(other Homely) (*Ref, error) {
	from, to := t.Home(), other.Home().heirOrSelf()
	ref := t.Ref()
	if from == to {
		return ref, nil
	}
	if err := t.mayMove(to); err != nil {
		return ref, err
	}
	from.letGo(t)
	settle, undo := t.emigrate(to)
	ref.home.Store(to)
	err := to.scheduler.Post(func() {
		home := to.heirOrSelf()
		home.takeIn(t)
		settle(home)
	})
	if err != nil {
		ref.home.Store(from)
		from.takeIn(t)
		undo()
		return ref, fmt.Errorf("move %s: %w", t.title(), err)
	}
	return ref, nil
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

// movable reports whether nothing at home keeps t.
func (t *Tasklet) movable() bool { return t.flags&ending == 0 && t.tie() == "" }

// tie says what keeps t at home, "" if nothing does: what is there knows t by its
// pointer, or is to hear from it, and can't from another goroutine.
func (t *Tasklet) tie() string {
	switch k := t.op.kind(); {
	case t.flags&watching != 0:
		return "it watches over others"
	case t.op&done != 0 && (k == OpLock || k == OpAcquire):
		return "it was given what it has not heard of yet"
	}
	switch r := t.rare(); {
	case r == nil:
	case r.joiners != nil && r.joiners.len > 0, len(r.heirs) > 0:
		return "others are to hear of its end"
	case len(r.held) > 0:
		return "it holds what belongs here"
	}
	return ""
}

// letGo has h forget t, which is in none of its places any more.
func (h *Home) letGo(t *Tasklet) {
	t.detachDeadlines()
	h.ended++
	h.scheduler.Forget(t)
	if h.observer != nil {
		h.observer.Ended(t, t.outermost(), ErrMoved)
	}
	if r := t.rare(); r != nil && r.joiners != nil && r.joiners.len == 0 {
		r.joiners = nil // it may be listed here
	}
}

// outermost returns the frame of t that all others were called from.
func (t *Tasklet) outermost() Frame {
	if t.rare() != nil && len(t.rare().callers) > 0 {
		return t.rare().callers[0]
	}
	return t.Frame()
}

// takeIn makes t one of h's, which is about to have a place there.
func (h *Home) takeIn(t *Tasklet) {
	t.attachDeadlines(h)
	h.born++
}

// emigrate takes t out of its place. Settle, called on the goroutine of the home that it
// has come to, puts it where it belongs there; undo, instead, back.
func (t *Tasklet) emigrate(to *Home) (settle func(h *Home), undo func()) {
	from, place := t.Home(), t.place
	transit := &Queue{status: inTransit}
	switch place.status {
	case Sleeping:
		at := from.scheduler.Wakes(t, t.slot)
		from.scheduler.Disarm(t, t.slot)
		t.slot, t.place = nil, transit
		settle = func(h *Home) { h.fallAsleep(t, at) }
	case Blocked:
		return t.emigrateWaiting(to, transit)
	default:
		place.remove(t)
		t.place = transit
		settle = func(h *Home) { h.enter(&h.parked, t) }
	}
	return settle, func() { settle(from) }
}

func (h *Home) fallAsleep(t *Tasklet, at time.Time) {
	t.place, t.next, t.prev = &h.sleeping, nil, nil
	t.slot = h.scheduler.ArmAt(t, at)
}

// emigrateWaiting leaves a request in t's queue in its place.
func (t *Tasklet) emigrateWaiting(to *Home, transit *Queue) (settle func(h *Home), undo func()) {
	q, slot := t.place, t.slot
	e, ferry := q.owner.(Movable).Cross(t, t.op, slot)
	e.prepare(q, t.op, ferry)
	c := newClaim(t, nil)
	c.home = to
	e.patient = true
	e.join(c, 0)
	e.stand.waiting = true
	q.replace(t, &e.stand.block.t)
	q.crossed = true
	t.place, t.slot = transit, unsafe.Pointer(e)
	undo = func() {
		q.replace(&e.stand.block.t, t)
		t.slot = slot
	}
	return func(h *Home) { h.stayAway(t) }, undo
}

// stayAway puts t among those who wait where h does not see it.
func (h *Home) stayAway(t *Tasklet) {
	h.away.pushBack(t)
	if !h.away.listed {
		h.list(&h.away)
	}
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

// Inherit makes all tasklets of from h's, and all that belongs to it: from's scheduler
// has stopped, and nobody touches it any more. They come behind h's own, in their
// order. If the two didn't know each other, they get new numbers. Main of from, which has
// retired, ends. It runs on h's goroutine.
func (h *Home) Inherit(from *Home) {
	own := func(t *Tasklet) {
		from.letGo(t)
		h.takeIn(t)
		if !h.Knows(from) {
			h.nextNumber(t)
		}
	}
	for _, p := range []struct{ from, to *Queue }{{&from.ring, &h.ring}, {&from.stock, &h.stock}, {&from.parked, &h.parked}, {&from.away, &h.away}, {&from.outside, &h.outside}} {
		for t := p.from.head; t != nil; t = p.from.head {
			p.from.remove(t)
			if t == from.main.t {
				t.place = &from.dead
				continue
			}
			own(t)
			if p.to == &h.stock && h.together == nil {
				p.to = &h.ring
			}
			if p.to.status == Blocked {
				p.to.pushBack(t)
			} else {
				h.enter(p.to, t)
			}
			if c := t.abroad(); c != nil {
				c.mu.Lock()
				c.home = h
				c.mu.Unlock()
			}
		}
	}
	var asleep []sleeper
	for t := range from.scheduler.Asleep() {
		asleep = append(asleep, sleeper{t, from.scheduler.Wakes(t, t.slot)})
	}
	for _, s := range asleep {
		from.scheduler.Disarm(s.t, s.t.slot)
		own(s.t)
		h.fallAsleep(s.t, s.at)
	}
	h.inheritWatches(from)
	h.graves = append(append(h.graves, &from.dead), from.graves...)
	for _, q := range h.graves {
		q.home = h
	}
	from.graves = nil
	from.heir.Store(h)
	for _, q := range from.waits {
		if q == &from.away || q == &from.outside {
			continue
		}
		for t := range q.All() {
			if t.flags&standing == 0 {
				own(t)
			}
		}
		q.home = h
		h.waits = append(h.waits, q)
	}
	from.waits = nil
	for _, q := range []*Queue{&h.away, &h.outside} {
		if q.len > 0 && !q.listed {
			h.list(q)
		}
	}
	own(from.main.t)
	h.endRetired(from.main)
}
