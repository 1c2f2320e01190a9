package tasklet

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"sync/atomic"
	"time"
	"unsafe"
)

// A Scheduler is what a home's tasklets need of the scheduler that runs them.
// Package sched has the one that we know of.
type Scheduler interface {
	// Home returns the places of the scheduler's tasklets.
	Home() *Home
	// Now returns the time on the scheduler's clock.
	Now() time.Time
	// Arm has t, which is asleep, roused when d has passed. It returns what
	// Disarm is to know it by.
	Arm(t *Tasklet, d time.Duration) (slot unsafe.Pointer)
	// ArmAt is Arm for a tasklet that is to sleep until a point in time.
	ArmAt(t *Tasklet, at time.Time) (slot unsafe.Pointer)
	// Wakes returns when t, which is asleep, is to be roused.
	Wakes(t *Tasklet, slot unsafe.Pointer) time.Time
	// Asleep ranges over those who sleep, in the order in which they will wake.
	Asleep() iter.Seq[*Tasklet]
	// ArmDeadline has the home's Expire called for t at a point in time, or soon if
	// that is past. Whoever is to wake at the same time has woken by then.
	ArmDeadline(t *Tasklet, at time.Time) (timer unsafe.Pointer)
	// Disarm forgets a timer of t: that of its sleep, or of a deadline.
	Disarm(t *Tasklet, slot unsafe.Pointer)
	// Dispatch has j run on a goroutine outside, and then finished. It is on its
	// way until it is finished or withdrawn.
	Dispatch(j Job) (Errand, error)
	// Forget says that t goes to another home: the scheduler may not touch it any more.
	Forget(t *Tasklet)
	// InStep reports whether a step can be under way, so that its frame is still to return.
	InStep() bool
	// LookUp has the scheduler ask before the next turn what has changed: a budget
	// counts now, say. It is called by what runs on the scheduler.
	LookUp()
	// Post has f run on the scheduler's goroutine, between two steps. It may be called
	// from any goroutine.
	Post(f func()) error
	// Do runs f as a tasklet and waits for its end. It may be called from any
	// goroutine but the scheduler's own.
	Do(ctx context.Context, f Frame) error
}

// A Home is a scheduler as its tasklets see it: the places that it has, and
// the main tasklet. Whatever is at home in one scheduler has the same Home. Most
// of its methods are for the scheduler.
type Home struct {
	ring     Queue // the first runs
	parked   Queue
	backlog  Queue    // who roams and has not begun, the oldest first: see Roam
	away     Queue    // who waits in several queues, where stand-ins are
	sleeping Queue    // only a name: the scheduler's timers hold those who sleep
	outside  Queue    // who awaits functions that run outside, in the order of asking
	dead     Queue    // only a name: the dead are in no queue
	graves   []*Queue // dead of the homes that h has inherited

	waits []*Queue // in which somebody has waited since the last sweep, or still does

	left    int64         // steps that the budget allows still, see Tick and Budget
	watches []*watch      // outermost first: see watch.go
	spare   *watch        // to be used again, so that a run does not allocate
	shared  *SharedBudget // of main's watch, if other homes have it too
	trap    int           // the level of the switch trap

	goroutines bool // plain functions note theirs: see GoroutineOf

	between   bool     // the first of the ring is only the next to run: see Between
	woken     *Tasklet // while it is woken spuriously, until it performs its operation again
	lastID    uint64
	bound     uint32 // queues, by Bind
	armed     uint64 // deadlines, ever
	main      *Coroutine
	scheduler Scheduler

	observer Observer // nil when nobody looks
	telling  bool     // code of an observer runs: see Tell

	born, ended, failed uint64 // see Counts

	together any                  // what those homes have in common that know each other
	heir     atomic.Pointer[Home] // that has taken over what was h's
}

// A Homely is what belongs to a home: a scheduler, or one of its tasklets.
type Homely interface{ Home() *Home }

// Init makes h the home of s. Main is to drive s: suspend gives the turn to
// others and returns when main runs again.
func (h *Home) Init(s Scheduler, suspend func()) {
	h.scheduler, h.left = s, unlimited
	h.ring = Queue{home: h, status: Ready, quiet: true}
	h.parked = Queue{home: h, status: Parked}
	h.backlog = Queue{home: h, status: inBacklog}
	h.away = Queue{home: h, status: Blocked}
	h.sleeping = Queue{home: h, status: Sleeping}
	h.outside = Queue{home: h, status: Blocked}
	h.dead = Queue{home: h, status: Dead}
	t := New(h, mainFrame{})
	t.SetName("main")
	h.parked.remove(t)
	h.ring.pushBack(t)
	h.main = &Coroutine{t: t, suspend: suspend}
}

// mainFrame stands for the stack of the goroutine that drives a scheduler.
type mainFrame struct{}

func (mainFrame) Resume(t *Tasklet) Step { panic("tasklet: main is not the scheduler's to resume") }

// Scheduler returns the scheduler whose home h is.
func (h *Home) Scheduler() Scheduler { return h.scheduler }

// Main returns the main tasklet's handle.
func (h *Home) Main() *Coroutine { return h.main }

// Current returns the tasklet that runs: the first of the ring. Nil when
// nothing is ready.
func (h *Home) Current() *Tasklet { return h.ring.head }

// Between has f run between two steps: the first of the ring is not in the middle
// of one, and can be pickled.
func (h *Home) Between(f func()) {
	before := h.between
	h.between = true
	defer func() { h.between = before }()
	f()
}

// Ready returns the ring: the tasklet that runs, then those who follow, in
// the order of their turns.
func (h *Home) Ready() *Queue { return &h.ring }

// Parked returns the tasklets that go on only when they are inserted, in the
// order in which they were parked.
func (h *Home) Parked() *Queue { return &h.parked }

// Blocked ranges over all tasklets of the home that wait in some queue.
func (h *Home) Blocked() iter.Seq[*Tasklet] {
	return func(yield func(*Tasklet) bool) {
		for _, q := range h.waits {
			for t := range q.All() {
				if t.flags&standing == 0 && !yield(t) {
					return
				}
			}
		}
	}
}

// Counts returns how many tasklets have been given frames at the home, main among
// them, how many of those have ended or moved away, and how many of these ended
// with an error that nothing in them recovered; exits are none.
func (h *Home) Counts() (born, ended, failed uint64) { return h.born, h.ended, h.failed }

// LastID returns the number of the tasklet that was made last.
func (h *Home) LastID() uint64 { return h.lastID }

// Made reports whether t has a number of h's: it was made here, or loaded, and has not
// come from another home that knows h.
func (h *Home) Made(t *Tasklet) bool { return t.ID()>>numberBits == h.lastID>>numberBits }

// list notes that somebody waits in q.
func (h *Home) list(q *Queue) {
	q.listed = true
	h.waits = append(h.waits, q)
}

// Sweep forgets the queues in which nobody waits any more, and returns how many
// are left. A rendezvous pays nothing for it; the scheduler calls it now and
// then, so that they can be collected.
func (h *Home) Sweep() int {
	kept, listed := h.waits[:0], len(h.waits)
	for _, q := range h.waits {
		if q.len > 0 {
			kept = append(kept, q)
		} else {
			q.listed = false
		}
	}
	clear(h.waits[len(kept):])
	// Its size follows how many were waited in since the last sweep, not how many are
	// now: with less, a program whose queues fill and drain would make it anew each time.
	if h.waits = kept; cap(kept) > 4*listed+64 {
		h.waits = append(make([]*Queue, 0, 2*listed), kept...)
	}
	return len(kept)
}

// nextNumber gives t a number that no tasklet of this home has had.
func (h *Home) nextNumber(t *Tasklet) { t.idLow, t.idHigh = h.nextID() }

// nextID returns a number that no tasklet of this home has had. There are
// 2⁴⁸ of them: at a million tasklets a second, enough for nine years.
func (h *Home) nextID() (low uint32, high uint16) {
	h.lastID++
	return uint32(h.lastID), uint16(h.lastID >> 32)
}

// Check walks every place of the home and returns the first invariant that
// does not hold, or nil: links, lengths, each tasklet in one place, no queue
// with waiters of two directions. Asleep are those the caller knows to sleep, armed
// the timers of deadlines that it has.
// It takes time and memory proportional to the number of tasklets; it is for
// tests and for those who suspect a bug.
func (h *Home) Check(asleep iter.Seq[*Tasklet], armed iter.Seq2[unsafe.Pointer, *Tasklet]) error {
	if h.heir.Load() != nil {
		return nil // nothing is here any more
	}
	seen := make(map[*Tasklet]*Queue)
	for t := range asleep {
		if t.place != &h.sleeping || t.Frame() == nil || seen[t] != nil {
			return fmt.Errorf("timers: %v is not asleep, or asleep twice", t)
		}
		seen[t] = &h.sleeping
	}
	for _, q := range append([]*Queue{&h.ring, &h.backlog, &h.parked}, h.waits...) {
		if q.home.heirOrSelf() != h {
			return fmt.Errorf("%v queue has another home", q.status)
		}
		if err := q.check(seen); err != nil {
			return err
		}
	}
	if h.sleeping.len != 0 || h.dead.len != 0 {
		return fmt.Errorf("the names of places hold tasklets")
	}
	if err := h.checkOutside(); err != nil {
		return err
	}
	if main := h.main.t; seen[main] == nil {
		return fmt.Errorf("main is nowhere: %v", main)
	}
	left := maps.Collect(armed)
	for t := range seen {
		if err := t.checkDeadlines(left); err != nil {
			return err
		}
	}
	for _, t := range left {
		return fmt.Errorf("timers: one for a deadline that %v does not have", t)
	}
	alive := h.born - h.ended
	for t := range seen {
		if t.flags&standing == 0 {
			alive--
		}
	}
	if alive != 0 {
		return fmt.Errorf("%d were born and %d have ended, which is %d more than are alive", h.born, h.ended, int64(alive))
	}
	return h.checkWatches(seen)
}
