package metrics

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/stackless-go/stackless/sched"
)

// ErrName: a scheduler's name is empty or taken.
var ErrName = errors.New("metrics: a scheduler needs a name of its own")

// DefaultTimeout is how long a scrape waits for schedulers, all of them together,
// unless [WithTimeout] says otherwise.
const DefaultTimeout = 100 * time.Millisecond

// A Collector gives Prometheus the figures of schedulers. Its methods may be called
// from any goroutine, but Add.
type Collector struct {
	timeout time.Duration
	now     func() time.Time

	mu      sync.Mutex
	sources []*source // in the order in which they were added
}

// An Option changes what NewCollector makes.
type Option func(*Collector)

// WithTimeout has a scrape wait for schedulers no longer than d.
func WithTimeout(d time.Duration) Option { return func(c *Collector) { c.timeout = d } }

// NewCollector makes a collector of no schedulers yet.
func NewCollector(options ...Option) *Collector {
	c := &Collector{timeout: DefaultTimeout, now: time.Now}
	for _, o := range options {
		o(c)
	}
	return c
}

// A source is a scheduler and what is known of it.
//
// Invariant: at most one question is under way, so that a scheduler which nobody
// drives does not gather posts.
type source struct {
	name string
	s    *sched.Scheduler

	mu    sync.Mutex
	last  sched.Stats
	at    time.Time     // when last was true
	asked chan struct{} // closed when it is answered; nil if nothing is asked
}

// Add has the collector show the figures of s, under a name that becomes the label
// "scheduler". It is called by the goroutine that drives s, in its turn, or while
// nobody does. The error is [ErrName].
func (c *Collector) Add(name string, s *sched.Scheduler) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if name == "" || slices.ContainsFunc(c.sources, func(o *source) bool { return o.name == name }) {
		return fmt.Errorf("%w: %q", ErrName, name)
	}
	c.sources = append(c.sources, &source{name: name, s: s, last: s.Stats(), at: c.now()})
	return nil
}

// Remove has the collector forget a scheduler. It reports whether it knew one of
// that name.
func (c *Collector) Remove(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := len(c.sources)
	c.sources = slices.DeleteFunc(c.sources, func(o *source) bool { return o.name == name })
	return len(c.sources) < before
}

// Describe tells Prometheus what there can be.
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	for _, f := range figures {
		to <- f.desc
	}
	to <- tasklets
	to <- age
}

// Collect asks all schedulers at once, waits for their answers no longer than the
// timeout, and gives Prometheus what is known then.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	c.mu.Lock()
	sources := slices.Clone(c.sources)
	c.mu.Unlock()
	var answers []<-chan struct{}
	for _, o := range sources {
		answers = append(answers, o.ask(c.now))
	}
	timeout := time.NewTimer(c.timeout)
	defer timeout.Stop()
wait:
	for _, answer := range answers {
		select {
		case <-answer:
		case <-timeout.C:
			break wait
		}
	}
	for _, o := range sources {
		o.collect(c.now(), to)
	}
}

// ask asks the scheduler for its figures, unless it has been asked and has not
// answered yet. The answer is there when the channel is closed.
func (o *source) ask(now func() time.Time) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.asked != nil {
		return o.asked
	}
	asked := make(chan struct{})
	if err := o.s.Post(func() {
		stats := o.s.Stats()
		o.mu.Lock()
		defer o.mu.Unlock()
		o.last, o.at, o.asked = stats, now(), nil
		close(asked)
	}); err != nil { // it is closed: what is known stays
		close(asked)
		return asked
	}
	o.asked = asked
	return asked
}

// collect gives what is known of the scheduler.
func (o *source) collect(now time.Time, to chan<- prometheus.Metric) {
	o.mu.Lock()
	stats, at := o.last, o.at
	o.mu.Unlock()
	for status, count := range map[string]int{
		"running": stats.Running, "ready": stats.Ready, "blocked": stats.Blocked,
		"sleeping": stats.Sleeping, "parked": stats.Parked,
	} {
		to <- prometheus.MustNewConstMetric(tasklets, prometheus.GaugeValue, float64(count), o.name, status)
	}
	for _, f := range figures {
		if !f.observed || stats.Observed {
			to <- prometheus.MustNewConstMetric(f.desc, f.kind, f.of(&stats), o.name)
		}
	}
	to <- prometheus.MustNewConstMetric(age, prometheus.GaugeValue, max(0, now.Sub(at).Seconds()), o.name)
}
