package wait

import (
	"context"

	"github.com/stackless-go/stackless/tasklet"
)

// An Event is something that is so or not yet: tasklets wait until it is set. The
// zero Event is not set and works.
//
// Fairness: all who wait when it is set go on, in the order in which they came,
// even if it is cleared before their turn.
type Event struct {
	Line
	set bool
}

// NewEvent makes an event that is not set and belongs to of, a scheduler or a
// tasklet's scheduler.
func NewEvent(of tasklet.Homely) *Event {
	e := new(Event)
	e.queue.Bind(of.Home(), e)
	return e
}

// Wait is complete when the event is set, at once if it is already. It fails with
// tasklet.ErrBlockTrap if t may not wait, and with tasklet.ErrForeign on another
// scheduler's.
func (e *Event) Wait(t *tasklet.Tasklet) tasklet.Step {
	return e.wait(t, e, e.set)
}

// WaitFor is Wait for main and plain functions.
func (e *Event) WaitFor(co *tasklet.Coroutine) error { return block(co, e.Wait) }

// WaitContext is Wait for a goroutine that is no tasklet: any but the one that
// drives the event's scheduler. If ctx is done first, it returns its cause.
func (e *Event) WaitContext(ctx context.Context) error {
	return e.do(ctx, e, tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return returned(e.Wait(t)) }))
}

// Set lets all who wait go on, and nobody wait until it is cleared.
func (e *Event) Set() {
	e.set = true
	e.wakeAll()
}

// Clear lets those who come from now on wait.
func (e *Event) Clear() { e.set = false }

// IsSet reports whether the event is set.
func (e *Event) IsSet() bool { return e.set }

// WaitName names the event as what somebody waits on, as in "event 3 (open)".
func (e *Event) WaitName() string { return e.title("event") }

// WaitQueue returns where those wait who are to see it set.
func (e *Event) WaitQueue() *tasklet.Queue { return &e.queue }

// wait waits on w, which is l's, unless it is so already.
func (l *Line) wait(t *tasklet.Tasklet, w tasklet.Waitable, so bool) tasklet.Step {
	if l.queue.Completed(t, tasklet.OpWait) {
		return tasklet.Next
	}
	if !l.queue.Begin(t) {
		return l.queue.Again(t, tasklet.OpWait)
	}
	if l.queue.Home() != t.Home() {
		if err := l.home(t, w); err != nil {
			return t.Fail(err)
		}
	}
	if so {
		return tasklet.Next
	}
	return l.hold(t, w, tasklet.OpWait)
}

// returned makes the end of a frame of the end of its only operation.
func returned(s tasklet.Step) tasklet.Step {
	if s == tasklet.Next {
		return tasklet.Return
	}
	return s
}
