package benchmarks

import (
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// napper sleeps for ever, a nap at a time.
type napper struct{ nap time.Duration }

// naps are those that ended, of all nappers.
var naps int

func (n *napper) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := t.Sleep(n.nap); s != tasklet.Next {
			return s
		}
		naps++
	}
}

// bedtime makes a scheduler on a virtual clock with n asleep, for times within a
// second that are scattered, or multiples of a millisecond.
func bedtime(b *testing.B, n int, scattered bool) *sched.Scheduler {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))))
	for i := range n {
		nap := time.Duration(1+i%1000) * time.Millisecond
		if scattered {
			nap = time.Millisecond + scatter(i)
		}
		tasklet.Spawn(s, napper{nap: nap})
	}
	settle(b, s)
	return s
}

// scatter returns a time within a second.
func scatter(i int) time.Duration {
	return time.Duration(uint64(i) * 0x9e3779b97f4a7c15 % uint64(time.Second))
}

// BenchmarkSleep ends a nap and begins the next, on a virtual clock, so that no time is
// waited for: of n, many wake together. Of one alone, the main tasklet's own sleep is
// the larger part.
func BenchmarkSleep(b *testing.B) {
	on(b, "tasklets", func(b *testing.B, n int) { takeNaps(b, bedtime(b, n, false)) }, 1, 1_000, 1_000_000)
}

// BenchmarkNap is Sleep for scattered times. Beside it are timers of Go's that are due
// at once, with n more that wait.
func BenchmarkNap(b *testing.B) {
	on(b, "tasklets", func(b *testing.B, n int) { takeNaps(b, bedtime(b, n, true)) }, 1, 1_000, 1_000_000)
	on(b, "goroutines", napGoroutines, 1, 1_000, 1_000_000)
}

func takeNaps(b *testing.B, s *sched.Scheduler) {
	naps = 0
	w := start(b)
	for b.Loop() {
		if err := s.Main().Sleep(time.Second); err != nil {
			b.Fatal(err)
		}
	}
	w.stop(naps)
}

func napGoroutines(b *testing.B, n int) {
	defer crowd(n)()
	over := make(chan struct{}, 1)
	const lot = 1000
	w := start(b)
	for b.Loop() {
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
	w.stop(b.N * lot)
}

// BenchmarkDeadline has one receive what main sends it, with and without a deadline
// that is armed and ended each time, and n asleep. Beside it, a timer of Go's is made
// and stopped, with n more that wait.
func BenchmarkDeadline(b *testing.B) {
	on(b, "limit=none/tasklets", func(b *testing.B, n int) { hurry(b, n, 0) }, 1, 1_000, 1_000_000)
	on(b, "limit=second/tasklets", func(b *testing.B, n int) { hurry(b, n, time.Second) }, 1, 1_000, 1_000_000)
	on(b, "limit=second/goroutines", func(b *testing.B, n int) {
		defer crowd(n)()
		b.ReportAllocs()
		for b.Loop() {
			time.AfterFunc(time.Second, func() {}).Stop()
		}
	}, 1, 1_000, 1_000_000)
}

func hurry(b *testing.B, n int, limit time.Duration) {
	s := bedtime(b, n, true)
	c := channel.New[int](s)
	f := &hurried{in: c, limit: limit}
	s.Go(f)
	settle(b, s)
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Put(s.Main(), 1); err != nil {
			b.Fatal(err)
		}
	}
	if f.sum != b.N {
		b.Fatalf("%d were received of %d", f.sum, b.N)
	}
}

// hurried receives for ever, each time within a limit if there is one.
type hurried struct {
	in     *channel.Channel[int]
	limit  time.Duration
	v, sum int
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
		h.sum += h.v
	}
}

// crowd has so many timers of Go's own wait.
func crowd(n int) (stop func()) {
	all := make([]*time.Timer, n)
	for i := range all {
		all[i] = time.AfterFunc(time.Hour+scatter(i), func() {})
	}
	return func() {
		for _, t := range all {
			t.Stop()
		}
	}
}
