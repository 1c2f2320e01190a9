package tasklet

import (
	"fmt"
	"unsafe"
)

// An Op is the kind of operation that a tasklet waits by.
type Op uint8

// The operations. Those that a package beside this one brings have their
// number here, so that a tasklet's status can be told from one byte.
const (
	OpNone Op = iota
	OpYield
	OpPark
	OpSleep
	OpCall
	OpJoin
	OpSwitch // run, switch, throw or kill another
	OpReceive
	OpSend
	OpSendError
	opCleanup // a frame cleans up and may not wait
)

// The marks that an operation under way can have beside its kind. A tasklet with
// no operation under way can be thrown: then an error is on its way through its
// frames, or about to enter the first.
const (
	later  Op = 1 << 5 // with thrown: it returns Next, and the operation after it fails
	done   Op = 1 << 6 // complete: performed again, it returns Next
	thrown Op = 1 << 7 // performed again, it fails with rare.err
)

var opNames = [...]string{"nothing", "yield", "park", "sleep", "call", "join", "switch",
	"receive", "send", "send of an error", "cleanup"}

func (op Op) kind() Op { return op &^ (later | done | thrown) }

func (op Op) sends() bool { return op.kind() == OpSend || op.kind() == OpSendError }

// received reports whether op has brought a value. It is not to be lost, so an
// error that is thrown afterwards is for the next operation.
func (op Op) received() bool { return op == OpReceive|done }

// String returns the operation's name.
func (op Op) String() string {
	if int(op.kind()) < len(opNames) {
		return opNames[op.kind()]
	}
	return fmt.Sprintf("Op(%d)", uint8(op))
}

// An operation is performed at least once, and again each time its tasklet is
// resumed until it is complete. Its code has this shape:
//
//	if !t.Begin() {
//		return t.Again(op, on)
//	}
//	… either it can be done now: return Next
//	… or not: return queue.Hold(t, op, slot)
//
// where on tells this operation from another of its kind: the queue it may
// wait in. Whoever can complete it uses Queue.Take.

// Begin reports whether t runs and has no operation under way. If so the
// caller goes on to perform one; if not it returns what Again says.
func (t *Tasklet) Begin() bool {
	return t.op == OpNone && t.place.head == t && t.place.status == Ready
}

// Completed reports whether t runs again after waiting by op in queue q, and
// the operation is complete; it then forgets the operation. It is the quick
// half of Again.
func (t *Tasklet) Completed(op Op, q *Queue) bool {
	if t.op == op|done && t.slot == unsafe.Pointer(q) {
		t.op, t.slot = OpNone, nil
		return true
	}
	return false
}

// Again is for an operation that was not begun: the tasklet has been resumed
// and performs it again, or an error is on its way, or the frame breaks the
// contract; then it panics, and the panic ends the tasklet with [ErrMisuse].
func (t *Tasklet) Again(op Op, on unsafe.Pointer) Step {
	switch {
	case t.frame == nil:
		panic(misuse("%v performs a %v, but it is dead", t, op))
	case t.place.status != Ready || t.place.head != t:
		if t.op != OpNone && t.op&done == 0 {
			panic(misuse("%s performs a %v although its %v has not returned Next: return the step that an operation returns", t.describe(), op, t.op))
		}
		panic(misuse("%s performs a %v, but it is not the one that runs", t.describe(), op))
	case t.op == thrown:
		return Failed // an error that nobody recovered stays on its way
	case t.op.kind() == opCleanup:
		panic(misuse("%s performs a %v in its Cleanup, which may not wait", t.describe(), op))
	case t.op.kind() != op:
		panic(misuse("%s left a %v and resumed into a %v", t.describe(), t.op, op))
	case t.op&(thrown|later) == thrown:
		t.op, t.slot = thrown, nil
		return Failed
	case t.slot != on:
		panic(misuse("%s left a %v and resumed into the %v of something else", t.describe(), t.op, op))
	}
	t.op, t.slot = t.op&thrown, nil
	return Next
}

// Fails makes the operation that t waits by, or has just waited by, fail with
// err when it is performed again: the operation's own outcome, where Throw is
// somebody else's doing.
func (t *Tasklet) Fails(err error) {
	t.more().err = err
	t.op |= thrown
}

// Slot returns what t's operation brought when it began to wait.
func (t *Tasklet) Slot() unsafe.Pointer { return t.slot }

// Op returns the kind of the operation that t waits by, OpNone if none.
func (t *Tasklet) Op() Op { return t.op.kind() }

// Ready puts t, which [Queue.Take] has taken out of its queue, at the end of
// its ring.
func (t *Tasklet) Ready(h *Home) { h.ring.pushBack(t) }

// Wake puts peer, which [Queue.Take] has taken out of its queue, at the end of
// the ring in which t runs.
func (t *Tasklet) Wake(peer *Tasklet) { t.place.pushBack(peer) }

// HandTo gives the turn of t, which runs and whose operation op on q is
// complete, to next, which [Queue.Take] has taken out of q. T goes to the end
// of the ring.
func (t *Tasklet) HandTo(next *Tasklet, op Op, q *Queue) Step {
	ring := t.place
	after := t.next
	ring.len++
	t.op = op | done
	next.place, next.next, next.prev, t.next, t.slot = ring, after, t, next, unsafe.Pointer(q)
	after.prev, ring.head = next, next // after the above: after can be t itself
	return Wait
}

// Pass gives the turn of t, which runs and whose operation op on q is
// complete, to whoever is next in the ring. T goes to the end.
func (t *Tasklet) Pass(op Op, q *Queue) Step {
	t.op, t.slot = op|done, unsafe.Pointer(q)
	t.place.head = t.next
	return Wait
}

// leave takes t out of the place it is in, whichever that is. What its operation
// has brought stays.
func (t *Tasklet) leave() {
	switch t.place.status {
	case Sleeping:
		t.place.home.scheduler.Disarm(t)
	case Dead:
	default:
		t.place.remove(t)
	}
	if t.op&done == 0 {
		t.slot = nil
	}
}

// toFront makes t, which is in no place, the one that runs, before whoever ran.
func (t *Tasklet) toFront(h *Home) {
	h.ring.pushBack(t)
	h.ring.head = t
}

// Rouse has t, which sleeps or is parked, go on at the end of the ring with its
// operation complete. The scheduler calls it when a timer has ended.
func (t *Tasklet) Rouse() {
	h := t.place.home
	if t.place.status == Parked {
		h.parked.remove(t)
	}
	if k := t.op.kind(); k == OpPark || k == OpSleep {
		t.op |= done
		t.slot = nil
	}
	h.ring.pushBack(t)
}
