package sched

import "github.com/stackless-go/stackless/tasklet"

// This file keeps apart those who are inside for functions that tasklets await, where
// work is in order: when such a function comes in, is on its way out after a kill or has
// never come in is a race, and must not show. A tasklet of its visit has turns like any
// other; but who had the last turn, as a deadlock wants to know, it never is.
//
// Invariants: while one is inside, each turn is accounted for on its own. Host is who had
// the last turn that was no guest's; it counts while the scheduler is driven.
type guests struct {
	inside int
	last   *tasklet.Tasklet // who had a guest's turn last
	host   *tasklet.Tasklet
}

// welcome notes that v's tasklet is inside.
func (s *Scheduler) welcome(v *visit) {
	if s.workInOrder {
		v.host = s
		s.guests.inside++
		s.LookUp()
	}
}

// turnOf notes that it is the turn of v's tasklet.
func (v *visit) turnOf(t *tasklet.Tasklet) {
	if v.host != nil {
		v.host.guests.last = t
	}
}

// goodbye notes that v's tasklet is not inside any more.
func (v *visit) goodbye() {
	if v.host != nil {
		v.host.guests.inside--
	}
}

// ran notes that t had a turn.
func (s *Scheduler) ran(t *tasklet.Tasklet) {
	s.running = t
	if t != s.guests.last {
		s.guests.host = t
	}
}
