// Package schedtest runs a program of tasklets under many orders of events, to
// find the one in which it is wrong.
//
//	func TestTill(t *testing.T) {
//		schedtest.Run(t, func(w *schedtest.World) {
//			c := channel.New[int](w)
//			w.Go(&customer{pay: c})
//			w.Go(&till{in: c})
//			w.Run()
//			… what must hold then, told to w as to a testing.TB
//		})
//	}
//
// A scheduler's order is always the same, so a test of a program sees one of the
// many in which it must be right: the ring changes when a tasklet is added, a
// message takes longer or a pickle goes on elsewhere. [Run] calls the program once
// for each of a thousand seeds, in a [World] of its own: a scheduler that takes
// who is ready in an order drawn from the seed, wakes who waits spuriously, is
// checked after every step, and follows a virtual clock.
//
// A seed that fails is reported with the steps that led there and the command
// that replays it; a replay is exact, as long as the program draws what it does
// from the World alone and not from maps, times or goroutines.
package schedtest
