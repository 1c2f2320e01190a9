package sched

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/stackless-go/stackless/tasklet"
)

// ErrObserver: a callback or the handler of a trace panicked, or did what an
// observer may not do. What it observed is not changed by that.
var ErrObserver = errors.New("sched: an observer failed")

// observers is all that looks at a scheduler, and what it knows by looking. A
// scheduler has one from when somebody first looks.
//
// Invariants:
//
//   - Looking changes nothing: the same program does the same in the same steps.
//     An observed scheduler grants its credit step by step, so that it is seen
//     between steps; clock and inbox are looked at when they would
//     have been anyway.
//   - While somebody looks, last is whose turn it was last, and known has where
//     each living tasklet is that has moved since, and since when.
//   - Code of others runs in guard, which takes its panic.
type observers struct {
	s         *Scheduler
	onSwitch  func(from, to *tasklet.Tasklet)
	onChannel func(e tasklet.ChannelEvent)
	traces    []*trace
	observing bool // Observe
	tracing   bool // a trace is being written

	last    *tasklet.Tasklet
	leaving *tasklet.Tasklet // last, while onSwitch runs: it counts as current
	actor   *tasklet.Tasklet // whose doing it is, nil between steps
	lastID  uint64           // of the tasklets that were made
	steps   uint64           // those looked at
	known   map[*tasklet.Tasklet]moment

	switches, rendezvous uint64

	failures []failure // not reported yet
	untold   int       // more of them
}

// A moment is when a tasklet came where it is.
type moment struct {
	status tasklet.Status
	at     time.Time
	step   uint64
}

// A failure is an observer's.
type failure struct {
	t   *tasklet.Tasklet // what it was told of
	err error
}

// mostFailures is how many failures of observers are reported at a time.
const mostFailures = 8

// OnSwitch has before each turn of another tasklet, main included, callback told
// who had the turn and who gets it. The former still is the current one, though it
// may be dead. A turn that goes to the same tasklet again is none. Callback may
// insert, throw and make tasklets; it may not wait. OnSwitch returns the callback
// that was set before; with nil there is none.
func (s *Scheduler) OnSwitch(callback func(from, to *tasklet.Tasklet)) (before func(from, to *tasklet.Tasklet)) {
	o := s.look()
	before, o.onSwitch = o.onSwitch, callback
	s.attend()
	return before
}

// OnChannel has callback told of each operation on a channel before it happens,
// also if it is then refused because the channel is closed or the tasklet may not
// block. An operation that is performed again, after its wait, is not told again.
// Callback may not wait, and an operation on a channel in it fails with
// [tasklet.ErrRecursive]. OnChannel returns the callback that was set before; with
// nil there is none.
func (s *Scheduler) OnChannel(callback func(e tasklet.ChannelEvent)) (before func(e tasklet.ChannelEvent)) {
	o := s.look()
	before, o.onChannel = o.onChannel, callback
	s.attend()
	return before
}

// Observe has the scheduler note since when each tasklet is where it is, for
// [Scheduler.Inspect], and count turns and rendezvous, for [Scheduler.Stats]; or
// no longer. It reports whether it did before. It costs a reading of the clock for
// each step and wake-up, and each tasklet that moves a place in a map.
func (s *Scheduler) Observe(on bool) (before bool) {
	o := s.look()
	before, o.observing = o.observing, on
	s.attend()
	return before
}

// look returns the scheduler's observers.
func (s *Scheduler) look() *observers {
	if s.observers == nil {
		s.observers = &observers{s: s}
	}
	return s.observers
}

// attend begins or ends looking, as there is somebody to look or not.
func (s *Scheduler) attend() {
	o := s.observers
	on := o.onSwitch != nil || o.onChannel != nil || o.observing || len(o.traces) > 0
	if on == s.observed || s.main == nil { // New does it, when there is somebody to look at
		return
	}
	s.observed = on
	if !on {
		s.home.Observe(nil)
		o.known, o.last = nil, nil
		return
	}
	s.home.Observe(o)
	o.known = make(map[*tasklet.Tasklet]moment)
	o.last, o.actor = s.home.Current(), s.home.Current()
	o.lastID, o.steps = s.home.LastID(), s.Steps()
	s.LookUp()
}

// run is main's Watch.
func (o *observers) run(b tasklet.Budget) (victim *tasklet.Tasklet, err error) {
	o.trace(runs{main: o.s.main})
	victim, err = o.s.Main().Watch(b)
	o.trace(runs{main: o.s.main, over: true, err: err})
	return victim, err
}

// begins is told that main waits, and that others get turns.
func (o *observers) begins() {
	o.s.LookUp()
	o.settled(o.s.main)
	o.handed(o.s.main)
	o.last, o.actor = o.s.main, nil
	o.steps = o.s.Steps()
	o.report()
}

// stepped is told, at least once between two steps, that they are between.
func (o *observers) stepped() {
	if n := o.s.Steps(); n != o.steps {
		o.steps = n
		o.settled(o.s.running)
		o.handed(o.s.running)
	}
	o.actor = nil
	o.report()
}

// turn is told who is next to run.
func (o *observers) turn(to *tasklet.Tasklet) {
	if o.actor = to; to == o.last {
		return
	}
	from := o.last
	if o.known[from].status == tasklet.Running { // it was put off after its step
		o.settled(from)
	}
	o.switches++
	o.move(to, tasklet.Running)
	o.trace(turned{from: from, to: to})
	o.last = to
	if o.onSwitch != nil {
		o.leaving = from
		o.call("switch callback", to, func() { o.onSwitch(from, to) })
		o.leaving = nil
	}
}

// ends is told that main goes on.
func (o *observers) ends() {
	o.stepped()
	o.turn(o.s.main)
	if err := o.failed(); err != nil {
		_ = o.s.main.ThrowLater(err) // main is alive
	}
}

// settled notes where t is, whose step is over.
func (o *observers) settled(t *tasklet.Tasklet) {
	switch status := t.Status(); status {
	case tasklet.Ready, tasklet.Blocked, tasklet.Sleeping:
		o.move(t, status)
		o.trace(waits{t: t, status: status})
	default: // it goes on, or it was told as it happened
	}
}

// handed notes that somebody has been handed the turn by t: without a detour by the
// ring's end, of which an observer is told.
func (o *observers) handed(t *tasklet.Tasklet) {
	first := o.s.home.Current()
	if m, ok := o.known[first]; ok && m.status != tasklet.Ready && m.status != tasklet.Running {
		o.actor = t
		o.Entered(first)
	}
}

// move notes that t is in a place now.
func (o *observers) move(t *tasklet.Tasklet, status tasklet.Status) {
	o.known[t] = moment{status: status, at: o.s.clock.Now(), step: o.s.Steps()}
}

// Entered is told that t is in the ring or parked now.
func (o *observers) Entered(t *tasklet.Tasklet) {
	status := t.Status()
	if status == tasklet.Running {
		status = tasklet.Ready // nobody else is; its turn has not come
	}
	made := t.ID() > o.lastID && o.s.home.Made(t)
	if made {
		o.lastID = t.ID()
	}
	o.move(t, status)
	o.trace(entered{t: t, by: o.actor, status: status, made: made})
}

// Arrives is told that t has come from elsewhere.
func (o *observers) Arrives(t *tasklet.Tasklet, made bool) {
	if o.s.home.Made(t) {
		o.lastID = max(o.lastID, t.ID()) // it is not new when it enters
	}
	o.trace(arrives{t: t, made: made})
}

// Met is told that one who is elsewhere has met somebody here. It is called while both
// are kept from being called back, so it may not touch them.
func (o *observers) Met() { o.rendezvous++ }

// Thrown is told that err awaits t.
func (o *observers) Thrown(t *tasklet.Tasklet, err error) {
	o.trace(thrown{t: t, by: o.actor, err: err})
}

// Ended is told that t is dead.
func (o *observers) Ended(t *tasklet.Tasklet, f tasklet.Frame, err error) {
	delete(o.known, t)
	o.trace(ended{t: t, f: f, err: err})
}

// forget is told that t goes to another scheduler: whoever has the next turn has it from
// main.
func (o *observers) forget(t *tasklet.Tasklet) {
	if o.last == t {
		o.last = o.s.main
	}
	if o.actor == t {
		o.actor = nil
	}
}

// Channel is told of an operation before it happens.
func (o *observers) Channel(e tasklet.ChannelEvent) {
	if !e.WillBlock {
		o.rendezvous++
	}
	o.trace(operates{e})
	if o.onChannel != nil {
		o.call("channel callback", e.Tasklet, func() { o.onChannel(e) })
	}
}

// call runs a callback, which is told of t.
func (o *observers) call(what string, t *tasklet.Tasklet, callback func()) {
	o.guard(what, t, func() error { return o.s.home.Tell(callback) })
}

// guard runs code of an observer, which is told of t, and notes its failure.
func (o *observers) guard(what string, t *tasklet.Tasklet, f func() error) {
	var err error
	defer func() {
		if p := recover(); p != nil {
			err = &tasklet.PanicError{Value: p, Stack: debug.Stack()}
		}
		if err == nil {
			return
		}
		if len(o.failures) == mostFailures {
			o.untold++
			return
		}
		o.failures = append(o.failures, failure{t, fmt.Errorf("%w: %s, told of %s: %w", ErrObserver, what, t.Describe(), err)})
	}()
	err = f()
}

// failed takes what is to be reported of observers, after the error handler has
// had its say.
func (o *observers) failed() error {
	if len(o.failures) == 0 {
		return nil
	}
	failures, untold := o.failures, o.untold
	o.failures, o.untold = nil, 0
	var errs []error
	for _, f := range failures {
		if err := o.s.handle(f.t, f.err); err != nil {
			errs = append(errs, err)
		}
	}
	if untold > 0 {
		errs = append(errs, fmt.Errorf("%w: %d times more", ErrObserver, untold))
	}
	return errors.Join(errs...)
}

// report tells main of failures, if it only drives: otherwise what it waits by
// would be undone.
func (o *observers) report() {
	if len(o.failures) > 0 && o.s.main.Paused() {
		if err := o.failed(); err != nil {
			o.s.home.Deliver(o.s.main, err)
		}
	}
}

// check returns the first tasklet that is not where it is known to be.
func (o *observers) check() error {
	for t, m := range o.known {
		status := t.Status()
		if status == tasklet.Running && m.status == tasklet.Ready && t == o.s.home.Current() {
			continue // it is only next
		}
		if status != m.status {
			return fmt.Errorf("observers: %v was last seen %v", t, m.status)
		}
	}
	return nil
}

var _ tasklet.Observer = (*observers)(nil)
