package benchmarks

import (
	"sync/atomic"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// BenchmarkPipeline has a source, n stages that each add one, and a sink. The figure is
// for one message over one stage.
func BenchmarkPipeline(b *testing.B) {
	on(b, "tasklets", pipelineTasklets, 10, 100, 1_000, 10_000)
	on(b, "functions", pipelineFunctions, 10, 100, 1_000, 10_000)
	on(b, "goroutines", pipelineGoroutines, 10, 100, 1_000, 10_000)
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

func (f *stage) function(co *tasklet.Coroutine) error {
	for {
		v, err := f.in.Get(co)
		if err == nil {
			err = f.out.Put(co, v+1)
		}
		if err != nil {
			return err
		}
	}
}

// A line is a pipeline: channel i goes into stage i, the last one into the sink.
type line struct {
	s      *sched.Scheduler
	source source
	stages []stage
	sink   sink
	over   bool
}

func newLine(n int) *line {
	l := &line{s: sched.New(), stages: make([]stage, n)}
	in := channel.New[int](l.s)
	l.source = source{out: in, over: &l.over}
	for i := range l.stages {
		out := channel.New[int](l.s)
		l.stages[i] = stage{in: in, out: out}
		in = out
	}
	l.sink = sink{in: in}
	return l
}

func (l *line) measure(b *testing.B) {
	n := len(l.stages)
	turns(b, l.s, max(enough, 40*n), func() int { return l.sink.got * n })
	l.over = true
	settle(b, l.s)
	balance(b, []int{l.source.sent}, n, l.sink.got, l.sink.sum)
}

func pipelineTasklets(b *testing.B, n int) {
	l := newLine(n)
	l.s.Go(&l.source)
	for i := range l.stages {
		l.s.Go(&l.stages[i])
	}
	l.s.Go(&l.sink)
	l.measure(b)
}

func pipelineFunctions(b *testing.B, n int) {
	l := newLine(n)
	defer l.s.Close()
	l.s.GoFunc(l.source.function)
	for i := range l.stages {
		l.s.GoFunc(l.stages[i].function)
	}
	l.s.GoFunc(l.sink.function)
	l.measure(b)
}

// pipelineGoroutines has the benchmark's goroutine be the sink.
func pipelineGoroutines(b *testing.B, n int) {
	var over atomic.Bool
	sent := 0
	in := make(chan int)
	go func(out chan<- int) {
		send(out, &sent, &over)
		close(out)
	}(in)
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
	got, total := 0, 0
	round := func() {
		for range max(10, enough/n) {
			total += <-in
			got++
		}
	}
	round()
	before := got
	w := start(b)
	for b.Loop() {
		round()
	}
	w.stop((got - before) * n)
	over.Store(true)
	receive(in, &got, &total)
	balance(b, []int{sent}, n, got, total)
}
