package sched_test

import (
	"fmt"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

type yielder struct{ rounds, sum int }

func (y *yielder) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
		y.rounds++
	}
}

type sender struct {
	out *channel.Channel[int]
	n   int
}

func (p *sender) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; ; p.n++ {
		if s := p.out.Send(t, p.n); s != tasklet.Next {
			return s
		}
	}
}

type receiver struct {
	in     *channel.Channel[int]
	v, sum int
}

func (p *receiver) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := p.in.Receive(t, &p.v); s != tasklet.Next {
			return s
		}
		p.sum += p.v
	}
}

func BenchmarkYield(b *testing.B) {
	for _, n := range []int{10, 1000, 100000, 1000000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := sched.New()
			for range n {
				s.Go(new(yielder))
			}
			s.Step(n)
			b.ReportAllocs()
			b.ResetTimer()
			s.Step(b.N)
		})
	}
}

func BenchmarkRendezvous(b *testing.B) {
	for _, p := range []channel.Preference{-1, 0, 1} {
		b.Run(fmt.Sprint(p), func(b *testing.B) {
			s := sched.New()
			c := channel.New[int](s)
			c.SetPreference(p)
			r := &receiver{in: c}
			w := &sender{out: c}
			s.Go(r)
			s.Go(w)
			b.ReportAllocs()
			b.ResetTimer()
			for w.n < b.N {
				s.Step(b.N)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(w.n), "ns/msg")
		})
	}
}

type ender struct{ a, b int }

func (e *ender) Resume(*tasklet.Tasklet) tasklet.Step { return tasklet.Return }

func BenchmarkSpawn(b *testing.B) {
	s := sched.New()
	b.ReportAllocs()
	for range b.N {
		s.Go(new(ender))
		s.RunReady()
	}
}
func BenchmarkSpawn1000(b *testing.B) {
	s := sched.New()
	b.ReportAllocs()
	for i := 0; i < b.N; i += 1000 {
		for range 1000 {
			s.Go(new(ender))
		}
		s.RunReady()
	}
}
