package tasklet

import (
	"errors"
	"fmt"
)

// ErrRecursive: code that observes a scheduler's channels used one of them.
var ErrRecursive = errors.New("recursive channel call due to callbacks")

// An Observer is told what happens at a home, while it happens. It is for
// schedulers, which show it to people and programs. What it does not hear, it can
// see between two steps: how the one that ran waits now.
//
// Nobody pays for an observer that is not there: joining a ring asks one more
// byte of the ring, and a channel's operation asks the byte that it asks anyway.
type Observer interface {
	// Entered is told that t is at the end of the ring or parked now, as its
	// status says: it is new, was woken, inserted, thrown at or removed. Of one that
	// has come from another home, it is also told if it is asleep or blocked.
	Entered(t *Tasklet)
	// Arrives is told that t comes from another home, or was made by the pool, before
	// it enters anything.
	Arrives(t *Tasklet, made bool)
	// Met is told that an operation of another scheduler has met somebody here.
	Met()
	// Thrown is told that err awaits t, before t enters the ring for it.
	Thrown(t *Tasklet, err error)
	// Ended is told that t, whose outermost frame was f, is dead, and how it ended; with
	// ErrMoved, that it has left.
	Ended(t *Tasklet, f Frame, err error)
	// Channel is told of an operation on a channel before it happens.
	Channel(e ChannelEvent)
}

// A ChannelEvent is an operation on a channel, just before it happens: it can
// still be refused, if the channel is closed or the tasklet may not block.
type ChannelEvent struct {
	Tasklet   *Tasklet // who performs it
	Channel   Waitable
	Op        Op       // OpSend, OpSendError or OpReceive
	Sending   bool     // a value or an error
	WillBlock bool     // nobody waits there for it, or the channel is another scheduler's
	Peer      *Tasklet // who waits there for it, nil if nobody, or one of another scheduler
	Value     any      // what is sent
	Err       error    // the error that is sent
}

// String says who does what, as in "tasklet 7 (courier): receive on channel 3
// of int, will block".
func (e ChannelEvent) String() string {
	s := fmt.Sprintf("%s: %v on %s", e.Tasklet.title(), e.Op, e.Channel.WaitName())
	if e.WillBlock {
		s += ", will block"
	}
	return s
}

// Observe has o told what happens at the home from now on; nobody, if o is nil.
func (h *Home) Observe(o Observer) {
	h.observer = o
	h.setQuiet()
}

// setQuiet has operations begin quietly, unless somebody is to be asked or told first.
func (h *Home) setQuiet() { h.ring.quiet = h.observer == nil && !h.ring.trapped }

// BeginQuietly is [Queue.Begin] for an operation that tells observers of itself and
// heeds the switch trap: it is false for a tasklet that is observed or trapped, too, and
// then [Tasklet.Loudly] is asked.
func (q *Queue) BeginQuietly(t *Tasklet) bool {
	return t.op == OpNone && t.place.head == t && t.place.quiet
}

// Loudly reports whether t, which runs, begins an operation that is not quiet, and who
// is to be told of it, nil if nobody. If not, t has one under way or does not run.
func (t *Tasklet) Loudly() (o Observer, begins bool) {
	if t.begin() {
		return t.place.home.observer, true
	}
	return nil, false
}

// Quietly runs f, an operation of which the observer has been told, and which does not
// hand over the turn that the trap keeps, as if there were neither.
func (h *Home) Quietly(f func()) {
	h.ring.quiet = true
	defer h.setQuiet()
	f()
}

// Tell runs f, code of an observer. The first of the ring can't perform an
// operation in it: one on a channel fails with [ErrRecursive], any other panics.
// What f throws at it awaits it afterwards. Tell returns the error of an operation
// that failed and that f did not recover.
func (h *Home) Tell(f func()) (err error) {
	t := h.ring.head
	if t == nil || h.telling {
		f()
		return nil
	}
	op, slot := t.op, t.slot
	var was error
	if op&thrown != 0 {
		was = t.rare().err
	}
	h.telling, t.op = true, opCleanup
	defer func() {
		h.telling = false
		left := t.op
		t.op, t.slot = op, slot
		if left&thrown == 0 {
			if op&thrown != 0 {
				t.rare().err = was
			}
			return
		}
		raised := t.rare().err
		t.rare().err = was
		if left == thrown {
			err = raised
		} else {
			t.pend(raised)
		}
	}()
	f()
	return nil
}

// untold refuses an operation that code of an observer performs.
func (t *Tasklet) untold(op Op) Step {
	err := fmt.Errorf("%v of %s: %w", op, t.title(), ErrRecursive)
	switch {
	case op != OpReceive && op != OpSend && op != OpSendError && op != OpSelect:
		panic(misuse("an observer performs a %v of %s: it may not wait", op, t.describe()))
	case t.place.head != t || t.place.status != Ready:
		panic(err) // it can't be given to a tasklet that waits for something else
	}
	t.setError(err)
	return Failed
}

func (t *Tasklet) tellThrown(h *Home, err error) {
	if h.observer != nil {
		if err == nil {
			err = ErrExit
		}
		h.observer.Thrown(t, err)
	}
}

// enter puts t at the end of q, the ring or the parked.
func (h *Home) enter(q *Queue, t *Tasklet) {
	q.pushBack(t)
	if h.observer != nil {
		h.observer.Entered(t)
	}
}
