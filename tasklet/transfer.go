package tasklet

import "time"

// This file is how tasklets move from one scheduler to another in the same process.
// Nothing is copied: the goroutine that they belong to lets go of them and posts them
// to the other. Meanwhile they are in transit, which is no place of either home.

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
	h.forgetWatched(t)
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

// takeIn makes t one of h's, which is about to have a place there. Made says that it has
// come from no other home.
func (h *Home) takeIn(t *Tasklet, made bool) {
	h.count(t, made)
	t.attachDeadlines(h)
}

// count is takeIn of one whose deadlines are armed later.
func (h *Home) count(t *Tasklet, made bool) {
	if h.observer != nil {
		h.observer.Arrives(t, made)
	}
	h.born++
}

func (h *Home) fallAsleep(t *Tasklet, at time.Time) {
	t.place, t.next, t.prev = &h.sleeping, nil, nil
	t.slot = h.scheduler.ArmAt(t, at)
}

// stayAway puts t among those who wait where h does not see it.
func (h *Home) stayAway(t *Tasklet) {
	h.away.pushBack(t)
	if !h.away.listed {
		h.list(&h.away)
	}
}

// Inherit makes all tasklets of from h's, and all that belongs to it: from's scheduler
// has stopped, and nobody touches it any more. They come behind h's own, in their
// order. If the two didn't know each other, they get new numbers. Main of from, which has
// retired, ends. It runs on h's goroutine.
func (h *Home) Inherit(from *Home) {
	var limited []*Tasklet
	own := func(t *Tasklet) {
		from.letGo(t)
		if !h.Knows(from) {
			h.nextNumber(t)
		}
		h.count(t, false)
		if t.limited() {
			limited = append(limited, t)
		}
	}
	for _, p := range []struct{ from, to *Queue }{{&from.ring, &h.ring}, {&from.backlog, &h.backlog}, {&from.parked, &h.parked}, {&from.away, &h.away}, {&from.outside, &h.outside}} {
		for t := p.from.head; t != nil; t = p.from.head {
			p.from.remove(t)
			if t == from.main.t {
				t.place = &from.dead
				continue
			}
			own(t)
			if p.to == &h.backlog && h.together == nil {
				p.to = &h.ring
			}
			if p.to.status == Blocked {
				p.to.pushBack(t)
				h.settled(t)
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
		h.settled(s.t)
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
				h.settled(t)
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
	h.armDeadlines(limited)
	from.ended++
	h.born++ // for its end
	h.endRetired(from.main)
}
