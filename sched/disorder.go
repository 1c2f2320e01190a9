package sched

import (
	"math/rand/v2"
	"runtime/debug"

	"github.com/stackless-go/stackless/tasklet"
)

// A disorder is what a scheduler in a test does beside running its tasklets: it
// looks on after each step, wakes who waits for nothing, and turns the ring to
// whoever it likes. All it decides comes from its seeds, in the order of the
// steps, so the same program with the same seeds runs the same way.
//
// Invariants:
//
//   - Credit is 1 while a step runs and 0 between, so that each step begins in
//     account; see there.
//   - What a directed switch has put first runs first: Run, Switch, Throw and Kill,
//     an error that is delivered to main, and, unless handovers is set, who runs on
//     after a rendezvous.
//   - Nothing is disturbed while the scheduler closes: everyone then has one turn.
type disorder struct {
	afterStep func(t *tasklet.Tasklet, spurious bool) error
	unseen    bool // there was, or is, a step since afterStep was called

	order     *rand.Rand // nil: the ring's own
	shuffles  int        // of sixteen steps, so many are not the ring's next
	unfair    int        // of sixteen of those, so many are who became ready last
	handovers bool
	next      *tasklet.Tasklet // who follows whoever runs in the ring; nil if it is alone

	wakeups *rand.Rand // nil: none
	wakes   int        // so many in sixteen steps
	waiting []*tasklet.Tasklet
	placed  bool // a budget that is used up has put the first of the ring there
}

// Each seed has streams of its own for what it decides.
const (
	orderStream = iota + 1
	wakeupStream
)

// tempers are how often, in sixteen steps, a seed interferes. Some bugs need an
// order that is all random, others one that is right but for a step or two far
// into the program.
var tempers = [...]int{16, 16, 8, 4, 1}

func temper(r *rand.Rand) int { return tempers[r.IntN(len(tempers))] }

// WithShuffle has the scheduler choose at random, from seed, which of the ready
// tasklets runs next, before each step. Main takes part as any other does. What
// a program can't rely on is the ring's order alone: directed switches, the order
// in every queue and timers remain as they are. A seed shuffles always or seldom,
// as it happens, and some let those wait long who are ready long.
//
// The same program with the same seed runs in the same order. It is for tests, as
// is package sched/schedtest, which makes it easy: finding the chosen one takes
// time in proportion to the ring.
func WithShuffle(seed uint64) Option {
	return func(s *Scheduler) {
		d := s.disordered()
		d.order = rand.New(rand.NewPCG(seed, orderStream))
		d.shuffles = temper(d.order)
		if d.order.IntN(4) == 0 {
			d.unfair = 15
		}
	}
}

// WithShuffledHandovers has WithShuffle also decide who runs on after a
// rendezvous, whatever the channel's preference is. It is for programs that are
// to be right without.
func WithShuffledHandovers() Option {
	return func(s *Scheduler) { s.disordered().handovers = true }
}

// WithSpuriousWakeups has the scheduler, between steps and at random from seed,
// resume the frames of tasklets that wait although what they wait for has not
// come. A frame that keeps the contract performs its operation again, which waits
// on and keeps its place. One that does something before the operation does it
// twice; one that comes back to something else, or receives into another variable,
// ends with [tasklet.ErrMisuse]. Main and plain functions are left alone. A wake-up
// is no step.
func WithSpuriousWakeups(seed uint64) Option {
	return func(s *Scheduler) {
		d := s.disordered()
		d.wakeups = rand.New(rand.NewPCG(seed, wakeupStream))
		d.wakes = temper(d.wakeups)
	}
}

// WithAfterStep has the scheduler call f after each step, with the tasklet whose
// it was and where that is now, and after each spurious wake-up. Main's steps are
// what it does between two waits. An error that f returns is raised in main, whose
// turn it is then. F may look at everything, with Check for example, and change
// nothing.
func WithAfterStep(f func(t *tasklet.Tasklet, spurious bool) error) Option {
	return func(s *Scheduler) { s.disordered().afterStep = f }
}

func (s *Scheduler) disordered() *disorder {
	if s.disorder == nil {
		s.disorder = new(disorder)
	}
	return s.disorder
}

// mainStepped books the end of main's step.
func (s *Scheduler) mainStepped() {
	s.LookUp()
	s.disorder.unseen = true
}

// disturb is what account ends with if there is disorder. It grants one step, also
// if that is main's.
func (s *Scheduler) disturb() {
	d := s.disorder
	ring := s.home.Ready()
	if !s.closing {
		if d.wakeups != nil && d.wakeups.IntN(16) < d.wakes {
			s.wakeSpuriously()
		}
		if d.order != nil && ring.Len() > 1 && !s.directed() && d.order.IntN(16) < d.shuffles {
			i := d.order.IntN(ring.Len())
			if d.order.IntN(16) < d.unfair {
				i = ring.Len() - 1
			}
			s.home.Front(nth(ring, i))
		}
	}
	if d.next = nil; ring.Len() > 1 {
		d.next = nth(ring, 1)
	}
	switch first := ring.First(); {
	case s.budget == 0:
		s.home.Front(s.main)
	case first != s.main && first != nil && s.everyTurn() && s.beforeTurn():
		d.placed = true
		return // somebody else is next
	}
	d.placed = false
	s.credit, s.granted, d.unseen = 1, 1, true
}

// tellOnlooker has the onlooker see the step that was last, if it has not yet.
func (s *Scheduler) tellOnlooker() {
	if d := s.disorder; d.unseen {
		d.unseen = false
		if s.running != nil {
			s.saw(s.running, false)
		}
	}
}

// saw tells the onlooker what t has done.
func (s *Scheduler) saw(t *tasklet.Tasklet, spurious bool) {
	if f := s.disorder.afterStep; f != nil {
		if err := f(t, spurious); err != nil {
			s.home.Deliver(s.main, err)
		}
	}
}

// directed reports whether the first of the ring is there by somebody's wish and
// not because it came next. Who came next is not known of one that was alone.
func (s *Scheduler) directed() bool {
	first, ran := s.home.Current(), s.running
	inTurn := first == s.disorder.next
	switch {
	case s.disorder.placed:
		return true
	case ran == nil: // it has moved away
		return !inTurn && s.disorder.next != nil
	}
	switch by := ran.Op(); {
	case first == s.main && first.Pending() != nil:
		return true
	case by == tasklet.OpSwitch || by == tasklet.OpTick:
		return true
	case ran.Blocked():
	case by == tasklet.OpSend || by == tasklet.OpSendError || by == tasklet.OpReceive || by == tasklet.OpSelect:
		return !inTurn && !s.disorder.handovers
	}
	return !inTurn && s.disorder.next != nil
}

// wakeSpuriously wakes one of those who wait, each as likely as any other.
func (s *Scheduler) wakeSpuriously() {
	d := s.disorder
	d.waiting = d.waiting[:0]
	for t := range s.everyone() {
		if status := t.Status(); status != tasklet.Ready && status != tasklet.Running {
			d.waiting = append(d.waiting, t)
		}
	}
	defer clear(d.waiting)
	if len(d.waiting) == 0 {
		return
	}
	t := d.waiting[d.wakeups.IntN(len(d.waiting))]
	woken, exits := false, true
	defer func() {
		if p := recover(); p != nil {
			s.home.Fault(t, p, debug.Stack())
		} else if exits {
			s.home.Fault(t, errGoexit, nil)
		}
	}()
	woken = s.home.WakeSpuriously(t)
	exits = false
	if woken {
		s.saw(t, true)
	}
}

// nth returns the tasklet at position i of q, which is that long.
func nth(q *tasklet.Queue, i int) *tasklet.Tasklet {
	for t := range q.All() {
		if i == 0 {
			return t
		}
		i--
	}
	return nil
}
