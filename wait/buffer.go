package wait

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"unsafe"

	"github.com/stackless-go/stackless/tasklet"
)

// A Buffer is a queue of at most so many values: Send waits while it is full,
// Receive while it is empty. Its operations have the names of a channel's; a
// channel holds no values, and lets sender and receiver meet.
//
// A Buffer has as much memory as it ever held values at once. The zero Buffer has
// room for none: then each value goes straight from a sender to a receiver.
//
// Fairness: first come, first served, both those who wait and values. A value for
// which there is room again takes it before anybody else can send.
//
// Invariants: senders wait only while it is full, receivers only while it is empty
// and open; never both. A waiting receiver's slot is where the value goes, a
// sender's is the cell of its value.
type Buffer[T any] struct {
	Line
	capacity int
	values   []T // a circle: the oldest is at start
	start    int
	len      int
	closing  bool
	spare    *cell[T] // list of cells to be used again, as many as ever waited at once
}

// A cell keeps a value while its sender waits, or receives it for code that has no
// frame to name.
type cell[T any] struct {
	value T
	next  *cell[T] // valid in the list of spare ones
}

// NewBuffer makes a buffer for at most so many values that belongs to of, a
// scheduler or a tasklet's scheduler. A capacity below 0 counts as 0.
func NewBuffer[T any](of tasklet.Homely, capacity int) *Buffer[T] {
	b := &Buffer[T]{capacity: max(capacity, 0)}
	b.queue.Bind(of.Home(), b)
	return b
}

// Send puts v behind the others, and is complete when it is there. It fails with
// [ErrClosed], with tasklet.ErrBlockTrap if t may not wait, and with
// tasklet.ErrForeign on another scheduler's. When it has failed, v is not in the
// buffer. Performed again, it ignores v: the value is the one it began with.
func (b *Buffer[T]) Send(t *tasklet.Tasklet, v T) tasklet.Step {
	if b.queue.Completed(t, tasklet.OpSend) {
		return tasklet.Next
	}
	if !b.queue.Begin(t) {
		return b.queue.Again(t, tasklet.OpSend)
	}
	if b.queue.Home() != t.Home() {
		if err := b.home(t, b); err != nil {
			return t.Fail(err)
		}
	}
	switch r := b.queue.First(); {
	case b.closing:
		return t.Fail(refuse(ErrClosed, b, "send"))
	case r != nil && r.Op() == tasklet.OpReceive:
		into := (*T)(b.queue.Brought(r))
		r = b.wake()
		if into != nil {
			*into = v
		} else {
			b.queue.Keep(r, v) // it was restored, and has not said yet where to
		}
	case b.len < b.capacity:
		b.push(v)
	case t.BlockTrap():
		return t.Fail(refuse(tasklet.ErrBlockTrap, b, "send"))
	case t.Trapped():
		return t.Trap(tasklet.OpSend)
	default:
		return b.queue.Hold(t, tasklet.OpSend, unsafe.Pointer(b.keep(v)))
	}
	return tasklet.Next
}

// Receive takes the oldest value into *into, a field of the frame, and is complete
// when it is there. It fails as Send does, with [ErrClosed] when the buffer is
// closed and empty. When it has failed, it has taken nothing.
func (b *Buffer[T]) Receive(t *tasklet.Tasklet, into *T) tasklet.Step {
	if b.queue.Completed(t, tasklet.OpReceive) {
		return tasklet.Next
	}
	if !b.queue.Begin(t) {
		if v, ok := b.queue.Kept(t); ok {
			*into, _ = v.(T)
		}
		b.queue.SameSlot(t, tasklet.OpReceive, unsafe.Pointer(into))
		return b.queue.Again(t, tasklet.OpReceive)
	}
	if b.queue.Home() != t.Home() {
		if err := b.home(t, b); err != nil {
			return t.Fail(err)
		}
	}
	switch {
	case b.len > 0:
		*into = b.pop()
		if b.queue.Len() > 0 {
			b.push(b.takeSender())
		}
	case b.sendersWait():
		*into = b.takeSender()
	case b.closing:
		return t.Fail(refuse(ErrClosed, b, "receive"))
	case t.BlockTrap():
		return t.Fail(refuse(tasklet.ErrBlockTrap, b, "receive"))
	default:
		return b.queue.Hold(t, tasklet.OpReceive, unsafe.Pointer(into))
	}
	return tasklet.Next
}

// Next receives as Receive does, for a loop over all that is sent: more is false
// when the buffer is closed and empty. See channel.Channel.Next.
func (b *Buffer[T]) Next(t *tasklet.Tasklet, into *T) (more bool, s tasklet.Step) {
	s = b.Receive(t, into)
	if s == tasklet.Failed {
		if err := t.Recover(); !isClosed(err) {
			return false, t.Fail(err)
		}
		return false, tasklet.Next
	}
	return s == tasklet.Next, s
}

// Put is Send for main and plain functions.
func (b *Buffer[T]) Put(co *tasklet.Coroutine, v T) error {
	for {
		if done, err := co.Settle(b.Send(co.Tasklet(), v)); done {
			return err
		}
	}
}

// Get is Receive for main and plain functions.
func (b *Buffer[T]) Get(co *tasklet.Coroutine) (T, error) {
	var zero T
	if err := b.home(co.Tasklet(), b); err != nil {
		return zero, err
	}
	into := b.keep(zero)
	for {
		if done, err := co.Settle(b.Receive(co.Tasklet(), &into.value)); done {
			return b.release(into), err
		}
	}
}

// All ranges over what is sent, until the buffer is closed and empty. An error
// comes as the last pair.
func (b *Buffer[T]) All(co *tasklet.Coroutine) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			v, err := b.Get(co)
			if isClosed(err) || !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// PutContext sends v for a goroutine that is no tasklet: any but the one that
// drives the buffer's scheduler. When it returns an error, v is not in the buffer;
// if ctx was done, the error is its cause.
func (b *Buffer[T]) PutContext(ctx context.Context, v T) error {
	done := false
	err := b.do(ctx, b, tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
		s := b.Send(t, v)
		done = done || s == tasklet.Next
		return returned(s)
	}))
	if done {
		return nil
	}
	return err
}

// GetContext receives for a goroutine that is no tasklet: see PutContext. When it
// returns an error, it has taken nothing.
func (b *Buffer[T]) GetContext(ctx context.Context) (v T, err error) {
	done := false
	into := new(T)
	err = b.do(ctx, b, tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
		s := b.Receive(t, into)
		done = done || s == tasklet.Next
		return returned(s)
	}))
	if done {
		return *into, nil
	}
	return v, err
}

// Close closes the buffer to new values. Those that are there, and those of
// senders that wait already, are still received; then it is closed to receivers
// too. Receivers that wait go on with [ErrClosed].
func (b *Buffer[T]) Close() {
	b.closing = true
	for b.receiversWait() {
		b.queue.Fails(b.wake(), refuse(ErrClosed, b, "receive"))
	}
}

// Closing reports whether Close was called.
func (b *Buffer[T]) Closing() bool { return b.closing }

// Closed reports whether the buffer is closed and nothing is left to receive.
func (b *Buffer[T]) Closed() bool { return b.closing && b.len == 0 && b.queue.Len() == 0 }

// Len returns how many values are in the buffer. Those of senders that wait are
// not.
func (b *Buffer[T]) Len() int { return b.len }

// Cap returns how many values the buffer has room for.
func (b *Buffer[T]) Cap() int { return b.capacity }

// WaitName names the buffer as what somebody waits on, as in "buffer 3 of int, 4 of
// 4".
func (b *Buffer[T]) WaitName() string {
	return fmt.Sprintf("%s of %v, %d of %d", b.title("buffer"), reflect.TypeFor[T](), b.len, b.capacity)
}

// WaitQueue returns where the buffer's senders or receivers wait.
func (b *Buffer[T]) WaitQueue() *tasklet.Queue { return &b.queue }

func (b *Buffer[T]) sendersWait() bool {
	first := b.queue.First()
	return first != nil && first.Op() == tasklet.OpSend
}

func (b *Buffer[T]) receiversWait() bool {
	first := b.queue.First()
	return first != nil && first.Op() == tasklet.OpReceive
}

// takeSender lets the first sender go on and returns its value.
func (b *Buffer[T]) takeSender() T {
	v := b.release((*cell[T])(b.queue.Brought(b.queue.First())))
	b.wake()
	return v
}

// push puts v behind the others; there is room.
func (b *Buffer[T]) push(v T) {
	if b.len == len(b.values) {
		b.grow()
	}
	at := b.start + b.len
	if at >= len(b.values) {
		at -= len(b.values)
	}
	b.values[at] = v
	b.len++
}

// pop takes the oldest value; there is one.
func (b *Buffer[T]) pop() T {
	var zero T
	v := b.values[b.start]
	b.values[b.start] = zero
	b.len--
	if b.start++; b.start == len(b.values) {
		b.start = 0
	}
	return v
}

// grow makes room for more of the values that the buffer may have.
func (b *Buffer[T]) grow() {
	values := make([]T, min(max(2*b.len, 4), b.capacity))
	n := copy(values, b.values[b.start:])
	copy(values[n:], b.values[:b.start])
	b.values, b.start = values, 0
}

// each ranges over the values, the oldest first.
func (b *Buffer[T]) each(yield func(T) bool) {
	for i := range b.len {
		if !yield(b.values[(b.start+i)%len(b.values)]) {
			return
		}
	}
}

// keep returns a cell that holds v.
func (b *Buffer[T]) keep(v T) *cell[T] {
	c := b.spare
	if c == nil {
		return &cell[T]{value: v}
	}
	b.spare, c.value = c.next, v
	return c
}

// release returns what c holds and keeps c to be used again.
func (b *Buffer[T]) release(c *cell[T]) T {
	var zero T
	v := c.value
	c.value, c.next = zero, b.spare
	b.spare = c
	return v
}

// isClosed reports whether err is a buffer's own word for its end, not somebody
// else's error of that kind, nor one among others.
func isClosed(err error) bool {
	switch e := err.(type) {
	case *tasklet.Uncaught:
		return false
	case interface{ Unwrap() error }:
		return isClosed(e.Unwrap())
	}
	return err == ErrClosed
}
