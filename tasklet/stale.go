package tasklet

import "iter"

// Who waits in a queue for a scheduler elsewhere, or there as well, can have been called
// back, or done elsewhere, before its stand-in hears of it and leaves. Such a waiter is
// stale: nobody will meet it. What follows is for those who count or show who waits; it
// leaves the queue as it is. Whoever wants to meet somebody asks Meet.

// Awaited ranges over those who wait in the queue and are not stale, from first to last.
// The queue may not change meanwhile. It belongs to the goroutine of the queue's
// scheduler.
func (q *Queue) Awaited() iter.Seq[*Tasklet] {
	return func(yield func(*Tasklet) bool) {
		for t := range q.All() {
			if !t.stale() && !yield(t) {
				return
			}
		}
	}
}

// Waiting returns how many Awaited ranges over. It takes no time while nobody has waited
// here from elsewhere, and afterwards time in proportion to the queue's length until
// nobody does.
func (q *Queue) Waiting() int {
	if !q.crossed {
		return int(q.len)
	}
	n, claimed := 0, false
	for t := range q.All() {
		claimed = claimed || t.claimed() != nil
		if !t.stale() {
			n++
		}
	}
	q.crossed = claimed
	return n
}

// stale reports whether t, a waiter in a queue, can't be met any more.
func (t *Tasklet) stale() bool {
	c := t.claimed()
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state != open
}
