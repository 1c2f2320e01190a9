package tasklet

import "unsafe"

// What tasklets wait on can be theirs when they have waited, and then has to go to
// the next when they let it go, or end, or never go on. This file is the rest of
// what a way to wait is made of, for those that are more than a meeting.

// A Holding is what a tasklet has while it lives, such as a mutex or a scope.
type Holding interface {
	// Abandoned is called when t has ended, its exit hooks included, and holds
	// it still; or, t not being alive, when t has moved elsewhere. It may not
	// wait. The error is added to t's.
	Abandoned(t *Tasklet) error
}

// Keep has h told when t ends. It is for h's own code, as is Drop.
func (t *Tasklet) Keep(h Holding) {
	r := t.more()
	r.held = append(r.held, h)
}

// Drop undoes a Keep.
func (t *Tasklet) Drop(h Holding) {
	held := t.rare().held
	for i := len(held) - 1; i >= 0; i-- {
		if held[i] == h {
			copy(held[i:], held[i+1:])
			held[len(held)-1] = nil
			t.rare().held = held[:len(held)-1]
			return
		}
	}
}

// abandon tells what t holds that it has ended, the last first.
func (t *Tasklet) abandon() {
	for r := t.rare(); len(r.held) > 0; {
		last := len(r.held) - 1
		h := r.held[last]
		r.held[last], r.held = nil, r.held[:last]
		t.guard(func() {
			if err := h.Abandoned(t); err != nil {
				t.fails(err)
			}
		})
	}
}

// An Heir is who is to hear how a tasklet ends.
type Heir interface {
	// Inherits is called when t has ended with err, after its exit hooks and what
	// it held; or, t not being alive, when it has moved elsewhere. If it returns
	// true, the error is in good hands, as with one who waits in Join: nobody else
	// is told. It may not wait.
	Inherits(t *Tasklet, err error) bool
}

// AddHeir has h told how t ends. It is for those who write a way to wait.
func (t *Tasklet) AddHeir(h Heir) {
	t.stay()
	r := t.more()
	r.heirs = append(r.heirs, h)
}

// bequeath tells the heirs of t, which has ended with err, the first first. It
// reports whether any takes the error.
func (t *Tasklet) bequeath(err error) (taken bool) {
	if t.rare() == nil {
		return false
	}
	for _, h := range t.rare().heirs {
		taken = h.Inherits(t, err) || taken
	}
	return taken
}

// Finish ends t now, wherever it is, without giving it a turn: none of its frames is
// resumed, all clean up, and its exit hooks run. It is for who owns tasklets, as a
// scope does; a frame kills. Finishing a dead tasklet does nothing. The errors are
// [ErrCurrent], for the tasklet that runs, main, and one that is just ending, and
// what the end led to and nobody heard of.
func (t *Tasklet) Finish() error {
	h := t.Home()
	switch {
	case !t.Alive():
		return nil
	case t.Status() == Running || t.flags&ending != 0 || t == h.main.t:
		return t.refuse(ErrCurrent, "finish")
	}
	t.stay()
	t.recall()
	if t.place != &h.parked {
		t.giveBack()
		t.quit()
		h.enter(&h.parked, t)
	}
	return t.finish(ErrExit)
}

// A Keeper is a Waitable that is to know of waiters that do not go on in the usual
// way.
type Keeper interface {
	Waitable
	// Left is called when somebody who waited with that slot has left the queue
	// without Take: it was thrown an error, say. Those behind it may be able to
	// go on now.
	Left(slot unsafe.Pointer)
	// Returned is called when t, whose operation was completed by Take, ends
	// without having gone on since: what it was given is still the Keeper's to
	// give.
	Returned(t *Tasklet)
}

// quit is leave, which tells a Keeper. It is not for one that moves elsewhere: its
// queue does so too.
func (t *Tasklet) quit() {
	place, slot := t.place, t.slot
	t.leave()
	if place.status == Blocked {
		if k, ok := place.owner.(Keeper); ok {
			k.Left(slot)
		}
	}
}

// giveBack gives what t was given to its Keeper, if t has not gone on since.
func (t *Tasklet) giveBack() {
	if k := t.op.kind(); t.op&done == 0 || t.slot == nil || k != OpLock && k != OpAcquire {
		return
	}
	if k, ok := (*Queue)(t.slot).owner.(Keeper); ok {
		k.Returned(t)
	}
}

// Admit puts t, which Take has taken out of another queue of the same home, at the
// end of q: it goes on waiting, now by op.
func (q *Queue) Admit(t *Tasklet, op Op, slot unsafe.Pointer) {
	t.op, t.slot = op, slot
	q.pushBack(t)
	if !q.listed {
		q.home.heirOrSelf().list(q)
	}
}
