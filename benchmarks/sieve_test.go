package benchmarks

import (
	"sync/atomic"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// BenchmarkSieve finds n primes: a generator sends all numbers from 2 on, and for each
// prime found a filter is put in front, which lets only those through that it does not
// divide. The figure is for all of it.
func BenchmarkSieve(b *testing.B) {
	on(b, "tasklets", sieveTasklets, 100, 500, 1_000)
	on(b, "functions", sieveFunctions, 100, 500, 1_000)
	on(b, "goroutines", sieveGoroutines, 100, 500, 1_000)
}

// prime is the n-th prime, for each n that is measured.
var prime = map[int]int{100: 541, 500: 3571, 1_000: 7919}

type generator struct {
	out *channel.Channel[int]
	v   int
}

func (f *generator) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; ; f.v++ {
		if s := f.out.Send(t, f.v); s != tasklet.Next {
			return s
		}
	}
}

type filter struct {
	in, out *channel.Channel[int]
	prime   int
	v       int
	passes  bool
}

func (f *filter) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if !f.passes {
			if s := f.in.Receive(t, &f.v); s != tasklet.Next {
				return s
			}
			if f.v%f.prime == 0 {
				continue
			}
			f.passes = true
		}
		if s := f.out.Send(t, f.v); s != tasklet.Next {
			return s
		}
		f.passes = false
	}
}

// finder receives the primes and makes the filters, until it has found enough.
type finder struct {
	in    *channel.Channel[int]
	left  int
	prime int
}

func (f *finder) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.left > 0; f.left-- {
		if s := f.in.Receive(t, &f.prime); s != tasklet.Next {
			return s
		}
		out := channel.New[int](t)
		tasklet.Spawn(t, filter{in: f.in, out: out, prime: f.prime})
		f.in = out
	}
	return tasklet.Return
}

func sieveTasklets(b *testing.B, n int) {
	b.ReportAllocs()
	for b.Loop() {
		s := sched.New()
		numbers := channel.New[int](s)
		tasklet.Spawn(s, generator{out: numbers, v: 2})
		f := &finder{in: numbers, left: n}
		if err := s.Main().Join(s.Go(f)); err != nil || f.prime != prime[n] {
			b.Fatalf("the last is %d: %v", f.prime, err)
		}
	}
}

func sieveFunctions(b *testing.B, n int) {
	b.ReportAllocs()
	for b.Loop() {
		s := sched.New()
		in := channel.New[int](s)
		numbers := in
		s.GoFunc(func(co *tasklet.Coroutine) (err error) {
			for v := 2; err == nil; v++ {
				err = numbers.Put(co, v)
			}
			return err
		})
		last := 0
		for range n {
			var err error
			if last, err = in.Get(s.Main()); err != nil {
				b.Fatal(err)
			}
			from, out, prime := in, channel.New[int](s), last
			s.GoFunc(func(co *tasklet.Coroutine) error {
				for {
					v, err := from.Get(co)
					if err == nil && v%prime != 0 {
						err = out.Put(co, v)
					}
					if err != nil {
						return err
					}
				}
			})
			in = out
		}
		if last != prime[n] {
			b.Fatalf("the last is %d", last)
		}
		b.StopTimer()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func sieveGoroutines(b *testing.B, n int) {
	b.ReportAllocs()
	for b.Loop() {
		var over atomic.Bool
		in := make(chan int)
		go func(out chan<- int) {
			for v := 2; !over.Load(); v++ {
				out <- v
			}
			close(out)
		}(in)
		last := 0
		for range n {
			last = <-in
			out := make(chan int)
			go func(in <-chan int, prime int) {
				for v := range in {
					if v%prime != 0 {
						out <- v
					}
				}
				close(out)
			}(in, last)
			in = out
		}
		if last != prime[n] {
			b.Fatalf("the last is %d", last)
		}
		b.StopTimer() // to end the goroutines is not part of it
		over.Store(true)
		for range in {
		}
		b.StartTimer()
	}
}
