package sched

import (
	"iter"
	"time"

	"github.com/stackless-go/stackless/tasklet"
)

// A Scheduler is a ring of ready tasklets, the timers of those asleep and the
// main tasklet that drives them.
type Scheduler struct {
	home    tasklet.Home
	main    *tasklet.Tasklet
	running *tasklet.Tasklet // whose step it was last, nil if it has moved away; between runs it means nothing
	clock   Clock
	epoch   time.Time // timers count from here, monotonically

	monotonic bool          // so the clock goes: see drift.go
	drift     time.Duration // as last measured

	timers  timers
	inbox   inbox
	workers workers

	disorder *disorder // nil but in tests: see there
	handler  func(t *tasklet.Tasklet, err error) error

	// Steps are counted by one number that falls: see account.
	steps   uint64 // those booked
	budget  int    // steps left until main is to run again, in Step; below 0 for ever
	credit  int    // steps left until they are booked: see account
	granted int    // what credit started from

	observed  bool
	observers *observers // nil until somebody looks

	limit *stepLimit // of WithStepLimit, nil without

	workInOrder bool // see WithWorkInOrder
	guests      guests

	paceSteps int       // how many steps are granted at a time
	looked    time.Time // when the scheduler looked outside last, if it is in a pool
	drawAt    uint64    // of steps: when the backlog has its turn
	refrain   int       // how often not to look for somebody who roams
	member    membership

	collector collectorTurn // see letCollect

	noWait  bool // main goes on from its run when nothing is ready
	driving bool
	closing bool // Close has begun
	closed  bool // and ended: nothing runs any more
	stopped bool // nothing runs here any more; another can adopt it
	adopted []*Scheduler
	pollAt  uint64 // of steps: when to look outside
	sweepAt uint64
}

// An Option changes what New makes.
type Option func(*Scheduler)

// WithClock has the scheduler's timers follow c instead of the real time.
func WithClock(c Clock) Option { return func(s *Scheduler) { s.clock = c } }

// WithErrorHandler is [Scheduler.OnError] from the start.
func WithErrorHandler(handle func(t *tasklet.Tasklet, err error) error) Option {
	return func(s *Scheduler) { s.handler = handle }
}

// New makes a scheduler. It belongs to the goroutine that calls its methods,
// and starts none of its own but for functions that tasklets await, and, where no
// processor is idle, some that end at once, which let the garbage collector in.
func New(options ...Option) *Scheduler {
	s := &Scheduler{clock: RealClock{}, budget: -1, paceSteps: pollEvery, workers: workers{limit: defaultWorkers}}
	s.inbox.bell, s.inbox.gone = make(chan struct{}, 1), make(chan struct{})
	s.collector.over = make(chan struct{})
	for _, o := range options {
		o(s)
	}
	if _, virtual := s.clock.(*VirtualClock); virtual {
		s.workInOrder = true
	}
	s.epoch = s.clock.Now()
	s.monotonic = monotonic(s.epoch)
	s.home.Init(s, s.drive)
	s.main = s.home.Main().Tasklet()
	if s.limit != nil {
		s.home.NoteGoroutines()
	}
	if s.observers != nil {
		s.attend()
	}
	return s
}

// Home returns the places of the scheduler's tasklets; those of its adopter, if it has
// one.
func (s *Scheduler) Home() *tasklet.Home { return &s.now().home }

// Main returns the handle of the main tasklet, for the goroutine that drives
// the scheduler.
func (s *Scheduler) Main() *tasklet.Coroutine { return s.home.Main() }

// Go makes a tasklet of frame f, at the end of the ring.
func (s *Scheduler) Go(f tasklet.Frame) *tasklet.Tasklet { return s.Home().Go(f) }

// GoFunc makes a tasklet of a plain function, at the end of the ring. The
// function gets a goroutine of its own and runs only in its turn.
func (s *Scheduler) GoFunc(fn func(co *tasklet.Coroutine) error) *tasklet.Tasklet {
	return s.Home().GoFunc(fn)
}

// New makes a tasklet of frame f that is parked until it is inserted; with nil,
// one that is dead until it is bound.
func (s *Scheduler) New(f tasklet.Frame) *tasklet.Tasklet { return tasklet.New(s.Home(), f) }

// Current returns the tasklet that runs; main, while nothing is driven.
func (s *Scheduler) Current() *tasklet.Tasklet {
	s = s.now()
	if s.observed && s.observers.leaving != nil {
		return s.observers.leaving
	}
	return s.home.Current()
}

// RunCount returns how many tasklets are ready, the running one included, and those that
// roam and have not begun.
// Those that are blocked, asleep or parked, as main is in Run, do not count.
func (s *Scheduler) RunCount() int { return s.Home().Ready().Len() + s.Home().Backlog().Len() }

// Sleeping returns how many tasklets are asleep.
func (s *Scheduler) Sleeping() int { return s.now().timers.asleep }

// Blocked ranges over the tasklets that wait in a channel, a join or the like.
// The scheduler may not run meanwhile.
func (s *Scheduler) Blocked() iter.Seq[*tasklet.Tasklet] { return s.Home().Blocked() }

// Everyone returns all tasklets but main, with their order: what pickles a whole
// scheduler. See [tasklet.Group].
func (s *Scheduler) Everyone() *tasklet.Group { return s.Home().Everyone() }

// Steps returns how many steps tasklets have run since the scheduler was made.
// A step is one Resume of a tasklet's top frame and what it calls, up to a wait.
func (s *Scheduler) Steps() uint64 { return s.steps + uint64(s.granted-s.credit) }

// Now returns the time on the scheduler's clock.
func (s *Scheduler) Now() time.Time { return s.clock.Now() }

// OnError has handle receive each [tasklet.Uncaught] error in place of whoever
// drives the scheduler. The tasklet it comes from is still the current one. What
// handle returns, if not nil, reaches the driver instead. It may not wait. OnError
// returns the handler that was set before; with nil there is none.
func (s *Scheduler) OnError(handle func(t *tasklet.Tasklet, err error) error) (before func(*tasklet.Tasklet, error) error) {
	before, s.handler = s.handler, handle
	return before
}

// SetSwitchTrap changes the level of the switch trap by delta, and returns what it
// was. While the level is above 0, an operation that would give up the turn fails
// with [tasklet.ErrSwitchTrap] and changes nothing: to yield while others are
// ready, run or switch to another, throw or kill at once, park, sleep, watch, or
// send, receive or join where that has to wait or hands the turn over. So code that
// is meant to run without a switch shows where it has one. What gives nobody the
// turn goes on: a send that leaves its receiver to the ring, Insert, ThrowLater,
// the end of a tasklet; and no budget interrupts anybody. To ask whether it is set
// costs an operation that gives up the turn 0.2 to 0.4 ns.
func (s *Scheduler) SetSwitchTrap(delta int) (before int) { return s.home.SwitchTrap(delta) }

// Check walks all the scheduler's tasklets and returns the first invariant that
// does not hold: each is in one place, the links and lengths of every queue
// match, no channel has senders and receivers waiting at once, the timers are
// in order. It takes time and memory proportional to the number of tasklets; it
// is for tests and for those who suspect a bug.
func (s *Scheduler) Check() error {
	if s.inbox.heir.Load() != nil {
		return nil // nothing is here any more
	}
	if err := s.timers.check(); err != nil {
		return err
	}
	if s.observed {
		if err := s.observers.check(); err != nil {
			return err
		}
	}
	return s.home.Check(s.timers.all(), s.timers.deadlines())
}

var _ tasklet.Scheduler = (*Scheduler)(nil)
