package sched_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// TestWorkers: no more than so many functions run at a time; the others begin in
// the order of asking, and one that nobody waits for any more does not.
func TestWorkers(t *testing.T) {
	s := sched.New(sched.WithWorkers(2))
	begun := make(chan string)
	release := make(chan struct{})
	var running, most atomic.Int32
	work := func(name string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			begun <- name
			<-release
			return name, nil
		}
	}
	var ts []*tasklet.Tasklet
	for i := range 7 {
		ts = append(ts, s.Go(&fetcher[string]{f: work(fmt.Sprint(i))}))
	}
	if err := s.RunReady(); err != nil {
		t.Fatal(err)
	}
	first := []string{<-begun, <-begun}
	slices.Sort(first)
	for _, i := range []int{2, 4, 6} { // the first, a middle one and the last of the queue
		if err := s.Main().Kill(ts[i]); err != nil {
			t.Fatal(err)
		}
	}
	order := first
	for range 2 {
		release <- struct{}{}
		order = append(order, <-begun)
	}
	close(release)
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, " "); got != "0 1 3 5" || most.Load() != 2 {
		t.Errorf("begun %s, at most %d at a time", got, most.Load())
	}
	if n := sched.New(sched.WithWorkers(-3)); n == nil {
		t.Fatal("none")
	} else if v, err := tasklet.AwaitFor(n.Main(), func(context.Context) (int, error) { return 7, nil }); v != 7 || err != nil {
		t.Errorf("with no worker: %d, %v", v, err)
	}
}

// TestWorkInOrder: whichever function returns first, the results come in the
// order of asking, and when nothing else is ready.
func TestWorkInOrder(t *testing.T) {
	for range 50 {
		clock := sched.NewVirtualClock(time.Unix(0, 0))
		s := sched.New(sched.WithClock(clock))
		var log []string
		const n = 5
		var done [n + 1]chan struct{}
		for i := range done {
			done[i] = make(chan struct{})
		}
		close(done[n])
		for i := range n {
			f := &fetcher[int]{f: func(context.Context) (int, error) {
				<-done[i+1] // the last is the first to return
				defer close(done[i])
				return i, nil
			}}
			f.after = func(f *fetcher[int]) { log = append(log, fmt.Sprint(f.got)) }
			s.Go(f)
		}
		s.GoFunc(func(co *tasklet.Coroutine) error {
			for i := range 300 {
				if i%100 == 0 {
					log = append(log, "turn")
				}
				if err := co.Yield(); err != nil {
					return err
				}
			}
			err := co.Sleep(time.Hour)
			log = append(log, "an hour later")
			return err
		})
		if err := s.RunReady(); err != nil { // waits for the work, not for the sleeper
			t.Fatal(err)
		}
		if !clock.Now().Equal(time.Unix(0, 0)) {
			t.Fatalf("work took until %v", clock.Now())
		}
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(log, " "); got != "turn turn turn 0 1 2 3 4 an hour later" {
			t.Fatalf("log %s", got)
		}
	}
}

// TestWorkOnVirtualClock: functions that sleep on the scheduler's clock take
// virtual time, each its own, and can be overtaken by those who gave up on them.
func TestWorkOnVirtualClock(t *testing.T) {
	for _, workers := range []int{1, 2, 64} {
		for range 20 {
			start := time.Unix(0, 0)
			clock := sched.NewVirtualClock(start)
			s := sched.New(sched.WithClock(clock), sched.WithWorkers(workers))
			var log []string
			slow := func(d time.Duration) func(context.Context) (time.Duration, error) {
				return func(ctx context.Context) (time.Duration, error) { return d, s.Sleep(ctx, d) }
			}
			say := func(f *fetcher[time.Duration]) {
				at := clock.Now().Sub(start)
				if f.err != nil {
					log = append(log, fmt.Sprintf("%v at %v", f.err, at))
				} else {
					log = append(log, fmt.Sprintf("%v at %v", f.got, at))
				}
			}
			var ts []*tasklet.Tasklet
			for _, d := range []time.Duration{3 * time.Hour, time.Hour, 2 * time.Hour} {
				ts = append(ts, s.Go(&fetcher[time.Duration]{f: slow(d), after: say}))
			}
			s.GoFunc(func(co *tasklet.Coroutine) error {
				if err := co.Sleep(90 * time.Minute); err != nil {
					return err
				}
				return ts[0].ThrowLater(errLost)
			})
			if err := s.Run(); err != nil {
				t.Fatal(err)
			}
			want := map[int]string{
				1:  "lost at 1h30m0s, 1h0m0s at 2h30m0s, 2h0m0s at 4h30m0s",
				2:  "1h0m0s at 1h0m0s, lost at 1h30m0s, 2h0m0s at 3h0m0s",
				64: "1h0m0s at 1h0m0s, lost at 1h30m0s, 2h0m0s at 2h0m0s",
			}
			if got := strings.Join(log, ", "); got != want[workers] {
				t.Fatalf("%d workers: %s, want %s", workers, got, want[workers])
			}
			if err := errors.Join(s.Check(), s.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
}
