// Package channel has the meeting point of tasklets: a [Channel] of T, in which
// one who sends meets one who receives.
//
// A channel holds no values, only those who wait: either senders or receivers,
// never both, first come first served. A value goes from its sender straight to
// the receiver's destination, once or not at all, whatever is killed or closed
// meanwhile.
//
// Who runs on when the two have met is the channel's Preference: by default the
// receiver. docs/SCHEDULING.md has the table.
//
// Three kinds of code meet in a channel, each with its own form of the same
// operations:
//
//   - frames: [Channel.Send] and [Channel.Receive] return a tasklet.Step;
//   - main and plain functions: [Channel.Put] and [Channel.Get] block;
//   - any other goroutine: [Channel.PutContext] and [Channel.GetContext].
//
// [Channel.OnSend] and [Channel.OnReceive] are cases of a tasklet's Select, which
// performs one of several operations.
//
// A channel belongs to one scheduler and, but for the last kind, to the
// goroutine that drives it. Tasklets of other schedulers that this one knows, in a
// pool, perform their operations on it as on one of their own: as a message, and an
// answer.
package channel
