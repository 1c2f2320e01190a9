package channel

import (
	"unsafe"

	"github.com/stackless-go/stackless/tasklet"
)

// The operations of rendezvous.go come here when they can't begin quietly: t
// performs one again, or somebody observes it. Then that one is told, and the
// operation begins once more, quietly. So what is observed pays for it alone, and
// the way of a rendezvous is the same.

func (c *Channel[T]) sendAgain(t *tasklet.Tasklet, v T) (s tasklet.Step) {
	if o := t.Observed(); o != nil {
		o.Channel(c.event(t, tasklet.OpSend, v, nil))
		t.Home().Quietly(func() { s = c.Send(t, v) })
		return s
	}
	return c.waiters.Again(t, tasklet.OpSend)
}

func (c *Channel[T]) sendErrorAgain(t *tasklet.Tasklet, err error) (s tasklet.Step) {
	if o := t.Observed(); o != nil {
		o.Channel(c.event(t, tasklet.OpSendError, nil, err))
		t.Home().Quietly(func() { s = c.SendError(t, err) })
		return s
	}
	return c.waiters.Again(t, tasklet.OpSendError)
}

func (c *Channel[T]) receiveAgain(t *tasklet.Tasklet, into *T) (s tasklet.Step) {
	if o := t.Observed(); o != nil {
		o.Channel(c.event(t, tasklet.OpReceive, nil, nil))
		t.Home().Quietly(func() { s = c.Receive(t, into) })
		return s
	}
	if v, ok := c.waiters.Kept(t); ok {
		*into, _ = v.(T)
	}
	c.waiters.SameSlot(t, tasklet.OpReceive, unsafe.Pointer(into))
	return c.waiters.Again(t, tasklet.OpReceive)
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
