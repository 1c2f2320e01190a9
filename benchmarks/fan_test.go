package benchmarks

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
)

// BenchmarkFanIn has n send to one over one channel. The figure is for one message.
func BenchmarkFanIn(b *testing.B) {
	on(b, "tasklets", func(b *testing.B, n int) { fanTasklets(b, n, 1) }, 10, 100, 1_000, 10_000, 100_000)
	on(b, "functions", func(b *testing.B, n int) { fanFunctions(b, n, 1) }, 10, 100, 1_000, 10_000)
	on(b, "goroutines", fanInGoroutines, 10, 100, 1_000, 10_000, 100_000)
}

// BenchmarkFanOut has one send to n over one channel.
func BenchmarkFanOut(b *testing.B) {
	on(b, "tasklets", func(b *testing.B, n int) { fanTasklets(b, 1, n) }, 10, 100, 1_000, 10_000, 100_000)
	on(b, "functions", func(b *testing.B, n int) { fanFunctions(b, 1, n) }, 10, 100, 1_000, 10_000)
	on(b, "goroutines", fanOutGoroutines, 10, 100, 1_000, 10_000, 100_000)
}

// BenchmarkStream has one send to another. With preference receiver, the default, each
// message switches twice, to the receiver and back; otherwise once in two.
func BenchmarkStream(b *testing.B) {
	for _, p := range preferences {
		on(b, p.key+"tasklets", func(b *testing.B, _ int) {
			f := newFan(1, 1)
			f.c.SetPreference(p.Preference)
			for _, r := range f.sinks {
				f.s.Go(r)
			}
			f.s.Go(f.sources[0])
			f.measure(b)
		}, 2)
	}
	on(b, "functions", func(b *testing.B, _ int) { fanFunctions(b, 1, 1) }, 2)
	on(b, "goroutines", func(b *testing.B, _ int) { fanInGoroutines(b, 1) }, 2)
}

// A fan is sources and sinks at one channel.
type fan struct {
	s       *sched.Scheduler
	c       *channel.Channel[int]
	sources []*source
	sinks   []*sink
	over    bool
}

func newFan(sources, sinks int) *fan {
	f := &fan{s: sched.New()}
	f.c = channel.New[int](f.s)
	for range sources {
		f.sources = append(f.sources, &source{out: f.c, over: &f.over})
	}
	for range sinks {
		f.sinks = append(f.sinks, &sink{in: f.c})
	}
	return f
}

func (f *fan) measure(b *testing.B) {
	got := func() (got int) {
		for _, r := range f.sinks {
			got += r.got
		}
		return got
	}
	turns(b, f.s, max(enough, 4*len(f.sources), 4*len(f.sinks)), got)
	f.over = true
	settle(b, f.s)
	var sent []int
	total := 0
	for _, from := range f.sources {
		sent = append(sent, from.sent)
	}
	for _, r := range f.sinks {
		total += r.sum
	}
	balance(b, sent, got(), total)
}

func fanTasklets(b *testing.B, sources, sinks int) {
	f := newFan(sources, sinks)
	for _, r := range f.sinks {
		f.s.Go(r)
	}
	for _, from := range f.sources {
		f.s.Go(from)
	}
	f.measure(b)
}

func fanFunctions(b *testing.B, sources, sinks int) {
	f := newFan(sources, sinks)
	defer f.s.Close()
	for _, r := range f.sinks {
		f.s.GoFunc(r.function)
	}
	for _, from := range f.sources {
		f.s.GoFunc(from.function)
	}
	f.measure(b)
}

func fanInGoroutines(b *testing.B, n int) {
	c := make(chan int)
	sent := make([]int, n)
	var over atomic.Bool
	var wg sync.WaitGroup
	for i := range sent {
		wg.Go(func() { send(c, &sent[i], &over) })
	}
	got, total := 0, 0
	round := func() {
		for range max(enough, n) {
			total += <-c
			got++
		}
	}
	round()
	before := got
	w := start(b)
	for b.Loop() {
		round()
	}
	w.stop(got - before)
	over.Store(true)
	go func() { wg.Wait(); close(c) }()
	receive(c, &got, &total)
	balance(b, sent, got, total)
}

func fanOutGoroutines(b *testing.B, n int) {
	c := make(chan int)
	got, sums := make([]int, n), make([]int, n)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() { receive(c, &got[i], &sums[i]) })
	}
	sent := 0
	round := func() {
		for range max(enough, n) {
			c <- sent
			sent++
		}
	}
	round()
	before := sent
	w := start(b)
	for b.Loop() {
		round()
	}
	w.stop(sent - before)
	close(c)
	wg.Wait()
	balance(b, []int{sent}, sum(got), sum(sums))
}
