package sched_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A plain function runs as a tasklet on a goroutine of its own.
func ExampleScheduler_GoFunc() {
	s := sched.New()
	for _, name := range []string{"a", "b"} {
		s.GoFunc(func(co *tasklet.Coroutine) error {
			for i := range 2 {
				fmt.Print(name, i, " ")
				if err := co.Yield(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := s.Run()
	fmt.Println(err)
	// Output: a0 b0 a1 b1 <nil>
}

// On a virtual clock, a year takes no longer than its steps do.
func ExampleNewVirtualClock() {
	clock := sched.NewVirtualClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	s := sched.New(sched.WithClock(clock))
	s.GoFunc(func(co *tasklet.Coroutine) error {
		for range 365 {
			if err := co.Sleep(24 * time.Hour); err != nil {
				return err
			}
		}
		return nil
	})
	err := s.Run()
	fmt.Println(clock.Now().Format(time.DateOnly), err)
	// Output: 2027-01-01 <nil>
}

// A deadlock names who waits for what.
func ExampleDeadlockError() {
	s := sched.New()
	orders := channel.New[int](s)
	orders.SetName("orders")
	courier := s.Go(&receiver{in: orders})
	courier.SetName("courier")
	err := s.Main().Join(courier)
	fmt.Println(errors.Is(err, tasklet.ErrDeadlock))
	fmt.Println(err)
	// Output:
	// true
	// deadlock: the last runnable tasklet cannot be blocked
	// 	tasklet 1 (main), frame main, blocked: join on the end of tasklet 2 (courier)
	// 	tasklet 2 (courier), frame sched_test.receiver, blocked: receive on channel 1 (orders) of int
}

// Run returns the error of a tasklet that nothing took; a further Run goes on
// with the others.
func ExampleScheduler_Run() {
	s := sched.New()
	s.GoFunc(func(co *tasklet.Coroutine) error { return errors.New("out of stamps") }).SetName("clerk")
	s.GoFunc(func(co *tasklet.Coroutine) error { fmt.Println("the others go on"); return nil })
	var uncaught *tasklet.Uncaught
	if err := s.Run(); errors.As(err, &uncaught) {
		fmt.Println(uncaught.Tasklet.Name(), "failed:", uncaught.Err)
	}
	fmt.Println(s.Run())
	// Output:
	// clerk failed: out of stamps
	// the others go on
	// <nil>
}
