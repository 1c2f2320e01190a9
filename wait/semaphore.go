package wait

import (
	"fmt"
	"unsafe"

	"github.com/stackless-go/stackless/tasklet"
)

// A Semaphore has so many permits, and tasklets that hold some of them. Unlike a
// mutex, it does not know who: anybody can release permits, and a tasklet that
// ends takes those that it holds with it, so that it releases them in its Cleanup.
// It is made with NewSemaphore; the zero Semaphore has no permits.
//
// Fairness: first come, first served, by request. A big one is not overtaken by
// smaller ones behind it: they wait until it has been met.
//
// Invariants: 0 ≤ free ≤ size. If somebody waits, the first asks for more than is
// free. A waiter's slot is its request. Those that have been met stand in given
// until their tasklets have gone on.
type Semaphore struct {
	Line
	free, size int64
	given      *request // the first; they go on in this order, unless they are killed
	lastGiven  *request // valid if there is a first
	spare      *request // list of those to be used again, as many as there ever were at once
}

// A request is what somebody who waits for permits brings along.
type request struct {
	n    int64
	by   *tasklet.Tasklet // valid when it has been met
	next *request         // valid in a list
}

// NewSemaphore makes a semaphore with so many permits, all free, that belongs to
// of, a scheduler or a tasklet's scheduler. Less than none count as none.
func NewSemaphore(of tasklet.Homely, permits int64) *Semaphore {
	permits = max(permits, 0)
	s := &Semaphore{free: permits, size: permits}
	s.queue.Bind(of.Home(), s)
	return s
}

// Acquire takes n permits, and is complete when t has them. It fails with
// [ErrRange] for n below 0 or above what the semaphore has, with
// tasklet.ErrBlockTrap if t may not wait, and with tasklet.ErrForeign on another
// scheduler's. When it has failed, it has taken none. Performed again, it ignores
// n: the number is the one that it began with.
func (s *Semaphore) Acquire(t *tasklet.Tasklet, n int64) tasklet.Step {
	if s.queue.Completed(t, tasklet.OpAcquire) {
		s.wentOn(t)
		return tasklet.Next
	}
	if !s.queue.Begin(t) {
		step := s.queue.Again(t, tasklet.OpAcquire)
		if step == tasklet.Next {
			s.wentOn(t)
		}
		return step
	}
	if s.queue.Home() != t.Home() {
		if err := s.home(t, s); err != nil {
			return t.Fail(err)
		}
	}
	switch {
	case n < 0 || n > s.size:
		return t.Fail(refuse(ErrRange, s, "acquire of %d", n))
	case s.TryAcquire(n):
		return tasklet.Next
	case t.BlockTrap():
		return t.Fail(refuse(tasklet.ErrBlockTrap, s, "acquire"))
	case t.Trapped():
		return t.Trap(tasklet.OpAcquire)
	}
	return s.queue.Hold(t, tasklet.OpAcquire, unsafe.Pointer(s.request(n)))
}

// AcquireFor is Acquire for main and plain functions.
func (s *Semaphore) AcquireFor(co *tasklet.Coroutine, n int64) error {
	return block(co, func(t *tasklet.Tasklet) tasklet.Step { return s.Acquire(t, n) })
}

// TryAcquire takes n permits if they are free and nobody waits, and reports
// whether it did.
func (s *Semaphore) TryAcquire(n int64) bool {
	if n < 0 || n > s.free || s.queue.Len() > 0 {
		return false
	}
	s.free -= n
	return true
}

// Release gives n permits back. Those who wait go on, in their order, as far as
// what is free goes. The error is [ErrRange], if n is below 0 or more than what is
// out; nothing has changed then.
func (s *Semaphore) Release(n int64) error {
	if n < 0 || n > s.size-s.free {
		return refuse(ErrRange, s, "release of %d", n)
	}
	s.free += n
	s.meet()
	return nil
}

// Free returns how many permits nobody holds.
func (s *Semaphore) Free() int64 { return s.free }

// Size returns how many permits there are.
func (s *Semaphore) Size() int64 { return s.size }

// WaitName names the semaphore as what somebody waits on, as in "semaphore 3, 1 of
// 4 free".
func (s *Semaphore) WaitName() string {
	return fmt.Sprintf("%s, %d of %d free", s.title("semaphore"), s.free, s.size)
}

// WaitQueue returns where those wait who are to get permits.
func (s *Semaphore) WaitQueue() *tasklet.Queue { return &s.queue }

// meet gives those who wait what they ask for, in their order.
func (s *Semaphore) meet() {
	for first := s.queue.First(); first != nil; first = s.queue.First() {
		r := (*request)(s.queue.Slot(first))
		if r.n > s.free {
			return
		}
		s.free -= r.n
		r.by = s.wake()
		s.give(r)
	}
}

// give puts r among those that have been met.
func (s *Semaphore) give(r *request) {
	r.next = nil
	if s.given == nil {
		s.given = r
	} else {
		s.lastGiven.next = r
	}
	s.lastGiven = r
}

// wentOn forgets the request of t, which was met, and returns what it was for.
func (s *Semaphore) wentOn(t *tasklet.Tasklet) (n int64) {
	var before *request
	for r := s.given; r != nil; before, r = r, r.next {
		if r.by != t {
			continue
		}
		if before == nil {
			s.given = r.next
		} else {
			before.next = r.next
		}
		if s.lastGiven == r {
			s.lastGiven = before
		}
		n = r.n
		s.forget(r)
		return n
	}
	return 0
}

// Left is called when a waiter has left otherwise than by being given its permits:
// see tasklet.Keeper. If it was the first, the next may be content with less.
func (s *Semaphore) Left(slot unsafe.Pointer) {
	s.forget((*request)(slot))
	s.meet()
}

// Returned is called when t was given permits and ends without having gone on: see
// tasklet.Keeper.
func (s *Semaphore) Returned(t *tasklet.Tasklet) {
	s.free = min(s.free+s.wentOn(t), s.size) // somebody may have released them already
	s.meet()
}

// request returns a request of n permits.
func (s *Semaphore) request(n int64) *request {
	r := s.spare
	if r == nil {
		return &request{n: n}
	}
	s.spare = r.next
	*r = request{n: n}
	return r
}

// forget keeps r to be used again.
func (s *Semaphore) forget(r *request) {
	*r = request{next: s.spare}
	s.spare = r
}
