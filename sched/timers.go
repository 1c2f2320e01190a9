package sched

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"time"
	"unsafe"

	"github.com/stackless-go/stackless/tasklet"
)

// timers holds the tasklets that are asleep and the deadlines of those that wait,
// in a heap of four branches: half as deep as a binary one, and the four children
// share a cache line. Of two that wake at the same time, the one that went to sleep
// first wakes first; then come the deadlines of that time.
//
// Invariants: no entry is earlier than its parent; entries[e.timer.index] is e.
type timers struct {
	entries []entry
	count   uint64 // of those ever armed
	asleep  int    // of the entries, those that are no deadlines
}

// An entry has beside its timer what the heap compares most.
type entry struct {
	when  int64 // nanoseconds since the scheduler's epoch
	timer *timer
}

// A timer belongs to a sleeping tasklet, which has it as its slot, or to a deadline
// of one.
type timer struct {
	t     *tasklet.Tasklet
	order uint64 // of arming; deadlines have deadlineOrder beside
	index int
}

const deadlineOrder = 1 << 63

func (tm *timer) isDeadline() bool { return tm.order&deadlineOrder != 0 }

func (h *timers) len() int { return len(h.entries) }

func (a entry) before(b entry) bool {
	return a.when < b.when || a.when == b.when && a.timer.order < b.timer.order
}

// arm adds t, which is to wake, or has a deadline, at when.
func (h *timers) arm(t *tasklet.Tasklet, when int64, deadline bool) *timer {
	h.count++
	tm := &timer{t: t, order: h.count, index: len(h.entries)}
	if deadline {
		tm.order |= deadlineOrder
	} else {
		h.asleep++
	}
	h.entries = append(h.entries, entry{when, tm})
	h.up(tm.index)
	return tm
}

// pop removes the first.
func (h *timers) pop() *timer {
	tm := h.entries[0].timer
	h.remove(0)
	return tm
}

func (h *timers) remove(i int) {
	last := len(h.entries) - 1
	if !h.entries[i].timer.isDeadline() {
		h.asleep--
	}
	moved := h.entries[last]
	h.entries[last] = entry{}
	h.entries = h.entries[:last]
	if i < last {
		h.entries[i] = moved
		moved.timer.index = i
		h.down(i)
		h.up(moved.timer.index)
	}
	if last < cap(h.entries)/4 && last > 64 {
		h.entries = append(make([]entry, 0, 2*last), h.entries...)
	}
}

func (h *timers) up(i int) {
	e := h.entries[i]
	for i > 0 {
		parent := (i - 1) / 4
		p := h.entries[parent]
		if !e.before(p) {
			break
		}
		h.entries[i] = p
		p.timer.index = i
		i = parent
	}
	h.entries[i] = e
	e.timer.index = i
}

func (h *timers) down(i int) {
	e := h.entries[i]
	for {
		first := 4*i + 1
		if first >= len(h.entries) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(h.entries)); c++ {
			if h.entries[c].before(h.entries[least]) {
				least = c
			}
		}
		if !h.entries[least].before(e) {
			break
		}
		h.entries[i] = h.entries[least]
		h.entries[i].timer.index = i
		i = least
	}
	h.entries[i] = e
	e.timer.index = i
}

// all ranges over those who sleep, in no order.
func (h *timers) all() iter.Seq[*tasklet.Tasklet] {
	return func(yield func(*tasklet.Tasklet) bool) {
		for _, e := range h.entries {
			if !e.timer.isDeadline() && !yield(e.timer.t) {
				return
			}
		}
	}
}

// deadlines ranges over the timers of deadlines, in no order.
func (h *timers) deadlines() iter.Seq2[unsafe.Pointer, *tasklet.Tasklet] {
	return func(yield func(unsafe.Pointer, *tasklet.Tasklet) bool) {
		for _, e := range h.entries {
			if e.timer.isDeadline() && !yield(unsafe.Pointer(e.timer), e.timer.t) {
				return
			}
		}
	}
}

func (h *timers) sorted() []entry {
	return slices.SortedFunc(slices.Values(h.entries), func(a, b entry) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
}

func (h *timers) check() error {
	for i, e := range h.entries {
		switch {
		case e.timer.index != i:
			return fmt.Errorf("timers: entry %d believes to be %d", i, e.timer.index)
		case i > 0 && e.before(h.entries[(i-1)/4]):
			return fmt.Errorf("timers: entry %d is earlier than its parent", i)
		}
	}
	return nil
}

// Arm has t roused when d has passed. It is t's Sleep that calls it.
func (s *Scheduler) Arm(t *tasklet.Tasklet, d time.Duration) (slot unsafe.Pointer) {
	now := int64(s.clock.Now().Sub(s.epoch))
	when := now + int64(d)
	if when < now {
		when = math.MaxInt64 // past the end of time
	}
	return unsafe.Pointer(s.timers.arm(t, when, false))
}

// ArmAt has t roused at a point in time.
func (s *Scheduler) ArmAt(t *tasklet.Tasklet, at time.Time) (slot unsafe.Pointer) {
	return unsafe.Pointer(s.timers.arm(t, int64(at.Sub(s.epoch)), false))
}

// ArmDeadline has a deadline of t pass at a point in time.
func (s *Scheduler) ArmDeadline(t *tasklet.Tasklet, at time.Time) (timer unsafe.Pointer) {
	return unsafe.Pointer(s.timers.arm(t, int64(at.Sub(s.epoch)), true))
}

// Wakes returns when t, which sleeps, is to wake.
func (s *Scheduler) Wakes(t *tasklet.Tasklet, slot unsafe.Pointer) time.Time {
	return s.epoch.Add(time.Duration(s.timers.entries[(*timer)(slot).index].when))
}

// Asleep ranges over those who sleep, in the order in which they will wake. It
// sorts them first.
func (s *Scheduler) Asleep() iter.Seq[*tasklet.Tasklet] {
	return func(yield func(*tasklet.Tasklet) bool) {
		for _, e := range s.timers.sorted() {
			if !e.timer.isDeadline() && !yield(e.timer.t) {
				return
			}
		}
	}
}

// Disarm forgets a timer of t. It is whatever takes t out of its sleep, or ends
// what a deadline limits, that calls it.
func (s *Scheduler) Disarm(t *tasklet.Tasklet, slot unsafe.Pointer) {
	s.timers.remove((*timer)(slot).index)
}

// wake lets everyone go on whose time has come.
func (s *Scheduler) wake() {
	now := int64(s.clock.Now().Sub(s.epoch))
	for s.timers.len() > 0 && s.timers.entries[0].when <= now {
		if tm := s.timers.pop(); tm.isDeadline() {
			s.home.Expire(tm.t, unsafe.Pointer(tm))
		} else {
			s.home.Rouse(tm.t)
		}
	}
}

// nextTimer returns when the next who sleeps is to wake; the zero time if none.
func (s *Scheduler) nextTimer() time.Time {
	if s.timers.len() == 0 {
		return time.Time{}
	}
	return s.epoch.Add(time.Duration(s.timers.entries[0].when))
}
