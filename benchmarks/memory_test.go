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
		memory(b, fmt.Sprintf("ready/tasklets=%d", n), n, func() any {
			s := sched.New()
			for range n {
				s.Go(new(walker))
			}
			s.Step(n)
			return s
		})
		memory(b, fmt.Sprintf("blocked/tasklets=%d", n), n, func() any {
			s := sched.New()
			c := channel.New[int](s)
			for range n {
				s.Go(&receiver{in: c})
			}
			s.RunReady()
			return s
		})
		memory(b, fmt.Sprintf("sleeping/tasklets=%d", n), n, func() any {
			s := sched.New()
			for range n {
				s.Go(&napper{nap: time.Hour})
			}
			s.RunReady()
			return s
		})
	}
	const n = 100_000
	b.Run("blocked/goroutines", func(b *testing.B) {
		for range b.N {
			before := held()
			c := make(chan int)
			for range n {
				go func() { <-c }()
			}
			runtime.Gosched()
			b.ReportMetric(float64(held()-before)/n, "B/goroutine")
			close(c)
		}
		b.ReportMetric(0, "ns/op")
	})
}

func memory(b *testing.B, name string, n int, fill func() any) {
	b.Run(name, func(b *testing.B) {
		for range b.N {
			before := held()
			all := fill()
			b.ReportMetric(float64(held()-before)/float64(n), "B/tasklet")
			runtime.KeepAlive(all)
		}
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
