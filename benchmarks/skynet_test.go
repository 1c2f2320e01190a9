package benchmarks

import (
	"context"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// BenchmarkSkynet sums n leaves through a tree of ten branches: each sends its parent
// its number, or the sum of what its children send. The figure is for the whole tree.
// All have all cores; tasklets use one, but for the collector, and on a pool all.
func BenchmarkSkynet(b *testing.B) {
	onAllCores(b, "tasklets", skynet(skynetTasklets), 1_000, 10_000, 100_000, 1_000_000)
	onAllCores(b, "pool", skynet(skynetPool), 1_000, 10_000, 100_000, 1_000_000)
	onAllCores(b, "functions", skynet(skynetFunctions), 1_000, 10_000, 100_000)
	onAllCores(b, "goroutines", skynet(skynetGoroutines), 1_000, 10_000, 100_000, 1_000_000)
}

// skynet measures what plants a tree and returns its sum. The first of a process also
// says by how much the process grew at the most.
func skynet(plant func(n int) (int, error)) func(b *testing.B, n int) {
	return func(b *testing.B, n int) {
		check := func() {
			if sum, err := plant(n); err != nil || sum != n/2*(n-1) {
				b.Fatalf("the sum is %d: %v", sum, err)
			}
		}
		if measured[b.Name()] == 0 {
			measured[b.Name()] = float64(peak(check))
		}
		b.ReportAllocs()
		for b.Loop() {
			check()
		}
		b.ReportMetric(measured[b.Name()], "peak-B")
	}
}

// node makes ten children, each with a tenth of its share, and sends its parent the sum
// of what they send.
type node struct {
	out         *channel.Channel[int]
	children    channel.Channel[int]
	pc          int
	first, size int
	v, sum      int
}

func (n *node) Resume(t *tasklet.Tasklet) tasklet.Step {
	const collect, report = 1, 11 // ten waits lie between the two
	if n.pc == 0 {
		share := n.size / 10
		for i := range 10 {
			if share == 1 {
				tasklet.Spawn(t, leaf{out: &n.children, number: n.first + i})
			} else {
				tasklet.Spawn(t, node{out: &n.children, first: n.first + i*share, size: share})
			}
		}
		n.pc = collect
	}
	for ; n.pc < report; n.pc++ {
		if s := n.children.Receive(t, &n.v); s != tasklet.Next {
			return s
		}
		n.sum += n.v
	}
	if s := n.out.Send(t, n.sum); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

// leaf sends its number.
type leaf struct {
	out    *channel.Channel[int]
	number int
}

func (l *leaf) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := l.out.Send(t, l.number); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

func skynetTasklets(n int) (int, error) {
	s := sched.New()
	result := channel.New[int](s)
	s.Go(&node{out: result, size: n})
	return result.Get(s.Main())
}

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

func skynetPool(n int) (sum int, err error) {
	p := sched.NewPool(-1)
	result := channel.New[int](p.Schedulers()[0])
	if _, err := p.Go(&poolNode{node{out: result, size: n}}); err != nil {
		return 0, err
	}
	ctx, done := context.WithCancel(context.Background())
	received := make(chan error)
	go func() {
		var err error
		sum, err = result.GetContext(ctx)
		done()
		received <- err
	}()
	if err := p.Serve(ctx); err != nil {
		return 0, err
	}
	return sum, <-received
}

func skynetFunctions(n int) (int, error) {
	s := sched.New()
	result := channel.New[int](s)
	s.GoFunc(func(co *tasklet.Coroutine) error { return functionNode(co, result, 0, n) })
	return result.Get(s.Main())
}

func functionNode(co *tasklet.Coroutine, out *channel.Channel[int], first, size int) error {
	if size == 1 {
		return out.Put(co, first)
	}
	children := channel.New[int](co.Tasklet())
	for i := range 10 {
		co.Tasklet().GoFunc(func(co *tasklet.Coroutine) error {
			return functionNode(co, children, first+i*size/10, size/10)
		})
	}
	sum := 0
	for range 10 {
		v, err := children.Get(co)
		if err != nil {
			return err
		}
		sum += v
	}
	return out.Put(co, sum)
}

func skynetGoroutines(n int) (int, error) {
	result := make(chan int)
	go goroutineNode(result, 0, n)
	return <-result, nil
}

func goroutineNode(out chan<- int, first, size int) {
	if size == 1 {
		out <- first
		return
	}
	children := make(chan int)
	for i := range 10 {
		go goroutineNode(children, first+i*size/10, size/10)
	}
	sum := 0
	for range 10 {
		sum += <-children
	}
	out <- sum
}
