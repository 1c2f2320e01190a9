package sched_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// TestStats: what is counted, always and only while somebody looks.
func TestStats(t *testing.T) {
	s, _ := office(true)
	got := s.Stats()
	want := sched.Stats{
		Running: 1, Ready: 1, Blocked: 2, Sleeping: 1, Parked: 2, Timers: 1,
		Steps: 4, Born: 7, Observed: true, Turns: 5,
	}
	if got != want {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	if err := s.RunReady(); !errors.As(err, new(*tasklet.Uncaught)) { // of the rude one
		t.Error(err)
	}
	orders := channel.New[string](s)
	s.Go(&waitForOrder{in: orders})
	s.RunReady()
	if err := orders.Put(s.Main(), "tea"); err != nil {
		t.Error(err)
	}
	release := s.Hold()
	_ = s.Post(func() {})
	s.Step(1)
	got = s.Stats()
	if got.Rendezvous != 1 || got.Ended != 2 || got.Failed != 1 || got.Posts != 1 || got.Expected != 1 || got.Born != 8 {
		t.Errorf("%+v", got)
	}
	release()
	s.Observe(false)
	s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return tasklet.Return }))
	s.RunReady()
	if after := s.Stats(); after.Observed || after.Turns != got.Turns || after.Ended != 3 {
		t.Errorf("%+v", after)
	}
	s.Close()
	if got := s.Stats(); got.Born-got.Ended != 1 || got.Running != 1 || got.Blocked+got.Ready+got.Sleeping+got.Parked != 0 {
		t.Errorf("after Close %+v", got)
	}
	if _, err := s.StatsContext(context.Background()); !errors.Is(err, sched.ErrClosed) {
		t.Error(err)
	}
}
