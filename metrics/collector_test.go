package metrics

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// restaurant makes a scheduler with somebody in every place.
func restaurant(observe bool) *sched.Scheduler {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))))
	s.Observe(observe)
	orders := channel.New[string](s)
	take := func(co *tasklet.Coroutine) error { _, err := orders.Get(co); return err }
	for range 3 {
		s.GoFunc(take)
	}
	s.GoFunc(func(co *tasklet.Coroutine) error { return co.Sleep(time.Hour) })
	s.GoFunc(func(co *tasklet.Coroutine) error { return co.Park() })
	s.GoFunc(func(co *tasklet.Coroutine) error { return errors.New("burnt") }).SetName("cook")
	s.OnError(func(*tasklet.Tasklet, error) error { return nil })
	s.RunReady()
	_ = orders.Put(s.Main(), "tea")
	s.RunReady()
	s.GoFunc(take)
	return s
}

const restaurantText = `
# HELP stackless_expected_visitors Goroutines outside that are known to come.
# TYPE stackless_expected_visitors gauge
stackless_expected_visitors{scheduler="restaurant"} 0
# HELP stackless_posts_total Functions from goroutines outside that were run.
# TYPE stackless_posts_total counter
stackless_posts_total{scheduler="restaurant"} 0
# HELP stackless_rendezvous_total Operations on channels that met somebody, while the scheduler was observed.
# TYPE stackless_rendezvous_total counter
stackless_rendezvous_total{scheduler="restaurant"} 1
# HELP stackless_run_queue_length Tasklets in the ring: the one that runs and those that are ready.
# TYPE stackless_run_queue_length gauge
stackless_run_queue_length{scheduler="restaurant"} 2
# HELP stackless_stats_age_seconds How long ago the scheduler gave the figures beside this one.
# TYPE stackless_stats_age_seconds gauge
stackless_stats_age_seconds{scheduler="restaurant"} 5
# HELP stackless_steps_total Steps that tasklets have run: from a wait to the next.
# TYPE stackless_steps_total counter
stackless_steps_total{scheduler="restaurant"} 7
# HELP stackless_tasklets Tasklets alive, main among them, by where they are.
# TYPE stackless_tasklets gauge
stackless_tasklets{scheduler="restaurant",status="blocked"} 2
stackless_tasklets{scheduler="restaurant",status="parked"} 1
stackless_tasklets{scheduler="restaurant",status="ready"} 1
stackless_tasklets{scheduler="restaurant",status="running"} 1
stackless_tasklets{scheduler="restaurant",status="sleeping"} 1
# HELP stackless_tasklets_born_total Tasklets that were given a frame, or loaded.
# TYPE stackless_tasklets_born_total counter
stackless_tasklets_born_total{scheduler="restaurant"} 8
# HELP stackless_tasklets_ended_total Tasklets that have ended or moved away.
# TYPE stackless_tasklets_ended_total counter
stackless_tasklets_ended_total{scheduler="restaurant"} 2
# HELP stackless_tasklets_failed_total Tasklets that have ended with an error that nothing in them recovered.
# TYPE stackless_tasklets_failed_total counter
stackless_tasklets_failed_total{scheduler="restaurant"} 1
# HELP stackless_timers Timers that are armed, for those who sleep and for deadlines.
# TYPE stackless_timers gauge
stackless_timers{scheduler="restaurant"} 1
# HELP stackless_turns_total Turns of another tasklet than before, while the scheduler was observed.
# TYPE stackless_turns_total counter
stackless_turns_total{scheduler="restaurant"} 9
`

// frozen makes a collector whose clock moves on by hand, and that waits for nobody.
func frozen() (c *Collector, advance func(time.Duration)) {
	now := time.Unix(1000, 0)
	c = NewCollector(WithTimeout(0))
	c.now = func() time.Time { return now }
	return c, func(d time.Duration) { now = now.Add(d) }
}

// TestFigures: all there are, of a scheduler that nobody drives, and their age.
func TestFigures(t *testing.T) {
	s := restaurant(true)
	defer s.Close()
	c, advance := frozen()
	if err := c.Add("restaurant", s); err != nil {
		t.Fatal(err)
	}
	advance(5 * time.Second)
	if err := testutil.CollectAndCompare(c, strings.NewReader(restaurantText)); err != nil {
		t.Error(err)
	}
	problems, err := testutil.CollectAndLint(c)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

// TestUnobserved: what is not counted is not shown as nothing.
func TestUnobserved(t *testing.T) {
	s := restaurant(false)
	defer s.Close()
	c, _ := frozen()
	if err := c.Add("restaurant", s); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"stackless_turns_total", "stackless_rendezvous_total"} {
		if n := testutil.CollectAndCount(c, name); n != 0 {
			t.Errorf("%d of %s", n, name)
		}
	}
	if n := testutil.CollectAndCount(c); n != 14 {
		t.Errorf("%d metrics", n)
	}
}

// TestUndriven: scrapes of a scheduler that nobody drives leave one question, which
// is answered when somebody does.
func TestUndriven(t *testing.T) {
	s := restaurant(false)
	defer s.Close()
	c, advance := frozen()
	if err := c.Add("restaurant", s); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		testutil.CollectAndCount(c)
	}
	advance(time.Minute)
	s.RunReady()
	testutil.CollectAndCount(c) // posts, and shows what the last one was answered
	s.RunReady()
	if err := testutil.CollectAndCompare(c, strings.NewReader(`
# HELP stackless_posts_total Functions from goroutines outside that were run.
# TYPE stackless_posts_total counter
stackless_posts_total{scheduler="restaurant"} 2
# HELP stackless_stats_age_seconds How long ago the scheduler gave the figures beside this one.
# TYPE stackless_stats_age_seconds gauge
stackless_stats_age_seconds{scheduler="restaurant"} 0
`), "stackless_posts_total", "stackless_stats_age_seconds"); err != nil {
		t.Error(err)
	}
}

// TestClosed: of a scheduler that is closed, the last figures stay, and grow old.
func TestClosed(t *testing.T) {
	s := restaurant(false)
	c, advance := frozen()
	if err := c.Add("restaurant", s); err != nil {
		t.Fatal(err)
	}
	s.Close()
	advance(time.Minute)
	if err := testutil.CollectAndCompare(c, strings.NewReader(`
# HELP stackless_stats_age_seconds How long ago the scheduler gave the figures beside this one.
# TYPE stackless_stats_age_seconds gauge
stackless_stats_age_seconds{scheduler="restaurant"} 60
`), "stackless_stats_age_seconds"); err != nil {
		t.Error(err)
	}
	if !c.Remove("restaurant") || c.Remove("restaurant") || testutil.CollectAndCount(c) != 0 {
		t.Error("it is not forgotten")
	}
}

// TestNames: each scheduler has a name of its own.
func TestNames(t *testing.T) {
	c, _ := frozen()
	s := sched.New()
	if err := errors.Join(c.Add("a", s), c.Add("b", s)); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"", "a"} {
		if err := c.Add(name, s); !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if n := testutil.CollectAndCount(c, "stackless_steps_total"); n != 2 {
		t.Errorf("%d", n)
	}
}

// TestDriven: scrapes from several goroutines, of schedulers that run meanwhile.
func TestDriven(t *testing.T) {
	c := NewCollector(WithTimeout(10 * time.Second))
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(c)
	ctx, cancel := context.WithCancel(context.Background())
	var driving, scraping sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		s := sched.New()
		s.GoFunc(func(co *tasklet.Coroutine) error {
			for ctx.Err() == nil {
				if err := co.Yield(); err != nil {
					return err
				}
			}
			return nil
		})
		if err := c.Add(name, s); err != nil {
			t.Fatal(err)
		}
		driving.Go(func() {
			if err := s.Serve(ctx); err != nil {
				t.Error(err)
			}
			s.Close()
		})
	}
	for range 4 {
		scraping.Go(func() {
			var before float64
			for range 20 {
				families, err := r.Gather()
				if err != nil {
					t.Error(err)
				}
				for _, f := range families {
					if f.GetName() == "stackless_steps_total" {
						steps := f.GetMetric()[0].GetCounter().GetValue()
						if steps < before {
							t.Errorf("%v steps after %v", steps, before)
						}
						before = steps
					}
				}
			}
			if before == 0 {
				t.Error("no steps")
			}
		})
	}
	scraping.Wait()
	cancel()
	driving.Wait()
}
