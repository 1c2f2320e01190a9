package sched

import "time"

// A Clock is the time that a scheduler's timers follow, and how it waits for it.
type Clock interface {
	// Now returns the present time.
	Now() time.Time
	// Wait returns when it is until, or, the zero time being for ever, when bell
	// rings, or somewhat earlier.
	Wait(until time.Time, bell <-chan struct{})
}

// RealClock is the time of the machine, monotonic.
type RealClock struct{}

// Now is time.Now.
func (RealClock) Now() time.Time { return time.Now() }

// Wait blocks the goroutine until then, or until bell rings.
func (RealClock) Wait(until time.Time, bell <-chan struct{}) {
	if until.IsZero() {
		<-bell
		return
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-bell:
	}
}

// A VirtualClock stands still while tasklets run and jumps to the next timer
// when nothing can: a simulated year takes as long as its steps do. It belongs
// to the goroutine that drives its scheduler.
type VirtualClock struct{ now time.Time }

// NewVirtualClock makes a clock that shows start.
func NewVirtualClock(start time.Time) *VirtualClock { return &VirtualClock{now: start} }

// Now returns the time that the clock shows.
func (c *VirtualClock) Now() time.Time { return c.now }

// Advance moves the clock on by d. Who is to wake meanwhile does so in order
// when the scheduler runs next.
func (c *VirtualClock) Advance(d time.Duration) { c.now = c.now.Add(d) }

// Wait makes it until. With no timer to jump to, it waits for the bell.
func (c *VirtualClock) Wait(until time.Time, bell <-chan struct{}) {
	if until.IsZero() {
		<-bell
		return
	}
	if until.After(c.now) {
		c.now = until
	}
}
