// Package wait has what tasklets wait on beside channels: a [Mutex] and its
// [Cond], a [Semaphore], a [Group], an [Event], a [Buffer] for those who need a channel
// that holds values, the ends of several tasklets, which a [Join] hears of, and a
// [Scope] of tasklets that end together.
//
// A scheduler runs one tasklet at a time, and a step is atomic: what a tasklet
// does between two operations nobody interrupts. So data that tasklets share need
// no lock, unless they have to stay as they are across a wait; that is what a
// Mutex is for here.
//
// Each noun is a [Line] of tasklets and a few words of state:
//
//   - It is first come, first served. What is let go goes to the first in line
//     itself, by direct hand-over, so nobody is overtaken and nobody starves.
//   - Who is let go on goes to the end of the scheduler's ring; who lets it go on
//     keeps the turn. Nothing here gives up the turn but to wait.
//   - A waiter that is killed, or thrown an error such as a time-out, leaves the
//     line, and those behind it go on if they can. One that has been given what
//     it waited for keeps it: its next operation fails, so that its frame knows
//     what it has to let go. What is given is never lost on the way.
//   - All can be pickled, with those who wait in them, in order.
//
// Frames use the plain verbs, which return a tasklet.Step, such as [Mutex.Lock];
// main and plain functions use the forms that block, such as [Mutex.LockFor].
// Goroutines outside have forms with a context where there is anything for them.
//
// The zero value of each works, but of Semaphore, Cond and Join, and becomes the
// property of the scheduler whose tasklet first uses it. They may not be copied, and belong to the
// goroutine that drives their scheduler.
package wait
