package benchmarks

import (
	"runtime"
	"sync"
	"testing"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// BenchmarkYield has n that do nothing but count and give way, in a ring.
func BenchmarkYield(b *testing.B) {
	on(b, "tasklets", yieldTasklets, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
	on(b, "functions", yieldFunctions, 10, 100, 1_000, 10_000, 100_000)
	on(b, "goroutines", yieldGoroutines, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
}

// walker is the smallest useful tasklet: two ints of state, and it yields.
type walker struct{ steps, position int }

func (w *walker) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
		w.steps++
		w.position += w.steps & 3
	}
}

func yieldTasklets(b *testing.B, n int) {
	s := sched.New()
	walkers := make([]*walker, n)
	for i := range walkers {
		walkers[i] = tasklet.Spawn(s, walker{}).Frame().(*walker)
	}
	count := func() int {
		sum := 0
		for _, w := range walkers {
			sum += w.steps
		}
		return sum
	}
	turns(b, s, max(n, enough), count)
	// Each first turn ends in the yield whose step is counted in the next.
	if steps := int(s.Steps()); count() != steps-n {
		b.Fatalf("%d yields in %d steps", count(), steps)
	}
}

func yieldFunctions(b *testing.B, n int) {
	s := sched.New()
	defer s.Close()
	yields := make([]int, n)
	for i := range yields {
		s.GoFunc(func(co *tasklet.Coroutine) error {
			for {
				if err := co.Yield(); err != nil {
					return err
				}
				yields[i]++
			}
		})
	}
	count := func() int { return sum(yields) }
	turns(b, s, max(n, enough), count)
	if steps := int(s.Steps()); count() != steps-n {
		b.Fatalf("%d yields in %d steps", count(), steps)
	}
}

// yieldGoroutines has the benchmark's goroutine be one more in the ring: each of its
// turns is a round of all.
func yieldGoroutines(b *testing.B, n int) {
	var wg sync.WaitGroup
	yields := make([]int, n+1)
	over := false              // read and written on one P, between yields
	all := make(chan struct{}) // are made
	for i := range n {
		wg.Go(func() {
			<-all
			for !over {
				runtime.Gosched()
				yields[i]++
			}
		})
	}
	round := func() {
		for range max(1, enough/n) {
			runtime.Gosched()
			yields[n]++
		}
	}
	close(all)
	round()
	before := sum(yields)
	w := start(b)
	for b.Loop() {
		round()
	}
	done := sum(yields)
	w.stop(done - before)
	over = true
	wg.Wait()
	if want := b.N * max(1, enough/n) * n; done-before < want*9/10 {
		b.Fatalf("%d yields, and not about %d", done-before, want)
	}
}

func sum(counts []int) int {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum
}
