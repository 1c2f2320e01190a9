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
// What is exported here is for those who write a way to wait; others have no
// use for it beyond Len and All.
type Queue struct {
	head   *Tasklet
	home   *Home
	owner  Waitable // what a Blocked queue is part of
	len    int32
	number uint32
	status Status // of a tasklet that is here
	listed bool   // in home.waits
}

// A Waitable is what tasklets wait on: something that has a Queue.
type Waitable interface {
	// WaitName names it for people, as in "channel 3 of int".
	WaitName() string
}

// Bind makes q the queue of owner, for tasklets of h, and numbers it.
func (q *Queue) Bind(h *Home, owner Waitable) {
	h.bound++
	q.home, q.owner, q.status, q.number = h, owner, Blocked, h.bound
}

// Number returns which of the home's bound queues q is, from 1 up.
func (q *Queue) Number() uint32 { return q.number }

// Home returns the home whose tasklets may wait in q, nil if it is not bound.
// It does not change once it is set.
func (q *Queue) Home() *Home { return q.home }

// Len returns how many tasklets are in the queue.
func (q *Queue) Len() int { return int(q.len) }

// First returns the first of the queue, nil if it is empty.
func (q *Queue) First() *Tasklet { return q.head }

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

// Hold lets t, which runs, wait in q by operation op. Slot is the operation's
// own: whoever wakes t finds it there.
func (q *Queue) Hold(t *Tasklet, op Op, slot unsafe.Pointer) Step {
	t.place.removeFirst(t)
	t.op, t.slot = op, slot
	q.pushBack(t)
	if !q.listed {
		q.home.list(q)
	}
	return Wait
}

// Take takes the first waiter out of q and marks its operation complete. The
// caller reads its slot first, and then gives it back to its ring, by
// [Tasklet.Ready] or [Tasklet.HandTo].
func (q *Queue) Take() *Tasklet {
	t := q.head
	q.removeFirst(t)
	t.op |= done
	t.slot = unsafe.Pointer(q)
	return t
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
	t := q.head
	for i := range q.len {
		switch {
		case t.place != q:
			return fmt.Errorf("%v queue: %v at position %d has another place", q.status, t, i)
		case seen[t] != nil:
			return fmt.Errorf("%v queue: %v is in two places", q.status, t)
		case t.frame == nil:
			return fmt.Errorf("%v queue: %v is dead", q.status, t)
		case t.next.prev != t || t.prev.next != t:
			return fmt.Errorf("%v queue: links around %v do not match", q.status, t)
		case q.status == Blocked && (t.op.kind() == OpNone || t.op&done != 0):
			return fmt.Errorf("%v queue: %v waits by %v, which is complete", q.status, t, t.op)
		case q.status == Blocked && t.op.sends() != q.head.op.sends():
			return fmt.Errorf("%v queue: senders and receivers wait at once", q.status)
		}
		seen[t] = q
		t = t.next
	}
	if t != q.head {
		return fmt.Errorf("%v queue: longer than its length %d", q.status, q.len)
	}
	return nil
}
