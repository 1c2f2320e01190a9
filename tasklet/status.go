package tasklet

import (
	"fmt"
	"time"

	"github.com/stackless-go/stackless/pickle"
)

// A Status says in what place a tasklet is.
type Status uint8

const (
	// Dead: ended, or not bound to a frame yet. In no queue.
	Dead Status = iota
	// Ready: in its scheduler's ring, waiting for its turn.
	Ready
	// Running: the first of the ring. One tasklet of a scheduler at a time.
	Running
	// Blocked: in the queue of a channel, a join or whatever else is waited on.
	Blocked
	// Sleeping: among its scheduler's timers.
	Sleeping
	// Parked: alive, and in nobody's turn until it is inserted.
	Parked
)

var statusNames = [...]string{"dead", "ready", "running", "blocked", "sleeping", "parked"}

// String returns the status as one lower-case word.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("Status(%d)", uint8(s))
}

// Status returns the place the tasklet is in.
func (t *Tasklet) Status() Status {
	switch {
	case t.Frame() == nil:
		return Dead
	case t.place.status == Ready && t.place.head == t:
		return Running
	case t.place.status == inBacklog:
		return Ready
	}
	return t.place.status
}

// Alive reports whether the tasklet has a frame and has not ended.
func (t *Tasklet) Alive() bool { return t.Frame() != nil }

// Scheduled reports whether the tasklet is somebody's to go on with: in the
// ring, blocked or asleep. What is neither scheduled nor dead is paused.
func (t *Tasklet) Scheduled() bool { return t.Frame() != nil && t.place.status != Parked }

// Paused reports whether the tasklet is alive and goes on only when it is
// inserted.
func (t *Tasklet) Paused() bool { return t.Frame() != nil && t.place.status == Parked }

// Blocked reports whether the tasklet waits in a queue: see [Tasklet.BlockedOn].
func (t *Tasklet) Blocked() bool { return t.Frame() != nil && t.place.status == Blocked }

// BlockedOn returns what a blocked tasklet waits on, such as a channel, the
// tasklet that it joins or the result of a function outside, and by which operation; nil and OpNone for any other.
func (t *Tasklet) BlockedOn() (on Waitable, by Op) {
	switch {
	case !t.Blocked():
		return nil, OpNone
	case t.op.kind() == OpSelect:
		return t.rare().sel, OpSelect
	case t.abroad() != nil:
		return (*Request)(t.slot), t.op.kind()
	}
	if w := t.awaits(); w != nil {
		return w, OpAwait
	}
	return t.place.owner, t.op.kind()
}

// Wakes returns when a tasklet that sleeps is to wake; false for any other.
func (t *Tasklet) Wakes() (at time.Time, asleep bool) {
	if t.Frame() == nil || t.place.status != Sleeping {
		return time.Time{}, false
	}
	return t.place.home.scheduler.Wakes(t, t.slot), true
}

// Pending returns the error that awaits a tasklet which is alive: its operation
// fails with it when it goes on, or, after one that has moved something, the next.
func (t *Tasklet) Pending() error {
	if t.Frame() == nil || t.op&thrown == 0 {
		return nil
	}
	return t.rare().err
}

// Complete reports whether the operation that the tasklet has under way is
// complete: it only has to hear of it.
func (t *Tasklet) Complete() bool { return t.op&done != 0 }

// Restorable reports whether the tasklet can be pickled, with all that it refers
// to: exactly when pickle.Marshal succeeds. It costs what that costs;
// pickle.Check says what stands in the way.
func (t *Tasklet) Restorable() bool { return pickle.Check(t) == nil }
