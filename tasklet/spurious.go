package tasklet

import "unsafe"

// A spurious wake-up resumes the top frame of a tasklet that waits, although its
// operation is not complete. A frame that keeps the contract doesn't notice: it
// performs the same operation again, which is told to wait on. What a frame does
// before an operation shows, as it is done once more; and one that comes back to
// something else is ended with [ErrMisuse], as it would be one day in earnest.
//
// Invariants: the tasklet stays where it is, with its place in the queue and what
// its operation has brought along; its turn has not come, so another is the
// current one meanwhile.

// WakeSpuriously wakes t spuriously, between two steps. It reports whether t can
// be: it waits by an operation that is not complete, and its top frame is not
// main's or a plain function's, whose state is a goroutine's stack. It panics to
// t's account if the frame breaks the contract; [Home.Fault] is next then.
func (h *Home) WakeSpuriously(t *Tasklet) bool {
	switch t.Frame().(type) {
	case nil, mainFrame, *function:
		return false
	}
	if t.place.status == Ready || t.op&done != 0 || t.op.kind() == OpNone || t.flags&ending != 0 {
		return false
	}
	op := t.op
	h.woken = t
	defer func() { h.woken = nil }()
	switch s := t.Frame().Resume(t); {
	case h.woken == t:
		panic(misuse("%s was woken although its %v was not complete, and returned %v without performing it again", t.describe(), op, s))
	case s != Wait:
		panic(misuse("%s was woken although its %v was not complete, and returned %v instead of the Wait that it was told", t.describe(), op, s))
	}
	return true
}

// waitOn is again for a tasklet that is woken spuriously.
func (t *Tasklet) waitOn(op Op, on unsafe.Pointer) Step {
	switch place := t.place; {
	case t.op.kind() != op:
		panic(misuse("%s left a %v and resumed into a %v", t.describe(), t.op, op))
	case t.op&done != 0 || place.status == Ready:
		panic(misuse("%s ended its own wait before it performed its %v again: what stands before an operation is done again", t.describe(), op))
	case place.status == Blocked && on != unsafe.Pointer(place) && on != t.slot && on != place.joined() && on != t.wentFor():
		panic(misuse("%s left a %v and resumed into the %v of something else", t.describe(), t.op, op))
	}
	t.place.home.woken = nil
	return Wait
}

// waitOnCases is waitOn for a Select: its list is to be the same again, as are the
// variables that it receives into.
func (t *Tasklet) waitOnCases(cases []Case) Step {
	s := t.waitOn(OpSelect, t.slot)
	sel := t.rare().sel
	waiting := 0
	same := func(st *standIn, op Op) {
		waiting++
		if st.index >= len(cases) || cases[st.index].of == nil || cases[st.index].of.On() != st.on.On() || cases[st.index].op != op {
			panic(misuse("%s left a select in which case %d was a %v on %s, and resumed into another", t.describe(), st.index, op, st.on.On().WaitName()))
		}
	}
	for _, st := range sel.stand {
		if !st.waiting {
			continue
		}
		same(st, st.block.t.op)
		if st.block.t.op == OpReceive && st.slot != nil && st.slot != cases[st.index].at {
			panic(misuse(otherDestination, t.describe(), OpReceive, OpReceive))
		}
	}
	patient := true // until it hears from abroad that none is ready
	if sel.claim != nil {
		for _, e := range sel.claim.requests {
			same(&e.stand, e.op)
			patient = e.patient
		}
	}
	limited := false
	for _, c := range cases {
		switch {
		case c.of != nil:
			waiting--
		case c.op == opOtherwise && patient:
			waiting = -1
		case c.op != OpNone:
			limited = true
		}
	}
	if patient && (waiting != 0 || limited != (sel.time.number > 0)) || sel.time.number > len(cases) {
		panic(misuse("%s left a select and resumed into one with other cases", t.describe()))
	}
	return s
}

// wentFor returns what the operation of t knows itself by, if it is abroad; nil if not.
func (t *Tasklet) wentFor() unsafe.Pointer {
	if c := t.abroad(); c != nil && c.sel == nil {
		return c.requests[0].key()
	}
	return nil
}

// joined returns the tasklet whose joiners wait in q, which is what a Join is
// known by; nil if q is no such queue.
func (q *Queue) joined() unsafe.Pointer {
	u, _ := q.owner.(*Tasklet)
	return unsafe.Pointer(u)
}

// SameSlot is for an operation that brings the address of one of its frame's
// fields as slot, and is performed again: if t waits in q with another address,
// the frame has named a local variable, and what is put there would be lost. It
// panics then, to t's account. Only a spurious wake-up comes here while t waits.
func (q *Queue) SameSlot(t *Tasklet, op Op, slot unsafe.Pointer) {
	if t.place == q && t.op == op && t.slot != nil && t.slot != slot && q.home.woken == t {
		panic(misuse(otherDestination, t.describe(), op, op))
	}
}

const otherDestination = "%s left a %v into one variable and resumed into a %v into another: its destination is to be a field of the frame"
