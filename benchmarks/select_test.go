package benchmarks

import (
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// BenchmarkSelect has n send to one that selects, each over a channel of its own. The
// figure is for one message. Goroutines have a select statement of 2 and 8 cases, and
// reflect.Select for 64, as do programs that learn the number only when they run.
func BenchmarkSelect(b *testing.B) {
	on(b, "tasklets", selectTasklets, 2, 8, 64)
	on(b, "functions", selectFunctions, 2, 8, 64)
	on(b, "goroutines", func(b *testing.B, n int) { selectGoroutines(b, n, selectOfTwo) }, 2)
	on(b, "goroutines", func(b *testing.B, n int) { selectGoroutines(b, n, selectOfEight) }, 8)
	on(b, "goroutines", func(b *testing.B, n int) { selectGoroutines(b, n, selectOfMany) }, 64)
}

// chooser is a sink of many channels.
type chooser struct {
	cases []tasklet.Case
	v     int
	got   int
	sum   int
}

func (f *chooser) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if _, s := t.Select(f.cases...); s != tasklet.Next {
			return s
		}
		f.got++
		f.sum += f.v
	}
}

func (f *chooser) function(co *tasklet.Coroutine) error {
	for {
		if _, err := co.Select(f.cases...); err != nil {
			return err
		}
		f.got++
		f.sum += f.v
	}
}

// A choice is sources with a channel each, and a chooser.
type choice struct {
	s       *sched.Scheduler
	sources []source
	chooser chooser
	over    bool
}

func newChoice(s *sched.Scheduler, n int) *choice {
	c := &choice{s: s, sources: make([]source, n)}
	for i := range c.sources {
		from := channel.New[int](c.s)
		c.sources[i] = source{out: from, over: &c.over}
		c.chooser.cases = append(c.chooser.cases, from.OnReceive(&c.chooser.v))
	}
	return c
}

func (c *choice) measure(b *testing.B) {
	turns(b, c.s, enough, func() int { return c.chooser.got })
	c.over = true
	settle(b, c.s)
	sent := make([]int, len(c.sources))
	for i := range sent {
		sent[i] = c.sources[i].sent
	}
	balance(b, sent, c.chooser.got, c.chooser.sum)
}

func selectTasklets(b *testing.B, n int) {
	c := newChoice(sched.New(), n)
	c.s.Go(&c.chooser)
	for i := range c.sources {
		c.s.Go(&c.sources[i])
	}
	c.measure(b)
}

func selectFunctions(b *testing.B, n int) {
	c := newChoice(sched.New(), n)
	defer c.s.Close()
	c.s.GoFunc(c.chooser.function)
	for i := range c.sources {
		c.s.GoFunc(c.sources[i].function)
	}
	c.measure(b)
}

// selectGoroutines has the benchmark's goroutine be the chooser. Choose receives so
// many, until the channels are closed.
func selectGoroutines(b *testing.B, n int, choose func(in []chan int, times int, got, sum *int)) {
	in, sent := make([]chan int, n), make([]int, n)
	var over atomic.Bool
	for i := range in {
		in[i] = make(chan int)
		go func() {
			send(in[i], &sent[i], &over)
			close(in[i])
		}()
	}
	got, total := 0, 0
	choose(in, enough, &got, &total)
	w := start(b)
	for b.Loop() {
		choose(in, enough, &got, &total)
	}
	w.stop(b.N * enough)
	over.Store(true)
	counts, sums := make([]int, n), make([]int, n)
	var wg sync.WaitGroup
	for i := range in {
		wg.Go(func() { receive(in[i], &counts[i], &sums[i]) })
	}
	wg.Wait()
	balance(b, sent, got+sum(counts), total+sum(sums))
}

func selectOfTwo(in []chan int, times int, got, sum *int) {
	for range times {
		var v int
		select {
		case v = <-in[0]:
		case v = <-in[1]:
		}
		*got++
		*sum += v
	}
}

func selectOfEight(in []chan int, times int, got, sum *int) {
	for range times {
		var v int
		select {
		case v = <-in[0]:
		case v = <-in[1]:
		case v = <-in[2]:
		case v = <-in[3]:
		case v = <-in[4]:
		case v = <-in[5]:
		case v = <-in[6]:
		case v = <-in[7]:
		}
		*got++
		*sum += v
	}
}

func selectOfMany(in []chan int, times int, got, sum *int) {
	cases := make([]reflect.SelectCase, len(in))
	for i, c := range in {
		cases[i] = reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(c)}
	}
	for range times {
		_, v, _ := reflect.Select(cases)
		*got++
		*sum += int(v.Int())
	}
}
