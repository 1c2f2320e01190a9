package tasklet

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"
	"unsafe"

	"github.com/stackless-go/stackless/pickle"
)

// ErrNoScheduler: tasklets and channels that are loaded need a scheduler to
// belong to, which pickle.Into says.
var ErrNoScheduler = errors.New("belongs to a scheduler: load it with pickle.Into")

// A restoration is the tasklets of one pickle until it has been read as a whole.
// Until then none of them is seen by anybody: those that will be parked or asleep
// only say so, and those blocked are in queues that are not bound yet.
//
// Invariants: a tasklet that says that it is blocked has waiting as its place
// until its queue comes, and as its slot that queue or the tasklet that it joins; if its
// queue came first, that is its place. One that selects is in the away queue's place,
// and its stand-ins are in stand until all has been read.
type restoration struct {
	home    *Home
	all     []*Tasklet
	blocked []restoredBlocked
	sleep   []sleeper
	groups  []*Group
	on      []Waitable // what operations that are complete were with
	watches []restoredWatch
	counted *Tasklet // whose steps the innermost of them counts
	waiting Queue
	missing int // blocked tasklets whose queue has not come
	early   int // tasklets in queues that have not come themselves

	selecting map[*Tasklet]uint32 // in how many queues each is to wait
	stand     []restoredStandIn   // those that have come
}

// A restoredBlocked is blocked, and stands at a place.
type restoredBlocked struct {
	t  *Tasklet
	at pickle.Place
}

// A restoredStandIn is to wait for t, in a queue that stands at a place.
type restoredStandIn struct {
	*standIn
	t  *Tasklet
	at pickle.Place
}

type sleeper struct {
	t  *Tasklet
	at time.Time
}

type restorationKey struct{}

// restoring returns the restoration of the tasklets in l.
func restoring(l *pickle.Loading) (*restoration, error) {
	into, ok := l.Into().(Homely)
	if !ok {
		return nil, fmt.Errorf("a tasklet %w", ErrNoScheduler)
	}
	return l.State(restorationKey{}, func() any {
		r := &restoration{home: into.Home(), selecting: make(map[*Tasklet]uint32)}
		r.waiting = Queue{home: r.home, status: Blocked}
		l.Check(func() error { return r.check(l) })
		l.Commit(r.commit)
		return r
	}).(*restoration), nil
}

// load makes t, whose memory is zero but for what its queue has set, of its image.
func load(l *pickle.Loading, t *Tasklet, from *image) error {
	r, err := restoring(l)
	if err != nil {
		return err
	}
	h := r.home
	if err := from.check(); err != nil {
		return err
	}
	if queue := t.place; queue != nil { // it came first, and is never the waiting one
		if from.Status != Blocked || t.op != from.Op || from.On == nil || from.On.WaitQueue() != queue {
			return fmt.Errorf("%w: a tasklet that is %v waits in a queue", pickle.ErrInvalid, from.Status)
		}
		r.early--
	}
	t.op, t.flags = from.Op, t.flags|from.Flags&^counted
	if from.Flags&counted != 0 {
		r.counted = t
	}
	if n := len(from.Frames); n > 0 {
		t.setFrame(from.Frames[n-1])
		if n > 1 {
			t.more().callers = append([]Frame(nil), from.Frames[:n-1]...)
		}
	}
	if m := from.More; m != nil {
		r := t.more()
		r.name, r.value, r.err, r.returned, r.onExit = m.Name, m.Value, m.Err, m.Returned, m.OnExit
		if err := t.restoreDeadlines(m.Deadlines, m.Err); err != nil {
			return err
		}
		if len(m.Joiners) > 0 {
			if err := t.restoreJoiners(l, m.Joiners, m.Cases); err != nil {
				return err
			}
		}
		if m.Watch != nil {
			if err := t.restoreWatch(l, m.Watch); err != nil {
				return err
			}
		}
	}
	if from.More != nil && from.More.Select != nil {
		if err := t.restoreSelection(from); err != nil {
			return err
		}
	}
	switch from.Status {
	case Dead:
		t.place = &h.dead
	case Blocked:
		r.blocked = append(r.blocked, restoredBlocked{t, l.Place()})
		if from.Op.kind() == OpSelect {
			r.selecting[t] = from.More.Select.Waiting
			t.place, t.slot = &h.away, unsafe.Pointer(t.rare().sel)
		} else if t.place == nil {
			t.place, t.slot = &r.waiting, unsafe.Pointer(from.On.WaitQueue())
			if u, ok := from.On.(*Tasklet); ok { // whose queue may not be there yet
				t.slot = unsafe.Pointer(u)
			}
			r.missing++
		}
	case Sleeping:
		t.place = &h.sleeping
		r.sleep = append(r.sleep, sleeper{t, *from.Wake})
	default:
		t.place = &h.parked
		if err := t.restoreSlot(from); err != nil {
			return err
		}
		if from.On != nil {
			r.on = append(r.on, from.On)
		}
	}
	r.all = append(r.all, t)
	return nil
}

// check tells an image that no tasklet has.
func (m *image) check() error {
	kind := m.Op.kind()
	sel := m.selection()
	selects := kind == OpSelect && sel != nil
	atRest := m.Op&done == 0 && m.Op&later == 0
	var why string
	switch {
	case m.Status > Parked || !kind.known() || kind == opCleanup || kind.inCase() || m.Flags&^pickled != 0:
		why = "an unknown status, operation or flag"
	case m.Status == Running:
		why = "it runs"
	case (m.Status == Dead) != (len(m.Frames) == 0):
		why = "the dead have no frames, and only they"
	case m.Status == Dead && m.Op != OpNone:
		why = "an operation of the dead"
	case m.Status == Dead && m.More != nil && len(m.More.Joiners) > 0:
		why = "somebody waits for the end of the dead"
	case isNil(m.On):
		why = "it is with nothing"
	case m.Op&thrown != 0 && (m.More == nil || m.More.Err == nil):
		why = "an error is on its way, and there is none"
	case m.Op&(thrown|later) == later, kind == OpNone && m.Op&(done|later) != 0:
		why = "marks that no operation has"
	case (m.Status == Sleeping) != (m.Wake != nil) || m.Status == Sleeping && (kind != OpSleep || !atRest):
		why = "only who sleeps wakes"
	case m.Status == Blocked && (m.Op != kind || (m.On == nil) != selects):
		why = "it waits by an operation that is complete, or on nothing"
	case m.Status == Blocked && !kind.blocks():
		why = "nobody waits by this"
	case m.Status != Blocked && m.Op == kind && kind.blocks():
		why = "it waits by nothing"
	case sel != nil && sel.Waiting > 0 && (m.Status != Blocked || !selects):
		why = "it waits by cases, and does not select"
	case sel != nil && sel.Fired > 0 && (m.Op&done == 0 || !selects):
		why = "its select has fired, and is not complete"
	case kind == OpSelect && !selects:
		why = "a select without its cases"
	case (kind == OpWatch) != (m.More != nil && m.More.Watch != nil):
		why = "only who watches has a budget for it"
	case kind == OpWatch && !watchable(m):
		why = "nobody watches so"
	case m.More != nil && m.More.Kept != nil && ((kind != OpReceive && !selects || m.On == nil) && kind != OpAwait || m.Op&done == 0):
		why = "it has received, but not by a receive"
	case kind == OpAwait && m.On != nil:
		why = "what is awaited is not written"
	case kind == OpAwait && m.Op&(thrown|later) != thrown && (m.Op&done == 0 || m.More == nil || m.More.Kept == nil):
		why = "what it awaited has come, and is not there"
	}
	for _, f := range m.Frames {
		if f == nil {
			why = "a frame that is none"
		}
	}
	if why == "" {
		return nil
	}
	return fmt.Errorf("%w: a tasklet that is %v, with %v: %s", pickle.ErrInvalid, m.Status, m.Op, why)
}

// selection returns the select of an image, nil if it has none.
func (m *image) selection() *selectImage {
	if m.More == nil {
		return nil
	}
	return m.More.Select
}

// isNil reports whether on is a pointer to nothing.
func isNil(on Waitable) bool {
	v := reflect.ValueOf(on)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// A Bringer is a Waitable that brings values, which can be kept for a tasklet that was
// restored: see [Queue.Keep].
type Bringer interface {
	Waitable
	// Brings reports whether v is a value that it can bring.
	Brings(v any) bool
}

// restoreSlot gives the slot of a tasklet that does not wait what its operation,
// which is complete, knows itself by.
func (t *Tasklet) restoreSlot(from *image) error {
	if from.Op.kind() == OpAwait && from.More != nil && from.More.Kept != nil {
		t.rare().kept = kept{value: *from.More.Kept}
		t.slot = unsafe.Pointer(&t.rare().kept)
	}
	if from.On == nil {
		if from.Op.kind() == OpSelect && from.Op&done != 0 { // by a case that is on nothing
			t.slot = unsafe.Pointer(t.rare().sel)
		}
		return nil
	}
	if from.More != nil && from.More.Kept != nil {
		if k, ok := from.On.(Bringer); !ok || !k.Brings(*from.More.Kept) {
			return fmt.Errorf("%w: a tasklet has received by a %v, but %T brings no %T", pickle.ErrInvalid, from.Op.kind(), from.On, *from.More.Kept)
		}
	}
	other, isTasklet := from.On.(*Tasklet)
	switch kind := from.Op.kind(); {
	case from.Op&done == 0 || kind != OpSelect && isTasklet != (kind == OpSwitch || kind == OpJoin):
		return fmt.Errorf("%w: a %v with %T", pickle.ErrInvalid, from.Op, from.On)
	case from.More != nil && from.More.Kept != nil:
		t.rare().kept = kept{from.On.WaitQueue(), *from.More.Kept}
		t.slot = unsafe.Pointer(&t.rare().kept)
	case kind == OpSelect:
		t.slot = unsafe.Pointer(t.rare().sel)
	case isTasklet:
		t.slot = unsafe.Pointer(other)
	default:
		t.slot = unsafe.Pointer(from.On.WaitQueue())
	}
	return nil
}

func (t *Tasklet) restoreJoiners(l *pickle.Loading, joiners []*Tasklet, cases []uint32) error {
	r, err := restoring(l)
	if err != nil {
		return err
	}
	if cases != nil && len(cases) != len(joiners) {
		return fmt.Errorf("%w: %d tasklets join by %d cases", pickle.ErrInvalid, len(joiners), len(cases))
	}
	q := &Queue{home: r.home, born: r.home, owner: t, status: Blocked}
	t.rare().joiners = q
	for i, j := range joiners {
		if j == t {
			return fmt.Errorf("%w: a tasklet waits for its own end", pickle.ErrInvalid)
		}
		if cases != nil && cases[i] > 0 {
			err = q.RestoreCase(l, j, cases[i], (*endOf)(t), OpJoin, nil)
		} else {
			err = q.Restore(l, j, OpJoin, nil)
		}
		if err != nil {
			return err
		}
	}
	l.Commit(func() { r.home.list(q) })
	return nil
}

// Restore puts t, which is being loaded, at the end of q, where it waits by
// operation op. Q is bound when the loading is committed. The error is that t
// can't wait there.
func (q *Queue) Restore(l *pickle.Loading, t *Tasklet, op Op, slot unsafe.Pointer) error {
	r, err := restoring(l)
	if err != nil {
		return err
	}
	at := unsafe.Pointer(q)
	if u, ok := q.owner.(*Tasklet); ok {
		at = unsafe.Pointer(u)
	}
	switch {
	case t == nil:
		return fmt.Errorf("%w: nobody waits in a queue", pickle.ErrInvalid)
	case t.place == &r.waiting && t.op == op && t.slot == at:
		r.missing--
	case t.place == nil && t.Frame() == nil:
		r.early++
		t.op = op
	default:
		return fmt.Errorf("%w: a tasklet waits in a queue by %v, and is elsewhere or waits by something else, or for something else", pickle.ErrInvalid, op)
	}
	t.slot = slot
	q.home, q.born, q.status = r.home, r.home, Blocked
	q.pushBack(t)
	return nil
}

// RestoreCase is Restore for a tasklet that waits in q by one case of a Select, as
// CaseOf gave it.
func (q *Queue) RestoreCase(l *pickle.Loading, t *Tasklet, number uint32, on Selectable, op Op, slot unsafe.Pointer) error {
	r, err := restoring(l)
	if err != nil {
		return err
	}
	if t == nil {
		return fmt.Errorf("%w: nobody waits in a queue", pickle.ErrInvalid)
	}
	if number == 0 || number > math.MaxInt32 {
		return fmt.Errorf("%w: a tasklet waits in a queue by a case that can't be: %d", pickle.ErrInvalid, number)
	}
	q.home, q.born, q.status = r.home, r.home, Blocked
	st := &standIn{index: int(number - 1), drops: true}
	st.block.hold(st)
	st.block.t.flags |= standing
	st.wait(q, on, op, slot)
	r.stand = append(r.stand, restoredStandIn{st, t, l.Place()})
	return nil
}

// Rebind is Bind for a queue with waiters that Restore has put there.
func (q *Queue) Rebind(h *Home, owner Waitable) {
	q.Bind(h, owner)
	if q.len > 0 {
		h.list(q)
	}
}

// check is called when all has been read. What operations were with and belongs to
// nobody is bound after all that is, so that it can be named in the next pickle.
func (r *restoration) check(l *pickle.Loading) error {
	if len(r.on) > 0 {
		l.Commit(func() {
			for _, on := range r.on {
				if q := on.WaitQueue(); q != nil && q.born == nil {
					q.Bind(r.home, on)
				}
			}
		})
	}
	if r.missing > 0 {
		b := r.blocked[slices.IndexFunc(r.blocked, func(b restoredBlocked) bool { return b.t.place == &r.waiting })]
		return b.at.Blame(fmt.Errorf("%w: a tasklet is blocked by a %v, and in no queue", pickle.ErrInvalid, b.t.op))
	}
	if r.early > 0 {
		return fmt.Errorf("%w: %d tasklets wait in queues, and are not there", pickle.ErrInvalid, r.early)
	}
	return r.checkSelections()
}

// checkSelections gives every tasklet that selects its stand-ins.
func (r *restoration) checkSelections() error {
	if len(r.stand) == 0 && len(r.selecting) == 0 {
		return nil
	}
	for _, st := range r.stand {
		if _, ok := r.selecting[st.t]; !ok {
			return st.at.Blame(fmt.Errorf("%w: a tasklet waits by a case, and does not select", pickle.ErrInvalid))
		}
		st.of = st.t.rare().sel
		st.of.stand = append(st.of.stand, st.standIn)
	}
	for _, b := range r.blocked {
		if waiting, ok := r.selecting[b.t]; ok {
			if err := b.t.rare().sel.restore(waiting); err != nil {
				return b.at.Blame(err)
			}
		}
	}
	return nil
}

// commit gives every tasklet its place and its number. The order of a group is
// kept; who is in none is parked, or falls asleep, in the order of the pickle.
func (r *restoration) commit() {
	h := r.home
	wake := make(map[*Tasklet]time.Time, len(r.sleep))
	for _, s := range r.sleep {
		wake[s.t] = s.at
	}
	sleep := func(t *Tasklet) {
		if t.slot == nil {
			t.slot = h.scheduler.ArmAt(t, wake[t])
		}
	}
	for _, g := range r.groups {
		g.renumber(h)
	}
	for _, t := range r.all {
		if t.ID() == 0 {
			t.idLow, t.idHigh = h.nextID()
		}
		if t.Frame() != nil {
			h.born++
		}
	}
	for _, g := range r.groups {
		for _, t := range g.Sleeping {
			sleep(t)
		}
		for _, t := range g.Ready {
			if t.next == nil {
				if k := t.op.kind(); k.parks() || k == OpSleep {
					t.op |= done
				}
				h.enter(&h.ring, t)
			}
		}
		for _, t := range g.Parked {
			if t.next == nil {
				h.enter(&h.parked, t)
			}
		}
	}
	for _, t := range r.all {
		if t.next == nil && (t.place == &h.parked || t.place == &h.away) {
			h.enter(t.place, t)
		}
	}
	for _, s := range r.sleep {
		sleep(s.t)
	}
	r.commitWatches()
	if h.away.len > 0 && !h.away.listed {
		h.list(&h.away)
	}
	r.home.armDeadlines(r.all)
}
