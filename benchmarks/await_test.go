package benchmarks

import (
	"context"
	"testing"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// asker awaits a function that does nothing, so many times.
type asker struct{ left, got int }

func (a *asker) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; a.left > 0; a.left-- {
		if s := tasklet.Await(t, &a.got, nothing); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

func nothing(context.Context) (int, error) { return 1, nil }

// BenchmarkAwait has a function that does nothing run outside, and waits for its
// result: beside it, goroutines that make a goroutine for it, with a context to
// cancel it by, and receive the result from a channel. Of several askers, the
// figure is for one question.
func BenchmarkAwait(b *testing.B) {
	for _, askers := range []int{1, 100} {
		name := map[int]string{1: "one", 100: "hundred"}[askers]
		b.Run("tasklets="+name, func(b *testing.B) {
			s := sched.New()
			for range askers {
				s.Go(&asker{left: b.N/askers + 1})
			}
			b.ReportAllocs()
			b.ResetTimer()
			if err := s.Run(); err != nil {
				b.Fatal(err)
			}
		})
		b.Run("goroutines="+name, func(b *testing.B) {
			b.ReportAllocs()
			done := make(chan struct{})
			for range askers {
				go func() {
					for range b.N/askers + 1 {
						ctx, cancel := context.WithCancelCause(context.Background())
						c := make(chan int)
						go func() { v, _ := nothing(ctx); c <- v }()
						<-c
						cancel(nil)
					}
					done <- struct{}{}
				}()
			}
			for range askers {
				<-done
			}
		})
	}
}
