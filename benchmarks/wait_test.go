package benchmarks

import (
	"runtime"
	"sync"
	"testing"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
	"github.com/stackless-go/stackless/wait"
)

// holder holds a mutex across a turn, again and again.
type holder struct {
	m    *wait.Mutex
	held bool
}

func (f *holder) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if !f.held {
			if s := f.m.Lock(t); s != tasklet.Next {
				return s
			}
			f.held = true
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

// BenchmarkMutex locks and unlocks a mutex: alone, and with ten of whom each holds
// it while the others have a turn: then the figure is for a hand-over, which is two
// steps.
func BenchmarkMutex(b *testing.B) {
	b.Run("alone/tasklet", func(b *testing.B) {
		s := sched.New()
		s.Go(&locker{m: wait.NewMutex(s), n: b.N})
		b.ReportAllocs()
		if err := s.Run(); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("alone/goroutine", func(b *testing.B) {
		oneP(b)
		var m sync.Mutex
		n := 0
		b.ReportAllocs()
		for range b.N {
			m.Lock()
			n++
			m.Unlock()
		}
	})
	b.Run("ten/tasklets", func(b *testing.B) {
		s := sched.New()
		m := wait.NewMutex(s)
		for range 10 {
			s.Go(&holder{m: m})
		}
		s.Step(100)
		b.ReportAllocs()
		b.ResetTimer()
		s.Step(2 * b.N) // a hand-over, and the yield
	})
	b.Run("ten/goroutines", func(b *testing.B) {
		oneP(b)
		var m sync.Mutex
		var wg sync.WaitGroup
		left := b.N // guarded by m
		b.ReportAllocs()
		for range 10 {
			wg.Go(func() {
				for more := true; more; {
					m.Lock()
					left--
					more = left > 0
					runtime.Gosched()
					m.Unlock()
				}
			})
		}
		wg.Wait()
	})
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
	b *wait.Buffer[int]
	v int
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
	}
}

// BenchmarkBuffer passes values through a buffer of 64.
func BenchmarkBuffer(b *testing.B) {
	b.Run("tasklets", func(b *testing.B) {
		s := sched.New()
		buffer := wait.NewBuffer[int](s, 64)
		s.Go(&feeder{buffer, b.N})
		s.Go(&eater{b: buffer})
		b.ReportAllocs()
		if err := s.Run(); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("goroutines", func(b *testing.B) {
		oneP(b)
		c := make(chan int, 64)
		b.ReportAllocs()
		go func() {
			for i := range b.N {
				c <- i
			}
			close(c)
		}()
		for range c {
		}
	})
}
