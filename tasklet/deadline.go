package tasklet

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
	"unsafe"
)

// This file limits how long an operation waits. A deadline belongs to the frame
// whose operation it limits, by that frame's depth in the stack, and lies in the
// tasklet's rare part. It is no place: who waits under one is where its operation
// has put it. The scheduler's timers hold an entry for it beside.
//
// Invariants:
//
//   - Deadlines are in the order of their frames, the outermost first. A frame
//     has one; a function or main, which are one frame, one for each scope.
//   - A deadline has a timer until it has passed, but on the way to another home.
//   - Between steps, no deadline is deeper than the top frame: a frame that ends
//     takes its deadline along, however it ends.
//   - An error that a deadline has left for the next operation, as the present
//     one was complete, is its late error until somebody fails with it.

// ErrTimeout: an operation had to wait longer than it was allowed to. The error
// is a [TimeoutError]; it is an os.ErrDeadlineExceeded, too.
var ErrTimeout = errors.New("timed out")

// A TimeoutError is the error of an operation that waited until its deadline.
type TimeoutError struct {
	Tasklet string        // as in "tasklet 7 (courier)"
	Op      Op            // what it waited by; OpNone if that was complete when time was up
	On      string        // what it waited on, "" if nothing
	After   time.Duration // how long it was allowed to take
}

// Error says who waited for what, and for how long.
func (e *TimeoutError) Error() string {
	s := e.Tasklet + ": "
	if e.Op != OpNone {
		s += e.Op.String() + " "
	}
	if e.On != "" {
		s += "on " + e.On + " "
	}
	return fmt.Sprintf("%s%v after %v", s, ErrTimeout, e.After)
}

// Is reports whether target is one of the two kinds that a timeout is of.
func (e *TimeoutError) Is(target error) bool {
	return target == ErrTimeout || target == os.ErrDeadlineExceeded
}

// Timeout returns true. It is what package net asks of its errors.
func (e *TimeoutError) Timeout() bool { return true }

type deadline struct {
	at     time.Time
	after  time.Duration  // from when it was armed
	timer  unsafe.Pointer // the scheduler's; nil once it has passed
	late   *TimeoutError  // left for the next operation, if nobody has failed with it
	order  uint64         // of arming: of two that pass at the same time, the lower strikes first
	depth  int32          // how many callers its frame has
	scope  bool           // of a function or main, which end it themselves
	passed bool
	struck bool // an operation has failed by it, or will
}

// Within limits how long an operation of a frame may take: s is the step that the
// operation has just returned.
//
//	if s := t.Within(5*time.Second, f.in.Receive(t, &f.v)); s != tasklet.Next {
//		return s
//	}
//
// If it has to wait, time counts from then, on the scheduler's clock. When d has
// passed first, the operation leaves what it waits in and fails with a
// [TimeoutError], which is an [ErrTimeout]. One that is complete by then counts:
// nothing that has changed hands is lost. With d ≤ 0, an operation that would have
// to wait fails at once.
//
// An operation of several waits, such as SendAll, has one deadline for all of
// them, and so has a Call with everything that is called. A deadline that passes
// while a callee waits fails the callee's operation, and the error unwinds as any
// other; a callee that recovers it goes on without limit. If something has just
// changed hands, it is the callee's next operation that fails, unless it returns
// first.
//
// Each frame of a stack can have a deadline. In Within(a, Within(b, …)) it is the
// same frame: the shorter time counts.
func (t *Tasklet) Within(d time.Duration, s Step) Step {
	if s == Next && (t.rare() == nil || len(t.rare().deadlines) == 0) {
		return Next
	}
	return t.limit(s, d, time.Time{})
}

// Until is [Tasklet.Within] with a point in time, which is not zero.
func (t *Tasklet) Until(at time.Time, s Step) Step {
	if s == Next && (t.rare() == nil || len(t.rare().deadlines) == 0) {
		return Next
	}
	return t.limit(s, 0, at)
}

// limit has the top frame's operation, which returned s, end after d, or at the
// point in time if that is not zero.
func (t *Tasklet) limit(s Step, d time.Duration, at time.Time) Step {
	depth := t.depth()
	switch {
	case s == Called:
		depth-- // the callee is on top already
	case s != Wait:
		t.dropDeadlines(depth, false)
		return s
	case t.op.kind() == OpNone:
		return s // the scheduler tells what is wrong
	}
	h, r := t.Home(), t.more()
	var own *deadline
	if n := len(r.deadlines); n > 0 && int(r.deadlines[n-1].depth) == depth && !r.deadlines[n-1].scope {
		own = &r.deadlines[n-1]
	}
	if own == nil || !own.passed && (d < own.after || !at.IsZero()) {
		if now := h.scheduler.Now(); at.IsZero() {
			at = now.Add(d)
		} else {
			d = at.Sub(now)
		}
		if own == nil {
			r.deadlines = append(r.deadlines, deadline{at: at, after: d, depth: int32(depth)})
			own = &r.deadlines[len(r.deadlines)-1]
		} else if at.Before(own.at) {
			t.disarm(h, own)
			own.at, own.after = at, d
		}
	}
	switch {
	case t.place.status == inTransit: // it is armed where t arrives
		own.passed = false
	case s == Wait && t.op&done == 0 && (own.passed || own.after <= 0):
		return t.giveUp(h, own)
	case own.timer == nil && !own.passed:
		t.arm(h, own)
	}
	return s
}

// depth returns how many callers the top frame has.
func (t *Tasklet) depth() int {
	if t.rare() == nil {
		return 0
	}
	return len(t.rare().callers)
}

// giveUp takes t, which has just begun to wait, out of where its operation has put
// it, and lets it run on: the operation has failed. If it is abroad and complete
// already, that counts, and t has its turn later.
func (t *Tasklet) giveUp(h *Home, d *deadline) Step {
	err := t.timeout(d)
	if t.recall(); t.op&done != 0 {
		return Wait
	}
	d.struck = true
	t.fails(err)
	t.tellThrown(h, err)
	t.leave()
	t.unwatch()
	h.enter(&h.ring, t)
	h.ring.head = t
	t.op, t.slot = thrown, nil
	if !d.scope {
		t.dropDeadlines(int(d.depth), false)
	}
	return Failed
}

// timeout makes the error of t, whose time by d is up.
func (t *Tasklet) timeout(d *deadline) *TimeoutError {
	e := &TimeoutError{Tasklet: t.title(), After: d.after}
	if t.op&done == 0 && t.op&thrown == 0 {
		e.Op = t.op.kind()
		if on, _ := t.BlockedOn(); on != nil {
			e.On = on.WaitName()
		}
	}
	return e
}

// Expire is for the scheduler, whose timer has come, and is forgotten: it was that
// of a deadline of t, which now strikes, or of a case of its Select, which fires.
func (h *Home) Expire(t *Tasklet, timer unsafe.Pointer) {
	if sel := t.rare().sel; sel != nil && sel.time.timer == timer {
		sel.time.timer = nil
		sel.expire(h)
		return
	}
	for i := range t.rare().deadlines {
		if d := &t.rare().deadlines[i]; d.timer == timer {
			d.timer, d.passed = nil, true
			t.strike(h, d)
			return
		}
	}
}

// strike has t fail because of d, which has passed. A case of time that is due by then
// fires first, whichever was armed first: in a frame that is the case, in a function the
// deadline.
func (t *Tasklet) strike(h *Home, d *deadline) {
	if sel := t.rare().sel; sel != nil && sel.time.number > 0 && !sel.time.at.After(d.at) {
		sel.expire(h)
	}
	err := t.timeout(d) // before t leaves what it waits on
	t.recall()
	complete := t.op&done != 0 && (t.place == &h.ring || t.op.transferred())
	switch {
	case t.op&thrown != 0: // it fails as it is; Recover looks after d
		t.toRing(h)
	case !complete:
		d.struck = true
		t.raise(h, err)
	case !d.scope && int(d.depth) < t.depth():
		t.strikeLate(d)
		t.op |= later
	} // otherwise, whoever waits next under d finds it passed
}

// strikeLate has the next operation of t fail because of d.
func (t *Tasklet) strikeLate(d *deadline) {
	d.struck = true
	d.late = t.timeout(d)
	t.rare().err = d.late
	t.op |= thrown
	t.tellThrown(t.Home(), d.late)
}

// struckLate returns the deadline by which the error came that is on its way, if
// nobody has failed with it yet.
func (t *Tasklet) struckLate() *deadline {
	for i := range t.rare().deadlines {
		if d := &t.rare().deadlines[i]; d.late != nil && error(d.late) == t.rare().err {
			return d
		}
	}
	return nil
}

// failLate notes that somebody fails with the error that is on its way.
func (t *Tasklet) failLate() {
	if len(t.rare().deadlines) > 0 {
		if d := t.struckLate(); d != nil {
			d.late = nil
		}
	}
}

// spare takes back an error that came late to a frame, as the frame has returned
// without a further operation.
func (t *Tasklet) spare() (late *TimeoutError) {
	if len(t.rare().deadlines) == 0 {
		return nil
	}
	d := t.struckLate()
	if d == nil {
		return nil
	}
	t.op, t.rare().err = OpNone, nil
	return d.late
}

// resumeLate gives the caller of a frame that was spared the error, if the caller
// is under the same deadline: not if it is the one who set it, whose call is
// complete.
func (t *Tasklet) resumeLate(late *TimeoutError) {
	for i := range t.rare().deadlines {
		if d := &t.rare().deadlines[i]; d.late == late && int(d.depth) < t.depth() && t.op&thrown == 0 {
			t.rare().err = late
			t.op |= thrown | later
		}
	}
}

// remind has the next operation of t, which has just recovered an error, fail if
// a deadline passed meanwhile.
func (t *Tasklet) remind() {
	depth := t.depth()
	for i := range t.rare().deadlines {
		if d := &t.rare().deadlines[i]; d.passed && !d.struck && !d.scope && int(d.depth) < depth {
			t.strikeLate(d)
			return
		}
	}
}

// dropDeadlines forgets the deadlines of the frames from depth on; those of scopes
// only if told so.
func (t *Tasklet) dropDeadlines(depth int, scopes bool) {
	r := t.rare()
	if r == nil {
		return
	}
	n := len(r.deadlines)
	for n > 0 && int(r.deadlines[n-1].depth) >= depth && (scopes || !r.deadlines[n-1].scope) {
		n--
	}
	t.truncateDeadlines(n)
}

// truncateDeadlines forgets all deadlines but the first n.
func (t *Tasklet) truncateDeadlines(n int) {
	r := t.rare()
	if r == nil || len(r.deadlines) <= n {
		return
	}
	h := t.Home()
	for i := n; i < len(r.deadlines); i++ {
		t.disarm(h, &r.deadlines[i])
	}
	clear(r.deadlines[n:])
	r.deadlines = r.deadlines[:n]
}

func (t *Tasklet) arm(h *Home, d *deadline) {
	h.armed++
	d.order = h.armed
	d.timer = h.scheduler.ArmDeadline(t, d.at)
}

func (t *Tasklet) disarm(h *Home, d *deadline) {
	if d.timer != nil {
		h.scheduler.Disarm(t, d.timer)
		d.timer = nil
	}
}

// detachDeadlines takes t's deadlines out of its home's timers, as it goes to
// another home. They stay what they are.
func (t *Tasklet) detachDeadlines() {
	if t.rare() == nil {
		return
	}
	for i := range t.rare().deadlines {
		t.disarm(t.Home(), &t.rare().deadlines[i])
	}
	if t.rare().sel != nil {
		t.rare().sel.disarm()
	}
}

// attachDeadlines is the other half of detachDeadlines: h is t's new home. Who
// should have been struck meanwhile is when the scheduler next looks.
func (t *Tasklet) attachDeadlines(h *Home) {
	if t.rare() == nil {
		return
	}
	for i := range t.rare().deadlines {
		if d := &t.rare().deadlines[i]; d.timer == nil && !d.passed {
			t.arm(h, d)
		}
	}
	if sel := t.rare().sel; sel != nil && sel.time.number > 0 {
		sel.arm(h)
	}
}

// limited reports whether t has anything for attachDeadlines to arm.
func (t *Tasklet) limited() bool {
	r := t.rare()
	return r != nil && (len(r.deadlines) > 0 || r.sel != nil && r.sel.time.number > 0)
}

// armDeadlines arms the deadlines of several that come to h together, and the times of
// their selects, so that of two that pass at the same time the first to strike is still
// the first.
func (h *Home) armDeadlines(all []*Tasklet) {
	var due []unarmed
	for _, t := range all {
		if t.limited() {
			due = t.unarmed(due, h)
		}
	}
	slices.SortStableFunc(due, func(a, b unarmed) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.order, b.order))
	})
	for _, tm := range due {
		tm.arm()
	}
}

// An unarmed is a deadline or the time of a select, to be armed again.
type unarmed struct {
	at    time.Time
	order uint64
	arm   func()
}

// unarmed appends those of t to all.
func (t *Tasklet) unarmed(all []unarmed, h *Home) []unarmed {
	for i := range t.rare().deadlines {
		if d := &t.rare().deadlines[i]; !d.passed {
			all = append(all, unarmed{d.at, d.order, func() { t.arm(h, d) }})
		}
	}
	if sel := t.rare().sel; sel != nil && sel.time.number > 0 {
		all = append(all, unarmed{sel.time.at, sel.time.order, func() { sel.arm(h) }})
	}
	return all
}

// Deadline returns until when the tasklet waits at the longest, be it because of a
// case of its Select; ok is false if nothing limits it.
func (t *Tasklet) Deadline() (at time.Time, ok bool) {
	if t.rare() == nil {
		return at, false
	}
	for _, d := range t.rare().deadlines {
		if !d.passed && (!ok || d.at.Before(at)) {
			at, ok = d.at, true
		}
	}
	if sel := t.rare().sel; sel != nil && sel.time.number > 0 && (!ok || sel.time.at.Before(at)) {
		at, ok = sel.time.at, true
	}
	return at, ok
}

// Within limits how long f may wait, in main or a plain function: when d has
// passed, the operation in which it waits, and each later one in f that would have
// to, fails with a [TimeoutError]. Operations that need not wait do not. What f
// returns is returned. When f has returned, what it has done is no longer limited.
// Scopes can be nested; each counts.
func (co *Coroutine) Within(d time.Duration, f func() error) error {
	return co.scope(d, time.Time{}, f)
}

// Until is [Coroutine.Within] with a point in time.
func (co *Coroutine) Until(at time.Time, f func() error) error {
	return co.scope(at.Sub(co.t.Now()), at, f)
}

func (co *Coroutine) scope(d time.Duration, at time.Time, f func() error) error {
	t := co.t
	if co.gone || t.Frame() == nil {
		return f() // whose operations say why they can't wait
	}
	r := t.more()
	n := len(r.deadlines)
	defer func() {
		if !co.gone { // then they have gone with it
			t.truncateDeadlines(n)
		}
	}()
	if at.IsZero() {
		at = t.Now().Add(d)
	}
	s := deadline{at: at, after: d, scope: true}
	t.arm(t.Home(), &s)
	r.deadlines = append(r.deadlines, s)
	return f()
}

// overdue returns the outermost scope of t whose time is up, nil if there is none
// or t has no need to wait.
func (t *Tasklet) overdue() *deadline {
	if t.op&done != 0 {
		return nil // it only gives up its turn
	}
	for i := range t.rare().deadlines {
		if d := &t.rare().deadlines[i]; d.scope && (d.passed || d.after <= 0) {
			return d
		}
	}
	return nil
}

// checkDeadlines returns the first invariant of t's deadlines that does not hold.
func (t *Tasklet) checkDeadlines(armed map[unsafe.Pointer]*Tasklet) error {
	if t.rare() == nil {
		return nil
	}
	depth := int32(0)
	for _, d := range t.rare().deadlines {
		switch {
		case d.depth < depth || int(d.depth) > t.depth():
			return fmt.Errorf("%v: a deadline at depth %d", t, d.depth)
		case d.passed != (d.timer == nil):
			return fmt.Errorf("%v: a deadline that has passed has a timer, or one that has not has none", t)
		case d.timer != nil && armed[d.timer] != t:
			return fmt.Errorf("%v: a deadline's timer is not among the scheduler's", t)
		}
		depth = d.depth
		delete(armed, d.timer)
	}
	if sel := t.rare().sel; sel != nil && sel.time.number > 0 {
		if armed[sel.time.timer] != t {
			return fmt.Errorf("%v: the timer of its select is not among the scheduler's", t)
		}
		delete(armed, sel.time.timer)
	}
	return nil
}
