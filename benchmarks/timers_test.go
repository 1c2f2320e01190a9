package benchmarks

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// BenchmarkTimers has n take one nap after the other on the real clock, of 1 to 10 ms.
// The figure is the time that passed for each nap that ended. As a nap takes 5.5 ms, it
// can't be below 5.5 ms divided by n: a thousand are no work for one core, a hundred
// thousand are for most. Besides, no nap may end early.
//
// There are no million goroutines: so many are always ready that the one which measures,
// and waits among them, does not get its turn for minutes.
func BenchmarkTimers(b *testing.B) {
	on(b, "tasklets", timersTasklets, 1_000, 10_000, 100_000, 1_000_000)
	on(b, "functions", timersFunctions, 1_000, 10_000, 100_000)
	on(b, "goroutines", timersGoroutines, 1_000, 10_000, 100_000)
}

// napOf returns how long the k-th nap of number i takes.
func napOf(i, k int) time.Duration { return time.Duration(1+(i*7+k*3)%10) * time.Millisecond }

// dreamer is number i, and has taken k naps.
type dreamer struct{ i, k int }

func (f *dreamer) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := t.Sleep(napOf(f.i, f.k)); s != tasklet.Next {
			return s
		}
		f.k++
	}
}

func timersTasklets(b *testing.B, n int) {
	s := sched.New()
	dreamers := make([]*dreamer, n)
	begin := time.Now()
	for i := range dreamers {
		dreamers[i] = tasklet.Spawn(s, dreamer{i: i}).Frame().(*dreamer)
	}
	naps := func(i int) int { return dreamers[i].k }
	dream(b, n, begin, naps, func(d time.Duration) {
		if err := s.Main().Sleep(d); err != nil {
			b.Fatal(err)
		}
	})
}

func timersFunctions(b *testing.B, n int) {
	s := sched.New()
	defer s.Close()
	naps := make([]int, n)
	begin := time.Now()
	for i := range naps {
		s.GoFunc(func(co *tasklet.Coroutine) error {
			for ; ; naps[i]++ {
				if err := co.Sleep(napOf(i, naps[i])); err != nil {
					return err
				}
			}
		})
	}
	dream(b, n, begin, func(i int) int { return naps[i] }, func(d time.Duration) {
		if err := s.Main().Sleep(d); err != nil {
			b.Fatal(err)
		}
	})
}

func timersGoroutines(b *testing.B, n int) {
	naps := make([]int, n)
	var over atomic.Bool
	var wg sync.WaitGroup
	all := make(chan struct{}) // are made
	for i := range naps {
		wg.Go(func() {
			<-all
			for ; !over.Load(); naps[i]++ {
				time.Sleep(napOf(i, naps[i]))
			}
		})
	}
	begin := time.Now()
	close(all)
	dream(b, n, begin, func(i int) int { return naps[i] }, time.Sleep)
	over.Store(true)
	wg.Wait()
}

// dream measures n dreamers while whoever drives them sleeps. Naps says how many number
// i has taken since begin.
func dream(b *testing.B, n int, begin time.Time, naps func(i int) int, sleep func(time.Duration)) {
	const while = 20 * time.Millisecond
	sum := func() (sum int) {
		for i := range n {
			sum += naps(i)
		}
		return sum
	}
	sleep(while)
	before := sum()
	w := start(b)
	for b.Loop() {
		sleep(while)
	}
	w.stop(sum() - before)
	passed := time.Since(begin)
	for i := range n {
		slept := time.Duration(0)
		for k := range naps(i) {
			slept += napOf(i, k)
		}
		if slept > passed {
			b.Fatalf("number %d has taken naps of %v in %v", i, slept, passed)
		}
	}
}
