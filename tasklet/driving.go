package tasklet

import (
	"errors"
	"unsafe"
)

// What follows is for the scheduler that drives a home's tasklets. It resumes
// the top frame of the first of the ring; the rest of a step is here.

// Thrown reports whether an error awaits t's top frame, which has not begun: then
// it is not resumed, but unrolled with Failed.
func (h *Home) Thrown(t *Tasklet) bool { return t.op == thrown }

// Unroll goes on with t, which runs, after its top frame returned s: it resumes
// callers and callees until one waits or the last has ended. It returns Wait for
// the former and Return for the latter; err is then how: nil, ErrExit, or the
// error that nobody recovered, and End is next. If t has used up its budget
// between two frames, it returns Called: the top frame is still to be resumed.
// A Wait needs Unroll only if no operation is under way.
func (h *Home) Unroll(t *Tasklet, s Step) (then Step, err error) {
	for {
		switch s {
		case Wait:
			if t.op == OpNone {
				panic(misuse("%s returned Wait, but no operation told it so", t.describe()))
			}
			return Wait, nil
		case Called: // the callee is on top
			if t.op != OpCall {
				panic(misuse("%s returned Called, but has called nobody", t.describe()))
			}
			t.op = OpNone
		case Return, Failed:
			var late *TimeoutError
			if s == Return && t.op == thrown {
				late = t.spare()
			}
			if t.op == thrown {
				s = Failed // also an error that was ignored: nothing is dropped in silence
			} else if t.op != OpNone {
				panic(misuse("%s returned %v although its %v has not returned Next", t.describe(), s, t.op))
			} else if s == Failed {
				panic(misuse("%s returned Failed, but nothing has failed", t.describe()))
			}
			if !t.pop() {
				if t.op == thrown { // perhaps only since its cleanup
					err = t.rare().err
				}
				return Return, err
			}
			if late != nil {
				t.resumeLate(late)
			}
		default:
			panic(misuse("%s returned %v to its scheduler", t.describe(), s))
		}
		if h.left <= 0 && h.due(t) {
			return Called, nil
		}
		h.left--
		s = h.Top(t).Resume(t)
	}
}

// End takes t, whose frames have all ended with err, out of its place: exit
// hooks run, those who join it go on, and it is dead. It returns what is left
// for the scheduler to report: nil, or an [Uncaught] that nobody joined for.
// Handle, if not nil, may take that error or replace it; meanwhile t is still
// the current tasklet.
func (h *Home) End(t *Tasklet, err error, handle func(*Tasklet, error) error) error {
	if err == nil && t.rare() == nil && t.place == &h.ring && t.flags&watching == 0 && h.observer == nil {
		h.ring.remove(t) // nobody is to hear of it: the usual case, which takes half as long so
		t.setFrame(nil)
		t.next, t.prev, t.place = nil, nil, &h.dead // it has no operation under way, and so no slot
		h.ended++
		return nil
	}
	t.flags |= ending
	outermost := t.Frame()
	r := t.rare()
	if r != nil {
		if r.err = err; err != nil {
			t.op = thrown // for guard, which adds to it
		}
		for len(r.onExit) > 0 { // a hook may register another
			last := len(r.onExit) - 1
			f := r.onExit[last]
			r.onExit = r.onExit[:last]
			t.guard(func() { f(t) })
		}
		t.abandon()
		err = r.err
	}
	quiet := err == nil || isExit(err)
	joined := r != nil && r.joiners != nil && t.settleJoiners(err, quiet)
	left := err
	if taken := t.bequeath(err); quiet || joined || taken {
		left = nil
	} else {
		left = &Uncaught{Tasklet: t, Frame: FrameName(outermost), Err: err}
		if handle != nil {
			t.op = opCleanup
			left = handle(t, left)
		}
	}
	if r != nil {
		*r = rare{name: r.name, value: r.value, err: err, joiners: r.joiners, ref: r.ref}
	}
	t.unwatch()
	t.leave()
	t.next, t.prev, t.slot = nil, nil, nil
	t.setFrame(nil)
	t.op, t.place = OpNone, &h.dead
	t.flags &^= ending
	if h.ended++; !quiet {
		h.failed++
	}
	if h.observer != nil {
		h.observer.Ended(t, outermost, err)
	}
	if joined {
		t.wakeJoiners(err, quiet)
	}
	return left
}

// settleJoiners settles with those who wait for t's end from other schedulers, or also
// for something there, that they do so no more. It reports whether anybody waits.
func (t *Tasklet) settleJoiners(err error, quiet bool) (joined bool) {
	q := t.rare().joiners
	for j, n := q.head, q.len; n > 0; n-- {
		next := j.next
		if j.claimed() != nil && q.meet(j, nil, func() {
			if !quiet {
				q.Fails(j, err)
			}
		}) == Met && j.Self() == j {
			q.drop(j) // it hears of it where it is
			joined = true
		}
		j = next
	}
	return joined || q.len > 0
}

// wakeJoiners lets those go on who wait for t's end here.
func (t *Tasklet) wakeJoiners(err error, quiet bool) {
	q := t.rare().joiners
	for q.len > 0 {
		told := q.head.claimed() != nil
		j := q.Take()
		if j.op.kind() == OpJoin {
			j.slot = unsafe.Pointer(t) // which is what Join knows it by: the queue goes
		}
		if !quiet && !told {
			j.fails(err)
		}
		j.Home().Wake(j)
	}
	t.rare().joiners = nil
}

// Fault makes t run, wherever it was, with err on its way through its frames:
// the top one has panicked with p or broken the contract. Unroll with Failed is
// next.
func (h *Home) Fault(t *Tasklet, p any, stack []byte) {
	t.stay()
	t.recall()
	if h.ring.head != t {
		t.quit()
		h.enter(&h.ring, t)
		h.ring.head = t
	}
	var err error = &PanicError{Value: p, Stack: stack}
	if m, ok := p.(error); ok && errors.Is(m, ErrMisuse) {
		err = m
	}
	t.addError(err)
}

// Wake puts t, which [Queue.Take] has taken out of its queue, at the end of the
// ring.
func (h *Home) Wake(t *Tasklet) {
	h.ring.pushBack(t)
	if h.observer != nil {
		h.observer.Entered(t)
	}
}

// Rouse puts t, which is parked or whose sleep is over, at the end of the ring
// with its operation complete.
func (h *Home) Rouse(t *Tasklet) {
	if t.place == &h.parked || t.place == &h.backlog {
		t.place.remove(t)
	}
	if k := t.op.kind(); k.parks() || k == OpSleep {
		t.op |= done
		t.slot = nil
	}
	h.enter(&h.ring, t)
}

// Front lets t, which is ready or parked, be the one that runs: if it is in the
// ring, the ring turns; otherwise it is put before whoever ran.
func (h *Home) Front(t *Tasklet) {
	if t.place != &h.ring {
		h.Rouse(t)
	}
	h.ring.head = t
}

// Deliver raises err in t and lets it run now, as by Front, wherever it is. So
// main gets an error that nothing else took, and the last that blocked its
// deadlock. Where a throw spares a send that is complete, Deliver does not: main
// hears of the error where it is, as in the reference.
func (h *Home) Deliver(t *Tasklet, err error) {
	t.recall()
	if t.op.received() {
		t.op |= later
	} else if !t.op.gains() {
		t.op &^= later
	}
	t.fails(err)
	t.tellThrown(h, err)
	t.toRing(h)
	h.ring.head = t
}

// Abandon has t run now, wherever it is, without the operation that it waited by:
// the code that performed it is gone. What was thrown at t awaits its next one.
func (h *Home) Abandon(t *Tasklet) {
	t.recall()
	t.giveBack()
	t.quit()
	t.op, t.slot = t.op&thrown, nil
	h.enter(&h.ring, t)
	h.ring.head = t
}

// CheckWaited panics, to t's account, if t, which said Wait last, is still first
// although others are ready: it waits by nothing, or by an operation that it has
// not performed again, and would be resumed for ever.
func (h *Home) CheckWaited(t *Tasklet) {
	if h.ring.head == t && h.ring.len > 1 {
		panic(misuse("%s returned Wait, but has not performed its %v again", t.describe(), t.op))
	}
}

// leave takes t out of the place it is in, whichever that is. What its operation
// has brought stays.
func (t *Tasklet) leave() {
	switch t.place.status {
	case Sleeping:
		t.place.home.scheduler.Disarm(t, t.slot)
	case Dead:
	default:
		w := t.awaits()
		t.place.remove(t)
		switch {
		case w != nil:
			var cause error
			if t.op&thrown != 0 {
				cause = t.rare().err
			}
			w.withdraw(cause)
		case t.place == &t.place.home.away && t.op.kind() == OpSelect:
			t.rare().sel.withdraw()
		}
	}
	if t.op&done == 0 {
		t.slot = nil
	}
}
