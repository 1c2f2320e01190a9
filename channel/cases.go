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
	return tasklet.NewCase((*cases[T])(c), tasklet.OpReceive, unsafe.Pointer(into))
}

// OnSend is the case of a Select that sends *v, a field of the frame. The value
// counts that is there when the Select begins. Of a nil channel, it is never ready.
func (c *Channel[T]) OnSend(v *T) tasklet.Case {
	if c == nil {
		return tasklet.Case{}
	}
	return tasklet.NewCase((*cases[T])(c), tasklet.OpSend, unsafe.Pointer(v))
}

// cases is a channel as something selectable.
type cases[T any] Channel[T]

func (s *cases[T]) On() tasklet.Waitable { return (*Channel[T])(s) }

func (s *cases[T]) Try(t *tasklet.Tasklet, op tasklet.Op, at unsafe.Pointer) (tasklet.Step, bool) {
	c := (*Channel[T])(s)
	ready := c.closing || c.waiters.Home() != t.Home()
	if ready && !c.closing && c.waiters.Home() == nil {
		_ = c.adopt(t)
		ready = false
	}
	if op == tasklet.OpReceive {
		if first := c.waiters.First(); ready || first != nil && first.Op() != tasklet.OpReceive {
			return c.Receive(t, (*T)(at)), true
		}
	} else if ready || c.receiversWait() {
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
