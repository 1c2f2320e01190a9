package tasklet

import (
	"errors"
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
	OpSelect
	OpAwait     // a function that runs outside
	OpTick      // interrupted there: see Tick
	OpWatch     // lets the others run
	opOtherwise // this and the below are only in a Case
	opAfter
	opAt
)

// The operations of package wait. There are numbers left before them.
const (
	OpLock    Op = 24 + iota // a mutex is to be the tasklet's
	OpAcquire                // permits of a semaphore are
	OpWait                   // something is to be so: an event, say
)

// The marks that an operation under way can have beside its kind. A tasklet with
// no operation under way can be thrown: then an error is on its way through its
// frames, or about to enter the first.
const (
	later  Op = 1 << 5 // with thrown: it returns Next, and the operation after it fails
	done   Op = 1 << 6 // complete: performed again, it returns Next
	thrown Op = 1 << 7 // performed again, it fails with rare.err

	kinds = later - 1
)

var opNames = [...]string{"nothing", "yield", "park", "sleep", "call", "join", "switch",
	"receive", "send", "send of an error", "cleanup", "select", "await", "tick", "watch", "otherwise", "after", "at",
	OpLock: "lock", OpAcquire: "acquire", OpWait: "wait"}

func (op Op) kind() Op { return op & kinds }

func (op Op) sends() bool { return op.kind() == OpSend || op.kind() == OpSendError }

// gains reports whether op is of a kind that brings the tasklet something: a value,
// a mutex, permits. A select can be by one that does.
func (op Op) gains() bool {
	k := op.kind()
	return k == OpReceive || k == OpAwait || k == OpLock || k == OpAcquire || k == OpSelect
}

// received reports whether op has brought something. It is not to be lost, so an
// error that comes afterwards is for the next operation.
func (op Op) received() bool { return op == op.kind()|done && op.gains() }

// transferred reports whether something has changed hands by op, which an error
// that is thrown afterwards can't undo: it is for the next operation, too.
func (op Op) transferred() bool {
	return op.received() || op == OpSend|done || op == OpSendError|done
}

// blocks reports whether tasklets wait in queues by op.
func (op Op) blocks() bool {
	switch op.kind() {
	case OpJoin, OpReceive, OpSend, OpSendError, OpSelect, OpLock, OpAcquire, OpWait:
		return true
	}
	return false
}

// inCase reports whether op is only in a Case.
func (op Op) inCase() bool { return op == opOtherwise || op == opAfter || op == opAt }

// known reports whether there is an operation of that kind.
func (op Op) known() bool { return int(op.kind()) < len(opNames) && opNames[op.kind()] != "" }

// String returns the operation's name.
func (op Op) String() string {
	if op.known() {
		return opNames[op.kind()]
	}
	return fmt.Sprintf("Op(%d)", uint8(op))
}

// parks reports whether op is one by which a tasklet is parked: inserted, it is
// complete.
func (op Op) parks() bool { return op == OpPark || op == OpTick || op == OpWatch }

// begin reports whether t runs and has no operation under way.
func (t *Tasklet) begin() bool {
	return t.op == OpNone && t.place.head == t && t.place.status == Ready
}

// again is for an operation that was not begun: the tasklet has been resumed
// and performs it again, or an error is on its way, or the frame breaks the
// contract; then it panics, and the panic ends the tasklet with [ErrMisuse]. On
// tells the operation from another of its kind.
func (t *Tasklet) again(op Op, on unsafe.Pointer) Step {
	switch {
	case t.place.home.telling:
		return t.untold(op)
	case t.op.kind() == opCleanup && t.retired():
		return Failed // its handle says with what
	case t.Frame() == nil:
		panic(misuse("%v performs a %v, but it is dead", t, op))
	case t.op.kind() == opCleanup:
		panic(misuse("%s performs a %v in its Cleanup, which may not wait", t.describe(), op))
	case t.place.status != Ready || t.place.head != t:
		if t.place.home.woken == t {
			return t.waitOn(op, on)
		}
		if t.op != OpNone && t.op&done == 0 {
			panic(misuse("%s performs a %v although its %v has not returned Next: return the step that an operation returns", t.describe(), op, t.op))
		}
		panic(misuse("%s performs a %v, but it is not the one that runs", t.describe(), op))
	case t.op == thrown:
		t.failLate()
		return Failed // an error that nobody recovered stays on its way
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

// fails makes the operation that t waits by, or has just waited by, fail with
// err when it is performed again. An error that awaits t already is not lost.
func (t *Tasklet) fails(err error) {
	if err == nil {
		err = ErrExit
	}
	if t.op&thrown != 0 {
		err = errors.Join(t.rare().err, err)
	}
	t.more().err = err
	t.op |= thrown
}

// pend makes err what the operation that t waits by fails with; if something
// has changed hands by that, the operation after it.
func (t *Tasklet) pend(err error) {
	t.recall()
	if t.op.transferred() {
		t.op |= later
	}
	t.fails(err)
}
