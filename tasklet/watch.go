package tasklet

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// A tasklet that lets the others run until none of them is ready is their
// watchdog: main in a scheduler's Run, any other in its Watch. Watches nest. The
// innermost is who goes on when nothing is ready, whose budget counts, and who
// hears of errors that nothing else took.
//
// Invariants:
//
//   - A tasklet is in home.watches exactly if it is marked as watching: from the
//     beginning of its Watch until it performs that again, or ends, or moves away.
//     In between it is parked, or in the ring and has not had its turn yet.
//   - Each is there once, in the order in which they began; but main is always
//     the outermost, the first.
//   - Home.left is what is left for the innermost. The others keep their own.

// A Budget limits how many steps the others may run under a watch. A step is
// counted each time that a frame is resumed, by its scheduler, because it was
// called or because its callee has returned, and at each [Tasklet.Tick]. The
// zero Budget is no limit.
type Budget struct {
	// Steps is how many each tasklet may run without giving way: the count
	// starts anew whenever another gets its turn. 0 is no limit.
	Steps int
	// Total has Steps count for all tasklets together.
	Total bool
	// Soft has the watch end when a tasklet gives way, at the first time that it
	// does so with the budget used up, instead of interrupting one: whoever is
	// next stays next.
	Soft bool
}

// ErrBudget: the budget is not one that can be kept.
var ErrBudget = errors.New("a budget is a number of steps that is not negative")

func (b Budget) check() error {
	if b.Steps < 0 {
		return fmt.Errorf("watch with a budget of %d steps: %w", b.Steps, ErrBudget)
	}
	return nil
}

// unlimited is what is left without a budget: a thousand million ticks a second
// take three hundred years to use it up.
const unlimited = math.MaxInt64

// start is what is left of the budget when it begins to count.
func (b Budget) start() int64 {
	if b.Steps == 0 {
		return unlimited
	}
	return int64(b.Steps)
}

// A watch is one Watch that is under way.
type watch struct {
	t *Tasklet // who watches
	Budget
	left   int64    // of the budget, while a watch inside this one counts
	holder *Tasklet // whose steps are counted now
	victim *Tasklet // who was taken out, until the Watch is performed again
}

// Watch lets the others run, t watching over them: it is in no turn until none of
// them is ready, or the budget is used up, or somebody inserts it. If the budget
// interrupted a tasklet, that is parked and *victim is it; inserted again, it goes
// on where it was. Otherwise *victim is nil. Victim itself may be nil.
//
// Watch fails with the error of a tasklet that neither it, nor one that joins it,
// nor the error handler took; watched again, the others go on. It does not wait
// for those who sleep. The error is [ErrBudget] for a negative number of steps.
//
// Watches nest: of several, the innermost goes on when nothing is ready. One that
// goes on earlier, as it was inserted or thrown an error, is not waited for by the
// others. A tasklet that watches can be pickled, and watches where it is loaded.
func (t *Tasklet) Watch(b Budget, victim **Tasklet) Step {
	if !t.begin() {
		s := t.again(OpWatch, nil)
		if s == Wait { // it was woken spuriously
			return s
		}
		if v := t.unwatch(); victim != nil {
			*victim = v
		}
		return s
	}
	if err := b.check(); err != nil {
		return t.Fail(err)
	}
	h := t.Home()
	if h.ring.trapped {
		return t.Trap(OpWatch)
	}
	h.ring.remove(t)
	t.op = OpWatch
	h.enter(&h.parked, t)
	w := h.spare
	if h.spare = nil; w == nil {
		w = new(watch)
	}
	*w = watch{t: t, Budget: b, left: b.start()}
	if b.Total && b.Steps > 0 && h.sharedBudget(w) != nil {
		w.left = 0 // each step is asked for
	}
	h.watch(w)
	return Wait
}

// Watch is [Tasklet.Watch]. Also when there is an error there can be a victim.
func (co *Coroutine) Watch(b Budget) (victim *Tasklet, err error) {
	err = co.do(func(t *Tasklet) Step { return t.Watch(b, &victim) })
	return victim, err
}

// watch adds w, as the innermost, or as the outermost if it is main's.
func (h *Home) watch(w *watch) {
	w.t.flags |= watching
	outer := h.innermost()
	switch {
	case outer == nil:
		h.watches = append(h.watches, w)
	case w.t == h.main.t:
		h.watches = slices.Insert(h.watches, 0, w)
		return
	default:
		outer.left = h.left
		h.watches = append(h.watches, w)
	}
	h.left = w.left
	h.scheduler.LookUp()
}

// unwatch takes t out of the watches, if it is there, and returns its victim. If
// it was the innermost, the budget of the next counts again, and begins anew for
// the tasklet that runs.
func (t *Tasklet) unwatch() (victim *Tasklet) {
	if t.flags&watching == 0 {
		return nil
	}
	t.flags &^= watching
	h := t.Home()
	at := slices.IndexFunc(h.watches, func(w *watch) bool { return w.t == t })
	victim = h.watches[at].victim
	h.spare = h.watches[at]
	*h.spare = watch{}
	h.watches = slices.Delete(h.watches, at, at+1)
	if at < len(h.watches) {
		return victim
	}
	h.left = unlimited
	if w := h.innermost(); w != nil {
		if h.left = w.left; !w.Total {
			w.holder, h.left = h.ring.head, w.start()
		}
		h.scheduler.LookUp()
	}
	return victim
}

// forgetWatched has no watch know t, which goes to another home.
func (h *Home) forgetWatched(t *Tasklet) {
	for _, w := range h.watches {
		if w.holder == t {
			w.holder = nil
		}
		if w.victim == t {
			w.victim = nil
		}
	}
}

// inheritWatches makes the watches of from, whose main watches no more, h's outermost:
// h's main, which inherits, does not watch now.
func (h *Home) inheritWatches(from *Home) {
	if inner := from.innermost(); inner != nil {
		inner.left = from.left
	}
	theirs := slices.DeleteFunc(from.watches, func(w *watch) bool { return w.t == from.main.t })
	if from.watches = nil; len(theirs) == 0 {
		return
	}
	if h.innermost() == nil {
		h.left = theirs[len(theirs)-1].left
	}
	h.watches = append(theirs, h.watches...)
	h.scheduler.LookUp()
}

// innermost returns the innermost watch, nil if nobody watches.
func (h *Home) innermost() *watch {
	if n := len(h.watches); n > 0 {
		return h.watches[n-1]
	}
	return nil
}

// What follows is for the scheduler.

// Watchdog returns who watches innermost: main, if nobody does.
func (h *Home) Watchdog() *Tasklet {
	if w := h.innermost(); w != nil {
		return w.t
	}
	return h.main.t
}

// Limited reports whether a budget counts: then Turn is to be called before each
// turn.
func (h *Home) Limited() bool {
	w := h.innermost()
	return w != nil && w.Steps > 0
}

// Turn counts the step that the first of the ring is about to run, against the
// budget, which there is. It reports true if the budget is used up: then it has
// let the watchdog be the first instead. It is also for when nobody is ready.
func (h *Home) Turn() (over bool) {
	w, next := h.innermost(), h.ring.head
	if next == w.t || next == h.main.t {
		return false
	}
	if w.Soft && (next == nil && h.exhausted(w) || next != nil && h.spent(w)) {
		h.ends(w)
		h.Front(w.t)
		return true
	}
	if next == nil {
		return false
	}
	if next != w.holder {
		w.holder = next
		if !w.Total {
			h.left = w.start()
		}
	}
	if h.left <= 0 && h.due(next) {
		h.interrupt(next)
		return true
	}
	h.left--
	return false
}

// due reports whether t is to be interrupted: what there is of a budget is used
// up, and nothing forbids it. An error that is on its way is not held up.
func (h *Home) due(t *Tasklet) bool {
	w := h.innermost()
	return w != nil && w.Steps > 0 && h.spent(w) && !w.Soft &&
		t != w.t && t != h.main.t && t.flags&atomicSection == 0 && t.op != thrown && !h.ring.trapped
}

// interrupt takes t, which runs, out of the ring for the watchdog, which goes on.
func (h *Home) interrupt(t *Tasklet) {
	w := h.innermost()
	h.ends(w)
	h.ring.remove(t)
	h.enter(&h.parked, t)
	w.victim = t
	h.Front(w.t)
}

// checkWatches returns the first invariant of this file that does not hold, for
// the tasklets that were seen to be somewhere.
func (h *Home) checkWatches(seen map[*Tasklet]*Queue) error {
	marked := 0
	for t := range seen {
		if t.flags&watching != 0 {
			marked++
		}
	}
	if marked != len(h.watches) {
		return fmt.Errorf("watches: %d tasklets are marked as watching, %d do", marked, len(h.watches))
	}
	for i, w := range h.watches {
		switch place := seen[w.t]; {
		case w.t.flags&watching == 0:
			return fmt.Errorf("watches: %v watches twice, or is not marked", w.t)
		case place != &h.parked && place != &h.ring:
			return fmt.Errorf("watches: %v is neither parked nor in the ring", w.t)
		case w.t == h.main.t && i > 0:
			return fmt.Errorf("watches: main is not the outermost")
		}
	}
	return nil
}
