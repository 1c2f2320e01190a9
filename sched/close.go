package sched

import (
	"errors"
	"fmt"
	"iter"

	"github.com/stackless-go/stackless/tasklet"
)

// Close ends every tasklet: all are killed, and each then has one turn, in the
// order of the ring, then of those blocked, asleep and parked; so cleanups run and
// goroutines end. Goroutines outside that wait in Do are let go, and whoever comes
// later gets [ErrClosed], as does a further run. Close returns the errors that
// were pending for main or that the kills led to, and [tasklet.ErrAlive] for
// tasklets that recovered from their kill; calling it again kills them again. Only
// main may call it, in its turn.
func (s *Scheduler) Close() error {
	if !s.stopped && (s.driving || s.home.Current() != s.main) {
		return ErrRunning
	}
	s.inbox.mu.Lock()
	adopted := s.inbox.heir.Load() != nil
	s.inbox.closed = !adopted
	s.inbox.mu.Unlock()
	if adopted {
		return nil // there is nothing left here
	}
	if s.stopped {
		s.stopped = false
		s.home.Reinstate()
	}
	s.takePosts()
	s.closing, s.closed = true, false // there are turns below
	s.workers.close()
	defer func() {
		s.home.Expel(ErrClosed)
		s.closed = true
		s.inbox.letGo()
		for _, adopted := range s.adopted {
			adopted.inbox.letGo()
		}
		if p := s.member.pool; p != nil {
			p.leave(s)
		}
	}()

	var errs []error
	if err := s.main.Recover(); err != nil {
		errs = append(errs, err)
	}
	refused := make(map[*tasklet.Tasklet]bool)
	for {
		var rest []*tasklet.Tasklet
		for t := range s.everyone() {
			if t != s.main && !refused[t] {
				rest = append(rest, t)
			}
		}
		if len(rest) == 0 {
			return errors.Join(errs...)
		}
		for _, t := range rest {
			t.KillLater()
		}
		for turns := s.RunCount() - 1; turns > 0; {
			s.home.SwitchTrap(-s.home.SwitchTrap(0)) // or nobody could have a turn; who is killed may set one
			ran, err := s.Step(turns)
			turns -= ran
			if err != nil {
				errs = append(errs, err)
			} else if ran == 0 {
				break
			}
		}
		for _, t := range rest {
			if t.Alive() {
				refused[t] = true
				errs = append(errs, fmt.Errorf("close: %w: %s recovered from its kill", tasklet.ErrAlive, t.Describe()))
			}
		}
	}
}

// everyone ranges over all tasklets that are alive: ready, blocked, asleep,
// parked. The scheduler may not run meanwhile.
func (s *Scheduler) everyone() iter.Seq[*tasklet.Tasklet] {
	return func(yield func(*tasklet.Tasklet) bool) {
		for _, some := range []iter.Seq[*tasklet.Tasklet]{
			s.home.Ready().All(), s.home.Backlog().All(), s.home.Blocked(), s.timers.all(), s.home.Parked().All(),
		} {
			for t := range some {
				if !yield(t) {
					return
				}
			}
		}
	}
}
