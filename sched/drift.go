package sched

import "time"

// A clock of the machine is two: one that only goes on, which timers count by, and one on
// the wall, which is set now and then, and goes on while the machine sleeps. A point in
// time that was not read from the former, as one that was parsed or pickled, is on the
// wall, and is so far away as the wall's clock says now. This file keeps how much further
// that has gone, since the scheduler's epoch, than the other.

// littleDrift is how much is no drift: that of those who set the time a little all along, and
// of two clocks that can't be read at once. As long as it is no more, those who are to wake
// at the same time do.
const littleDrift = time.Millisecond

// until returns at as timers count it.
func (s *Scheduler) until(at time.Time) int64 {
	if s.monotonic && !monotonic(at) {
		at = at.Add(-s.measure())
	}
	return int64(at.Sub(s.epoch))
}

// measure returns the drift.
func (s *Scheduler) measure() time.Duration {
	now := s.clock.Now()
	drift := now.Round(0).Sub(s.epoch.Round(0)) - now.Sub(s.epoch)
	if (drift - s.drift).Abs() > littleDrift {
		s.drift = drift
	}
	return s.drift
}

// monotonic reports whether at was read from a clock that only goes on, or counted from
// there.
func monotonic(at time.Time) bool { return at != at.Round(0) }
