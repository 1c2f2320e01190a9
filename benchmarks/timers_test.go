package benchmarks

import (
	"fmt"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// sleepers are how many others are asleep.
var sleepers = []int{1, 1_000, 1_000_000}

// bedtime makes a scheduler on a virtual clock with n asleep, for times within a
// second that are scattered, or multiples of a millisecond.
func bedtime(n int, scattered bool) *sched.Scheduler {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))))
	for i := range n {
		nap := time.Duration(1+i%1000) * time.Millisecond
		if scattered {
			nap = time.Millisecond + time.Duration(uint64(i)*0x9e3779b97f4a7c15%uint64(time.Second))
		}
		tasklet.Spawn(s, napper{nap: nap})
	}
	if err := s.RunReady(); err != nil {
		panic(err)
	}
	return s
}

// BenchmarkNap ends a nap and begins the next, with so many asleep for scattered
// times. BenchmarkSleep is the same with many that wake together.
func BenchmarkNap(b *testing.B) {
	for _, n := range sleepers {
		b.Run(fmt.Sprintf("tasklets=%d", n), func(b *testing.B) {
			s := bedtime(n, true)
			b.ReportAllocs()
			b.ResetTimer()
			naps = 0
			for naps < b.N {
				if err := s.Main().Sleep(time.Millisecond); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(naps), "ns/op")
		})
	}
	for _, n := range sleepers {
		b.Run(fmt.Sprintf("goroutines/AfterFunc=%d", n), func(b *testing.B) {
			oneP(b)
			stop := crowd(n)
			defer stop()
			over := make(chan struct{}, 1)
			b.ReportAllocs()
			b.ResetTimer()
			const lot = 1000 // all due at once, as nothing else is to be waited for
			for i := 0; i < b.N; i += lot {
				left := lot
				for range lot {
					time.AfterFunc(0, func() {
						if left--; left == 0 {
							over <- struct{}{}
						}
					})
				}
				<-over
			}
		})
	}
}

// BenchmarkDeadline has one receive what main sends it, with and without a
// deadline that is armed and ended each time, and so many asleep.
func BenchmarkDeadline(b *testing.B) {
	for _, limit := range []time.Duration{0, time.Second} {
		for _, n := range sleepers {
			name := fmt.Sprintf("limit/tasklets=%d", n)
			if limit == 0 {
				name = fmt.Sprintf("plain/tasklets=%d", n)
			}
			b.Run(name, func(b *testing.B) {
				s := bedtime(n, true)
				c := channel.New[int](s)
				s.Go(&hurried{in: c, limit: limit})
				if err := s.RunReady(); err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				b.ResetTimer()
				for i := range b.N {
					if err := c.Put(s.Main(), i); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
	for _, n := range sleepers {
		b.Run(fmt.Sprintf("goroutines/NewTimer=%d", n), func(b *testing.B) {
			oneP(b)
			stop := crowd(n)
			defer stop()
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				time.AfterFunc(time.Second, func() {}).Stop()
			}
		})
	}
}

// hurried receives for ever, each time within a limit if there is one.
type hurried struct {
	in    *channel.Channel[int]
	limit time.Duration
	v     int
}

func (h *hurried) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		s := h.in.Receive(t, &h.v)
		if h.limit > 0 {
			s = t.Within(h.limit, s)
		}
		if s != tasklet.Next {
			return s
		}
	}
}

// crowd has so many timers of Go's own wait.
func crowd(n int) (stop func()) {
	all := make([]*time.Timer, n)
	for i := range all {
		all[i] = time.AfterFunc(time.Hour+time.Duration(uint64(i)*0x9e3779b97f4a7c15%uint64(time.Second)), func() {})
	}
	return func() {
		for _, t := range all {
			t.Stop()
		}
	}
}
