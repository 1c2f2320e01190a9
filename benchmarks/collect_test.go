package benchmarks

import (
	"math"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"testing"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// BenchmarkCollect collects garbage while n are alive and ready. The figure is for a
// full collection, with the sweep; pause-ns is the longest time that the collector
// stopped the world for, mark-ns the time of processors that marking took, of one
// collection.
//
// Goroutines would run while the collector marks, if they were ready: here they are
// blocked. It has the same stacks to look through.
func BenchmarkCollect(b *testing.B) {
	on(b, "tasklets", collectTasklets, 10_000, 100_000, 1_000_000)
	on(b, "functions", collectFunctions, 10_000, 100_000)
	on(b, "goroutines", collectGoroutines, 10_000, 100_000, 1_000_000)
}

func collectTasklets(b *testing.B, n int) {
	s := sched.New()
	for range n {
		tasklet.Spawn(s, walker{})
	}
	collect(b, s, n)
}

func collectFunctions(b *testing.B, n int) {
	s := sched.New()
	defer s.Close()
	for range n {
		s.GoFunc(func(co *tasklet.Coroutine) error {
			for {
				if err := co.Yield(); err != nil {
					return err
				}
			}
		})
	}
	collect(b, s, n)
}

// collect has each run once, and collects.
func collect(b *testing.B, s *sched.Scheduler, n int) {
	if ran, err := s.Step(n); ran != n || err != nil {
		b.Fatal(ran, err)
	}
	collections(b)
	if ready := s.RunCount() - 1; ready != n { // main is in the ring, too
		b.Fatalf("%d are ready, of %d", ready, n)
	}
}

func collectGoroutines(b *testing.B, n int) {
	c := make(chan int)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() { <-c })
	}
	runtime.Gosched()
	collections(b)
	if alive := runtime.NumGoroutine(); alive < n {
		b.Fatalf("%d are alive, of %d", alive, n)
	}
	close(c)
	wg.Wait()
}

func collections(b *testing.B) {
	runtime.GC()
	before := collected()
	b.ResetTimer()
	for b.Loop() {
		runtime.GC()
	}
	after := collected()
	b.ReportMetric(after.longestSince(before)*1e9, "pause-ns")
	b.ReportMetric((after.marking-before.marking)*1e9/float64(b.N), "mark-ns")
}

// work is what the collector has done, in seconds.
type work struct {
	pauses  *metrics.Float64Histogram
	marking float64
}

func collected() work {
	samples := []metrics.Sample{
		{Name: "/sched/pauses/total/gc:seconds"},
		{Name: "/cpu/classes/gc/mark/assist:cpu-seconds"},
		{Name: "/cpu/classes/gc/mark/dedicated:cpu-seconds"},
		{Name: "/cpu/classes/gc/mark/idle:cpu-seconds"},
	}
	metrics.Read(samples)
	pauses := *samples[0].Value.Float64Histogram()
	pauses.Counts = slices.Clone(pauses.Counts)
	w := work{pauses: &pauses}
	for _, s := range samples[1:] {
		w.marking += s.Value.Float64()
	}
	return w
}

// longestSince returns the longest pause since before, rounded up to the bound of its
// bucket.
func (w work) longestSince(before work) float64 {
	for i := len(w.pauses.Counts) - 1; i >= 0; i-- {
		if w.pauses.Counts[i] > before.pauses.Counts[i] {
			if bound := w.pauses.Buckets[i+1]; !math.IsInf(bound, 1) {
				return bound
			}
			return w.pauses.Buckets[i]
		}
	}
	return 0
}
