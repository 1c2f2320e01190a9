package metrics

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A tree yields a few times, and has two branches, which roam.
type tree struct{ depth, turn int }

func (f *tree) Resume(t *tasklet.Tasklet) tasklet.Step {
	if f.turn == 0 && f.depth > 0 {
		t.Roam(&tree{depth: f.depth - 1})
		t.Roam(&tree{depth: f.depth - 1})
		f.turn = 1
	}
	for ; f.turn < 20; f.turn++ {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

// gather returns the sums of all figures over all schedulers, by name and status.
func gather(t *testing.T, r prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sums := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			v := m.GetGauge().GetValue()
			if f.GetType().String() == "COUNTER" {
				v = m.GetCounter().GetValue()
			}
			if v < 0 {
				t.Errorf("%s is %v", f.GetName(), v)
			}
			sums[f.GetName()] += v
			for _, l := range m.GetLabel() {
				if l.GetName() == "status" {
					sums[l.GetValue()] += v
				}
			}
		}
	}
	return sums
}

// TestRoaming: scrapes while tasklets go from one scheduler to another; in the end each
// that was born somewhere has ended somewhere.
func TestRoaming(t *testing.T) {
	p := sched.NewPool(2)
	c := NewCollector(WithTimeout(10 * time.Second))
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(c)
	for i, s := range p.Schedulers() {
		if err := c.Add(fmt.Sprint(i), s); err != nil {
			t.Fatal(err)
		}
	}
	const depth = 9
	if _, err := p.Go(&tree{depth: depth}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var scraping sync.WaitGroup
	scraping.Go(func() {
		defer cancel()
		for range 50 {
			sums := gather(t, r)
			alive := sums["stackless_tasklets_born_total"] - sums["stackless_tasklets_ended_total"]
			if alive != sums["stackless_tasklets"] {
				t.Errorf("%v are alive, and %v somewhere", alive, sums["stackless_tasklets"])
			}
		}
	})
	if err := p.Serve(ctx); err != nil {
		t.Error(err)
	}
	scraping.Wait()
	var left, made uint64
	for _, s := range p.Schedulers() {
		st := s.Stats()
		left += st.Born - st.Ended
		made += st.Born
		if st.Blocked+st.Sleeping+st.Ready+st.Timers != 0 {
			t.Errorf("%+v", st)
		}
	}
	if left != 2 || made < 2+1<<(depth+1)-1 {
		t.Errorf("%d are left, and %d were born", left, made)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// TestAdopted: what is adopted is counted where it is then, once, whoever asks; an adopted
// scheduler's counters stay what they were.
func TestAdopted(t *testing.T) {
	a, b := restaurant(false), restaurant(false)
	c, _ := frozen()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(c)
	if err := errors.Join(c.Add("a", a), c.Add("b", b)); err != nil {
		t.Fatal(err)
	}
	before := gather(t, r) // posts, and nobody answers
	if err := errors.Join(a.Stop(), b.Adopt(a)); err != nil {
		t.Fatal(err)
	}
	b.RunReady()
	gather(t, r)
	b.RunReady() // answers for both
	after := gather(t, r)
	if after["stackless_tasklets"] != before["stackless_tasklets"]-1 { // a's main is no more
		t.Errorf("%v, and before %v", after["stackless_tasklets"], before["stackless_tasklets"])
	}
	// Those who were about to receive wait for it, and b's main is parked while b runs.
	for place, more := range map[string]float64{"blocked": 2, "sleeping": 0, "parked": 1, "ready": -2, "running": -2} {
		if after[place] != before[place]+more {
			t.Errorf("%s: %v, and before %v", place, after[place], before[place])
		}
	}
	if sum := after["stackless_tasklets_born_total"] - after["stackless_tasklets_ended_total"]; sum != after["stackless_tasklets"] {
		t.Errorf("%v are alive, and %v somewhere", sum, after["stackless_tasklets"])
	}
	if after["stackless_tasklets_failed_total"] != before["stackless_tasklets_failed_total"] {
		t.Error("a main that ends has failed")
	}
	if a.Stats().Born != a.Stats().Ended || !a.Stats().Adopted {
		t.Errorf("%+v", a.Stats())
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if n := gather(t, r)["stackless_tasklets"]; n == 0 {
		t.Error("the last figures are lost")
	}
}

// TestClosedUnanswered: a scheduler that is closed before it has answered holds up no
// scrape.
func TestClosedUnanswered(t *testing.T) {
	const timeout = 10 * time.Second
	for name, end := range map[string]func(s *sched.Scheduler) error{
		"closed":             (*sched.Scheduler).Close,
		"stopped and closed": func(s *sched.Scheduler) error { return errors.Join(s.Stop(), s.Close()) },
		"adopted by one that is closed": func(s *sched.Scheduler) error {
			heir := sched.New()
			return errors.Join(s.Stop(), heir.Adopt(s), heir.Close())
		},
	} {
		s := restaurant(false)
		c := NewCollector(WithTimeout(0))
		r := prometheus.NewPedanticRegistry()
		r.MustRegister(c)
		if err := c.Add("s", s); err != nil {
			t.Fatal(err)
		}
		gather(t, r)
		if err := end(s); err != nil {
			t.Fatal(err)
		}
		c.timeout = timeout
		begun := time.Now()
		gather(t, r)
		if time.Since(begun) > timeout/2 {
			t.Errorf("%s: a scrape waits for it", name)
		}
	}
}
