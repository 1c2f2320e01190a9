package channel

import (
	"unsafe"

	"github.com/stackless-go/stackless/tasklet"
)

// OnReceive is the case of a Select that receives into *into, a field of the frame.
// Of a nil channel, it is never ready.
func (c *Channel[T]) OnReceive(into *T) tasklet.Case {
	if c == nil {
		return tasklet.Case{}
	}
	return tasklet.NewCase((*cases[T])(c), tasklet.OpReceive, unsafe.Pointer(into)).In(&c.waiters)
}

// OnSend is the case of a Select that sends *v, a field of the frame. The value
// counts that is there when the Select begins. Of a nil channel, it is never ready.
func (c *Channel[T]) OnSend(v *T) tasklet.Case {
	if c == nil {
		return tasklet.Case{}
	}
	return tasklet.NewCase((*cases[T])(c), tasklet.OpSend, unsafe.Pointer(v)).In(&c.waiters)
}

// cases is a channel as something selectable.
type cases[T any] Channel[T]

func (s *cases[T]) On() tasklet.Waitable { return (*Channel[T])(s) }

func (s *cases[T]) Try(t *tasklet.Tasklet, op tasklet.Op, at unsafe.Pointer) (tasklet.Step, bool) {
	c := (*Channel[T])(s)
	if c.waiters.Home() != t.Home() {
		if foreign, err := c.foreign(t); err != nil {
			return t.Fail(err), true
		} else if foreign {
			return tasklet.Next, false
		}
	}
	ready := c.closing || c.receiversWait()
	if op == tasklet.OpReceive {
		ready = c.closing || c.sendersWait()
	}
	if !ready {
		return tasklet.Next, false
	}
	if c.waiters.BeginQuietly(t) {
		return c.try(t, op, at)
	}
	if !c.closing && c.waiters.Waiting() == 0 {
		return tasklet.Next, false // of which nobody is told yet
	}
	o, _ := t.Loudly()
	var value any
	if op == tasklet.OpSend {
		value = *(*T)(at)
	}
	ok := true // what the trap refuses has failed
	step := c.loudly(t, o, op, value, nil, func() (step tasklet.Step) {
		step, ok = c.try(t, op, at)
		return step
	})
	return step, ok
}

// try performs op of t if that takes no waiting: who waits for it may be called back in
// this moment, so that in the end nobody does.
func (c *Channel[T]) try(t *tasklet.Tasklet, op tasklet.Op, at unsafe.Pointer) (s tasklet.Step, ok bool) {
	if op == tasklet.OpReceive {
		if c.sendersWait() && c.waiters.Slot(c.waiters.First()) == nil {
			if s, ok := c.receiveLonger(t, (*T)(at)); ok {
				return s, true
			}
		}
		if c.closing || c.sendersWait() {
			return c.Receive(t, (*T)(at)), true
		}
		return tasklet.Next, false
	}
	if c.receiversWait() && c.waiters.Slot(c.waiters.First()) == nil {
		if s, ok := c.sendLonger(t, op, *(*T)(at), nil); ok {
			return s, true
		}
	}
	if c.closing || c.receiversWait() {
		return c.Send(t, *(*T)(at)), true
	}
	return tasklet.Next, false
}

func (s *cases[T]) Hold(_ *tasklet.Tasklet, op tasklet.Op, at unsafe.Pointer) (*tasklet.Queue, unsafe.Pointer) {
	c := (*Channel[T])(s)
	if op == tasklet.OpSend {
		at = unsafe.Pointer(c.keep(*(*T)(at)))
	}
	return &c.waiters, at
}

func (s *cases[T]) Drop(op tasklet.Op, slot unsafe.Pointer) {
	if op == tasklet.OpSend {
		(*Channel[T])(s).release((*cell[T])(slot))
	}
}

func (s *cases[T]) Fill(at unsafe.Pointer, v any) { *(*T)(at), _ = v.(T) }

// Event is what observers are told of the case.
func (s *cases[T]) Event(t *tasklet.Tasklet, op tasklet.Op, at unsafe.Pointer) tasklet.ChannelEvent {
	if op == tasklet.OpSend {
		return (*Channel[T])(s).event(t, op, *(*T)(at), nil)
	}
	return (*Channel[T])(s).event(t, op, nil, nil)
}
