package sched

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/stackless-go/stackless/tasklet"
)

// pollEvery is after how many steps a scheduler that is never idle looks at its
// clock and its inbox: often enough that they wait for half a microsecond or so,
// seldom enough that it costs a step less than one.
const pollEvery = 64

// sweepEvery is after how many steps, at the least, queues that are empty by now
// are let go.
const sweepEvery = 1 << 14

// errGoexit is the error of a tasklet that ended the goroutine of the scheduler.
var errGoexit = errors.New("runtime.Goexit was called")

// ErrRunning is what a run returns that is started from inside another: only
// main, in its turn, can drive a scheduler.
var ErrRunning = errors.New("sched: the scheduler is being driven already")

// Run gives the others turns until nothing is ready, asleep or expected from
// outside. It returns early, with the error, when a tasklet ends with one that
// neither it, nor one that joins it, nor the error handler took; the others stay
// as they are, and a further Run goes on with them. Tasklets that are blocked
// or parked at the end stay so. Main is parked meanwhile: if a tasklet inserts
// it, Run returns when main's turn comes.
func (s *Scheduler) Run() error { return s.run(-1, true) }

// RunReady is Run until nothing is ready: it waits neither for those asleep nor
// for anybody outside, but for work if that is in order (see [WithWorkInOrder]).
func (s *Scheduler) RunReady() error { return s.run(-1, false) }

// Step is RunReady for at most n steps. It returns how many were run: fewer than
// n if nothing was ready any more, there was an error or somebody inserted main.
// Whoever is next then stays next.
func (s *Scheduler) Step(n int) (ran int, err error) {
	before := s.Steps()
	if n > 0 {
		err = s.run(n, false)
	}
	return int(s.Steps() - before), err
}

// Serve is Run that waits for goroutines outside also when none is known to
// come. It returns nil when ctx is done, and early with an error as Run does.
func (s *Scheduler) Serve(ctx context.Context) error {
	serving := true
	defer s.Hold()()
	defer context.AfterFunc(ctx, func() {
		_ = s.Post(func() {
			if serving && s.main.Paused() {
				s.home.Front(s.main)
			}
		})
	})()
	defer func() { serving = false }()
	return s.Run()
}

// run is main's Park: who parks gives the others turns.
func (s *Scheduler) run(budget int, wait bool) error {
	if s.driving || s.home.Current() != s.main {
		return ErrRunning
	}
	if s.closed {
		return ErrClosed
	}
	s.setBudget(budget)
	s.noWait = !wait
	defer func() {
		s.setBudget(-1)
		s.noWait = false
	}()
	if s.observed {
		return s.observers.run()
	}
	return s.Main().Park()
}

// drive gives turns until it is main's. Every wait of main is a call of it.
func (s *Scheduler) drive() {
	if s.driving {
		panic("sched: main waits in two goroutines, or inside another tasklet's step")
	}
	s.driving = true
	defer func() { s.driving = false }()
	s.running = s.main
	if s.observed {
		s.observers.begins()
	}
	for !s.turns() {
	}
	if s.observed {
		s.observers.ends()
	}
}

// turns gives turns until it is main's, and then returns true. A panic in a step
// becomes the error of the tasklet whose step it is; turns then returns false,
// and its next call unwinds that tasklet. So the price of catching panics is
// paid once a run, not once a step.
func (s *Scheduler) turns() (mains bool) {
	// Whose step it is, nil between steps. On the stack, it costs no write barrier.
	var t *tasklet.Tasklet
	exits := true // by runtime.Goexit, unless it turns out otherwise
	defer func() {
		if t != nil {
			s.running = t
		}
		switch p := recover(); {
		case p != nil && t != nil:
			s.home.Fault(t, p, debug.Stack())
		case p != nil: // no tasklet is to blame: it is the clock, say
			s.home.Deliver(s.main, &tasklet.PanicError{Value: p, Stack: debug.Stack()})
		case exits: // this goroutine ends, and t with it; what it defers is main
			if t != nil {
				s.home.Fault(t, errGoexit, nil)
			}
			s.home.Abandon(s.main)
		}
	}()
	ring := s.home.Ready()
	for {
		next := ring.First()
		if next == s.main {
			exits = false
			return true
		}
		if next == nil || s.credit == 0 {
			if t != nil {
				s.home.CheckWaited(t)
				s.running, t = t, nil
			}
			if s.observed {
				s.observers.stepped()
			}
			if next == nil {
				s.idle()
			} else if s.account(); s.budget == 0 {
				s.home.Front(s.main)
			} else if s.observed {
				s.observers.turn(ring.First())
			}
			continue
		}
		s.credit--
		t = next
		if s.home.Thrown(t) {
			s.unroll(t, tasklet.Failed)
			continue
		}
		if step := t.Frame().Resume(t); step != tasklet.Wait || t.Op() == tasklet.OpNone {
			s.unroll(t, step)
		}
	}
}

// The scheduler counts down one number for each step: its credit. When that is
// used up, account adds it to the steps, takes it off the budget, looks outside
// and grants as much again.

func (s *Scheduler) account() {
	s.spend()
	if s.withheld == 0 {
		s.poll()
		if s.steps >= s.sweepAt {
			s.sweepAt = s.steps + max(sweepEvery, 4*uint64(s.home.Sweep()))
		}
		s.grant()
	}
	s.release(1)
}

// spend books what was used of the credit.
func (s *Scheduler) spend() {
	used := s.granted - s.credit
	s.steps += uint64(used)
	if s.budget > 0 {
		s.budget -= used
	}
	s.granted = s.credit
}

func (s *Scheduler) grant() {
	s.granted = pollEvery
	if s.budget >= 0 {
		s.granted = min(s.budget, pollEvery)
	}
	s.credit, s.withheld = s.granted, 0
	if s.observed {
		s.withhold()
	}
}

// setBudget has main run again after n steps; never, if n is below 0.
func (s *Scheduler) setBudget(n int) {
	s.spend()
	s.budget = n
	s.grant()
}

// unroll goes on with t, whose top frame returned step, and buries it if it has
// ended.
func (s *Scheduler) unroll(t *tasklet.Tasklet, step tasklet.Step) {
	ended, err := s.home.Unroll(t, step)
	if !ended {
		return
	}
	if err := s.home.End(t, err, s.handle); err != nil {
		s.home.Deliver(s.main, err)
	}
}

// handle offers an uncaught error to the error handler. What it returns is for
// main; a panic of the handler is too.
func (s *Scheduler) handle(t *tasklet.Tasklet, uncaught error) (err error) {
	if s.handler == nil {
		return uncaught
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("error handler, given %w: %w", uncaught, &tasklet.PanicError{Value: p, Stack: debug.Stack()})
		}
	}()
	return s.handler(t, uncaught)
}

// poll lets in who came from outside and who has slept long enough. Neither
// gets a turn before those who are ready.
func (s *Scheduler) poll() {
	s.takePosts()
	if s.timers.len() > 0 {
		s.wake()
	}
}

// idle finds somebody for the empty ring: by waiting, or by giving main its turn,
// or by telling somebody of the deadlock.
func (s *Scheduler) idle() {
	s.poll()
	if s.home.Ready().Len() > 0 {
		return
	}
	if s.workInOrder && s.home.Awaiting() > 0 && s.finishInOrder() {
		return
	}
	paused := s.main.Paused()
	switch {
	case paused && s.noWait:
		s.home.Front(s.main)
	case s.timers.len() > 0 || s.inbox.holds.Load() > 0 || s.home.Awaiting() > 0:
		s.clock.Wait(s.nextTimer(), s.inbox.bell)
	case paused:
		s.home.Front(s.main)
	default:
		s.deadlock()
	}
}
