package tasklet

import (
	"fmt"
	"time"

	"github.com/stackless-go/stackless/pickle"
)

// This file is how deadlines are written down with their tasklet, and restored.

// A limit is a deadline: how many callers its frame has, when it passes, and what
// has become of it.
type limit = struct {
	Depth uint32
	At    time.Time
	After int64  // nanoseconds
	Order uint64 // of two that pass at the same time, the lower strikes first
	Flags limitFlags
}

type limitFlags uint8

const (
	limitPassed limitFlags = 1 << iota
	limitStruck
	limitLate // More.Err is its error, which nobody has failed with yet
)

// limits returns the deadlines as they are pickled.
func (r *rare) limits() (limits []limit) {
	for _, d := range r.deadlines {
		l := limit{Depth: uint32(d.depth), At: d.at, After: int64(d.after), Order: d.order}
		if d.passed {
			l.Flags |= limitPassed
		}
		if d.struck {
			l.Flags |= limitStruck
		}
		if d.late != nil && error(d.late) == r.err {
			l.Flags |= limitLate
		}
		limits = append(limits, l)
	}
	return limits
}

// restoreDeadlines makes the deadlines of t, whose frames are there. Their timers
// are armed when the loading is committed.
func (t *Tasklet) restoreDeadlines(limits []limit, err error) error {
	next := 0
	for _, l := range limits {
		d := deadline{
			at: l.At, after: time.Duration(l.After), order: l.Order, depth: int32(l.Depth),
			passed: l.Flags&limitPassed != 0, struck: l.Flags&limitStruck != 0,
		}
		if l.Flags&limitLate != 0 {
			d.late, _ = err.(*TimeoutError)
		}
		if t.Frame() == nil || int64(l.Depth) < int64(next) || int64(l.Depth) > int64(t.depth()) ||
			l.Flags&^(limitPassed|limitStruck|limitLate) != 0 || (d.late != nil) != (l.Flags&limitLate != 0) {
			return fmt.Errorf("%w: a tasklet with a deadline that no frame of it has", pickle.ErrInvalid)
		}
		next = int(l.Depth) + 1
		t.rare().deadlines = append(t.rare().deadlines, d)
	}
	return nil
}
