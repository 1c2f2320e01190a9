package wait_test

import (
	"fmt"
	"testing"

	"github.com/stackless-go/stackless/sched/schedtest"
	"github.com/stackless-go/stackless/tasklet"
	"github.com/stackless-go/stackless/wait"
)

// A builder takes jobs until there are no more; it holds a permit and the mutex
// while it does one, across a yield.
type builder struct {
	site *site
	job  int
	pc   int
}

type site struct {
	mutex   *wait.Mutex
	permits *wait.Semaphore
	jobs    *wait.Buffer[int]
	inside  int
	done    []int
}

func (w *builder) Resume(t *tasklet.Tasklet) tasklet.Step {
	s := w.site
	for {
		switch w.pc {
		case 0:
			if step := s.jobs.Receive(t, &w.job); step != tasklet.Next {
				return step
			}
			if w.job == 0 {
				return tasklet.Return
			}
			w.pc = 1
		case 1:
			if step := s.permits.Acquire(t, 1); step != tasklet.Next {
				return step
			}
			w.pc = 2
		case 2:
			if step := s.mutex.Lock(t); step != tasklet.Next {
				return step
			}
			s.inside++
			w.pc = 3
		case 3:
			if step := t.Yield(); step != tasklet.Next {
				return step
			}
			s.inside--
			s.done = append(s.done, w.job)
			if err := s.mutex.Unlock(t); err != nil {
				return t.Fail(err)
			}
			if err := s.permits.Release(1); err != nil {
				return t.Fail(err)
			}
			w.pc = 0
		}
	}
}

// foreman gives out jobs, and then a zero for each builder.
type foreman struct {
	site *site
	next int
	last int
	zero int
}

func (f *foreman) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.next <= f.last+f.zero; f.next++ {
		job := f.next
		if job > f.last {
			job = 0
		}
		if s := f.site.jobs.Send(t, job); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

// TestInEveryOrder: nobody is in the mutex with another, every job is done once,
// and all end, whatever the order and whoever is woken spuriously.
func TestInEveryOrder(t *testing.T) {
	schedtest.Run(t, func(w *schedtest.World) {
		s := &site{mutex: wait.NewMutex(w), permits: wait.NewSemaphore(w, 2), jobs: wait.NewBuffer[int](w, 2)}
		w.Always(func() error {
			if s.inside > 1 {
				return fmt.Errorf("%d are in the mutex", s.inside)
			}
			return nil
		})
		for range 4 {
			w.Go(&builder{site: s})
		}
		w.Go(&foreman{site: s, next: 1, last: 10, zero: 4})
		w.Run()
		sum := 0
		for _, job := range s.done {
			sum += job
		}
		if len(s.done) != 10 || sum != 55 {
			w.Errorf("done: %v", s.done)
		}
	}, schedtest.AllEnded(), schedtest.Seeds(300))
}
