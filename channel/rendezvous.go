package channel

import (
	"unsafe"

	"github.com/stackless-go/stackless/tasklet"
)

// Send sends v to whoever receives, and is complete when it was received. It
// fails with [ErrClosed], with tasklet.ErrBlockTrap if the tasklet may not
// wait, and with tasklet.ErrForeign on another scheduler's channel. Performed
// again, it ignores v: the value is the one it began with.
func (c *Channel[T]) Send(t *tasklet.Tasklet, v T) tasklet.Step {
	if c.waiters.Completed(t, tasklet.OpSend) {
		return tasklet.Next
	}
	if !c.waiters.BeginQuietly(t) {
		return c.sendAgain(t, v)
	}
	if c.waiters.Home() != t.Home() {
		if err := c.adopt(t); err != nil {
			return t.Fail(err)
		}
	}
	if r := c.waiters.First(); r != nil && r.Op() == tasklet.OpReceive {
		into := (*T)(c.waiters.Slot(r))
		switch {
		case t.Trapped() && c.turn.passes(receivers):
			return t.Trap(tasklet.OpSend)
		case into == nil:
			return c.sendKept(t, v)
		}
		*into = v
		if c.turn == receivers { // met's usual case, here to save the call
			return c.waiters.HandTo(t, c.waiters.Take(), tasklet.OpSend)
		}
		return c.met(t, tasklet.OpSend, receivers)
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
	if c.waiters.Home() != t.Home() {
		if err := c.adopt(t); err != nil {
			return t.Fail(err)
		}
	}
	if c.receiversWait() {
		if t.Trapped() && c.turn.passes(receivers) {
			return t.Trap(tasklet.OpSendError)
		}
		c.waiters.Fails(c.waiters.First(), err)
		return c.met(t, tasklet.OpSendError, receivers)
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
		if err := c.adopt(t); err != nil {
			return t.Fail(err)
		}
	}
	switch s := c.waiters.First(); {
	case s == nil:
	case t.Trapped() && c.turn.passes(senders):
		return t.Trap(tasklet.OpReceive)
	case s.Op() == tasklet.OpSend:
		*into = c.release((*cell[T])(c.waiters.Slot(s)))
		if c.turn < senders { // met's usual case, here to save the call
			t.Home().Wake(c.waiters.Take())
			return tasklet.Next
		}
		return c.met(t, tasklet.OpReceive, senders)
	case s.Op() == tasklet.OpSendError:
		err := *(*error)(c.waiters.Slot(s))
		step := c.met(t, tasklet.OpReceive, senders)
		if step == tasklet.Next {
			return t.Fail(err)
		}
		c.waiters.Fails(t, err) // for when it is performed again
		return step
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

// met ends a rendezvous of t, whose operation op is complete, with the first
// waiter, which goes on too. Waiters says which turn is for such as that one.
func (c *Channel[T]) met(t *tasklet.Tasklet, op tasklet.Op, waiters turn) tasklet.Step {
	return c.goOn(t, c.waiters.Take(), op, waiters)
}

// sendKept sends to a first waiter that was restored, and so has not said yet
// where the value is to go.
func (c *Channel[T]) sendKept(t *tasklet.Tasklet, v T) tasklet.Step {
	r := c.waiters.Take()
	c.waiters.Keep(r, v)
	return c.goOn(t, r, tasklet.OpSend, receivers)
}

// goOn gives t and the peer that it has met their turns.
func (c *Channel[T]) goOn(t, peer *tasklet.Tasklet, op tasklet.Op, waiters turn) tasklet.Step {
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

// adopt makes a channel that belongs to nobody t's scheduler's.
func (c *Channel[T]) adopt(t *tasklet.Tasklet) error {
	if c.waiters.Home() != nil {
		return c.refuse(tasklet.ErrForeign, "operation of "+t.String())
	}
	c.waiters.Bind(t.Home(), c)
	return nil
}
