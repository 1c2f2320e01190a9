package channel

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/stackless-go/stackless/tasklet"
)

// A crossing is an operation on a channel by a tasklet of another scheduler: see
// tasklet.Request. It carries the value there, or brings it back.
type crossing[T any] struct {
	tasklet.Request
	c     *Channel[T]
	into  *T // where a received value goes, at home
	value T
	err   error // that is sent in place of a value
}

// elsewhere is for an operation of t on a channel that is not, or not known to be, of
// t's scheduler. Ok reports that it belongs to it now; if not, s is what the operation
// says.
func (c *Channel[T]) elsewhere(t *tasklet.Tasklet, op tasklet.Op, into *T, v T, err error) (s tasklet.Step, ok bool) {
	switch foreign, err := c.foreign(t); {
	case err != nil:
		return t.Fail(err), false
	case !foreign:
		return tasklet.Next, true
	}
	x := &crossing[T]{c: c, into: into, value: v, err: err}
	return x.Send(t, &c.waiters, op, x), false
}

// foreign reports whether c belongs to another scheduler that t's knows. A channel
// that belongs to nobody is t's scheduler's from now on.
func (c *Channel[T]) foreign(t *tasklet.Tasklet) (bool, error) {
	switch h := t.Home(); {
	case c.waiters.Home() == nil:
		c.waiters.Bind(h, c)
		return false, nil
	case c.waiters.Belongs(h):
		return false, nil
	case h.Knows(c.waiters.Home()):
		return true, nil
	}
	return false, c.refuse(tasklet.ErrForeign, "operation of "+t.String())
}

// Arrive performs the operation on the goroutine of the channel's scheduler.
func (x *crossing[T]) Arrive() {
	c := x.c
	for x.Op() == tasklet.OpReceive && c.sendersWait() || x.Op() != tasklet.OpReceive && c.receiversWait() {
		first := c.waiters.First()
		var v T
		var err error
		exchange := func() {
			if x.Op() == tasklet.OpReceive {
				if v, err = c.takeFrom(first); err != nil {
					x.Fails(err)
				}
				x.value = v
			} else {
				c.giveTo(first, x.value, x.err)
			}
		}
		switch c.waiters.Meet(&x.Request, exchange) {
		case tasklet.Met:
			if peer := c.taken(first, x.value, x.err); peer != nil {
				peer.Home().Wake(peer)
			}
			return
		case tasklet.CalledBack:
			return
		}
	}
	if c.closing {
		x.Settle(func() { x.Fails(c.refuse(ErrClosed, x.Op().String())) })
		return
	}
	x.Wait()
}

// Deliver puts a received value where it is to go.
func (x *crossing[T]) Deliver() {
	switch {
	case x.into != nil:
		*x.into = x.value
	case x.Op() == tasklet.OpReceive:
		x.Keep(x.value)
	}
}

// WaitName names the channel by what can be known of it from here.
func (x *crossing[T]) WaitName() string {
	return fmt.Sprintf("channel %d of %v of another scheduler", x.c.waiters.Number(), reflect.TypeFor[T]())
}

// The longer way, for waiters that are to be met by Meet, and those that were
// restored.

// sendersWait reports whether it is senders that wait.
func (c *Channel[T]) sendersWait() bool {
	first := c.waiters.First()
	return first != nil && first.Op() != tasklet.OpReceive
}

// giveTo gives a waiting receiver a value or an error, if it says where that is to
// go.
func (c *Channel[T]) giveTo(r *tasklet.Tasklet, v T, err error) {
	into := (*T)(c.waiters.Brought(r))
	if x, ok := r.Request().(*crossing[T]); ok {
		into = &x.value
	}
	switch {
	case err != nil:
		c.waiters.Fails(r, err)
	case into != nil:
		*into = v
	}
}

// takeFrom takes the value or the error of a waiting sender.
func (c *Channel[T]) takeFrom(s *tasklet.Tasklet) (v T, err error) {
	if x, ok := s.Request().(*crossing[T]); ok {
		return x.value, x.err
	}
	if s.Op() == tasklet.OpSendError {
		return v, *(*error)(c.waiters.Brought(s))
	}
	return c.release((*cell[T])(c.waiters.Brought(s))), nil
}

// taken takes out first, which has been given v or err, or from which they are. It
// returns who goes on here; nil if that is on another scheduler.
func (c *Channel[T]) taken(first *tasklet.Tasklet, v T, err error) (peer *tasklet.Tasklet) {
	restored := first.Op() == tasklet.OpReceive && err == nil && c.waiters.Brought(first) == nil && first.Request() == nil
	peer = c.waiters.Take()
	if restored {
		c.waiters.Keep(peer, v)
	}
	return peer
}

// sendLonger is a send to a first waiter that has not said where the value is to go,
// or is to be met by Meet. Ok reports that somebody has received it; s is what the
// operation then says.
func (c *Channel[T]) sendLonger(t *tasklet.Tasklet, op tasklet.Op, v T, err error) (s tasklet.Step, ok bool) {
	for c.receiversWait() {
		first := c.waiters.First()
		if c.trap(t, first) {
			return t.Trap(op), true
		}
		if c.waiters.Meet(nil, func() { c.giveTo(first, v, err) }) == tasklet.Met {
			return c.goOn(t, c.taken(first, v, err), op, receivers), true
		}
	}
	return tasklet.Next, false
}

// receiveLonger is a receive from a first waiter that is to be met by Meet.
func (c *Channel[T]) receiveLonger(t *tasklet.Tasklet, into *T) (s tasklet.Step, ok bool) {
	for c.sendersWait() {
		first := c.waiters.First()
		if c.trap(t, first) {
			return t.Trap(tasklet.OpReceive), true
		}
		var v T
		var err error
		if c.waiters.Meet(nil, func() { v, err = c.takeFrom(first) }) != tasklet.Met {
			continue
		}
		s = c.goOn(t, c.taken(first, v, err), tasklet.OpReceive, senders)
		switch {
		case err == nil:
			*into = v
		case s == tasklet.Next:
			s = t.Fail(err)
		default:
			c.waiters.Fails(t, err) // for when it is performed again
		}
		return s, true
	}
	return tasklet.Next, false
}

// closeLonger ends the waiting of the first receiver with err.
func (c *Channel[T]) closeLonger(err error) (peer *tasklet.Tasklet) {
	first := c.waiters.First()
	var zero T
	if c.waiters.Meet(nil, func() { c.giveTo(first, zero, err) }) != tasklet.Met {
		return nil
	}
	return c.taken(first, zero, err)
}

// Cross is for tasklets that move to another scheduler while they wait: see
// [tasklet.Tasklet.MoveTo].
func (c *Channel[T]) Cross(t *tasklet.Tasklet, op tasklet.Op, slot unsafe.Pointer) (*tasklet.Request, tasklet.Ferry) {
	x := &crossing[T]{c: c}
	switch op {
	case tasklet.OpReceive:
		x.into = (*T)(slot)
	case tasklet.OpSend:
		x.value = (*cell[T])(slot).value
	case tasklet.OpSendError:
		x.err = *(*error)(slot)
	}
	return &x.Request, x
}

// Request is for Select.
func (s *cases[T]) Request(t *tasklet.Tasklet, op tasklet.Op, at unsafe.Pointer) (*tasklet.Request, tasklet.Ferry, *tasklet.Queue) {
	c := (*Channel[T])(s)
	if foreign, err := c.foreign(t); err != nil || !foreign {
		return nil, nil, nil
	}
	x := &crossing[T]{c: c}
	if op == tasklet.OpReceive {
		x.into = (*T)(at)
	} else {
		x.value = *(*T)(at)
	}
	return &x.Request, x, &c.waiters
}
