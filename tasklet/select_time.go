package tasklet

import (
	"fmt"
	"math"
	"slices"
	"time"
	"unsafe"

	"github.com/stackless-go/stackless/pickle"
)

// This file is the cases of a Select that fire when no other has in time. Their timer
// is like that of a deadline, but it completes the operation, where a deadline fails
// it; of several such cases of one Select, only the first to fire has one.

// After is the case that fires when d has passed on the scheduler's clock and no other
// case has fired. Time counts from when the Select has to wait; performed again, it
// does not begin anew. With d ≤ 0 it is [Otherwise].
func After(d time.Duration) Case { return Case{op: opAfter, time: int64(d)} }

// At is [After] with a point in time.
func At(at time.Time) Case {
	return Case{op: opAt, time: at.Unix(), part: int32(at.Nanosecond())}
}

// A selectTime says when a case of a selection fires if none has by then.
type selectTime struct {
	at     time.Time
	order  uint64         // as that of a deadline
	timer  unsafe.Pointer // the scheduler's
	number int            // of the case, from 1; 0 if there is none
}

// resorts returns the case of those for when no other fires that is to fire at once,
// the first in the list, −1 if none is; and otherwise the first to fire later.
func (t *Tasklet) resorts(cases []Case) (otherwise int, first selectTime) {
	var now time.Time
	for i := range cases {
		c := &cases[i]
		if c.of != nil || c.op == OpNone {
			continue
		}
		if c.op == opOtherwise {
			return i, selectTime{}
		}
		if now.IsZero() {
			now = t.Now()
		}
		at := time.Unix(c.time, int64(c.part))
		if c.op == opAfter {
			at = now.Add(time.Duration(c.time))
		}
		if !at.After(now) {
			return i, selectTime{}
		}
		if first.number == 0 || at.Before(first.at) {
			first = selectTime{at: at, number: i + 1}
		}
	}
	return -1, first
}

// limit has the case of time, which is none if its number is 0, fire when it is due.
func (s *selection) limit(first selectTime) {
	if first.number == 0 {
		return
	}
	s.time = first
	s.arm(s.t.Home())
}

func (s *selection) arm(h *Home) {
	h.armed++
	s.time.order = h.armed
	s.time.timer = h.scheduler.ArmDeadline(s.t, s.time.at)
}

// disarm takes the timer out of the scheduler's.
func (s *selection) disarm() {
	if s.time.timer != nil {
		s.t.Home().scheduler.Disarm(s.t, s.time.timer)
		s.time.timer = nil
	}
}

// unlimit ends what limit has begun.
func (s *selection) unlimit() {
	if s.time.number > 0 {
		s.disarm()
		s.time = selectTime{}
	}
}

// expire completes the Select by its case of time, which is due; unless one that is
// abroad was quicker.
func (s *selection) expire(h *Home) {
	t, fired := s.t, s.time.number-1
	t.recall()
	if t.op&done != 0 {
		return
	}
	s.withdraw()
	t.place.remove(t)
	s.fired, s.by = fired, nil
	t.op |= done
	t.slot = unsafe.Pointer(s)
	h.Wake(t)
}

// A timeImage is the time of a selection as it is pickled.
type timeImage = struct {
	Number uint32 // of the case, from 1
	At     time.Time
	Order  uint64
}

// image returns the selection as it is pickled, nil if there is nothing to write.
func (s *selection) image() *selectImage {
	if s == nil {
		return nil
	}
	m := &selectImage{Turn: uint32(s.turn)}
	for _, st := range s.stand {
		if st.waiting {
			m.Waiting++
		}
	}
	if s.t.op.kind() == OpSelect {
		if s.t.op&done != 0 {
			m.Fired = uint32(s.fired)
		}
	} else if m.Turn == 0 {
		return nil
	}
	if s.time.number > 0 {
		m.Time = &timeImage{uint32(s.time.number), s.time.at, s.time.order}
	}
	return m
}

// restoreSelection makes t's selection of its image. Its stand-ins come with their
// queues, and its timer is armed with the deadlines.
func (t *Tasklet) restoreSelection(from *image) error {
	sel, m := t.selection(), from.More.Select
	if max(m.Turn, m.Fired) > math.MaxInt32 {
		return fmt.Errorf("%w: a select of more cases than there can be", pickle.ErrInvalid)
	}
	sel.turn, sel.fired, sel.by, sel.restored = int(m.Turn), int(m.Fired), from.On, true
	if m.Time == nil {
		return nil
	}
	if from.Status != Blocked || from.Op != OpSelect || m.Time.Number == 0 || m.Time.Number > math.MaxInt32 {
		return fmt.Errorf("%w: a tasklet that is %v, with %v, waits for the time of a select", pickle.ErrInvalid, from.Status, from.Op)
	}
	sel.time = selectTime{at: m.Time.At, order: m.Time.Order, number: int(m.Time.Number)}
	return nil
}

// restore puts the stand-ins of s, which have come with their queues, in the order of
// the cases. The error is that they are not those that the tasklet waits by.
func (s *selection) restore(waiting uint32) error {
	if len(s.stand) != int(waiting) {
		return fmt.Errorf("%w: a tasklet selects from %d cases, and %d wait", pickle.ErrInvalid, waiting, len(s.stand))
	}
	slices.SortFunc(s.stand, func(a, b *standIn) int { return a.index - b.index })
	for i, st := range s.stand {
		switch {
		case i > 0 && s.stand[i-1].index == st.index:
			return fmt.Errorf("%w: a tasklet waits by its case %d twice", pickle.ErrInvalid, st.index+1)
		case st.index+1 == s.time.number:
			return fmt.Errorf("%w: a tasklet's case %d is one of time, and waits in a queue", pickle.ErrInvalid, st.index+1)
		}
	}
	return nil
}
