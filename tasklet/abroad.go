package tasklet

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"
)

// This file is how a tasklet performs an operation on something that belongs to
// another scheduler, such as a channel there. Schedulers share no memory that is
// not said to be shared below; what they have to tell each other they post.
//
// The operation goes out as a request. On the goroutine of the scheduler that it is
// sent to, it is performed at once or waits in the queue there, by a stand-in.
// Meanwhile its tasklet waits at home, in the away queue. When the operation is
// complete, the answer is posted back, and the tasklet goes on.
//
// Two can be quicker than the answer: a kill at home, and of a Select another case.
// So every operation that is abroad has a claim, and whoever wants to complete it
// or call it back takes the claim first. It can be taken once. What has changed
// hands by then has done so for good; what has not, never will.

// A claim says how an operation that is abroad ends.
type claim struct {
	t      *Tasklet   // whose it is
	sel    *selection // if it is a Select
	serial uint64     // two claims are locked in this order

	requests []*Request // all that went out; not changed once they have

	mu      sync.Mutex
	state   claimState
	home    *Home    // where t is, and the answer goes
	winner  *Request // if one is done
	taken   *standIn // if it is a case at home, until it is taken
	refused int      // requests that could not be done at once and would not wait
}

type claimState uint8

const (
	open    claimState = iota
	settled            // by a request, of which t has not heard yet
	over               // t has heard of it, or called it back
)

var claims atomic.Uint64

// A Request is an operation on something of another scheduler, or one such case of a
// Select. It is for those who write a way to wait: embedded in what carries the
// values, which is its Ferry.
type Request struct {
	claim   *claim
	stand   standIn // waits over there, and belongs to the goroutine there
	ferry   Ferry
	op      Op
	to      *Queue
	ref     *Ref // in place of to, the tasklet that is joined; then to is only known over there
	patient bool // it waits if it can't be done at once

	err error // how it failed; guarded by the claim
}

// A Ferry carries what a request brings and fetches.
type Ferry interface {
	// Arrive performs the operation, on the goroutine of the scheduler that it was
	// sent to, by Meet, Settle or Wait.
	Arrive()
	// Deliver puts what it has fetched where it is to go, on the goroutine of its
	// tasklet.
	Deliver()
	// WaitName names what the tasklet waits on. It may be called from any goroutine.
	WaitName() string
}

// Together makes h one of several homes that know each other: their tasklets may
// perform operations on what belongs to the others. With is the same for all of
// them, and number another for each, from 1: the numbers of its tasklets begin with
// it. It is for the scheduler, before there are tasklets.
func (h *Home) Together(with any, number int) {
	h.together = with
	h.lastID = uint64(number) << numberBits
	h.nextNumber(h.main.t)
}

// numberBits is how many bits of a tasklet's number count those of one scheduler;
// those above are the number of the scheduler that made it.
const numberBits = 36

// Knows reports whether tasklets of h may do business with what belongs to other.
func (h *Home) Knows(other *Home) bool {
	return h == other || h.together != nil && h.together == other.together
}

// Send sends the request out: t, which runs, performs op on something that waits in
// q, which belongs to another scheduler. Ferry is what e is embedded in.
func (e *Request) Send(t *Tasklet, q *Queue, op Op, ferry Ferry) Step {
	if t.flags&blockTrap != 0 {
		return t.Fail(t.refuse(ErrBlockTrap, "operation abroad of"))
	}
	if t.place.trapped {
		return t.Trap(op)
	}
	e.prepare(q, op, ferry)
	c := newClaim(t, nil)
	e.join(c, 0)
	e.patient = true
	t.goAway(op, unsafe.Pointer(e))
	c.send()
	return Wait
}

func newClaim(t *Tasklet, sel *selection) *claim {
	return &claim{t: t, sel: sel, serial: claims.Add(1), home: t.Home()}
}

func (e *Request) prepare(q *Queue, op Op, ferry Ferry) { e.to, e.op, e.ferry = q, op, ferry }

// join makes e, which is case index, one of the requests of c.
func (e *Request) join(c *claim, index int) {
	e.claim = c
	e.stand = standIn{index: index, request: e}
	e.stand.block.hold(&e.stand)
	b := &e.stand.block.t
	b.flags, b.op = b.flags|standing, e.op
	b.idLow, b.idHigh = c.t.idLow, c.t.idHigh
	c.requests = append(c.requests, e)
}

// send sends all requests out.
func (c *claim) send() {
	for _, e := range c.requests {
		e.travel()
	}
}

// travel posts e to the home that it is for. Homes are inherited, so the one over
// there may have to send it on.
func (e *Request) travel() {
	home := e.home()
	err := home.scheduler.Post(func() {
		if e.home() != home || e.ref != nil && e.ref.t.place.status == inTransit {
			e.travel()
			return
		}
		if e.ref == nil {
			e.to.home = home // perhaps inherited
		}
		e.ferry.Arrive()
	})
	if err != nil {
		e.Settle(func() { e.err = fmt.Errorf("%v on %s: %w", e.op, e.ferry.WaitName(), err) })
	}
}

// WaitName names what the request's tasklet waits on.
func (e *Request) WaitName() string { return e.ferry.WaitName() }

// WaitQueue returns nil: the queue belongs to another scheduler.
func (e *Request) WaitQueue() *Queue { return nil }

// home returns where e is to be performed.
func (e *Request) home() *Home {
	if e.ref != nil {
		return e.ref.at()
	}
	return e.to.born.heirOrSelf()
}

// key is what e's operation knows itself by when it is performed again.
func (e *Request) key() unsafe.Pointer {
	if e.ref != nil {
		return unsafe.Pointer(e.ref.t)
	}
	return unsafe.Pointer(e.to)
}

// Op returns the operation that e performs.
func (e *Request) Op() Op { return e.op }

// Keep is for Deliver: the tasklet was restored and has not said where the value is to
// go.
func (e *Request) Keep(value any) { e.to.Keep(e.claim.t, value) }

// Fails has e's operation fail with err. It is called in what Settle and Meet call.
func (e *Request) Fails(err error) { e.err = err }

// Wait lets e wait in the queue that it was sent to, if it is patient; otherwise it
// goes back.
func (e *Request) Wait() {
	c := e.claim
	if !e.patient {
		c.mu.Lock()
		c.refused++
		last := c.state == open && c.refused == len(c.requests)
		if last {
			c.state = settled
		}
		home := c.home
		c.mu.Unlock()
		if last {
			c.answer(home)
		}
		return
	}
	c.mu.Lock()
	over := c.state != open
	c.mu.Unlock()
	if !over {
		e.stand.waiting = true
		e.to.pushBack(&e.stand.block.t)
		e.to.crossed = true
		if !e.to.listed {
			e.to.home.list(e.to)
		}
	}
}

// Settle completes e, unless it has been called back: exchange is called if not, and
// then e's tasklet hears of it.
func (e *Request) Settle(exchange func()) (ok bool) {
	c := e.claim
	c.mu.Lock()
	if ok = c.state == open; ok {
		exchange()
		c.state, c.winner = settled, e
	}
	home := c.home
	c.mu.Unlock()
	if ok {
		c.answer(home)
	}
	return ok
}

// A Meeting says whether two have met.
type Meeting uint8

const (
	// Met: the exchange has taken place. The waiter is to be taken out by Take.
	Met Meeting = iota
	// Stale: the one that waited had been called back. It has been taken out.
	Stale
	// CalledBack: the request that came had been called back.
	CalledBack
)

// Meet has the first waiter of q meet e, a request that has arrived, or, with a nil
// e, a tasklet of q's own scheduler. Exchange is called if they do; meanwhile nobody
// can call either of them back.
func (q *Queue) Meet(e *Request, exchange func()) Meeting { return q.meet(q.head, e, exchange) }

// meet is Meet of one of those who wait in q.
func (q *Queue) meet(w *Tasklet, e *Request, exchange func()) Meeting {
	theirs := w.claimed()
	var mine *claim
	if e != nil {
		mine = e.claim
	}
	if mine == nil && theirs == nil {
		exchange()
		return Met
	}
	first, second := inOrder(mine, theirs)
	first.lock()
	second.lock()
	unlock := func() {
		second.unlock()
		first.unlock()
	}
	switch {
	case mine != nil && mine.state != open, mine != nil && mine == theirs:
		unlock()
		return CalledBack
	case theirs != nil && theirs.state != open:
		unlock()
		q.drop(w)
		return Stale
	}
	exchange()
	if o := q.home.heirOrSelf().observer; o != nil && mine != nil {
		o.Met()
	}
	var myHome, theirHome *Home
	if mine != nil {
		mine.state, mine.winner, myHome = settled, e, mine.home
	}
	if theirs != nil {
		st := w.Frame().(*standIn)
		theirs.state, theirs.winner = settled, st.request
		if st.request != nil {
			theirHome = theirs.home
		} else {
			theirs.taken = st
		}
	}
	unlock()
	if myHome != nil {
		mine.answer(myHome)
	}
	if theirHome != nil {
		theirs.answer(theirHome)
	}
	return Met
}

// inOrder returns two claims, either of which may be nil, in the order in which all lock
// them; the second is nil if they are one.
func inOrder(a, b *claim) (first, second *claim) {
	switch {
	case a == b:
		return a, nil
	case a != nil && b != nil && b.serial < a.serial:
		return b, a
	}
	return a, b
}

// lock locks c, if it is not nil.
func (c *claim) lock() {
	if c != nil {
		c.mu.Lock()
	}
}

func (c *claim) unlock() {
	if c != nil {
		c.mu.Unlock()
	}
}

// claimed returns the claim of t, a waiter in a queue; nil if it needs none.
func (t *Tasklet) claimed() *claim {
	if t.flags&standing == 0 {
		return nil
	}
	st := t.Frame().(*standIn)
	if st.request != nil {
		return st.request.claim
	}
	return st.of.claim
}

// drop takes a stand-in whose operation is over out of q.
func (q *Queue) drop(t *Tasklet) {
	st := t.Frame().(*standIn)
	st.waiting = false
	q.remove(t)
	if st.request == nil {
		st.on.Drop(st.block.t.op, st.slot)
		st.slot = nil
	}
}

// Request returns the request whose stand-in t, a waiter in a queue, is; nil if it is
// none.
func (t *Tasklet) Request() Ferry {
	if t.flags&standing == 0 {
		return nil
	}
	if e := t.Frame().(*standIn).request; e != nil {
		return e.ferry
	}
	return nil
}

// answer tells the tasklet at home that its operation is settled. If its scheduler
// is closed, nobody is there to be told.
func (c *claim) answer(home *Home) {
	_ = home.scheduler.Post(func() {
		c.mu.Lock()
		if c.state != settled {
			c.mu.Unlock()
			return // t has heard of it already
		}
		if c.home != home { // t has moved meanwhile
			home = c.home
			c.mu.Unlock()
			c.answer(home)
			return
		}
		c.state = over
		c.mu.Unlock()
		c.complete()
	})
}

// complete ends t's waiting, on its own goroutine: one of its requests is done, or all
// have been refused.
func (c *claim) complete() {
	t, e := c.t, c.winner
	home := t.place.home
	home.away.remove(t)
	t.op |= done
	if c.sel == nil {
		t.slot = e.key()
	} else {
		t.slot = unsafe.Pointer(c.sel)
		c.sel.settle(e)
	}
	if e != nil {
		if e.err == nil {
			e.ferry.Deliver()
		} else {
			t.fails(e.err)
		}
	}
	c.dismiss()
	home.Wake(t)
}

// dismiss has all requests but the winner leave the queues that they wait in.
func (c *claim) dismiss() {
	for _, e := range c.requests {
		if e != c.winner {
			e.dismiss()
		}
	}
}

func (e *Request) dismiss() {
	home := e.home()
	_ = home.scheduler.Post(func() { // if it is closed, so is its queue
		if e.home() != home {
			e.dismiss()
		} else if e.stand.waiting {
			e.to.drop(&e.stand.block.t)
		}
	})
}

// abroad returns the claim of t's operation, if it is abroad.
func (t *Tasklet) abroad() *claim {
	switch {
	case t.place.home == nil || t.place != &t.place.home.away:
		return nil
	case t.op.kind() == OpSelect:
		return t.rare().sel.claim
	}
	return (*Request)(t.slot).claim
}

// recall ends t's operation if it is abroad: it is called back, or is complete. It
// comes before whatever else ends an operation from outside.
func (t *Tasklet) recall() {
	if t.place.status != Blocked || t.place != &t.place.home.away {
		return
	}
	c := t.abroad()
	if c == nil {
		return
	}
	c.mu.Lock()
	was := c.state
	c.state = over
	c.mu.Unlock()
	if was == settled {
		if st := c.taken; st != nil { // by one that is just ending
			st.block.t.place.remove(&st.block.t)
			t.Home().Wake(st.fire())
		} else {
			c.complete()
		}
		return
	}
	c.dismiss()
	home := t.place.home
	home.away.remove(t)
	if c.sel != nil {
		c.sel.withdraw()
	}
	t.slot = nil
	home.parked.pushBack(t) // from where whoever called goes on
}

// Expel ends the waiting of all requests in h's queues with err: h is closed.
func (h *Home) Expel(err error) {
	for _, q := range h.waits {
		for _, t := range slices.Collect(q.All()) {
			if st, ok := t.Frame().(*standIn); ok && st.request != nil {
				q.drop(t)
				st.request.Settle(func() { st.request.err = fmt.Errorf("%v on %s: %w", t.op, q.owner.WaitName(), err) })
			}
		}
	}
}

// heirOrSelf returns the home that has taken over what was h's, h itself if none has.
func (h *Home) heirOrSelf() *Home {
	for {
		heir := h.heir.Load()
		if heir == nil {
			return h
		}
		h = heir
	}
}
