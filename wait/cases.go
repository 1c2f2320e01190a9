package wait

import (
	"unsafe"

	"github.com/stackless-go/stackless/tasklet"
)

// OnSet is the case of a Select that the event is set. Of a nil event, it is never
// ready.
func (e *Event) OnSet() tasklet.Case {
	if e == nil {
		return tasklet.Case{}
	}
	return tasklet.NewCase((*eventCase)(e), tasklet.OpWait, nil)
}

// OnDone is the case of a Select that the group's count is 0. Of a nil group, it is
// never ready.
func (g *Group) OnDone() tasklet.Case {
	if g == nil {
		return tasklet.Case{}
	}
	return tasklet.NewCase((*groupCase)(g), tasklet.OpWait, nil)
}

// OnReceive is the case of a Select that receives into *into, a field of the frame.
// Of a nil buffer, it is never ready.
func (b *Buffer[T]) OnReceive(into *T) tasklet.Case {
	if b == nil {
		return tasklet.Case{}
	}
	return tasklet.NewCase((*bufferCase[T])(b), tasklet.OpReceive, unsafe.Pointer(into))
}

// OnSend is the case of a Select that sends *v, a field of the frame. The value
// counts that is there when the Select begins. Of a nil buffer, it is never ready.
func (b *Buffer[T]) OnSend(v *T) tasklet.Case {
	if b == nil {
		return tasklet.Case{}
	}
	return tasklet.NewCase((*bufferCase[T])(b), tasklet.OpSend, unsafe.Pointer(v))
}

// try performs a wait on w, which is l's, if it takes no waiting or fails.
func (l *Line) try(t *tasklet.Tasklet, w tasklet.Waitable, so bool) (tasklet.Step, bool) {
	if err := l.home(t, w); err != nil {
		return t.Fail(err), true
	}
	return tasklet.Next, so
}

// eventCase is an event as something selectable.
type eventCase Event

func (s *eventCase) On() tasklet.Waitable { return (*Event)(s) }

func (s *eventCase) Try(t *tasklet.Tasklet, _ tasklet.Op, _ unsafe.Pointer) (tasklet.Step, bool) {
	return s.try(t, (*Event)(s), s.set)
}

func (s *eventCase) Hold(*tasklet.Tasklet, tasklet.Op, unsafe.Pointer) (*tasklet.Queue, unsafe.Pointer) {
	return &s.queue, nil
}

func (s *eventCase) Drop(tasklet.Op, unsafe.Pointer) {}

func (s *eventCase) Fill(unsafe.Pointer, any) {}

// groupCase is a group as something selectable.
type groupCase Group

func (s *groupCase) On() tasklet.Waitable { return (*Group)(s) }

func (s *groupCase) Try(t *tasklet.Tasklet, _ tasklet.Op, _ unsafe.Pointer) (tasklet.Step, bool) {
	return s.try(t, (*Group)(s), s.count == 0)
}

func (s *groupCase) Hold(*tasklet.Tasklet, tasklet.Op, unsafe.Pointer) (*tasklet.Queue, unsafe.Pointer) {
	return &s.queue, nil
}

func (s *groupCase) Drop(tasklet.Op, unsafe.Pointer) {}

func (s *groupCase) Fill(unsafe.Pointer, any) {}

// bufferCase is a buffer as something selectable.
type bufferCase[T any] Buffer[T]

func (s *bufferCase[T]) On() tasklet.Waitable { return (*Buffer[T])(s) }

func (s *bufferCase[T]) Try(t *tasklet.Tasklet, op tasklet.Op, at unsafe.Pointer) (tasklet.Step, bool) {
	b := (*Buffer[T])(s)
	if err := b.home(t, b); err != nil {
		return t.Fail(err), true
	}
	switch {
	case op == tasklet.OpReceive && (b.len > 0 || b.sendersWait() || b.closing):
		return b.Receive(t, (*T)(at)), true
	case op == tasklet.OpSend && (b.len < b.capacity || b.receiversWait() || b.closing):
		return b.Send(t, *(*T)(at)), true
	}
	return tasklet.Next, false
}

func (s *bufferCase[T]) Hold(_ *tasklet.Tasklet, op tasklet.Op, at unsafe.Pointer) (*tasklet.Queue, unsafe.Pointer) {
	if op == tasklet.OpSend {
		at = unsafe.Pointer((*Buffer[T])(s).keep(*(*T)(at)))
	}
	return &s.queue, at
}

func (s *bufferCase[T]) Drop(op tasklet.Op, slot unsafe.Pointer) {
	if op == tasklet.OpSend {
		(*Buffer[T])(s).release((*cell[T])(slot))
	}
}

func (s *bufferCase[T]) Fill(at unsafe.Pointer, v any) { *(*T)(at), _ = v.(T) }
