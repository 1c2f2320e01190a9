// Package tasklet says what a tasklet is and what it means for one to wait.
//
// A [Tasklet] is a stack of frames with an identity and a place. A [Frame] is
// one suspended call, written out: a struct whose fields are its locals, and a
// method that goes on from where they say. A tasklet costs 48 bytes and its
// frame, needs no goroutine, and can be written down at any wait, because
// nothing of it hides in a machine stack: see package pickle, and [Group] for
// tasklets with their order.
//
// The one idea is how a frame waits. Every operation that may wait returns a
// [Step]; [Next] means that it is complete, and anything else goes back to the
// scheduler as it is:
//
//	func (p *producer) Resume(t *tasklet.Tasklet) tasklet.Step {
//		for ; p.N > 0; p.N-- {
//			if s := p.Out.Send(t, p.N); s != tasklet.Next {
//				return s
//			}
//		}
//		return tasklet.Return
//	}
//
// When the tasklet runs again, Resume runs again from its top and performs the
// same operation again, which now completes. The same line serves waiting,
// giving others a turn, errors and kills. A frame with several waits keeps a
// program counter in a field and switches on it. Two rules follow:
//
//   - The operation comes first in its case: what stands before it in the same
//     case runs once more when the frame is resumed. So do the expressions of
//     its arguments, whose values are ignored then: they may not have effects.
//   - A frame performs again the operation that it left. One that does not is
//     ended with [ErrMisuse], which names it.
//
// A tasklet is in exactly one place, and its place is its [Status]: running or
// ready in its scheduler's ring, blocked in some queue, asleep among the
// timers, parked, or dead. Places are of one kind, [Queue]. A [Home] holds
// those that every scheduler has; channels and joins bring their own. That is
// all this package knows of either: packages channel and sched both stand on
// it and do not know each other.
//
// Code that is not a frame takes part by a [Coroutine]: the handle of the main
// tasklet, which is the goroutine that drives a scheduler, and of plain
// functions that run as tasklets on a goroutine of their own. It has a
// blocking form of each operation. What would block the scheduler's goroutine, such
// as a file or a look-up, is a function that a tasklet awaits: see [Await].
//
// [Tasklet.Select] waits for one of several operations, [Tasklet.Within] for any of
// them no longer than is said.
//
// A tasklet and all that it can reach here belong to the goroutine that drives
// their scheduler. Unless a comment says otherwise, nothing in this package
// may be called from any other. Others know a tasklet by its [Ref].
package tasklet
