package sched_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// TestGuestsDoNotShow: a function outside that was about to come in when its tasklet was
// killed may have done so or not. Who is told of a deadlock is the same.
func TestGuestsDoNotShow(t *testing.T) {
	for i := range 500 {
		s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))))
		c, d := channel.New[int](s), channel.New[int](s)
		coming := make(chan struct{})
		awaiting := s.GoFunc(func(co *tasklet.Coroutine) error {
			_, err := tasklet.AwaitFor(co, func(ctx context.Context) (int, error) {
				close(coming)
				return 0, s.Sleep(ctx, time.Hour)
			})
			return err
		})
		var blocked error
		s.GoFunc(func(co *tasklet.Coroutine) error {
			<-coming
			for range i % 100 { // later each time
				runtime.Gosched()
			}
			if err := co.Kill(awaiting); err != nil {
				return err
			}
			_, blocked = c.Get(co) // the last to run, so the deadlock is its
			return nil
		})
		_, err := d.Get(s.Main())
		if !errors.Is(err, tasklet.ErrDeadlock) || !errors.Is(blocked, tasklet.ErrDeadlock) {
			t.Fatalf("main: %v\nthe last to block: %v", err, blocked)
		}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
	}
}
