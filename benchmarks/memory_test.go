package benchmarks

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
)

// BenchmarkMemory makes so many and reports what each adds to what the process
// holds of the system's memory, stacks and the collector's own included. What
// the whole process looks like from outside, memcmp shows.
func BenchmarkMemory(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		memory(b, fmt.Sprintf("ready/tasklets=%d", n), n, func() (end func()) {
			s := sched.New()
			for range n {
				s.Go(new(walker))
			}
			s.Step(n)
			return func() { runtime.KeepAlive(s) }
		})
		memory(b, fmt.Sprintf("blocked/tasklets=%d", n), n, func() (end func()) {
			s := sched.New()
			c := channel.New[int](s)
			for range n {
				s.Go(&receiver{in: c})
			}
			s.RunReady()
			return func() { runtime.KeepAlive(s) }
		})
		memory(b, fmt.Sprintf("sleeping/tasklets=%d", n), n, func() (end func()) {
			s := sched.New()
			for range n {
				s.Go(&napper{nap: time.Hour})
			}
			s.RunReady()
			return func() { runtime.KeepAlive(s) }
		})
	}
	const n = 100_000
	memory(b, fmt.Sprintf("blocked/goroutines=%d", n), n, func() (end func()) {
		c := make(chan int)
		for range n {
			go func() { <-c }()
		}
		runtime.Gosched()
		return func() { close(c) }
	})
}

// measured are the figures of memory, by name.
var measured = make(map[string]float64)

// memory reports what fill adds for each of n units. It fills once in a process,
// however often the benchmark is run: what goroutines leave behind, the runtime
// keeps for the next ones, and those would seem to cost less.
func memory(b *testing.B, name string, n int, fill func() (end func())) {
	b.Run(name, func(b *testing.B) {
		if measured[name] == 0 {
			before := held()
			end := fill()
			measured[name] = float64(held()-before) / float64(n)
			end()
		}
		b.ReportMetric(measured[name], "B/unit")
		b.ReportMetric(0, "ns/op") // time is not what this is about
	})
}

// held returns the bytes that the process holds, after a collection: what the
// runtime has from the system and has not given back.
func held() int64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys - m.HeapReleased)
}
