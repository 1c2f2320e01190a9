package benchmarks

import (
	"context"
	"sync"
	"testing"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// BenchmarkAwait has n that each have functions run outside which do nothing, and wait
// for the result of each. Beside them are goroutines that make a goroutine for it, with
// a context to cancel it by, and receive the result from a channel. The functions run on
// other cores where there are any, or else in between. The figure is for one function.
func BenchmarkAwait(b *testing.B) {
	onAllCores(b, "tasklets", awaitTasklets, 1, 100)
	on(b, "goroutines", awaitGoroutines, 1, 100)
}

const questions = 1_000 // of all, in a round

// asker awaits the function so many times.
type asker struct{ left, answer, sum int }

func (f *asker) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.left > 0; f.left-- {
		if s := tasklet.Await(t, &f.answer, one); s != tasklet.Next {
			return s
		}
		f.sum += f.answer
	}
	return tasklet.Return
}

func one(context.Context) (int, error) { return 1, nil }

func awaitTasklets(b *testing.B, n int) {
	s := sched.New()
	askers := make([]asker, n)
	w := start(b)
	for b.Loop() {
		for i := range askers {
			askers[i].left = questions / n
			s.Go(&askers[i])
		}
		if err := s.Run(); err != nil {
			b.Fatal(err)
		}
	}
	w.stop(b.N * questions)
	for i := range askers {
		if askers[i].sum != b.N*questions/n {
			b.Fatalf("number %d has %d answers", i, askers[i].sum)
		}
	}
}

func awaitGoroutines(b *testing.B, n int) {
	answers := make([]int, n)
	ask := func() int {
		ctx, cancel := context.WithCancelCause(context.Background())
		defer cancel(nil)
		c := make(chan int)
		go func() {
			v, _ := one(ctx)
			c <- v
		}()
		return <-c
	}
	w := start(b)
	for b.Loop() {
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() {
				for range questions / n {
					answers[i] += ask()
				}
			})
		}
		wg.Wait()
	}
	w.stop(b.N * questions)
	allAre(b, answers, b.N*questions/n)
}
