package benchmarks

import (
	"context"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// poolNode is node in a pool. Subtrees that are worth the way roam; what is smaller
// stays with its parent.
type poolNode struct{ node }

const worthTheWay = 1000 // leaves

func (n *poolNode) Resume(t *tasklet.Tasklet) tasklet.Step {
	if n.pc == 0 && n.size > worthTheWay {
		if err := n.children.Bind(t); err != nil {
			return t.Fail(err)
		}
		share := n.size / 10
		for i := range 10 {
			tasklet.SpawnRoaming(t, poolNode{node{out: &n.children, first: n.first + i*share, size: share}})
		}
		n.pc = 1
	}
	return n.node.Resume(t)
}

// spinner is one of a ring of receivers, each of which sends to the next what it has
// received.
type spinner struct {
	in, out *channel.Channel[int]
	v       int
	pc      int
}

func (p *spinner) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if p.pc == 0 {
			if s := p.in.Receive(t, &p.v); s != tasklet.Next {
				return s
			}
			p.pc = 1
		}
		if p.v == 0 {
			return tasklet.Return
		}
		if s := p.out.Send(t, p.v-1); s != tasklet.Next {
			return s
		}
		p.pc = 0
	}
}

// ring makes a ring of spinners where it runs, and lets a number run around it until
// that is zero. It roams; the ring does not.
type ring struct {
	length, hops int
	first        *channel.Channel[int]
}

func (r *ring) Resume(t *tasklet.Tasklet) tasklet.Step {
	if r.first == nil {
		r.first = channel.New[int](t)
		in := r.first
		for i := range r.length {
			out := channel.New[int](t)
			if i == r.length-1 {
				out = r.first
			}
			tasklet.Spawn(t, spinner{in: in, out: out})
			in = out
		}
	}
	if s := r.first.Send(t, r.hops); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

// BenchmarkPool is for -cpu 1,2,…: it uses as many schedulers as there are processors.
func BenchmarkPool(b *testing.B) {
	const leaves, want = 1_000_000, 499_999_500_000
	b.Run("skynet", func(b *testing.B) {
		for range b.N {
			p := sched.NewPool(-1)
			result := channel.New[int](p.Schedulers()[0])
			if _, err := p.Go(&poolNode{node{out: result, size: leaves}}); err != nil {
				b.Fatal(err)
			}
			ctx, done := context.WithCancel(b.Context())
			go func() {
				defer done()
				if sum, err := result.GetContext(ctx); err != nil || sum != want {
					b.Error(sum, err)
				}
			}()
			if err := p.Serve(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
	const rings, length, hops = 64, 100, 100_000
	b.Run("rings", func(b *testing.B) {
		for range b.N {
			p := sched.NewPool(-1)
			for range rings {
				if _, err := p.Go(&ring{length: length, hops: hops}); err != nil {
					b.Fatal(err)
				}
			}
			if err := p.Run(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rings*hops), "ns/hop")
	})
}
