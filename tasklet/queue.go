package tasklet

import (
	"fmt"
	"iter"
	"unsafe"
)

// A Queue is a place: tasklets in order, linked through their own control
// blocks, so that being in one costs nothing. Every place is a Queue: the ring
// of a scheduler, its parked tasklets, and what a channel, a join or any other
// way to wait brings along.
//
// Invariants:
//
//   - The links are circular: head.prev is the last. An empty queue has no head.
//   - A tasklet in the queue has it as its place, and is in no other.
//   - The first of a ring is the tasklet that runs; "at the end" of a ring is
//     just before it.
//   - All who wait in a queue of status Blocked belong to the same home, and
//     wait by operations of one direction (a channel never has both).
//
// A Queue is for those who write a way to wait; others have no use for it beyond
// Len and All.
type Queue struct {
	head    *Tasklet
	home    *Home    // that it belongs to now; only for the goroutine of that home
	born    *Home    // that it was bound to; does not change, so all may read it
	owner   Waitable // what a Blocked queue is part of
	len     int32
	number  uint32
	status  Status // of a tasklet that is here
	listed  bool   // in home.waits
	quiet   bool   // a ring that nobody observes
	trapped bool   // of a ring: the turn may not be given up
	tried   bool   // a case of a Select can be ready although nobody waits: see Case.In
	crossed bool   // somebody with a claim waits here, or did when Waiting was called last
}

// A Waitable is what tasklets wait on: something that has a Queue.
type Waitable interface {
	// WaitName names it for people, as in "channel 3 of int".
	WaitName() string
	// WaitQueue returns where they wait, nil if nobody ever has. It is for those
	// who write and restore tasklets.
	WaitQueue() *Queue
}

// Bind makes q the queue of owner, for tasklets of h, and numbers it.
func (q *Queue) Bind(h *Home, owner Waitable) {
	h.bound++
	q.born, q.home, q.owner, q.status, q.number = h, h, owner, Blocked, h.bound
}

// Number returns which of the home's bound queues q is, from 1 up.
func (q *Queue) Number() uint32 { return q.number }

// Home returns the home that q was bound to, nil if it is not. It does not change once
// it is set, also if the home is inherited: then Belongs says more.
func (q *Queue) Home() *Home { return q.born }

// Belongs reports whether q is h's, on whose goroutine it is called: because it was
// bound to it, or h has inherited it.
func (q *Queue) Belongs(h *Home) bool {
	if q.born == nil || q.born.heirOrSelf() != h {
		return false
	}
	q.home = h
	return true
}

// SetTried says whether cases that wait in the queue can be ready although nobody waits
// there.
func (q *Queue) SetTried(on bool) { q.tried = on }

// Len returns how many tasklets are in the queue.
func (q *Queue) Len() int { return int(q.len) }

// First returns the first of the queue, nil if it is empty.
func (q *Queue) First() *Tasklet { return q.head }

// Last returns the last of the queue, nil if it is empty.
func (q *Queue) Last() *Tasklet {
	if q.head == nil {
		return nil
	}
	return q.head.prev
}

// All ranges over the queue from first to last. The queue may not change
// meanwhile.
func (q *Queue) All() iter.Seq[*Tasklet] {
	return func(yield func(*Tasklet) bool) {
		t := q.head
		for range q.len {
			if !yield(t) {
				return
			}
			t = t.next
		}
	}
}

// A way to wait is made of the methods that follow. An operation is performed at
// least once, and again each time its tasklet is resumed until it is complete;
// its code has this shape:
//
//	if q.Completed(t, op) {
//		return tasklet.Next
//	}
//	if !q.Begin(t) {
//		return q.Again(t, op)
//	}
//	… either it can be done at once: return tasklet.Next, t.Fail(err),
//	  or, giving up the turn, q.HandTo or q.Pass
//	… or not: return q.Hold(t, op, slot)
//
// Whoever can complete it for those who wait uses Take.

// Begin reports whether t runs and has no operation under way. If so, its
// caller goes on to perform one; if not, it returns what Again says.
func (q *Queue) Begin(t *Tasklet) bool { return t.begin() }

// Completed reports whether t runs again after it waited in q by op, and op is
// complete; t then forgets it. It is the quick half of Again.
func (q *Queue) Completed(t *Tasklet, op Op) bool {
	if t.op == op|done && t.slot == unsafe.Pointer(q) && t.place.head == t {
		t.op, t.slot = OpNone, nil
		return true
	}
	return false
}

// Again is for an operation that was not begun: t has been resumed and performs
// it again, or an error is on its way, or the frame breaks the contract. Then it
// panics, and the panic ends t with [ErrMisuse].
func (q *Queue) Again(t *Tasklet, op Op) Step { return t.again(op, unsafe.Pointer(q)) }

// Hold lets t, which runs, wait in q by operation op. Slot is the operation's
// own: whoever wakes t finds it there. Under a switch trap it fails instead.
func (q *Queue) Hold(t *Tasklet, op Op, slot unsafe.Pointer) Step {
	if t.place.trapped {
		return t.Trap(op)
	}
	t.place.removeFirst(t)
	t.op, t.slot = op, slot
	q.pushBack(t)
	if !q.listed {
		q.home.heirOrSelf().list(q)
	}
	return Wait
}

// Slot returns what t, which waits in q, brought along. It is nil for a tasklet that
// was restored, and for a stand-in: see Brought.
func (q *Queue) Slot(t *Tasklet) unsafe.Pointer { return t.slot }

// Brought is Slot also for a stand-in.
func (q *Queue) Brought(t *Tasklet) unsafe.Pointer {
	if t.flags&standing != 0 {
		return t.Frame().(*standIn).slot
	}
	return t.slot
}

// Take takes the first waiter out of q and marks its operation complete. Its
// caller has read the slot, and now lets it go on, by [Home.Wake] or HandTo. For a
// stand-in, it returns the tasklet that waits.
func (q *Queue) Take() *Tasklet {
	t := q.head
	q.removeFirst(t)
	if t.flags&standing != 0 {
		return t.Frame().(*standIn).fire()
	}
	t.op |= done
	t.slot = unsafe.Pointer(q)
	return t
}

// TakePlain is Take of a first waiter that has said by its slot that it is no stand-in.
func (q *Queue) TakePlain() *Tasklet {
	t := q.head
	q.removeFirst(t)
	t.op |= done
	t.slot = unsafe.Pointer(q)
	return t
}

// Keep makes value what t, which Take has taken out, has received. It is for one
// that was restored: its slot is nil until it performs its receive again.
func (q *Queue) Keep(t *Tasklet, value any) {
	r := t.more()
	r.kept = kept{q, value}
	t.slot = unsafe.Pointer(&r.kept)
}

// Kept returns what was kept for t, which performs its receive again; then Again
// finds the receive complete.
func (q *Queue) Kept(t *Tasklet) (value any, ok bool) {
	r := t.rare()
	if r == nil || t.slot != unsafe.Pointer(&r.kept) || r.kept.on != q || t.place.head != t {
		return nil, false
	}
	value, r.kept = r.kept.value, kept{}
	t.slot = unsafe.Pointer(q)
	return value, true
}

// Fails makes the operation on q that t waits by, or has just completed, fail
// with err when it is performed again: its own outcome, where a throw is
// somebody else's doing.
func (q *Queue) Fails(t *Tasklet, err error) {
	if t.flags&standing != 0 {
		st := t.Frame().(*standIn)
		if st.request != nil {
			st.request.err = err
			return
		}
		t = st.of.t
	}
	t.fails(err)
}

// HandTo gives the turn of t, which runs and whose operation op on q is
// complete, to next, which Take has taken out. T goes to the end of the ring.
func (q *Queue) HandTo(t, next *Tasklet, op Op) Step {
	ring := t.place
	after := t.next
	ring.len++
	t.op = op | done
	next.place, next.next, next.prev, t.next, t.slot = ring, after, t, next, unsafe.Pointer(q)
	after.prev, ring.head = next, next // after the above: after can be t itself
	return Wait
}

// Pass gives the turn of t, which runs and whose operation op on q is complete,
// to whoever is next in the ring. T goes to the end.
func (q *Queue) Pass(t *Tasklet, op Op) Step {
	t.op, t.slot = op|done, unsafe.Pointer(q)
	t.place.head = t.next
	return Wait
}

// pushBack puts t, which is in no place, at the end of q.
//
// Here and below, pointers are set in one statement each time, which asks once
// instead of thrice whether the collector wants to know.
func (q *Queue) pushBack(t *Tasklet) {
	q.len++
	head := q.head
	if head == nil {
		t.place, t.next, t.prev, q.head = q, t, t, t
		return
	}
	last := head.prev
	t.place, t.next, t.prev, last.next, head.prev = q, head, last, t, t
}

// remove takes t out of q. Its links are stale until it is put elsewhere.
func (q *Queue) remove(t *Tasklet) {
	q.len--
	if q.len == 0 {
		q.head = nil
		return
	}
	t.prev.next, t.next.prev = t.next, t.prev
	if q.head == t {
		q.head = t.next
	}
}

// removeFirst is remove of t, the head.
func (q *Queue) removeFirst(t *Tasklet) {
	q.len--
	next := t.next
	if next == t {
		q.head = nil
		return
	}
	last := t.prev
	last.next, next.prev, q.head = next, last, next
}

// check walks the queue and returns the first invariant that does not hold,
// adding whom it meets to seen.
func (q *Queue) check(seen map[*Tasklet]*Queue) error {
	if (q.head == nil) != (q.len == 0) {
		return fmt.Errorf("%v queue: length %d, but head is %v", q.status, q.len, q.head)
	}
	t, h := q.head, q.home.heirOrSelf()
	for i := range q.len {
		switch {
		case t.place != q:
			return fmt.Errorf("%v queue: %v at position %d has another place", q.status, t, i)
		case seen[t] != nil:
			return fmt.Errorf("%v queue: %v is in two places", q.status, t)
		case t.Frame() == nil:
			return fmt.Errorf("%v queue: %v is dead", q.status, t)
		case t.next == nil || t.prev == nil || t.next.prev != t || t.prev.next != t:
			return fmt.Errorf("%v queue: links around %v do not match", q.status, t)
		case q.status == Blocked && (t.op.kind() == OpNone || t.op&done != 0):
			return fmt.Errorf("%v queue: %v waits by %v, which is complete", q.status, t, t.op)
		case q.status == Blocked && q != &h.away && t.op.sends() != q.head.op.sends():
			return fmt.Errorf("%v queue: senders and receivers wait at once", q.status)
		}
		seen[t] = q
		if t.rare() != nil && t.rare().sel != nil {
			if err := t.rare().sel.check(); err != nil {
				return err
			}
		}
		t = t.next
	}
	if t != q.head {
		return fmt.Errorf("%v queue: longer than its length %d", q.status, q.len)
	}
	return nil
}
