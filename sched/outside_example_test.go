package sched_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// On a virtual clock, a function that sleeps on it stands for a slow one. Whoever
// gives up on it goes on at once; the function hears it by its context.
func ExampleScheduler_Sleep() {
	clock := sched.NewVirtualClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	s := sched.New(sched.WithClock(clock))
	s.GoFunc(func(co *tasklet.Coroutine) error {
		err := co.Within(5*time.Minute, func() error {
			_, err := tasklet.AwaitFor(co, func(ctx context.Context) (string, error) {
				return "done", s.Sleep(ctx, time.Hour)
			})
			return err
		})
		fmt.Println(clock.Now().Format(time.TimeOnly), errors.Is(err, tasklet.ErrTimeout))
		return nil
	})
	fmt.Println(s.Run())
	// Output:
	// 00:05:00 true
	// <nil>
}

// A goroutine outside runs a frame as a tasklet, and waits for its end.
func ExampleScheduler_Do() {
	s := sched.New()
	words := channel.New[string](s)
	s.GoFunc(func(co *tasklet.Coroutine) error {
		for word, err := range words.All(co) {
			if err != nil {
				return err
			}
			fmt.Println(word)
		}
		return nil
	})
	release := s.Hold() // somebody is still to come
	go func() {
		defer release()
		i := 0
		err := s.Do(context.Background(), tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
			for list := []string{"one", "two"}; i < len(list); i++ {
				if s := words.Send(t, list[i]); s != tasklet.Next {
					return s
				}
			}
			return tasklet.Return
		}))
		if err == nil {
			err = words.PutContext(context.Background(), "three") // the same for one value
		}
		if err != nil {
			fmt.Println(err)
		}
	}()
	fmt.Println(s.Run())
	// Output:
	// one
	// two
	// three
	// <nil>
}

// A function that is posted runs on the scheduler's goroutine between two steps,
// where it may touch what belongs to the tasklets.
func ExampleScheduler_Post() {
	s := sched.New()
	waiting := s.New(tasklet.Func(func(*tasklet.Tasklet) tasklet.Step {
		fmt.Println("inserted")
		return tasklet.Return
	}))
	release := s.Hold()
	go func() {
		defer release()
		if err := s.Post(func() { _ = waiting.Insert() }); err != nil {
			fmt.Println(err)
		}
	}()
	fmt.Println(s.Run())
	// Output:
	// inserted
	// <nil>
}
