package tasklet

import (
	"cmp"
	"fmt"
	"slices"
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

// armDeadlines arms those that have not passed, and the times of selects, in the order
// in which they will.
func (r *restoration) armDeadlines() {
	var all []restoredTimer
	for _, t := range r.all {
		if t.rare() != nil {
			all = t.restoredTimers(all, r.home)
		}
	}
	slices.SortStableFunc(all, func(a, b restoredTimer) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.order, b.order))
	})
	for _, tm := range all {
		tm.arm()
	}
}

// A restoredTimer is a deadline or the time of a select, to be armed again.
type restoredTimer struct {
	at    time.Time
	order uint64
	arm   func()
}

// restoredTimers appends those of t to all.
func (t *Tasklet) restoredTimers(all []restoredTimer, h *Home) []restoredTimer {
	for i := range t.rare().deadlines {
		if d := &t.rare().deadlines[i]; !d.passed {
			all = append(all, restoredTimer{d.at, d.order, func() { t.arm(h, d) }})
		}
	}
	if sel := t.rare().sel; sel != nil && sel.time.number > 0 {
		all = append(all, restoredTimer{sel.time.at, sel.time.order, func() { sel.arm(h) }})
	}
	return all
}
