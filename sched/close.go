package sched

import (
	"errors"
	"fmt"
	"iter"

	"github.com/stackless-go/stackless/tasklet"
)

// Close ends every tasklet: each is killed where it is, in the order of the
// ring, then of those blocked, asleep and parked, so that its cleanup runs and
// its goroutine ends. Goroutines outside that wait in Do are let go, and later
// ones get [ErrClosed]. Close returns the errors that cleanups led to, and
// [tasklet.ErrAlive] for tasklets that recovered from their kill. Only main may
// call it, in its turn.
func (s *Scheduler) Close() error {
	if s.driving || s.home.Current() != s.main {
		return ErrRunning
	}
	s.inbox.mu.Lock()
	s.inbox.closed = true
	s.inbox.mu.Unlock()
	s.takePosts()

	var errs []error
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
			if err := s.Main().Kill(t); err != nil {
				errs = append(errs, err)
			}
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
			s.home.Ready().All(), s.home.Blocked(), s.timers.all(), s.home.Parked().All(),
		} {
			for t := range some {
				if !yield(t) {
					return
				}
			}
		}
	}
}
