package channel

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"sync"

	"github.com/stackless-go/stackless/tasklet"
)

var (
	// ErrClosed: the channel is closed to this operation.
	ErrClosed = errors.New("closed channel")
	// ErrEnd ends a receiver's range when it is sent as an error.
	ErrEnd = errors.New("end of values")
	// ErrUnbound: a goroutine outside used a channel that no scheduler owns.
	ErrUnbound = errors.New("channel belongs to no scheduler yet: make it with channel.New")
)

// A Preference says who runs on when a sender and a receiver have met and one
// of them had waited.
type Preference int8

const (
	// PreferReceiver is the default: a waiting receiver runs at once and its
	// sender goes to the end of the ring; a waiting sender goes there too.
	PreferReceiver Preference = -1
	// PreferNeither lets whoever came last run on.
	PreferNeither Preference = 0
	// PreferSender: a waiting sender runs at once and its receiver goes to the
	// end of the ring; a waiting receiver goes there too.
	PreferSender Preference = 1
)

// A Channel is a meeting point for values of type T. The zero Channel works and
// becomes the property of the scheduler whose tasklet first uses it. A Channel
// may not be copied.
//
// Invariants: in waiters are senders or receivers, never both; no receiver waits
// in a channel that is closing. A waiting receiver's slot is where the value
// goes, a sender's is the cell or the error that it brings.
type Channel[T any] struct {
	_ [0]sync.Mutex // so that go vet finds copies

	waiters tasklet.Queue
	spare   *cell[T] // list of cells to be used again, as many as ever waited at once
	name    *string  // nil if it has none; a word less, which fits a size of the allocator's

	preference Preference // plus 1, so that zero is the default
	turn       turn
	closing    bool
}

// A turn says who runs on after a rendezvous: it is the preference plus 1, or
// everybody.
type turn uint8

const (
	receivers turn = iota
	neither
	senders
	everybody // in the order of the ring
)

// passes reports whether who came last gives up the turn, if waiters is what those
// have for whom it came.
func (t turn) passes(waiters turn) bool { return t == waiters || t == everybody }

// A cell keeps a value while its sender waits, or receives it for code that has
// no frame to name.
type cell[T any] struct {
	value T
	next  *cell[T] // valid in the list of spare ones
}

// New makes a channel that belongs to of, a scheduler or a tasklet's
// scheduler.
func New[T any](of tasklet.Homely) *Channel[T] {
	c := new(Channel[T])
	c.waiters.Bind(of.Home(), c)
	return c
}

// Bind makes a zero channel the property of of's scheduler before anybody uses it. In a
// pool of schedulers, that is for channels in frames which tasklets of others get to
// know: who uses an unbound channel first binds it, and that may be only one goroutine.
// The error is tasklet.ErrForeign if it belongs to another scheduler.
func (c *Channel[T]) Bind(of tasklet.Homely) error {
	switch h := of.Home(); {
	case c.waiters.Home() == nil:
		c.waiters.Bind(h, c)
	case !c.waiters.Belongs(h):
		return c.refuse(tasklet.ErrForeign, "bind")
	}
	return nil
}

// Name returns the name that SetName gave, or "".
func (c *Channel[T]) Name() string {
	if c.name == nil {
		return ""
	}
	return *c.name
}

// SetName names the channel for people.
func (c *Channel[T]) SetName(name string) {
	if c.name = nil; name != "" {
		c.name = &name
	}
}

// WaitName names the channel as what somebody waits on, as in "channel 3
// (orders) of int".
func (c *Channel[T]) WaitName() string {
	if name := c.Name(); name != "" {
		return fmt.Sprintf("channel %d (%s) of %v", c.waiters.Number(), name, reflect.TypeFor[T]())
	}
	return fmt.Sprintf("channel %d of %v", c.waiters.Number(), reflect.TypeFor[T]())
}

// WaitQueue returns where the channel's senders or receivers wait.
func (c *Channel[T]) WaitQueue() *tasklet.Queue { return &c.waiters }

// String returns the channel's name and balance.
func (c *Channel[T]) String() string { return fmt.Sprintf("%s, balance %d", c.WaitName(), c.Balance()) }

// Balance returns how many senders wait; how many receivers, below zero. Those of other
// schedulers count from when they have arrived here until they meet somebody or are
// called back. It takes time in proportion to its amount while there are such.
func (c *Channel[T]) Balance() int {
	if c.receiversWait() {
		return -c.waiters.Waiting()
	}
	return c.waiters.Waiting()
}

// receiversWait reports whether it is receivers that wait.
func (c *Channel[T]) receiversWait() bool {
	first := c.waiters.First()
	return first != nil && first.Op() == tasklet.OpReceive
}

// First returns the tasklet that has waited longest, nil if none waits. It is the first
// of Waiters.
func (c *Channel[T]) First() *tasklet.Tasklet {
	for t := range c.Waiters() {
		return t
	}
	return nil
}

// Waiters ranges over those who wait, first come first, but for those of other
// schedulers, whom nobody may touch here; Balance counts them too. The channel may not
// be used meanwhile.
func (c *Channel[T]) Waiters() iter.Seq[*tasklet.Tasklet] {
	return func(yield func(*tasklet.Tasklet) bool) {
		for t := range c.waiters.Awaited() {
			if t.Request() == nil && !yield(t.Self()) {
				return
			}
		}
	}
}

// Preference returns who runs on after a rendezvous.
func (c *Channel[T]) Preference() Preference { return c.preference - 1 }

// SetPreference sets who runs on after a rendezvous; below −1 counts as −1,
// above 1 as 1.
func (c *Channel[T]) SetPreference(p Preference) {
	c.preference = min(max(p, PreferReceiver), PreferSender) + 1
	c.SetScheduleAll(c.ScheduleAll())
}

// ScheduleAll reports whether a rendezvous gives the turn to the next of the ring.
func (c *Channel[T]) ScheduleAll() bool { return c.turn == everybody }

// SetScheduleAll has every rendezvous give the turn to the next of the ring,
// whatever the preference: who had waited goes to the end, and then who came.
func (c *Channel[T]) SetScheduleAll(on bool) {
	c.turn = turn(c.preference)
	if on {
		c.turn = everybody
	}
}

// Close closes the channel to new senders. Senders that wait already are still
// received from; then it is closed to receivers too. Receivers that wait wake
// with [ErrClosed], in their order, at the end of the ring.
func (c *Channel[T]) Close() {
	c.shut(true)
	for c.receiversWait() {
		if r := c.closeLonger(c.refuse(ErrClosed, "receive")); r != nil {
			r.Home().Wake(r)
		}
	}
}

// Open opens a channel that was closed.
func (c *Channel[T]) Open() { c.shut(false) }

func (c *Channel[T]) shut(on bool) {
	c.closing = on
	c.waiters.SetTried(on) // what is closed is ready, and fails
}

// Closing reports whether Close was called.
func (c *Channel[T]) Closing() bool { return c.closing }

// Closed reports whether the channel is closing and nobody waits to send.
func (c *Channel[T]) Closed() bool { return c.closing && c.waiters.Waiting() == 0 }

func (c *Channel[T]) refuse(kind error, what string) error {
	return fmt.Errorf("%s on %s: %w", what, c.WaitName(), kind)
}

// keep returns a cell that holds v.
func (c *Channel[T]) keep(v T) *cell[T] {
	s := c.spare
	if s == nil {
		return &cell[T]{value: v}
	}
	c.spare, s.value = s.next, v
	return s
}

// release returns what s holds and keeps s to be used again.
func (c *Channel[T]) release(s *cell[T]) T {
	var zero T
	v := s.value
	s.value, s.next = zero, c.spare
	c.spare = s
	return v
}
