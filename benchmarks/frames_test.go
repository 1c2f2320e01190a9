package benchmarks

import (
	"sync/atomic"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/tasklet"
)

// A source sends 0, 1, 2 … until it is over. A sink receives and counts. The workloads
// Stream, FanIn, FanOut and Select are made of them: each as a frame, a plain function
// and goroutines.
type source struct {
	out  *channel.Channel[int]
	sent int
	over *bool
}

func (f *source) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := f.out.Send(t, f.sent); s != tasklet.Next {
			return s
		}
		f.sent++
		if *f.over {
			return tasklet.Return
		}
	}
}

func (f *source) function(co *tasklet.Coroutine) error {
	for !*f.over {
		if err := f.out.Put(co, f.sent); err != nil {
			return err
		}
		f.sent++
	}
	return nil
}

func send(out chan<- int, sent *int, over *atomic.Bool) {
	for !over.Load() {
		out <- *sent
		*sent++
	}
}

type sink struct {
	in       *channel.Channel[int]
	v        int
	got, sum int
}

func (f *sink) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := f.in.Receive(t, &f.v); s != tasklet.Next {
			return s
		}
		f.got++
		f.sum += f.v
	}
}

func (f *sink) function(co *tasklet.Coroutine) error {
	for {
		v, err := f.in.Get(co)
		if err != nil {
			return err
		}
		f.got++
		f.sum += v
	}
}

func receive(in <-chan int, got, sum *int) {
	for v := range in {
		*got++
		*sum += v
	}
}

// balance fails the benchmark unless what was received is what was sent: of each
// source 0, 1, 2 ….
func balance(b *testing.B, sent []int, got, sum int) {
	wantGot, wantSum := 0, 0
	for _, n := range sent {
		wantGot += n
		wantSum += n * (n - 1) / 2
	}
	if got != wantGot || sum != wantSum {
		b.Fatalf("received %d with a sum of %d; sent were %d with a sum of %d", got, sum, wantGot, wantSum)
	}
}
