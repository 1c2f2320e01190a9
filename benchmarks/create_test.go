package benchmarks

import (
	"sync"
	"testing"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// BenchmarkCreate makes n that leave a mark and end; only when all are made do they
// run. The figure is for one of them.
func BenchmarkCreate(b *testing.B) {
	on(b, "tasklets", createTasklets, 1_000, 10_000, 100_000, 1_000_000)
	on(b, "functions", createFunctions, 1_000, 10_000, 100_000)
	on(b, "goroutines", createGoroutines, 1_000, 10_000, 100_000, 1_000_000)
}

type errand struct{ mark *int }

func (e *errand) Resume(*tasklet.Tasklet) tasklet.Step {
	*e.mark++
	return tasklet.Return
}

func createTasklets(b *testing.B, n int) {
	s := sched.New()
	marks := make([]int, n)
	w := start(b)
	for b.Loop() {
		for i := range marks {
			tasklet.Spawn(s, errand{&marks[i]})
		}
		settle(b, s)
	}
	w.stop(b.N * n)
	allAre(b, marks, b.N)
}

func createFunctions(b *testing.B, n int) {
	s := sched.New()
	marks := make([]int, n)
	w := start(b)
	for b.Loop() {
		for i := range marks {
			s.GoFunc(func(*tasklet.Coroutine) error {
				marks[i]++
				return nil
			})
		}
		settle(b, s)
	}
	w.stop(b.N * n)
	allAre(b, marks, b.N)
}

func createGoroutines(b *testing.B, n int) {
	var wg sync.WaitGroup
	marks := make([]int, n)
	w := start(b)
	for b.Loop() {
		wg.Add(n)
		for i := range marks {
			go func() {
				marks[i]++
				wg.Done()
			}()
		}
		wg.Wait()
	}
	w.stop(b.N * n)
	allAre(b, marks, b.N)
}

// allAre fails the benchmark unless all marks are want.
func allAre(b *testing.B, marks []int, want int) {
	for i, mark := range marks {
		if mark != want {
			b.Fatalf("number %d ran %d times, not %d", i, mark, want)
		}
	}
}
