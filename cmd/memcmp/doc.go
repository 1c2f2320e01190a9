// Memcmp measures what a thread, a goroutine and a tasklet cost on the machine
// it runs on.
//
// For each kind, state and count it starts a process of its own that makes so
// many units, lets each run once and then holds still; it reads that process
// from outside, as the operating system sees it, and ends it. The idea is an
// article's of 2009, which compared the threads of Python with the tasklets of
// Stackless Python; --baseline sets its figures beside the reader's.
//
// The nouns, one file each:
//
//   - a plan (plan.go) is the list of series to measure: a kind, a state, counts;
//   - a unit process (unit.go) is this same command, started again to be
//     measured; goroutines.go, tasklets.go and thread_cgo.go fill it;
//   - a program (program.go) is anything else that can be measured, given by
//     --exec: it makes n units, prints "ready" and waits for its input to end;
//   - a measurement (measure.go) starts a process (child.go), waits for its ready
//     line, reads its memory (process.go) and ends it, whatever happens;
//   - a result (result.go) is one row of figures, and a comparison (comparison.go)
//     all of them; table.go, picture.go, records.go and plot.go show it.
//
// A figure that the operating system can't give is unknown: a dash for people,
// null in JSON, never a zero.
package main
