package channel

import (
	"context"
	"iter"

	"github.com/stackless-go/stackless/tasklet"
)

// Put is Send for main and plain functions: it blocks until v was received.
func (c *Channel[T]) Put(co *tasklet.Coroutine, v T) error {
	for {
		if done, err := co.Settle(c.Send(co.Tasklet(), v)); done {
			return err
		}
	}
}

// PutError is SendError for main and plain functions.
func (c *Channel[T]) PutError(co *tasklet.Coroutine, err error) error {
	for {
		if done, err := co.Settle(c.SendError(co.Tasklet(), err)); done {
			return err
		}
	}
}

// PutAll puts each of values in turn. It returns how many were received.
func (c *Channel[T]) PutAll(co *tasklet.Coroutine, values iter.Seq[T]) (n int, err error) {
	for v := range values {
		if err := c.Put(co, v); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Get is Receive for main and plain functions: it blocks until there is a value.
func (c *Channel[T]) Get(co *tasklet.Coroutine) (T, error) {
	var into *cell[T]
	if c.at(co.Tasklet()) {
		var zero T
		into = c.keep(zero)
	} else {
		into = new(cell[T])
	}
	for {
		if done, err := co.Settle(c.Receive(co.Tasklet(), &into.value)); done {
			if c.at(co.Tasklet()) { // which can have changed
				return c.release(into), err
			}
			return into.value, err
		}
	}
}

// at reports whether the channel belongs to t's scheduler, or to nobody: then its cells
// may be touched.
func (c *Channel[T]) at(t *tasklet.Tasklet) bool {
	h := c.waiters.Home()
	return h == nil || h == t.Home() || c.waiters.Belongs(t.Home())
}

// All ranges over what is sent, until the channel is closed or [ErrEnd] is sent.
// Any other error comes as the last pair.
func (c *Channel[T]) All(co *tasklet.Coroutine) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			v, err := c.Get(co)
			if ended(err) || !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// ended reports whether err is how a range over a channel ends well: the channel's
// own word for it, not somebody else's error of that kind, nor one among others.
func ended(err error) bool {
	switch e := err.(type) {
	case *tasklet.Uncaught:
		return false
	case interface{ Unwrap() error }:
		return ended(e.Unwrap())
	}
	return err == ErrClosed || err == ErrEnd
}

// PutContext sends v for a goroutine that is no tasklet: any but the one that
// drives the channel's scheduler, which must have been given by [New]. When it
// returns an error, v was not received; if ctx was done, the error is its cause.
// It costs a tasklet and two hand-overs between goroutines.
func (c *Channel[T]) PutContext(ctx context.Context, v T) error {
	p := &put[T]{out: c, value: v}
	if err := c.do(ctx, p); !p.done {
		return err
	}
	return nil // whatever came afterwards
}

// GetContext receives for a goroutine that is no tasklet: see PutContext. When
// it returns an error, nothing was received.
func (c *Channel[T]) GetContext(ctx context.Context) (T, error) {
	g := &get[T]{in: c}
	if err := c.do(ctx, g); !g.done {
		var zero T
		return zero, err
	}
	return g.value, nil
}

func (c *Channel[T]) do(ctx context.Context, f tasklet.Frame) error {
	h := c.waiters.Home()
	if h == nil {
		return ErrUnbound
	}
	return h.Scheduler().Do(ctx, f)
}

// put is the frame that sends for a goroutine outside.
type put[T any] struct {
	out   *Channel[T]
	value T
	done  bool
}

func (p *put[T]) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := p.out.Send(t, p.value); s != tasklet.Next {
		return s
	}
	p.done = true
	return tasklet.Return
}

// get is the frame that receives for a goroutine outside.
type get[T any] struct {
	in    *Channel[T]
	value T
	done  bool
}

func (g *get[T]) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := g.in.Receive(t, &g.value); s != tasklet.Next {
		return s
	}
	g.done = true
	return tasklet.Return
}
