package benchmarks

import (
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// BenchmarkPipeline has a source, n stages that each add one, and a sink. The source
// sends a lot of numbers, and the next lot when the sink has received all. The figure is
// for one message over one stage.
func BenchmarkPipeline(b *testing.B) {
	on(b, "tasklets", pipelineTasklets, 10, 100, 1_000, 10_000)
	on(b, "functions", pipelineFunctions, 10, 100, 1_000, 10_000)
	on(b, "goroutines", pipelineGoroutines, 10, 100, 1_000, 10_000)
}

// lotOf is how many numbers are sent at a time. In a long pipeline they are few, as all
// stages that a message has passed can be busy with others before it is through.
func lotOf(n int) int { return max(10, enough/n) }

// A pourer sends 0, 1, 2 … and ends.
type pourer struct {
	out      *channel.Channel[int]
	next, to int
}

func (f *pourer) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.next < f.to; f.next++ {
		if s := f.out.Send(t, f.next); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

type stage struct {
	in, out *channel.Channel[int]
	v       int
	passes  bool
}

func (f *stage) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if !f.passes {
			if s := f.in.Receive(t, &f.v); s != tasklet.Next {
				return s
			}
			f.v++
			f.passes = true
		}
		if s := f.out.Send(t, f.v); s != tasklet.Next {
			return s
		}
		f.passes = false
	}
}

func pipelineTasklets(b *testing.B, n int) {
	s := sched.New()
	in := channel.New[int](s)
	first := in
	for range n {
		out := channel.New[int](s)
		s.Go(&stage{in: in, out: out})
		in = out
	}
	last := &sink{in: in}
	s.Go(last)
	round := func() {
		s.Go(&pourer{out: first, to: lotOf(n)})
		settle(b, s)
	}
	round()
	w := start(b)
	for b.Loop() {
		round()
	}
	w.stop(b.N * lotOf(n) * n)
	cameThrough(b, n, last.got, last.sum)
}

func pipelineFunctions(b *testing.B, n int) {
	s := sched.New()
	defer s.Close()
	in := channel.New[int](s)
	first := in
	for range n {
		from, to := in, channel.New[int](s)
		s.GoFunc(func(co *tasklet.Coroutine) error {
			for {
				v, err := from.Get(co)
				if err == nil {
					err = to.Put(co, v+1)
				}
				if err != nil {
					return err
				}
			}
		})
		in = to
	}
	last := &sink{in: in}
	s.GoFunc(last.function)
	round := func() {
		s.GoFunc(func(co *tasklet.Coroutine) error {
			for i := range lotOf(n) {
				if err := first.Put(co, i); err != nil {
					return err
				}
			}
			return nil
		})
		settle(b, s)
	}
	round()
	w := start(b)
	for b.Loop() {
		round()
	}
	w.stop(b.N * lotOf(n) * n)
	cameThrough(b, n, last.got, last.sum)
}

// pipelineGoroutines has the benchmark's goroutine be the sink.
func pipelineGoroutines(b *testing.B, n int) {
	first := make(chan int)
	in := first
	for range n {
		out := make(chan int)
		go func(in <-chan int) {
			for v := range in {
				out <- v + 1
			}
			close(out)
		}(in)
		in = out
	}
	got, sum := 0, 0
	round := func() {
		go func() {
			for i := range lotOf(n) {
				first <- i
			}
		}()
		for range lotOf(n) {
			sum += <-in
			got++
		}
	}
	round()
	w := start(b)
	for b.Loop() {
		round()
	}
	w.stop(b.N * lotOf(n) * n)
	cameThrough(b, n, got, sum)
	close(first)
	if _, more := <-in; more {
		b.Fatal("more came through than was sent")
	}
}

// cameThrough fails the benchmark unless as many lots were received as were sent, with n
// added to each number.
func cameThrough(b *testing.B, n, got, sum int) {
	lots, lot := b.N+1, lotOf(n)
	if got != lots*lot || sum != lots*(lot*(lot-1)/2+lot*n) {
		b.Fatalf("of %d lots of %d, %d came through with a sum of %d", lots, lot, got, sum)
	}
}
