package sched_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// TestTurnsAreAChain: each turn is taken from whoever was given the last, and the
// one it is given to is the one that runs. Random scripts.
func TestTurnsAreAChain(t *testing.T) {
	for seed := range uint64(200) {
		s := randomScript(rand.New(rand.NewPCG(seed, 7)))
		var last *tasklet.Tasklet
		turns := 0
		watch := func(s *sched.Scheduler) {
			s.OnSwitch(func(from, to *tasklet.Tasklet) {
				if last != nil && from != last || from == to || s.Current() != from || to.Status() != tasklet.Running {
					t.Errorf("seed %d: turn %d from %v to %v, and the last was %v's", seed, turns, from, to, last)
				}
				last = to
				turns++
			})
		}
		if _, err := runWorld(s, seed%2 == 0, watch); err != nil || turns == 0 {
			t.Fatalf("seed %d: %d turns, %v\n%s", seed, turns, err, s)
		}
	}
}

// TestLookingBegins: looking may begin and end at any time, in a step and in a
// callback too.
func TestLookingBegins(t *testing.T) {
	s := sched.New()
	turns, operations := 0, 0
	var c channel.Channel[int]
	onSwitch := func(from, to *tasklet.Tasklet) { turns++ }
	for range 2 {
		s.Go(new(yielder))
	}
	s.GoFunc(func(co *tasklet.Coroutine) error {
		for range 100 { // so that there is credit left
			if err := co.Yield(); err != nil {
				return err
			}
		}
		s.OnSwitch(onSwitch)
		if err := co.Yield(); err != nil {
			return err
		}
		if before := s.OnSwitch(nil); before == nil {
			t.Error("it is not said what was set before")
		}
		return co.Yield()
	})
	s.Step(400)
	if turns != 3 {
		t.Errorf("%d turns", turns)
	}
	s.OnChannel(func(e tasklet.ChannelEvent) {
		operations++
		s.OnChannel(nil)
	})
	s.GoFunc(func(co *tasklet.Coroutine) error { return c.Put(co, 1) })
	s.GoFunc(func(co *tasklet.Coroutine) error { _, err := c.Get(co); return err })
	s.Step(20)
	if operations != 1 || c.Balance() != 0 {
		t.Errorf("%d operations, %v", operations, &c)
	}
	if err := errors.Join(s.Check(), s.Close()); err != nil {
		t.Error(err)
	}
}

// A logger whose handler does what it is told.
type handler struct{ handle func(slog.Record) error }

func (handler) Enabled(context.Context, slog.Level) bool        { return true }
func (h handler) Handle(_ context.Context, r slog.Record) error { return h.handle(r) }
func (h handler) WithAttrs([]slog.Attr) slog.Handler            { return h }
func (h handler) WithGroup(string) slog.Handler                 { return h }
func logger(handle func(slog.Record) error) *slog.Logger        { return slog.New(handler{handle}) }
func onEvent(name string, do func() error) func(slog.Record) error {
	return func(r slog.Record) error {
		if r.Message == name {
			return do()
		}
		return nil
	}
}

// TestHandlersFail: what a trace's handler does wrong is reported, once for each
// time and no more than a few at once, and nothing else changes.
func TestHandlersFail(t *testing.T) {
	full := errors.New("disk full")
	for _, test := range []struct {
		name   string
		handle func(s *sched.Scheduler) func(slog.Record) error
		want   string
	}{
		{"error", func(*sched.Scheduler) func(slog.Record) error {
			return onEvent("turn", func() error { return full })
		}, "disk full"},
		{"panic", func(*sched.Scheduler) func(slog.Record) error {
			return onEvent("turn", func() error { panic(full) })
		}, "panic: disk full"},
		{"many", func(*sched.Scheduler) func(slog.Record) error {
			return func(slog.Record) error { return full }
		}, "times more"},
		{"yields", func(s *sched.Scheduler) func(slog.Record) error {
			return onEvent("turn", func() error { s.Current().Yield(); return nil })
		}, "it may not wait"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := sched.New()
			ended := 0
			for range 3 {
				s.GoFunc(func(co *tasklet.Coroutine) error { ended++; return nil })
			}
			stop := s.Trace(logger(test.handle(s)))
			for range 20 {
				s.Go(new(yielder)).KillLater()
			}
			err := s.Run()
			if !errors.Is(err, sched.ErrObserver) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v", err)
			}
			if n := strings.Count(err.Error(), "\n") + 1; n > 12 {
				t.Errorf("%d lines", n)
			}
			stop()
			stop() // once more does nothing
			for s.Run() != nil {
			}
			if ended != 3 {
				t.Errorf("%d have ended", ended)
			}
			if err := errors.Join(s.Check(), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestHandlerMakesTasklets: what a handler does to the scheduler is not traced, so
// it does not go on for ever.
func TestHandlerMakesTasklets(t *testing.T) {
	s := sched.New()
	made, ended := 0, 0
	s.Trace(logger(func(r slog.Record) error {
		switch r.Message {
		case "made":
			if made++; made < 1000 {
				s.GoFunc(func(co *tasklet.Coroutine) error { ended++; return nil })
			}
		}
		return nil
	}))
	s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return tasklet.Return }))
	if err := errors.Join(s.Run(), s.Check()); err != nil || made != 1 || ended != 1 {
		t.Errorf("%v, %d made, %d ended", err, made, ended)
	}
}

func init() {
	pickle.Register[waitForOrder]("test.order")
	pickle.Register[yielder]("test.yielder")
}

// TestPickleInCallback: in a callback the one that runs can't be pickled, the others
// can.
func TestPickleInCallback(t *testing.T) {
	s := sched.New()
	c := channel.New[string](s)
	blocked := s.Go(&waitForOrder{in: c})
	s.RunReady()
	s.Go(&waitForOrder{in: c})
	var tries []error
	s.OnChannel(func(e tasklet.ChannelEvent) {
		_, err := pickle.Marshal(e.Tasklet)
		_, other := pickle.Marshal(blocked)
		tries = append(tries, err, other)
	})
	s.RunReady()
	if len(tries) != 2 || !errors.Is(tries[0], tasklet.ErrCurrent) || tries[1] != nil {
		t.Error(tries)
	}
	if err := errors.Join(s.Check(), s.Close()); err != nil {
		t.Error(err)
	}
}

// TestTraceOfLoaded: tasklets that are loaded are told as made, with their numbers.
func TestTraceOfLoaded(t *testing.T) {
	from := sched.New()
	c := channel.New[string](from)
	from.Go(&waitForOrder{in: c})
	from.RunReady()
	from.Go(new(yielder))
	b, err := pickle.Marshal(from.Everyone())
	if err != nil {
		t.Fatal(err)
	}
	var made []string
	into := sched.New(sched.WithTrace(logger(func(r slog.Record) error {
		if r.Message == "made" {
			r.Attrs(func(a slog.Attr) bool {
				if a.Key == "tasklet" || a.Key == "status" {
					made = append(made, fmt.Sprint(a.Value))
				}
				return true
			})
		}
		return nil
	})))
	if _, err := pickle.Unmarshal[*tasklet.Group](b, pickle.Into(into)); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(made); got != "[3 ready]" {
		t.Error(got) // who is blocked has not moved
	}
	into.Step(3)
	if err := into.Check(); err != nil {
		t.Error(err)
	}
}
