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
func (s *Scheduler) Run() error {
	_, err := s.run(-1, true, tasklet.Budget{})
	return err
}

// RunReady is Run until nothing is ready: it waits neither for those asleep nor
// for anybody outside, but for work if that is in order (see [WithWorkInOrder]).
func (s *Scheduler) RunReady() error {
	_, err := s.run(-1, false, tasklet.Budget{})
	return err
}

// Step is RunReady for at most n steps. It returns how many were run: fewer than
// n if nothing was ready any more, there was an error or somebody inserted main.
// Whoever is next then stays next.
func (s *Scheduler) Step(n int) (ran int, err error) {
	before := s.Steps()
	if n > 0 {
		_, err = s.run(n, false, tasklet.Budget{})
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

// RunBudget is Run with a budget of steps for the others. If one was interrupted
// because it has used the budget up, it is parked and returned as the victim;
// inserted again, it goes on where it was. The rest is next in its order, for a
// further run. A budget of tasklets that have watches of their own under way
// counts before main's: see [tasklet.Tasklet.Watch].
func (s *Scheduler) RunBudget(b tasklet.Budget) (victim *tasklet.Tasklet, err error) {
	return s.run(-1, true, b)
}

// run is main's Watch: whoever watches gives the others turns.
func (s *Scheduler) run(steps int, wait bool, b tasklet.Budget) (victim *tasklet.Tasklet, err error) {
	switch {
	case s.stopped: // what it was may be another's already
		return nil, ErrStopped
	case s.driving || s.home.Current() != s.main:
		return nil, ErrRunning
	case s.closed:
		return nil, ErrClosed
	}
	s.setBudget(steps)
	s.noWait = !wait
	defer func() {
		s.setBudget(-1)
		s.noWait = false
	}()
	if s.observed {
		return s.observers.run(b)
	}
	return s.Main().Watch(b)
}

// drive gives turns until it is main's. Every wait of main is a call of it.
func (s *Scheduler) drive() {
	if s.driving {
		panic("sched: main waits in two goroutines, or inside another tasklet's step")
	}
	s.driving = true
	defer func() { s.driving = false }()
	s.ran(s.main)
	if s.limit != nil {
		defer s.limit.watch()()
		s.LookUp()
	}
	if s.observed {
		s.observers.begins()
	}
	if s.disorder != nil {
		s.mainStepped()
	}
	s.drawBesideMain()
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
			s.ran(t)
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
		if next == s.main && (s.disorder == nil || s.credit > 0) {
			exits = false
			return true
		}
		if next == nil || s.credit == 0 {
			if t != nil {
				s.home.CheckWaited(t)
				s.ran(t)
				t = nil
			}
			if s.limit != nil {
				s.limit.ends()
			}
			if s.observed {
				s.observers.stepped()
			}
			if s.disorder != nil {
				s.tellOnlooker()
			}
			if next == nil {
				s.idle()
			} else {
				s.account()
			}
			continue
		}
		s.credit--
		t = next
		step := tasklet.Failed
		if !s.home.Thrown(t) {
			step = s.home.Top(t).Resume(t)
		}
		if (step != tasklet.Wait || t.Op() == tasklet.OpNone) && s.unroll(t, step) {
			s.ran(t)
			t = nil // it is interrupted, and has not said Wait
		}
	}
}

// The scheduler counts down one number for each step: its credit. When that is
// used up, account adds it to the steps, takes it off the budget and looks
// outside, if it is time to, and grants as much again. While each turn is
// somebody's business, account grants one step at a time, and says so before it.

func (s *Scheduler) account() {
	s.spend()
	if s.steps >= s.pollAt {
		s.poll()
		s.letCollect()
		if s.member.pool != nil {
			s.pace()
			s.share()
			s.draw()
		}
		if s.steps >= s.sweepAt {
			s.sweepAt = s.steps + max(sweepEvery, 4*uint64(s.home.Sweep()))
		}
		s.pollAt = s.steps + s.untilPoll()
	}
	if s.disorder != nil {
		s.disturb()
		return
	}
	if s.budget == 0 {
		s.home.Front(s.main)
		return
	}
	if s.home.Ready().First() == s.main {
		return
	}
	credit := int(s.pollAt - s.steps)
	if s.everyTurn() {
		if s.beforeTurn() {
			return // somebody else is next
		}
		credit = 1
	}
	s.granted, s.credit = credit, credit
}

// everyTurn reports whether beforeTurn has something to do.
func (s *Scheduler) everyTurn() bool {
	return s.observed || s.limit != nil || s.home.Limited() || s.guests.inside > 0
}

// beforeTurn does what is to be done before the first of the ring has its turn. It
// reports whether it has let another be the first.
func (s *Scheduler) beforeTurn() (changed bool) {
	if s.home.Limited() && s.home.Turn() {
		return true
	}
	if s.observed {
		s.observers.turn(s.home.Ready().First())
	}
	if s.limit != nil {
		s.limit.begins(s.home.Ready().First())
	}
	return false
}

// LookUp has the scheduler account before the next turn.
func (s *Scheduler) LookUp() {
	s.spend()
	s.granted, s.credit = 0, 0
}

// InStep reports whether the scheduler is driven, and main does not have the turn.
func (s *Scheduler) InStep() bool { return s.driving }

// Forget has the scheduler know t no more, which goes to another.
func (s *Scheduler) Forget(t *tasklet.Tasklet) {
	if s.running == t {
		s.running = nil
	}
	if s.guests.host == t {
		s.guests.host = nil
	}
	if s.observed {
		s.observers.forget(t)
	}
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

// untilPoll returns after how many steps the scheduler is to look outside.
func (s *Scheduler) untilPoll() uint64 {
	if s.budget >= 0 {
		return uint64(min(s.budget, s.paceSteps))
	}
	return uint64(s.paceSteps)
}

// setBudget has main run again after n steps; never, if n is below 0.
func (s *Scheduler) setBudget(n int) {
	s.LookUp()
	s.budget = n
	s.pollAt = s.steps + s.untilPoll()
}

// unroll goes on with t, whose top frame returned step, and buries it if it has
// ended. It reports whether t was interrupted between two frames.
func (s *Scheduler) unroll(t *tasklet.Tasklet, step tasklet.Step) (interrupted bool) {
	switch then, err := s.home.Unroll(t, step); then {
	case tasklet.Called:
		return true
	case tasklet.Return:
		if err := s.home.End(t, err, s.handle); err != nil {
			s.home.Deliver(s.home.Watchdog(), err)
		}
	}
	return false
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

// idle finds somebody for the empty ring: by giving whoever watches the turn, or
// by waiting, or by telling somebody of the deadlock.
func (s *Scheduler) idle() {
	s.poll()
	if s.home.Ready().Len() > 0 || s.home.Draw(true) || s.home.Limited() && s.home.Turn() {
		return
	}
	if s.workInOrder && s.home.Awaiting() > 0 && s.finishInOrder() {
		return
	}
	paused := s.main.Paused()
	switch watchdog := s.home.Watchdog(); {
	case watchdog != s.main:
		s.home.Front(watchdog)
	case paused && s.noWait:
		s.home.Front(s.main)
	case s.timers.len() > 0 || s.expected() || s.home.Awaiting() > 0:
		s.wait(s.nextTimer())
	case s.member.pool != nil && s.rest(paused):
	case paused:
		s.home.Front(s.main)
	default:
		s.deadlock()
	}
}
