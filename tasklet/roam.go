package tasklet

// Statuses that others don't see: of a tasklet between two homes, and of one that is
// ready, but in its home's backlog.
const (
	inTransit Status = Parked + 1 + iota
	inBacklog
)

// handoverLooks is at how many Handover looks in vain: a long ring in which nobody roams
// would keep its scheduler from working.
const handoverLooks = 256

// Roam makes a tasklet of frame f at home h that any scheduler of the pool may run: an
// idle one takes it over. It is ready, but waits beside the ring: it begins when the ring
// is empty, the newest first, so that of a tree of tasklets few are alive at once; and one,
// the oldest, each time that all of the ring have had their turn, so that none waits for
// ever. An idle scheduler gets the oldest. Once a roaming tasklet has begun, it is in the
// ring like any other, and is taken over only where none is left that has not.
//
// So it is known to nobody by its *Tasklet but to its own frames while they run; others
// have its [Ref]. Its frames share no memory with other tasklets but what is safe for
// several goroutines, and meet others in channels. Where it is loaded from a pickle, it
// does not roam: its loader knows it. In a scheduler that is alone, Roam is Go.
func (h *Home) Roam(f Frame) { h.roam(newTasklet(f)) }

// RoamRef is Roam for those who want to know the tasklet.
func (h *Home) RoamRef(f Frame) *Ref {
	t := newTasklet(f)
	h.roam(t)
	return t.Ref()
}

func (h *Home) roam(t *Tasklet) {
	if t.Frame() == nil {
		panic("tasklet: Roam of a nil frame")
	}
	t.flags |= roams
	h.nextNumber(t)
	h.born++
	h.admit(t)
}

// admit puts t, which roams and has not begun, where it waits for its turn.
func (h *Home) admit(t *Tasklet) {
	if h.together == nil {
		h.enter(&h.ring, t)
	} else {
		h.enter(&h.backlog, t)
	}
}

// Roam makes a tasklet of frame f beside t that other schedulers may take over: see
// [Home.Roam].
func (t *Tasklet) Roam(f Frame) { t.Home().Roam(f) }

// RoamRef is Roam for those who want to know the tasklet.
func (t *Tasklet) RoamRef(f Frame) *Ref { return t.Home().RoamRef(f) }

// SpawnRoaming is Spawn of a tasklet that other schedulers may take over: see
// [Home.Roam].
func SpawnRoaming[F any, P interface {
	*F
	Frame
}](of Homely, f F) {
	of.Home().roam(together[F, P](f))
}

// RoamFrom makes a roaming tasklet of frame f for h on any other goroutine. It is in
// transit until arrive is called on h's. It is number n of those that are made so in
// its pool.
func (h *Home) RoamFrom(f Frame, n uint64) (ref *Ref, arrive func()) {
	id := 1<<numberBits | n
	t := newTasklet(f)
	t.place, t.idLow, t.idHigh = &Queue{status: inTransit}, uint32(id), uint16(id>>32)
	t.flags |= roams
	ref = &Ref{t: t, id: id}
	ref.home.Store(h)
	t.more().ref = ref
	return ref, func() {
		h := h.heirOrSelf()
		h.takeIn(t, true)
		h.admit(t)
	}
}

// Backlog returns the tasklets that roam, are ready and have not begun, the oldest first.
func (h *Home) Backlog() *Queue { return &h.backlog }

// Draw lets one of the backlog begin: it goes to the end of the ring. It reports whether
// there was one.
func (h *Home) Draw(newest bool) bool {
	t := h.backlog.head
	if t == nil {
		return false
	}
	if newest {
		t = t.prev
	}
	h.backlog.remove(t)
	h.ring.pushBack(t)
	return true
}

// A Batch is tasklets on their way from one home to another.
type Batch struct {
	q     Queue
	begun bool
}

// Len returns how many tasklets are in the batch.
func (b *Batch) Len() int { return b.q.Len() }

// Handover takes out of h half of its backlog, the oldest; if there is nobody who may go,
// every second of those that roam among the next in the ring. Whose end somebody at home is
// to hear of stays.
func (h *Home) Handover() *Batch {
	b := &Batch{q: Queue{status: inTransit}}
	half := (h.backlog.len + 1) / 2
	t := h.backlog.head
	for range min(h.backlog.len, half+handoverLooks) {
		next := t.next
		if t.movable() {
			h.backlog.remove(t)
			h.letGo(t)
			if b.q.pushBack(t); b.q.len == half {
				break
			}
		}
		t = next
	}
	if b.q.len > 0 {
		return b
	}
	b.begun = true
	if h.ring.head == nil {
		return b
	}
	take := false
	t = h.ring.head.next
	for range min(int(h.ring.len)-1, handoverLooks) {
		next := t.next
		if t.flags&roams != 0 && t.movable() {
			if take = !take; take {
				h.ring.remove(t)
				h.letGo(t)
				b.q.pushBack(t)
			}
		}
		t = next
	}
	return b
}

// Leave tells those who have a Ref of one in b that it goes to another home. It is for
// the home that has handed them over, before they are posted.
func (b *Batch) Leave(to *Home) {
	for t := range b.q.All() {
		if t.rare() != nil && t.rare().ref != nil {
			t.rare().ref.home.Store(to)
		}
	}
}

// Arrive gives those in the batch a place with h, or with who has inherited it.
func (h *Home) Arrive(b *Batch) {
	h = h.heirOrSelf()
	for b.q.len > 0 {
		t := b.q.head
		b.q.removeFirst(t)
		h.takeIn(t, false)
		if b.begun {
			h.enter(&h.ring, t)
		} else {
			h.admit(t)
		}
	}
}
