package tasklet_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// simulation makes a scheduler on a virtual clock that shows midnight.
func simulation() (*sched.Scheduler, *sched.VirtualClock) {
	clock := sched.NewVirtualClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	return sched.New(sched.WithClock(clock)), clock
}

// A waiter takes an order, but does not wait for ever.
type waiter struct {
	orders *channel.Channel[string]
	order  string
}

func (w *waiter) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch s := t.Within(5*time.Minute, w.orders.Receive(t, &w.order)); s {
	case tasklet.Next:
		fmt.Println("one", w.order)
	case tasklet.Failed:
		err := t.Recover()
		if !errors.Is(err, tasklet.ErrTimeout) {
			return t.Fail(err)
		}
		fmt.Println(err)
	default:
		return s
	}
	return tasklet.Return
}

// An operation of a frame that may wait so long.
func ExampleTasklet_Within() {
	s, clock := simulation()
	orders := channel.New[string](s)
	orders.SetName("orders")
	s.Go(&waiter{orders: orders}).SetName("waiter")
	err := s.Run()
	fmt.Println(clock.Now().Format(time.TimeOnly), err)
	// Output:
	// tasklet 2 (waiter): receive on channel 1 (orders) of string timed out after 5m0s
	// 00:05:00 <nil>
}

// A meal is three courses, each of which may take a while.
type meal struct{ courses int }

func (m *meal) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; m.courses < 3; m.courses++ {
		if s := t.Sleep(25 * time.Minute); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

// A guest has an hour.
type guest struct{ meal meal }

func (g *guest) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch s := t.Within(time.Hour, t.Call(&g.meal)); s {
	case tasklet.Next:
		fmt.Println("full")
	case tasklet.Failed:
		fmt.Println(g.meal.courses, "courses:", t.Recover())
	default:
		return s
	}
	return tasklet.Return
}

// A deadline for a whole call, with all that is called and waited for in it.
func ExampleTasklet_Within_call() {
	s, _ := simulation()
	s.Go(&guest{})
	_ = s.Run()
	// Output: 2 courses: tasklet 2: sleep timed out after 1h0m0s
}

// In a plain function, a scope limits all that waits in it.
func ExampleCoroutine_Within() {
	s, clock := simulation()
	replies := channel.New[string](s)
	s.GoFunc(func(co *tasklet.Coroutine) error {
		err := co.Within(10*time.Second, func() error {
			for {
				reply, err := replies.Get(co)
				if err != nil {
					return err
				}
				fmt.Println(reply)
			}
		})
		fmt.Println(clock.Now().Format(time.TimeOnly), errors.Is(err, tasklet.ErrTimeout))
		return nil
	})
	s.GoFunc(func(co *tasklet.Coroutine) error {
		return errors.Join(replies.Put(co, "hello"), co.Sleep(8*time.Second), replies.Put(co, "again"))
	})
	_ = s.Run()
	// Output:
	// hello
	// again
	// 00:00:10 true
}

// A lighthouse flashes every ten seconds.
type lighthouse struct {
	tick    tasklet.Ticker
	flashes int
}

func (l *lighthouse) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; l.flashes > 0; l.flashes-- {
		if s := l.tick.Next(t); s != tasklet.Next {
			return s
		}
		fmt.Print(t.Now().Format("15:04:05 "))
	}
	return tasklet.Return
}

func ExampleTicker() {
	s, _ := simulation()
	s.Go(&lighthouse{tick: tasklet.Ticker{Every: 10 * time.Second}, flashes: 4})
	_ = s.Run()
	// Output: 00:00:10 00:00:20 00:00:30 00:00:40
}

// A ticker whose user is late drops ticks and keeps the beat.
func ExampleTicker_missed() {
	s, clock := simulation()
	s.GoFunc(func(co *tasklet.Coroutine) error {
		tick := tasklet.Ticker{Every: time.Second}
		for _, work := range []time.Duration{0, 3500 * time.Millisecond, 100 * time.Millisecond, 0} {
			if err := tick.Wait(co); err != nil {
				return err
			}
			fmt.Print(clock.Now().Format("05.0 "), tick.Missed, "; ")
			if err := co.Sleep(work); err != nil {
				return err
			}
		}
		return nil
	})
	_ = s.Run()
	// Output: 01.0 0; 02.0 0; 05.5 2; 06.0 2;
}

// A year, in which ten devices report every hour, takes milliseconds.
func Example_simulatedYear() {
	s, clock := simulation()
	reports := 0
	for range 10 {
		s.Go(&device{tick: tasklet.Ticker{Every: time.Hour}, reports: &reports})
	}
	_ = s.Main().Sleep(365 * 24 * time.Hour)
	fmt.Println(clock.Now().Format(time.DateOnly), reports, "reports")
	fmt.Println(s.Close())
	// Output:
	// 2027-01-01 87590 reports
	// <nil>
}

// A device reports at each tick.
type device struct {
	tick    tasklet.Ticker
	reports *int
}

func (d *device) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := d.tick.Next(t); s != tasklet.Next {
			return s
		}
		*d.reports++
	}
}
