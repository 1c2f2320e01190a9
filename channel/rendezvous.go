package channel

import (
	"unsafe"

	"github.com/stackless-go/stackless/tasklet"
)

// Send sends v to whoever receives, and is complete when it was received. It
// fails with [ErrClosed], with tasklet.ErrBlockTrap if the tasklet may not
// wait, and with tasklet.ErrForeign on the channel of a scheduler that its own does
// not know: see sched.Pool. On that of one which it knows, it always has to wait, and
// fails also when that scheduler is closed. Performed again, it ignores v: the value is
// the one it began with.
func (c *Channel[T]) Send(t *tasklet.Tasklet, v T) tasklet.Step {
	if c.waiters.Completed(t, tasklet.OpSend) {
		return tasklet.Next
	}
	if !c.waiters.BeginQuietly(t) {
		return c.sendAgain(t, v)
	}
	if c.waiters.Home() != t.Home() {
		if s, ok := c.elsewhere(t, tasklet.OpSend, nil, v, nil); !ok {
			return s
		}
	}
	if r := c.waiters.First(); r != nil && r.Op() == tasklet.OpReceive {
		if into := (*T)(c.waiters.Slot(r)); into != nil {
			*into = v
			if c.turn == receivers { // goOn's usual case, here to save the call
				return c.waiters.HandTo(t, c.waiters.TakePlain(), tasklet.OpSend)
			}
			return c.goOn(t, c.waiters.TakePlain(), tasklet.OpSend, receivers)
		}
		if s, ok := c.sendLonger(t, tasklet.OpSend, v, nil); ok {
			return s
		}
	}
	if c.closing || t.BlockTrap() {
		return t.Fail(c.mayNotWait(t, "send"))
	}
	return c.waiters.Hold(t, tasklet.OpSend, unsafe.Pointer(c.keep(v)))
}

// SendError has the receiver's operation fail with err: to it, the error is as
// if it had happened there. It is complete when somebody has received it, and
// fails itself as Send does.
func (c *Channel[T]) SendError(t *tasklet.Tasklet, err error) tasklet.Step {
	if c.waiters.Completed(t, tasklet.OpSendError) {
		return tasklet.Next
	}
	if !c.waiters.BeginQuietly(t) {
		return c.sendErrorAgain(t, err)
	}
	var zero T
	if err == nil {
		err = tasklet.ErrExit
	}
	if c.waiters.Home() != t.Home() {
		if s, ok := c.elsewhere(t, tasklet.OpSendError, nil, zero, err); !ok {
			return s
		}
	}
	if s, ok := c.sendLonger(t, tasklet.OpSendError, zero, err); ok {
		return s
	}
	if c.closing || t.BlockTrap() {
		return t.Fail(c.mayNotWait(t, "send of an error"))
	}
	return c.waiters.Hold(t, tasklet.OpSendError, unsafe.Pointer(&err))
}

// Receive receives into *into, a field of the frame, and is complete when a
// value is there. It fails with the error that a sender sent instead, and
// otherwise as Send does.
func (c *Channel[T]) Receive(t *tasklet.Tasklet, into *T) tasklet.Step {
	if c.waiters.Completed(t, tasklet.OpReceive) {
		return tasklet.Next
	}
	if !c.waiters.BeginQuietly(t) {
		return c.receiveAgain(t, into)
	}
	if c.waiters.Home() != t.Home() {
		var zero T
		if s, ok := c.elsewhere(t, tasklet.OpReceive, into, zero, nil); !ok {
			return s
		}
	}
	if first := c.waiters.First(); first != nil && first.Op() != tasklet.OpReceive {
		if brought := c.waiters.Slot(first); brought != nil && first.Op() == tasklet.OpSend {
			*into = c.release((*cell[T])(brought))
			if c.turn < senders { // goOn's usual case, here to save the call
				t.Home().Wake(c.waiters.TakePlain())
				return tasklet.Next
			}
			return c.goOn(t, c.waiters.TakePlain(), tasklet.OpReceive, senders)
		}
		if s, ok := c.receiveLonger(t, into); ok {
			return s
		}
	}
	if c.closing || t.BlockTrap() {
		return t.Fail(c.mayNotWait(t, "receive"))
	}
	return c.waiters.Hold(t, tasklet.OpReceive, unsafe.Pointer(into))
}

// Next receives as Receive does, for a loop over all that is sent: more is
// false when the channel is closed or [ErrEnd] was sent.
//
//	for {
//		more, s := f.in.Next(t, &f.v)
//		if s != tasklet.Next {
//			return s
//		}
//		if !more {
//			break
//		}
//		… use f.v; to wait here as well, give the loop a program counter
//	}
func (c *Channel[T]) Next(t *tasklet.Tasklet, into *T) (more bool, s tasklet.Step) {
	s = c.Receive(t, into)
	if s == tasklet.Failed {
		if err := t.Recover(); !ended(err) {
			return false, t.Fail(err)
		}
		return false, tasklet.Next
	}
	return s == tasklet.Next, s
}

// SendAll sends values, from position *next on, and is complete when all were
// received. Next is a field of the frame, zero at first: it says how many are
// through, so that the sequence can be left and gone on with anywhere.
func (c *Channel[T]) SendAll(t *tasklet.Tasklet, values []T, next *int) tasklet.Step {
	for ; *next < len(values); *next++ {
		if s := c.Send(t, values[*next]); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Next
}

// goOn ends a rendezvous of t, whose operation op is complete, with peer, which had
// waited and goes on too; if peer is nil, it does so on another scheduler. Waiters
// says which turn is for such as peer.
func (c *Channel[T]) goOn(t, peer *tasklet.Tasklet, op tasklet.Op, waiters turn) tasklet.Step {
	if peer == nil {
		return tasklet.Next
	}
	switch c.turn {
	case waiters:
		return c.waiters.HandTo(t, peer, op)
	case everybody:
		t.Home().Wake(peer)
		return c.waiters.Pass(t, op)
	}
	t.Home().Wake(peer)
	return tasklet.Next
}

// mayNotWait says why t can't wait in the channel.
func (c *Channel[T]) mayNotWait(t *tasklet.Tasklet, what string) error {
	if t.BlockTrap() {
		return c.refuse(tasklet.ErrBlockTrap, what)
	}
	return c.refuse(ErrClosed, what)
}
