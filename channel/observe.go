package channel

import (
	"unsafe"

	"github.com/stackless-go/stackless/tasklet"
)

// The operations of rendezvous.go come here when they can't begin quietly: t
// performs one again, or somebody observes it, or there is a switch trap. The observer
// is told, the trap is heeded, and the operation begins once more, quietly. So who is
// observed or trapped pays for it alone, and the way of a rendezvous is the same.

func (c *Channel[T]) sendAgain(t *tasklet.Tasklet, v T) tasklet.Step {
	if o, begins := t.Loudly(); begins {
		return c.loudly(t, o, tasklet.OpSend, v, nil, func() tasklet.Step { return c.Send(t, v) })
	}
	return c.waiters.Again(t, tasklet.OpSend)
}

func (c *Channel[T]) sendErrorAgain(t *tasklet.Tasklet, err error) tasklet.Step {
	if o, begins := t.Loudly(); begins {
		return c.loudly(t, o, tasklet.OpSendError, nil, err, func() tasklet.Step { return c.SendError(t, err) })
	}
	return c.waiters.Again(t, tasklet.OpSendError)
}

func (c *Channel[T]) receiveAgain(t *tasklet.Tasklet, into *T) tasklet.Step {
	if o, begins := t.Loudly(); begins {
		return c.loudly(t, o, tasklet.OpReceive, nil, nil, func() tasklet.Step { return c.Receive(t, into) })
	}
	if v, ok := c.waiters.Kept(t); ok {
		*into, _ = v.(T)
	}
	c.waiters.SameSlot(t, tasklet.OpReceive, unsafe.Pointer(into))
	return c.waiters.Again(t, tasklet.OpReceive)
}

// loudly performs op of t, of which o is told, if it is not nil, unless the trap refuses
// it.
func (c *Channel[T]) loudly(t *tasklet.Tasklet, o tasklet.Observer, op tasklet.Op, value any, err error, perform func() tasklet.Step) (s tasklet.Step) {
	if o != nil {
		o.Channel(c.event(t, op, value, err))
	}
	if c.trapped(t, op) {
		return t.Trap(op)
	}
	t.Home().Quietly(func() { s = perform() })
	return s
}

// trapped reports whether op of t would hand over the turn to who waits, under a switch
// trap. One that would have to wait is trapped where it does.
func (c *Channel[T]) trapped(t *tasklet.Tasklet, op tasklet.Op) bool {
	if !t.Trapped() || !c.waiters.Belongs(t.Home()) {
		return false
	}
	for first := range c.waiters.Awaited() {
		return (first.Op() == tasklet.OpReceive) != (op == tasklet.OpReceive) && c.trap(t, first)
	}
	return false
}

// trap reports whether t may not meet first, who waits, as that would hand over the
// turn under a switch trap. One of another scheduler goes on there, and gets no turn.
func (c *Channel[T]) trap(t, first *tasklet.Tasklet) bool {
	waiters := senders
	if first.Op() == tasklet.OpReceive {
		waiters = receivers
	}
	return t.Trapped() && first.Request() == nil && c.turn.passes(waiters)
}

// event says what t is about to do, by op.
func (c *Channel[T]) event(t *tasklet.Tasklet, op tasklet.Op, value any, err error) tasklet.ChannelEvent {
	e := tasklet.ChannelEvent{
		Tasklet: t, Channel: c, Op: op, Sending: op != tasklet.OpReceive, WillBlock: true, Value: value, Err: err,
	}
	if home := c.waiters.Home(); home != nil && !c.waiters.Belongs(t.Home()) {
		return e // who waits there is another scheduler's affair
	}
	for first := range c.waiters.Awaited() {
		if e.Sending == (first.Op() == tasklet.OpReceive) {
			if e.WillBlock = false; first.Request() == nil {
				e.Peer = first.Self()
			}
		}
		break
	}
	return e
}
