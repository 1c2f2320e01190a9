package benchmarks

import (
	"fmt"
	"path"
	"runtime"
	"testing"

	"github.com/stackless-go/stackless/sched"
)

// on measures a workload on one system, at each size, on one core: also what is ours
// has but one P, so that the collector's work counts. The system can have further keys
// in front, as in "do=write/tasklets".
func on(b *testing.B, system string, workload func(b *testing.B, n int), sizes ...int) {
	onAllCores(b, system, func(b *testing.B, n int) {
		oneP(b)
		workload(b, n)
	}, sizes...)
}

// onAllCores is on with as many cores as there are.
func onAllCores(b *testing.B, system string, workload func(b *testing.B, n int), sizes ...int) {
	keys, system := path.Split(system)
	for _, n := range sizes {
		b.Run(fmt.Sprintf("n=%d/%son=%s", n, keys, system), func(b *testing.B) { workload(b, n) })
	}
}

// oneP gives the benchmark one P.
func oneP(b *testing.B) {
	before := runtime.GOMAXPROCS(1)
	b.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// enough is how many operations a round has at least, so that what a round takes
// beside them does not count.
const enough = 10_000

// A stopwatch tells what an operation takes of time and memory where b.N counts
// rounds of many. It is started when all is set up, before the first b.Loop.
type stopwatch struct {
	b              *testing.B
	mallocs, bytes uint64
}

func start(b *testing.B) stopwatch {
	b.ReportAllocs()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return stopwatch{b, m.Mallocs, m.TotalAlloc}
}

// stop reports what one of ops operations took. It is called after the last b.Loop.
func (w stopwatch) stop(ops int) {
	if ops <= 0 {
		w.b.Fatalf("%d operations in %d rounds", ops, w.b.N)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	each := func(total float64, unit string) { w.b.ReportMetric(total/float64(ops), unit) }
	each(float64(w.b.Elapsed().Nanoseconds()), "ns/op")
	each(float64(m.TotalAlloc-w.bytes), "B/op")
	each(float64(m.Mallocs-w.mallocs), "allocs/op")
}

// turns measures what runs on s without end, in rounds of so many steps. Count says
// how many operations there have been.
func turns(b *testing.B, s *sched.Scheduler, round int, count func() int) {
	step := func() {
		if ran, err := s.Step(round); err != nil || ran != round {
			b.Fatalf("%d of %d steps: %v", ran, round, err)
		}
	}
	step() // everybody has had a turn, and has allocated what they need
	before := count()
	w := start(b)
	for b.Loop() {
		step()
	}
	w.stop(count() - before)
}

// settle has s run until nobody can any more, so that nothing is under way.
func settle(b *testing.B, s *sched.Scheduler) {
	if err := s.RunReady(); err != nil {
		b.Fatal(err)
	}
}
