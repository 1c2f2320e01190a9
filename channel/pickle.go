package channel

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/tasklet"
)

// image is a channel as it is pickled. Its fields are part of the format: see
// docs/FORMAT.md.
type image[T any] struct {
	Name       string
	Preference Preference
	Flags      flags
	Waiters    []waiter[T] `pickle:",owned"` // first come first
}

// A waiter waits to receive, to send its value, or to send its error.
type waiter[T any] = struct {
	Tasklet *tasklet.Tasklet
	Op      tasklet.Op
	Value   *T `pickle:",owned"`
	Err     error
	Case    uint32 `pickle:",since=2"` // of a Select: see tasklet.CaseOf
}

type flags uint8

const (
	flagAll flags = 1 << iota
	flagClosing
	flagBound
)

// PickleImage makes a channel something that package pickle can write and load.
func (*Channel[T]) PickleImage() pickle.Image {
	m := pickle.NewImage("channel", pickle.StandardVersion, save[T], load[T], nil).Standard(reflect.TypeFor[T]())
	return pickle.Owned(m, (*Channel[T]).owner)
}

func init() {
	pickle.RegisterStandard[Channel[pickle.Arg]]()
	for name, err := range map[string]error{"closed": ErrClosed, "end": ErrEnd, "unbound": ErrUnbound} {
		pickle.RegisterGlobal("channel."+name, err)
	}
}

// owner is the home of c: see pickle.Owned.
func (c *Channel[T]) owner(others any) (any, error) { return c.waiters.Owner(others) }

// save fills in the image of c.
func save[T any](c *Channel[T], into *image[T]) error {
	*into = image[T]{Name: c.Name(), Preference: c.Preference(), Waiters: into.Waiters[:0]}
	if c.ScheduleAll() {
		into.Flags |= flagAll
	}
	if c.closing {
		into.Flags |= flagClosing
	}
	if c.waiters.Home() != nil {
		into.Flags |= flagBound
	}
	for t := range c.waiters.All() {
		if t.Request() != nil {
			return fmt.Errorf("%s, in which a tasklet of another scheduler waits: %w", c.WaitName(), pickle.ErrUnpicklable)
		}
		w := waiter[T]{Tasklet: t.Self(), Op: t.Op(), Case: tasklet.CaseOf(t)}
		switch slot := c.waiters.Brought(t); w.Op {
		case tasklet.OpSend:
			w.Value = &(*cell[T])(slot).value
		case tasklet.OpSendError:
			w.Err = *(*error)(slot)
		}
		into.Waiters = append(into.Waiters, w)
	}
	return nil
}

// load makes c, whose memory is zero, of its image. A receiver has no slot: where
// its value goes is known when its frame performs the receive again.
func load[T any](l *pickle.Loading, c *Channel[T], from *image[T]) error {
	c.SetName(from.Name)
	c.shut(from.Flags&flagClosing != 0)
	c.SetPreference(from.Preference)
	c.SetScheduleAll(from.Flags&flagAll != 0)
	if from.Flags&^(flagAll|flagClosing|flagBound) != 0 || from.Preference != c.Preference() {
		return fmt.Errorf("%w: a channel with unknown flags or preference", pickle.ErrInvalid)
	}
	if from.Flags&flagBound == 0 {
		if len(from.Waiters) > 0 {
			return fmt.Errorf("%w: somebody waits in a channel that belongs to nobody", pickle.ErrInvalid)
		}
		return nil
	}
	into, ok := l.Into().(tasklet.Homely)
	if !ok {
		return fmt.Errorf("a channel %w", tasklet.ErrNoScheduler)
	}
	for _, w := range from.Waiters {
		receives := w.Op == tasklet.OpReceive
		if receives != (from.Waiters[0].Op == tasklet.OpReceive) || receives && c.closing {
			return fmt.Errorf("%w: senders and receivers wait at once, or receivers in a closing channel", pickle.ErrInvalid)
		}
		if err := c.restore(l, w); err != nil {
			return err
		}
	}
	l.Commit(func() { c.waiters.Rebind(into.Home(), c) })
	return nil
}

// restore lets somebody wait again.
func (c *Channel[T]) restore(l *pickle.Loading, w waiter[T]) error {
	var slot unsafe.Pointer
	switch {
	case w.Op == tasklet.OpReceive && w.Value == nil && w.Err == nil:
	case w.Op == tasklet.OpSend && w.Value != nil && w.Err == nil:
		slot = unsafe.Pointer(c.keep(*w.Value))
	case w.Op == tasklet.OpSendError && w.Value == nil && w.Err != nil && w.Case == 0:
		slot = unsafe.Pointer(&w.Err)
	default:
		return fmt.Errorf("%w: a %v with what another operation has", pickle.ErrInvalid, w.Op)
	}
	if w.Case != 0 {
		return c.waiters.RestoreCase(l, w.Tasklet, w.Case, (*cases[T])(c), w.Op, slot)
	}
	return c.waiters.Restore(l, w.Tasklet, w.Op, slot)
}

// Brings reports whether v is of the type of the channel's values. It is for those who
// restore tasklets.
func (*Channel[T]) Brings(v any) bool {
	_, ok := v.(T)
	return ok || v == nil && reflect.TypeFor[T]().Kind() == reflect.Interface
}
