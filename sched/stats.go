package sched

import "context"

// Stats are a scheduler's figures at one moment.
type Stats struct {
	// Adopted says that another scheduler has adopted this one, and counts what was here:
	// see [Scheduler.Adopter]. Here there is nothing left, and nothing grows any more.
	Adopted bool

	// Tasklets by where they are, main among them. Running is 0 or 1.
	Running, Ready, Blocked, Sleeping, Parked int
	// Timers is how many are armed, for those who sleep and for deadlines.
	Timers int
	// Expected is how many are known to come from outside: see [Scheduler.Hold].
	Expected int

	// What follows only grows.

	Steps  uint64 // run
	Born   uint64 // tasklets that were given a frame, or loaded
	Ended  uint64 // of those, how many have ended or moved away
	Failed uint64 // of these, how many ended with an error that nothing in them took
	Posts  uint64 // functions from outside that were run: see [Scheduler.Post]

	// Turns of another tasklet and rendezvous in channels are counted while the
	// scheduler is observed, by [Scheduler.Observe] or anything else that looks.
	Observed          bool
	Turns, Rendezvous uint64
}

// Stats returns the scheduler's figures. It costs little, however many tasklets
// there are.
func (s *Scheduler) Stats() Stats {
	st := Stats{Adopted: s.Adopter() != nil, Steps: s.Steps(), Posts: s.inbox.taken, Observed: s.observed}
	st.Born, st.Ended, st.Failed = s.home.Counts()
	if !st.Adopted {
		st.Ready, st.Sleeping, st.Parked = s.RunCount(), s.Sleeping(), s.home.Parked().Len()
		st.Timers, st.Expected = s.timers.len(), int(s.holds())
		st.Blocked = int(st.Born-st.Ended) - st.Ready - st.Sleeping - st.Parked
	}
	if st.Ready > 0 {
		st.Ready, st.Running = st.Ready-1, 1
	}
	if o := s.observers; o != nil {
		st.Turns, st.Rendezvous = o.switches, o.rendezvous
	}
	return st
}

// StatsContext is [Scheduler.Stats] for any goroutine but the one that drives the
// scheduler: see [Scheduler.InspectContext].
func (s *Scheduler) StatsContext(ctx context.Context) (Stats, error) {
	return ask(ctx, s, s.Stats)
}
