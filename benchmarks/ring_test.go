package benchmarks

import (
	"math"
	"sync"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// BenchmarkRing has a token go round in a ring of n, from channel to channel. Who
// passes it on takes one from it. The figure is for one hop.
func BenchmarkRing(b *testing.B) {
	on(b, "tasklets", ringTasklets, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
	on(b, "functions", ringFunctions, 10, 100, 1_000, 10_000, 100_000)
	on(b, "goroutines", ringGoroutines, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
}

// hopper is one in the ring. The token is the number of hops that are left.
type hopper struct {
	in     channel.Channel[int]
	out    *channel.Channel[int]
	token  int
	passes bool
}

func (f *hopper) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if !f.passes {
			if s := f.in.Receive(t, &f.token); s != tasklet.Next {
				return s
			}
			f.passes = true
		}
		if f.token == 0 {
			return tasklet.Return
		}
		if s := f.out.Send(t, f.token-1); s != tasklet.Next {
			return s
		}
		f.passes = false
	}
}

// newRing makes a ring of n.
func newRing(of tasklet.Homely, n int) []*hopper {
	ring := make([]*hopper, n)
	for i := range ring {
		ring[i] = tasklet.Spawn(of, hopper{}).Frame().(*hopper)
		if i > 0 {
			ring[i-1].out = &ring[i].in
		}
	}
	ring[n-1].out = &ring[0].in
	return ring
}

// endless is the token that is never used up.
const endless = math.MaxInt

func ringTasklets(b *testing.B, n int) {
	s := sched.New()
	ring := newRing(s, n)
	ring[0].token, ring[0].passes = endless, true
	tokens := func(i int) int { return ring[i].token }
	turns(b, s, max(enough, 4*n), func() int { return hops(b, n, tokens) })
}

func ringFunctions(b *testing.B, n int) {
	s := sched.New()
	defer s.Close()
	channels := make([]*channel.Channel[int], n)
	for i := range channels {
		channels[i] = channel.New[int](s)
	}
	tokens := make([]int, n)
	for i := range tokens {
		in, out := channels[i], channels[(i+1)%n]
		s.GoFunc(func(co *tasklet.Coroutine) (err error) {
			if i == 0 {
				tokens[i] = endless
				err = out.Put(co, endless-1)
			}
			for err == nil {
				if tokens[i], err = in.Get(co); err == nil {
					err = out.Put(co, tokens[i]-1)
				}
			}
			return err
		})
	}
	turns(b, s, max(enough, 4*n), func() int { return hops(b, n, func(i int) int { return tokens[i] }) })
}

// hops returns how many hops the endless token has made, by what each has last seen of
// it: number i sees it after i hops, and then at each n-th.
func hops(b *testing.B, n int, tokens func(i int) int) int {
	most := 0
	for i := range n {
		token := tokens(i)
		if token == 0 { // it has not come here yet
			continue
		}
		if (endless-token)%n != i {
			b.Fatalf("number %d in a ring of %d has seen the token after %d hops", i, n, endless-token)
		}
		most = max(most, endless-token)
	}
	return most
}

// ringGoroutines has the benchmark's goroutine be one in the ring.
func ringGoroutines(b *testing.B, n int) {
	first := make(chan int)
	in := first
	for range n - 1 {
		out := make(chan int)
		go func(in <-chan int) {
			for token := range in {
				out <- token - 1
			}
			close(out)
		}(in)
		in = out
	}
	token := endless
	round := func() {
		for range max(1, enough/n) {
			first <- token
			token = <-in - 1
		}
	}
	round()
	before := token
	w := start(b)
	for b.Loop() {
		round()
	}
	w.stop(before - token)
	close(first)
	if _, more := <-in; more || before-token != b.N*max(1, enough/n)*n {
		b.Fatalf("%d hops in %d rounds", before-token, b.N)
	}
}

// BenchmarkRings has n rings of a hundred, in each of which a token makes a hundred
// thousand hops. It is for all cores: in the pool, rings roam as a whole, and tasklets
// alone are on one core. The figure is for one hop.
func BenchmarkRings(b *testing.B) {
	onAllCores(b, "pool", ringsPool, 64)
	onAllCores(b, "tasklets", ringsTasklets, 64)
	onAllCores(b, "goroutines", ringsGoroutines, 64)
}

const ringLength, ringHops = 100, 100_000

// ringMaker makes a ring where it runs, and has the token go round. It roams; the ring
// does not.
type ringMaker struct{ ring []*hopper }

func (r *ringMaker) Resume(t *tasklet.Tasklet) tasklet.Step {
	if r.ring == nil {
		r.ring = newRing(t, ringLength)
	}
	if s := r.ring[0].in.Send(t, ringHops); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

func ringsPool(b *testing.B, n int) {
	w := start(b)
	for b.Loop() {
		goRound(b, n)
	}
	w.stop(b.N * n * ringHops)
}

// goRound has n rings go round in a pool.
func goRound(b *testing.B, n int) {
	p := sched.NewPool(-1)
	rings := make([]*ringMaker, n)
	for i := range rings {
		rings[i] = new(ringMaker)
		if _, err := p.Go(rings[i]); err != nil {
			b.Fatal(err)
		}
	}
	if err := p.Run(); err != nil {
		b.Fatal(err)
	}
	wentRound(b, rings)
}

func ringsTasklets(b *testing.B, n int) {
	w := start(b)
	for b.Loop() {
		s := sched.New()
		rings := make([]*ringMaker, n)
		for i := range rings {
			rings[i] = new(ringMaker)
			s.Go(rings[i])
		}
		settle(b, s)
		wentRound(b, rings)
	}
	w.stop(b.N * n * ringHops)
}

// wentRound fails the benchmark unless in each ring the token is used up.
func wentRound(b *testing.B, rings []*ringMaker) {
	for i, r := range rings {
		last := r.ring[ringHops%ringLength]
		if before := r.ring[(ringHops-1)%ringLength]; last.token != 0 || before.token != 1 {
			b.Fatalf("in ring %d, the last hops were %d and %d", i, before.token, last.token)
		}
	}
}

func ringsGoroutines(b *testing.B, n int) {
	w := start(b)
	for b.Loop() {
		var wg sync.WaitGroup
		ends := make([]int, n) // by ring, 1 plus the number of the one who had the token at the end
		for r := range n {
			wg.Add(ringLength)
			first := make(chan int)
			in := first
			for i := range ringLength {
				out := first
				if i < ringLength-1 {
					out = make(chan int)
				}
				go func(in <-chan int) {
					defer wg.Done()
					defer close(out) // has the others end, too
					for token := range in {
						if token == 0 {
							ends[r] = 1 + i
							return
						}
						out <- token - 1
					}
				}(in)
				in = out
			}
			first <- ringHops
		}
		wg.Wait()
		allAre(b, ends, 1+ringHops%ringLength)
	}
	w.stop(b.N * n * ringHops)
}
