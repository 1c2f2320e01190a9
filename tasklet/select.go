package tasklet

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"
)

// A Case is one of the operations that a Select waits for. Channels make cases of
// their sends and receives; [OnEnd] is one for the end of a tasklet, [After] and [At]
// are those for when nothing else was done in time, [Otherwise] the one for when
// nothing else can be done at once. The zero Case is never ready.
type Case struct {
	of   Selectable
	in   *Queue // nil if only of knows
	at   unsafe.Pointer
	time int64 // of After, nanoseconds; of At, seconds since 1970
	part int32 // of At, nanoseconds beside
	op   Op
}

// NewCase makes a case of an operation on of. At is the operation's own, such as
// where a received value goes. It is for those who write a way to wait.
func NewCase(of Selectable, op Op, at unsafe.Pointer) Case { return Case{of: of, op: op, at: at} }

// In says where the case waits, for an operation that is not ready while nobody waits
// there, unless the queue is set to be tried; and that brings along at itself, if it
// receives. So Select finds out without asking.
func (c Case) In(q *Queue) Case {
	c.in = q
	return c
}

// idle reports whether c is known not to be ready for a tasklet of home h. Of a queue that
// was bound to another, it may look at nothing else: see Queue.
func (c *Case) idle(h *Home) bool {
	q := c.in
	return q != nil && q.born == h && q.head == nil && !q.tried
}

// Otherwise is the case that is taken if no other is ready at once: a Select that
// has it never waits, but for the answers of other schedulers if it has cases there.
func Otherwise() Case { return Case{op: opOtherwise} }

// OnEnd is the case of u's end. Like a Join, it fails with the error with which u
// has ended.
func OnEnd(u *Tasklet) Case { return Case{of: (*endOf)(u), op: OpJoin} }

// A Selectable is something that a case of a Select can wait on, with the methods
// that Select needs. It is for those who write a way to wait, and can be a pointer to
// the same thing under another type, so that those who use it don't see them.
type Selectable interface {
	// On returns what is waited on, as others know it.
	On() Waitable
	// Try performs op for t, which runs, if that takes no waiting or fails. Ok
	// reports that it did; s is what the operation then says, as for t alone.
	Try(t *Tasklet, op Op, at unsafe.Pointer) (s Step, ok bool)
	// Hold returns the queue in which op waits for t, and what it brings along as
	// its slot.
	Hold(t *Tasklet, op Op, at unsafe.Pointer) (q *Queue, slot unsafe.Pointer)
	// Drop takes back a slot: another case was quicker.
	Drop(op Op, slot unsafe.Pointer)
	// Fill puts a value that was kept for a restored tasklet where it is to go.
	Fill(at unsafe.Pointer, v any)
}

// A Distant is a Selectable that can belong to another scheduler than those who wait
// on it.
type Distant interface {
	Selectable
	// Request returns a request that performs op on what belongs to another scheduler,
	// and the queue that it goes to; nil if it belongs to t's.
	Request(t *Tasklet, op Op, at unsafe.Pointer) (e *Request, ferry Ferry, q *Queue)
}

// A Reported is a Selectable of whose operations observers hear: for each such case,
// when a Select has found none that is ready.
type Reported interface {
	Selectable
	// Event says what t is about to do by op.
	Event(t *Tasklet, op Op, at unsafe.Pointer) ChannelEvent
}

// A selection is a tasklet's waiting in several queues at once. The tasklet itself
// is in its home's away queue; in those of its cases, stand-ins wait for it. Who
// takes one of them gets the tasklet, and the others leave.
//
// It is made when the tasklet first selects, and used again each time.
//
// Invariants: a stand-in is in a queue exactly while its selection waits and it
// waits itself; its place is that queue; no two of one selection wait in one queue
// in both directions; its time is set only while it waits.
type selection struct {
	t     *Tasklet
	stand []*standIn // by case; more than there are cases, if there were more once
	turn  int        // the case at which the next search begins
	fired int        // with by: which case it is, when the operation is complete
	by    Waitable

	claim *claim     // while cases of it are abroad
	time  selectTime // when the case of its time fires, if it has one

	restored bool // stand has only those that waited when it was pickled
}

// A standIn waits in a queue in place of a tasklet. What is linked is its control
// block, whose frame is the stand-in.
//
// Its block's slot is nil, so that whoever comes takes the longer way, and what it brings
// along is in slot.
type standIn struct {
	block   box
	of      *selection // nil if request is not
	index   int
	on      Selectable
	waiting bool
	drops   bool // slot is to be taken back
	slot    unsafe.Pointer
	request *Request // which waits here, for a tasklet of another scheduler
}

// Resume is there because a control block has a frame; a stand-in is never run.
func (*standIn) Resume(*Tasklet) Step { panic("tasklet: a stand-in has no turn") }

// Self returns the tasklet that t waits for: t itself, unless t is a stand-in that
// waits in a queue for one which waits in several. For one of another scheduler, which
// nobody here may touch, it is the stand-in, which has its number.
func (t *Tasklet) Self() *Tasklet {
	if t != nil && t.flags&standing != 0 {
		if of := t.Frame().(*standIn).of; of != nil {
			return of.t
		}
	}
	return t
}

// Select performs one of the cases: one that is ready at once, otherwise the one
// that somebody else completes first, and none of the others. Fired says which; it
// counts if s is Next or Failed, and is -1 if s failed for another reason than a
// case's own.
//
//	i, s := t.Select(f.in.OnReceive(&f.v), f.out.OnSend(&f.w))
//	if s != tasklet.Next {
//		return s
//	}
//	switch i { … }
//
// It is fair: of several that are ready, the one is taken that follows most
// closely, in the order of the list and around it, the one that fired when the
// tasklet last selected; Otherwise and the cases of time do not count. While it
// waits, the place in each queue is kept, and whoever comes first completes it. A
// case on what is closed is ready, and fails. It takes time in proportion to the
// number of cases.
//
// Performed again, it returns the case that has fired; the list must be the same.
// The first Select of a tasklet allocates; later ones do so only if they have more
// cases than any before.
func (t *Tasklet) Select(cases ...Case) (fired int, s Step) {
	if !t.begin() {
		return t.selected(cases)
	}
	sel, h, n := t.selection(), t.place.home, len(cases)
	resort := false // whether there is a case for when none of the others fires
	for k, left := sel.turn, n; left > 0; k, left = k+1, left-1 {
		if k >= n {
			k = 0
		}
		c := &cases[k]
		if c.idle(h) {
			continue
		}
		if c.of == nil {
			resort = resort || c.op != OpNone
			continue
		}
		s, ok := c.of.Try(t, c.op, c.at)
		if !ok {
			continue
		}
		sel.turn, sel.fired, sel.by = k+1, k, c.of.On()
		if s == Wait { // complete, and somebody else's turn
			t.op = t.op&^kinds | OpSelect
			t.slot = unsafe.Pointer(sel)
		}
		return k, s
	}
	otherwise, limit := -1, selectTime{}
	if resort {
		otherwise, limit = t.resorts(cases)
	}
	abroad := sel.prepare(cases)
	switch {
	case otherwise >= 0 && !abroad:
		return otherwise, Next
	case t.place.home.observer != nil && !t.place.quiet:
		sel.claim = nil
		return t.selectObserved(cases)
	case t.flags&blockTrap != 0:
		sel.claim = nil
		return -1, t.Fail(t.refuse(ErrBlockTrap, "select of"))
	case t.place.trapped:
		sel.claim = nil
		return -1, t.Trap(OpSelect)
	}
	if err := sel.hold(cases, otherwise); err != nil {
		return -1, t.Fail(err)
	}
	sel.limit(limit)
	return -1, Wait
}

// selected is a Select that was not begun.
func (t *Tasklet) selected(cases []Case) (fired int, s Step) {
	if t.op.kind() == OpSelect && t.place.home.woken == t {
		return -1, t.waitOnCases(cases)
	}
	if t.rare() == nil || t.rare().sel == nil || t.op.kind() != OpSelect || t.place.head != t {
		return -1, t.again(OpSelect, nil)
	}
	sel, r := t.rare().sel, t.rare()
	if t.op&done == 0 {
		return -1, t.again(OpSelect, unsafe.Pointer(sel))
	}
	fired = sel.fired
	if fired < 0 || fired >= len(cases) || !cases[fired].is(sel.by) {
		panic(misuse("%s left a select, and resumed into one with another case %d", t.describe(), fired))
	}
	if t.slot == unsafe.Pointer(&r.kept) {
		cases[fired].of.Fill(cases[fired].at, r.kept.value)
		r.kept = kept{}
		t.slot = unsafe.Pointer(sel)
	}
	return fired, t.again(OpSelect, unsafe.Pointer(sel))
}

// is reports whether c is a case on by; with nil, one that is on nothing, but not the
// zero one.
func (c *Case) is(by Waitable) bool {
	if c.of == nil || by == nil {
		return c.of == nil && by == nil && c.op != OpNone
	}
	return c.of.On() == by
}

// selectObserved tells the observer of each case on a channel, and selects.
func (t *Tasklet) selectObserved(cases []Case) (fired int, s Step) {
	for i := range cases {
		if c, ok := cases[i].of.(Reported); ok {
			t.place.home.observer.Channel(c.Event(t, cases[i].op, cases[i].at))
		}
	}
	t.Home().Quietly(func() { fired, s = t.Select(cases...) })
	return fired, s
}

// Select is [Tasklet.Select].
func (co *Coroutine) Select(cases ...Case) (fired int, err error) {
	for {
		i, s := co.t.Select(cases...)
		if done, err := co.Settle(s); done {
			return i, err
		}
	}
}

func (t *Tasklet) selection() *selection {
	r := t.more()
	if r.sel == nil {
		r.sel = &selection{t: t}
	}
	return r.sel
}

// prepare makes a claim and requests, if there are cases that are abroad.
func (s *selection) prepare(cases []Case) (abroad bool) {
	h := s.t.place.home
	if h.together == nil {
		return false // there is no abroad
	}
	for i := range cases {
		c := &cases[i]
		if c.in != nil && c.in.born == h {
			continue
		}
		of, ok := c.of.(Distant)
		if !ok {
			continue
		}
		if e, ferry, q := of.Request(s.t, c.op, c.at); e != nil {
			if s.claim == nil {
				s.claim = newClaim(s.t, s)
			}
			e.prepare(q, c.op, ferry)
			e.join(s.claim, i)
			e.stand.on = c.of
		}
	}
	return s.claim != nil
}

// hold lets the tasklet, which runs, wait for all cases; if otherwise is one, only
// until it is known that none of those abroad is ready. The error is that it would wait
// for itself: as none of the cases was ready, whoever waits in a queue in the other
// direction is one of its own stand-ins.
func (s *selection) hold(cases []Case, otherwise int) error {
	if s.restored {
		s.stand, s.restored = nil, false
	}
	var abroad []*Request // not looked at yet
	if s.claim != nil {
		abroad = s.claim.requests
	}
	if on := bothWays(abroad); on != nil {
		return s.refuse(on)
	}
	s.fired, s.by = otherwise, nil
	s.grow(len(cases))
	for i := range cases {
		c := &cases[i]
		switch {
		case len(abroad) > 0 && abroad[0].stand.index == i:
			abroad = abroad[1:]
		case c.of != nil && otherwise < 0:
			q, slot := c.in, c.at
			if q == nil || c.op != OpReceive {
				q, slot = c.of.Hold(s.t, c.op, c.at)
			}
			if q.head != nil && q.head.op.sends() != c.op.sends() {
				c.of.Drop(c.op, slot)
				return s.refuse(c.of.On())
			}
			st := s.stand[i]
			st.drops = slot != c.at
			st.wait(q, c.of, c.op, slot)
		}
	}
	s.t.goAway(OpSelect, unsafe.Pointer(s))
	if s.claim != nil {
		for _, e := range s.claim.requests {
			e.patient = otherwise < 0
		}
		s.claim.send()
	}
	return nil
}

// refuse ends what hold has begun, because of cases on both ways of on.
func (s *selection) refuse(on Waitable) error {
	s.withdraw()
	return fmt.Errorf("select of %s: sends and receives on %s at once: %w", s.t, on.WaitName(), ErrMisuse)
}

// bothWays returns what is both sent to and received from by requests, if there is
// such a thing.
func bothWays(requests []*Request) Waitable {
	if len(requests) < 2 {
		return nil
	}
	sends := make(map[*Queue]bool, len(requests))
	for _, e := range requests {
		before, ok := sends[e.to]
		if ok && before != e.op.sends() {
			return e.stand.on.On()
		}
		sends[e.to] = e.op.sends()
	}
	return nil
}

// grow makes stand-ins, for n cases in all.
func (s *selection) grow(n int) {
	if len(s.stand) >= n {
		return
	}
	more := make([]standIn, n-len(s.stand))
	for i := range more {
		st := &more[i]
		st.of, st.index = s, len(s.stand)
		st.block.hold(st)
		st.block.t.flags |= standing
		s.stand = append(s.stand, st)
	}
}

// wait puts st at the end of q.
func (st *standIn) wait(q *Queue, on Selectable, op Op, slot unsafe.Pointer) {
	st.on, st.waiting = on, true
	st.block.t.op, st.slot = op, slot
	q.pushBack(&st.block.t)
	q.crossed = q.crossed || st.of != nil && st.of.claim != nil
	if !q.listed && st.of != nil { // when it is restored, Rebind does it
		q.home.heirOrSelf().list(q)
	}
}

// fire ends the waiting because st, whose queue has just let it go, was taken. It
// returns the tasklet, whose operation is complete; nil if it belongs to another
// scheduler, and hears of it there.
func (st *standIn) fire() *Tasklet {
	st.waiting = false
	s := st.of
	if s == nil {
		return nil
	}
	st.slot = nil
	s.fired, s.turn, s.by = st.index, st.index+1, st.on.On()
	if c := s.claim; c != nil {
		c.mu.Lock()
		c.state = over
		c.mu.Unlock()
		c.dismiss()
	}
	s.withdraw()
	t := s.t
	t.place.remove(t)
	t.op |= done
	t.slot = unsafe.Pointer(s)
	return t
}

// settle ends the waiting because e was completed abroad; with nil, because no case
// could be at once, and the tasklet wanted to know no more.
func (s *selection) settle(e *Request) {
	if e != nil {
		s.fired, s.turn, s.by = e.stand.index, e.stand.index+1, e.stand.on.On()
	}
	s.withdraw()
}

// withdraw takes out all stand-ins that wait here. Those of requests are taken out by
// those who have the requests.
func (s *selection) withdraw() {
	s.claim = nil
	s.unlimit()
	for _, st := range s.stand {
		if st.waiting {
			st.waiting = false
			st.block.t.place.remove(&st.block.t)
			if st.drops {
				st.on.Drop(st.block.t.op, st.slot)
			}
			st.slot = nil
		}
	}
}

// namedCases is how many cases a name lists.
const namedCases = 8

// WaitName names all that the tasklet waits for; of many, the first.
func (s *selection) WaitName() string {
	var names []string
	more := 0
	add := func(op Op, on func() string) {
		if len(names) == namedCases {
			more++
			return
		}
		names = append(names, op.String()+" on "+on())
	}
	for _, st := range s.stand {
		if st.waiting {
			add(st.block.t.op, func() string { return st.on.On().WaitName() })
		}
	}
	if s.claim != nil {
		for _, e := range s.claim.requests {
			add(e.op, e.ferry.WaitName)
		}
	}
	if more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	if s.time.number > 0 {
		names = append(names, "time")
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", or ")
}

// WaitQueue returns nil: the queues are those of the cases.
func (s *selection) WaitQueue() *Queue { return nil }

// goAway lets t, which runs, wait where its home does not see it: in the queues of
// its stand-ins.
func (t *Tasklet) goAway(op Op, slot unsafe.Pointer) {
	h := t.place.home
	h.ring.removeFirst(t)
	t.op, t.slot = op, slot
	h.stayAway(t)
}

// waitsOn reports whether a case waits on what is of this home.
func (s *selection) waitsOn(what Waitable) bool {
	return slices.ContainsFunc(s.stand, func(st *standIn) bool { return st.waiting && st.on.On() == what })
}

// check returns the first invariant of the selection that does not hold.
func (s *selection) check() error {
	waiting := s.t.place == &s.t.place.home.away
	if s.time.number > 0 && !waiting || (s.time.number > 0) != (s.time.timer != nil) {
		return fmt.Errorf("select of %v: its time is set, and it does not wait, or it has no timer", s.t)
	}
	for i, st := range s.stand {
		switch {
		case st.of != s || st.index != i && !s.restored || st.block.t.flags&standing == 0:
			return fmt.Errorf("select of %v: stand-in %d is somebody else's", s.t, i)
		case st.waiting && (!waiting || st.block.t.place != st.on.On().WaitQueue()):
			return fmt.Errorf("select of %v: case %d waits on %s, and should not", s.t, i, st.on.On().WaitName())
		case !st.waiting && st.slot != nil || st.block.t.slot != nil:
			return fmt.Errorf("select of %v: case %d keeps what it brought along", s.t, i)
		}
	}
	return nil
}

// CaseOf returns the number of the case by which t, a stand-in in a queue, waits; 0
// for a tasklet that waits itself. It is for those who write queues.
func CaseOf(t *Tasklet) uint32 {
	if t.flags&standing == 0 {
		return 0
	}
	return uint32(t.Frame().(*standIn).index + 1)
}

// endOf is a tasklet as something selectable.
type endOf Tasklet

func (u *endOf) On() Waitable { return (*Tasklet)(u) }

func (u *endOf) Try(t *Tasklet, _ Op, _ unsafe.Pointer) (Step, bool) {
	if t.mayJoin((*Tasklet)(u)) == nil && (*Tasklet)(u).Alive() {
		return Next, false
	}
	return t.Join((*Tasklet)(u)), true
}

func (u *endOf) Hold(t *Tasklet, _ Op, _ unsafe.Pointer) (*Queue, unsafe.Pointer) {
	return (*Tasklet)(u).joinQueue(), nil
}

func (u *endOf) Drop(Op, unsafe.Pointer) {}

func (u *endOf) Fill(unsafe.Pointer, any) {}
