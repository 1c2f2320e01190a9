package tasklet

import (
	"time"
	"unsafe"
)

// The operations of this file change whose turn it is. With cur for the
// tasklet that performs them and ready for those after it in the ring, their
// effect is Stackless Python's; docs/SCHEDULING.md has the whole table.

// Yield gives the turn to the next of the ring: ready becomes
// ready[1:]+[cur]. Alone in the ring, the tasklet goes on at once.
func (t *Tasklet) Yield() Step {
	if t.op == OpYield|done && t.place.head == t {
		t.op = OpNone
		return Next
	}
	return t.yield() // apart, so that what is above is inlined in the frame
}

func (t *Tasklet) yield() Step {
	if t.begin() {
		if t.place.trapped && (t.next != t || t.place.home.backlog.len > 0) {
			return t.Trap(OpYield)
		}
		t.op = OpYield | done
		t.place.head = t.next
		return Wait
	}
	return t.again(OpYield, nil)
}

// Park takes the tasklet out of the ring until somebody inserts it. What it is
// given meanwhile by SetValue, it finds in Value.
func (t *Tasklet) Park() Step {
	if t.begin() {
		h := t.Home()
		if h.ring.trapped {
			return t.Trap(OpPark)
		}
		h.ring.remove(t)
		t.op = OpPark
		h.enter(&h.parked, t)
		return Wait
	}
	return t.again(OpPark, nil)
}

// Sleep lets d pass on the scheduler's clock: the tasklet goes on at the end of
// the ring once it has, never earlier. With d ≤ 0 it is a Yield.
func (t *Tasklet) Sleep(d time.Duration) Step {
	if t.begin() {
		h := t.Home()
		if h.ring.trapped {
			return t.Trap(OpSleep)
		}
		if d <= 0 {
			t.op = OpSleep | done
			h.ring.head = t.next
			return Wait
		}
		slot := h.scheduler.Arm(t, d)
		h.ring.remove(t)
		t.op, t.place, t.slot, t.next, t.prev = OpSleep, &h.sleeping, slot, nil, nil
		return Wait
	}
	return t.again(OpSleep, nil)
}

// SleepUntil lets time pass on the scheduler's clock until at. If that is not in the
// future, it is a Yield.
func (t *Tasklet) SleepUntil(at time.Time) Step {
	if t.op == OpNone {
		return t.Sleep(at.Sub(t.Now()))
	}
	return t.Sleep(0) // which has begun
}

// Insert puts a parked tasklet at the end of its ring. One that is there
// already stays where it is. The errors are [ErrDead] and [ErrBlocked], the
// latter also for one that sleeps.
func (t *Tasklet) Insert() error {
	switch t.Status() {
	case Dead:
		return t.refuse(ErrDead, "insert")
	case Blocked, Sleeping:
		return t.refuse(ErrBlocked, "insert")
	case Parked:
		if t.flags&ending != 0 {
			return t.refuse(ErrDead, "insert")
		}
		t.Home().Rouse(t)
	case inTransit:
		if t.callOffMove() {
			return t.Insert()
		}
	}
	return nil
}

// Remove parks a ready tasklet. One that is parked or dead stays so. The errors
// are [ErrCurrent] and [ErrBlocked].
func (t *Tasklet) Remove() error {
	switch t.Status() {
	case Running:
		return t.refuse(ErrCurrent, "remove")
	case Blocked, Sleeping:
		return t.refuse(ErrBlocked, "remove")
	case Ready:
		h := t.Home()
		t.place.remove(t)
		h.enter(&h.parked, t)
	}
	return nil
}

// Run lets u run now. If u is parked, ready becomes [cur]+ready: t is the very
// next. If u is ready[i], the ring turns: ready[i+1:]+[cur]+ready[:i].
func (t *Tasklet) Run(u *Tasklet) Step { return t.direct(u, false) }

// Switch lets u run now and parks t: ready keeps its order if u is parked, and
// becomes ready[i+1:]+ready[:i] if u is ready[i].
func (t *Tasklet) Switch(u *Tasklet) Step { return t.direct(u, true) }

func (t *Tasklet) direct(u *Tasklet, park bool) Step {
	if !t.begin() {
		return t.again(OpSwitch, unsafe.Pointer(u))
	}
	h := t.Home()
	switch {
	case u == t:
		return Next
	case u.Home() != h:
		return t.Fail(u.refuse(ErrForeign, "switch to"))
	case !u.Alive():
		return t.Fail(u.refuse(ErrDead, "switch to"))
	case u.Blocked() || u.Status() == Sleeping:
		return t.Fail(u.refuse(ErrBlocked, "switch to"))
	case h.ring.trapped:
		return t.Trap(OpSwitch)
	}
	u.stay()
	t.op, t.slot = OpSwitch|done, unsafe.Pointer(u)
	if park {
		h.ring.remove(t)
		h.enter(&h.parked, t)
	}
	h.Front(u)
	return Wait
}

// Throw raises err in u now: u leaves what it waits in and runs as by Run, its
// operation fails with err, and t is the very next to run if u was not ready.
// A send or receive of u that is complete stays so, and u's next operation fails:
// what has changed hands is not lost. A u that has never run ends without
// running. In t itself err is raised at once. Throwing at a dead tasklet fails with [ErrDead], unless
// err is ErrExit.
func (t *Tasklet) Throw(u *Tasklet, err error) Step {
	if !t.begin() {
		return t.again(OpSwitch, unsafe.Pointer(u))
	}
	h := t.Home()
	switch {
	case u == t:
		return t.Fail(err)
	case u.Home() != h:
		return t.Fail(u.refuse(ErrForeign, "throw to"))
	case !u.Alive() || u.flags&ending != 0:
		if err == nil || err == ErrExit {
			return Next
		}
		return t.Fail(u.refuse(ErrDead, "throw to"))
	case h.ring.trapped:
		return t.Trap(OpSwitch)
	}
	t.op, t.slot = OpSwitch|done, unsafe.Pointer(u)
	u.raise(h, err)
	h.ring.head = u
	return Wait
}

// Kill ends u now: it throws [ErrExit]. When it is complete, u's cleanup has run;
// u is dead unless it recovered. Killing a dead tasklet does nothing.
func (t *Tasklet) Kill(u *Tasklet) Step { return t.Throw(u, ErrExit) }

// ThrowLater raises err in t when its turn comes: t leaves what it waits in now
// and goes to the end of the ring, if it is not in it. ThrowLater fails with
// [ErrDead], unless err is ErrExit.
func (t *Tasklet) ThrowLater(err error) error {
	if !t.Alive() || t.flags&ending != 0 {
		if err == nil || err == ErrExit {
			return nil
		}
		return t.refuse(ErrDead, "throw to")
	}
	t.raise(t.Home(), err)
	return nil
}

// KillLater ends t when its turn comes: see ThrowLater.
func (t *Tasklet) KillLater() { _ = t.ThrowLater(ErrExit) }

// raise has t fail with err when it runs, and makes sure that it is in the ring.
func (t *Tasklet) raise(h *Home, err error) {
	t.stay()
	t.pend(err)
	t.tellThrown(h, err)
	t.toRing(h)
}

// toRing puts t at the end of the ring, from wherever it is; in the ring it stays.
func (t *Tasklet) toRing(h *Home) {
	if t.place != &h.ring {
		t.quit()
		h.enter(&h.ring, t)
	}
}
