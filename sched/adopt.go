package sched

import (
	"errors"
	"fmt"
)

// ErrStopped: the scheduler was stopped, and what was on it runs no more, until another
// adopts it.
var ErrStopped = errors.New("sched: the scheduler is stopped")

// Stop ends a scheduler without ending its tasklets: they stay as they are, belong to
// nobody, and can be adopted by another scheduler, on whatever goroutine: see
// [Scheduler.Adopt]. What others post to it is kept until then. Further runs, and
// whatever else its main does, fail with [ErrStopped]. Only main may call it, in its
// turn; the error is [ErrRunning], or [ErrClosed]. One that is stopped may be stopped
// again, or closed.
func (s *Scheduler) Stop() error {
	switch {
	case s.stopped:
		return nil
	case s.driving || s.home.Current() != s.main:
		return ErrRunning
	case s.closed:
		return ErrClosed
	}
	s.stopped = true
	s.home.Retire(fmt.Errorf("main: %w", ErrStopped))
	s.inbox.mu.Lock()
	s.inbox.stopped = true
	s.inbox.mu.Unlock()
	if p := s.member.pool; p != nil {
		p.leave(s)
	}
	return nil
}

// Adopt takes over all that belongs to a scheduler that was stopped: its tasklets come
// behind those of s, ready, parked, asleep or blocked as they were, its channels belong
// to s, and whoever posts to it or uses its channels from elsewhere reaches s. Tasklets
// keep their numbers if the two are of one pool.
//
// From now on the adopted one stands for s: what its Go, GoFunc, New and Home make, and
// what is made of it, such as a channel, is at home in s, and its Inspect shows s. So
// they are for where those of s may be used. Its main ends, with [ErrStopped]: who joins
// it fails with that, and what it held is told as of any other end. An error that
// awaited it awaits main of s.
//
// Only main of s may call it, in its turn. The error is [ErrRunning], or that of has
// not been stopped, has been adopted already or is closed; then nothing has changed.
func (s *Scheduler) Adopt(of *Scheduler) error {
	if s.driving || s.home.Current() != s.main {
		return ErrRunning
	}
	in := &of.inbox
	in.mu.Lock()
	switch {
	case s.closed, in.closed:
		in.mu.Unlock()
		return fmt.Errorf("adopt: %w", ErrClosed)
	case of == s || s.stopped || !in.stopped || in.heir.Load() != nil:
		in.mu.Unlock()
		return fmt.Errorf("adopt: the scheduler has not been stopped, has been adopted already, or adopts itself: %w", ErrStopped)
	}
	defer in.mu.Unlock()
	s.home.Inherit(&of.home)
	if !s.workInOrder {
		s.finishBack()
	}
	s.adopted = append(append(s.adopted, of), of.adopted...)
	for _, f := range in.posts {
		if err := s.Post(f); err != nil {
			return err
		}
	}
	in.posts = nil
	in.heir.Store(s) // from now on, what comes goes to s, behind what came before
	return nil
}

// Adopter returns the scheduler that has adopted s and has not been adopted itself; nil
// if none has. It may be called from any goroutine.
func (s *Scheduler) Adopter() *Scheduler {
	if now := s.now(); now != s {
		return now
	}
	return nil
}

// now returns the scheduler that has adopted s, s itself if none has.
func (s *Scheduler) now() *Scheduler {
	for {
		heir := s.inbox.heir.Load()
		if heir == nil {
			return s
		}
		s = heir
	}
}

// expected reports whether goroutines outside are known to come, also to those that s
// has adopted.
func (s *Scheduler) expected() bool { return s.holds() > 0 }

// holds returns how many they are.
func (s *Scheduler) holds() int64 {
	n := s.inbox.holds.Load()
	for _, a := range s.adopted {
		n += a.inbox.holds.Load()
	}
	return n
}
