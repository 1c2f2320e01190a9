package benchmarks

import (
	"runtime"
	"sync"
	"testing"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
	"github.com/stackless-go/stackless/wait"
)

// BenchmarkMutex has n lock and unlock a mutex: of one alone, the figure is for both; of
// ten, each holds it while the others have a turn, and the figure is for a hand-over,
// which is two steps.
func BenchmarkMutex(b *testing.B) {
	on(b, "tasklets", mutexAlone, 1)
	on(b, "tasklets", mutexTasklets, 10)
	on(b, "goroutines", mutexAloneGoroutine, 1)
	on(b, "goroutines", mutexGoroutines, 10)
}

// locker locks and unlocks so many times, and nobody else does.
type locker struct {
	m *wait.Mutex
	n int
}

func (f *locker) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.n > 0; f.n-- {
		if s := f.m.Lock(t); s != tasklet.Next {
			return s
		}
		if err := f.m.Unlock(t); err != nil {
			return t.Fail(err)
		}
	}
	return tasklet.Return
}

func mutexAlone(b *testing.B, _ int) {
	s := sched.New()
	f := &locker{m: wait.NewMutex(s)}
	w := start(b)
	for b.Loop() {
		f.n = enough
		s.Go(f)
		settle(b, s)
	}
	w.stop(b.N * enough)
	if f.n != 0 {
		b.Fatalf("%d times are left", f.n)
	}
}

func mutexAloneGoroutine(b *testing.B, _ int) {
	var m sync.Mutex
	n := 0
	w := start(b)
	for b.Loop() {
		for range enough {
			m.Lock()
			n++
			m.Unlock()
		}
	}
	w.stop(n)
}

// holder holds a mutex across a turn, again and again.
type holder struct {
	m     *wait.Mutex
	times *int
	held  bool
}

func (f *holder) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if !f.held {
			if s := f.m.Lock(t); s != tasklet.Next {
				return s
			}
			f.held = true
			*f.times++
		}
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
		if err := f.m.Unlock(t); err != nil {
			return t.Fail(err)
		}
		f.held = false
	}
}

func mutexTasklets(b *testing.B, n int) {
	s := sched.New()
	m := wait.NewMutex(s)
	times := 0
	for range n {
		s.Go(&holder{m: m, times: &times})
	}
	turns(b, s, enough, func() int { return times })
}

func mutexGoroutines(b *testing.B, n int) {
	var m sync.Mutex
	w := start(b)
	for b.Loop() {
		var wg sync.WaitGroup
		left := enough // guarded by m
		for range n {
			wg.Go(func() {
				for more := true; more; {
					m.Lock()
					left--
					more = left >= n // the others take one more each
					runtime.Gosched()
					m.Unlock()
				}
			})
		}
		wg.Wait()
		if left != 0 {
			b.Fatalf("%d hand-overs are left", left)
		}
	}
	w.stop(b.N * enough)
}

// BenchmarkBuffer passes values from one to another through a buffer of 64.
func BenchmarkBuffer(b *testing.B) {
	on(b, "tasklets", bufferTasklets, 2)
	on(b, "goroutines", bufferGoroutines, 2)
}

// feeder sends into a buffer, eater receives.
type feeder struct {
	b *wait.Buffer[int]
	n int
}

func (f *feeder) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.n > 0; f.n-- {
		if s := f.b.Send(t, f.n); s != tasklet.Next {
			return s
		}
	}
	f.b.Close()
	return tasklet.Return
}

type eater struct {
	b      *wait.Buffer[int]
	v, sum int
}

func (f *eater) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		more, s := f.b.Next(t, &f.v)
		if s != tasklet.Next {
			return s
		}
		if !more {
			return tasklet.Return
		}
		f.sum += f.v
	}
}

func bufferTasklets(b *testing.B, _ int) {
	s := sched.New()
	w := start(b)
	for b.Loop() {
		buffer := wait.NewBuffer[int](s, 64)
		to := &eater{b: buffer}
		s.Go(&feeder{buffer, enough})
		s.Go(to)
		settle(b, s)
		if to.sum != enough*(enough+1)/2 {
			b.Fatalf("the sum is %d", to.sum)
		}
	}
	w.stop(b.N * enough)
}

func bufferGoroutines(b *testing.B, _ int) {
	w := start(b)
	for b.Loop() {
		c := make(chan int, 64)
		go func() {
			for i := range enough {
				c <- i + 1
			}
			close(c)
		}()
		sum := 0
		for v := range c {
			sum += v
		}
		if sum != enough*(enough+1)/2 {
			b.Fatalf("the sum is %d", sum)
		}
	}
	w.stop(b.N * enough)
}
