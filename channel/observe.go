package channel

import (
	"unsafe"

	"github.com/stackless-go/stackless/tasklet"
)

// The operations of rendezvous.go come here when they can't begin quietly: t
// performs one again, or somebody observes it, or there is a switch trap. The observer
// is told, the trap is heeded, and the operation begins once more, quietly. So who is
// observed or trapped pays for it alone, and the way of a rendezvous is the same.

func (c *Channel[T]) sendAgain(t *tasklet.Tasklet, v T) (s tasklet.Step) {
	o, begins := t.Loudly()
	if !begins {
		return c.waiters.Again(t, tasklet.OpSend)
	}
	if o != nil {
		o.Channel(c.event(t, tasklet.OpSend, v, nil))
	}
	if c.trapped(t, tasklet.OpSend) {
		return t.Trap(tasklet.OpSend)
	}
	t.Home().Quietly(func() { s = c.Send(t, v) })
	return s
}

func (c *Channel[T]) sendErrorAgain(t *tasklet.Tasklet, err error) (s tasklet.Step) {
	o, begins := t.Loudly()
	if !begins {
		return c.waiters.Again(t, tasklet.OpSendError)
	}
	if o != nil {
		o.Channel(c.event(t, tasklet.OpSendError, nil, err))
	}
	if c.trapped(t, tasklet.OpSendError) {
		return t.Trap(tasklet.OpSendError)
	}
	t.Home().Quietly(func() { s = c.SendError(t, err) })
	return s
}

func (c *Channel[T]) receiveAgain(t *tasklet.Tasklet, into *T) (s tasklet.Step) {
	o, begins := t.Loudly()
	if !begins {
		if v, ok := c.waiters.Kept(t); ok {
			*into, _ = v.(T)
		}
		c.waiters.SameSlot(t, tasklet.OpReceive, unsafe.Pointer(into))
		return c.waiters.Again(t, tasklet.OpReceive)
	}
	if o != nil {
		o.Channel(c.event(t, tasklet.OpReceive, nil, nil))
	}
	if c.trapped(t, tasklet.OpReceive) {
		return t.Trap(tasklet.OpReceive)
	}
	t.Home().Quietly(func() { s = c.Receive(t, into) })
	return s
}

// trapped reports whether op of t would hand over the turn to who waits, under a switch
// trap. One that would have to wait is trapped where it does.
func (c *Channel[T]) trapped(t *tasklet.Tasklet, op tasklet.Op) bool {
	if !t.Trapped() || !c.waiters.Belongs(t.Home()) {
		return false
	}
	if op == tasklet.OpReceive {
		return c.sendersWait() && c.turn.passes(senders)
	}
	return c.receiversWait() && c.turn.passes(receivers)
}

// event says what t is about to do, by op.
func (c *Channel[T]) event(t *tasklet.Tasklet, op tasklet.Op, value any, err error) tasklet.ChannelEvent {
	e := tasklet.ChannelEvent{
		Tasklet: t, Channel: c, Op: op, Sending: op != tasklet.OpReceive, WillBlock: true, Value: value, Err: err,
	}
	if home := c.waiters.Home(); home != nil && !c.waiters.Belongs(t.Home()) {
		return e // who waits there is another scheduler's affair
	}
	if first := c.waiters.First(); first != nil && e.Sending == c.receiversWait() {
		if e.WillBlock = false; first.Request() == nil {
			e.Peer = first.Self()
		}
	}
	return e
}
