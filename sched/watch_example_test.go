package sched_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A primes frame counts prime numbers, and can be interrupted at each candidate.
type primes struct {
	below, candidate, found int
}

func (f *primes) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.candidate < f.below; f.candidate++ {
		if s := t.Tick(); s != tasklet.Next {
			return s
		}
		if isPrime(f.candidate) {
			f.found++
		}
	}
	fmt.Println(f.found, "below", f.below)
	return tasklet.Return
}

func isPrime(n int) bool {
	for d := 2; d*d <= n; d++ {
		if n%d == 0 {
			return false
		}
	}
	return n > 1
}

// A watchdog gives those who compute for long a slice at a time, so that they take
// turns though they never give way.
func ExampleScheduler_RunBudget() {
	s := sched.New()
	s.Go(&primes{below: 1000}).SetName("large")
	s.Go(&primes{below: 100}).SetName("small")
	for {
		victim, err := s.RunBudget(tasklet.Budget{Steps: 80})
		if err != nil {
			fmt.Println(err)
		}
		if victim == nil {
			break
		}
		if err := victim.Insert(); err != nil { // or kill it, or keep it in a pickle
			fmt.Println(err)
		}
	}
	fmt.Println(s.Steps(), "steps")
	// Output:
	// 25 below 100
	// 168 below 1000
	// 15 steps
}

// A soft budget interrupts nobody: the run ends when the tasklet whose time is over
// gives way.
func ExampleScheduler_RunBudget_soft() {
	s := sched.New()
	for _, name := range []string{"a", "b", "c"} {
		s.GoFunc(func(co *tasklet.Coroutine) error {
			for i := range 3 {
				fmt.Print(name, i, " ")
				if err := co.Yield(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for s.RunCount() > 1 {
		if _, err := s.RunBudget(tasklet.Budget{Steps: 4, Soft: true, Total: true}); err != nil {
			fmt.Println(err)
		}
		fmt.Print("| ")
	}
	// Output:
	// a0 b0 c0 a1 | b1 c1 a2 b2 | c2 |
}

// A transfer is not interrupted between its two halves.
func ExampleTasklet_SetAtomic() {
	s := sched.New()
	from, to := 10, 0
	s.GoFunc(func(co *tasklet.Coroutine) error {
		for from > 0 {
			before := co.Tasklet().SetAtomic(true)
			from--
			if err := co.Tick(); err != nil {
				return err
			}
			to++
			co.Tasklet().SetAtomic(before)
			if err := co.Tick(); err != nil {
				return err
			}
		}
		return nil
	})
	for {
		victim, err := s.RunBudget(tasklet.Budget{Steps: 6})
		if victim == nil {
			fmt.Println("done:", from, to, err)
			break
		}
		fmt.Println("interrupted:", from, to)
		if err := victim.Insert(); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// interrupted: 7 3
	// interrupted: 4 6
	// interrupted: 1 9
	// done: 0 10 <nil>
}

// A judge is a watchdog that is a tasklet itself: it lets the others run, and kills
// who takes too long.
type judge struct{ victim *tasklet.Tasklet }

func (f *judge) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if f.victim != nil {
			fmt.Println(f.victim.Name(), "takes too long")
			f.victim.KillLater()
			f.victim = nil
		}
		if s := t.Watch(tasklet.Budget{Steps: 1000}, &f.victim); s != tasklet.Next {
			return s
		}
		if f.victim == nil {
			return tasklet.Return
		}
	}
}

// Any tasklet can watch over the others; main's run goes on around it.
func ExampleTasklet_Watch() {
	s := sched.New()
	s.Go(&judge{})
	s.Go(&primes{below: 5000}).SetName("large")
	s.Go(&primes{below: 100}).SetName("small")
	fmt.Println(s.Run())
	// Output:
	// large takes too long
	// 25 below 100
	// <nil>
}

// A step that blocks stops everybody, so somebody should hear of it.
func ExampleWithStepLimit() {
	heard := make(chan struct{})
	s := sched.New(sched.WithStepLimit(5*time.Millisecond, func(r sched.StepReport) {
		fmt.Printf("tasklet %d (%s) has run for %v at least: %t\n", r.ID, r.Name, 5*time.Millisecond, r.Lasted >= 5*time.Millisecond)
		close(heard)
	}))
	s.GoFunc(func(*tasklet.Coroutine) error {
		<-heard // instead of a lock, a query or a loop without an end
		return nil
	}).SetName("slow")
	fmt.Println(s.Run())
	// Output:
	// tasklet 2 (slow) has run for 5ms at least: true
	// <nil>
}

// Code that relies on nobody else running meanwhile can have that checked.
func ExampleScheduler_SetSwitchTrap() {
	s := sched.New()
	s.GoFunc(func(co *tasklet.Coroutine) error {
		s.SetSwitchTrap(1)
		defer s.SetSwitchTrap(-1)
		err := co.Sleep(time.Second) // somebody has put this in
		fmt.Println(errors.Is(err, tasklet.ErrSwitchTrap))
		return nil
	})
	fmt.Println(s.Run())
	// Output:
	// true
	// <nil>
}
