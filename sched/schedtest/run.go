package schedtest

import (
	"testing"
	"time"

	"github.com/stackless-go/stackless/sched"
)

// An Option changes how Run and RunSeed run a program.
type Option func(*config)

type config struct {
	seeds      int
	handovers  bool
	inOrder    bool
	noWakeups  bool
	allEnded   bool
	checkEvery int
	maxSteps   int
	traced     int
	start      time.Time
	scheduler  []sched.Option
}

// What holds unless an option says otherwise.
const (
	defaultSeeds    = 1000
	shortSeeds      = 100 // with -short
	defaultMaxSteps = 1_000_000
	defaultTraced   = 20
)

// Seeds sets how many seeds Run runs the program under: 0 to n−1. The default is
// 1,000, with -short 100. The flag -schedtest.seeds, or SCHEDTEST_SEEDS in the
// environment, overrides it.
func Seeds(n int) Option { return func(c *config) { c.seeds = n } }

// ShuffleHandovers shuffles also who runs on after a rendezvous, whatever the
// channel's preference: see [sched.WithShuffledHandovers].
func ShuffleHandovers() Option { return func(c *config) { c.handovers = true } }

// InOrder leaves the ring in its own order. There still are spurious wake-ups.
func InOrder() Option { return func(c *config) { c.inOrder = true } }

// NoWakeups lets nobody be woken spuriously.
func NoWakeups() Option { return func(c *config) { c.noWakeups = true } }

// AllEnded has a seed fail if a tasklet is left when the program returns: blocked,
// asleep, parked or ready. The failure lists them.
func AllEnded() Option { return func(c *config) { c.allEnded = true } }

// CheckEvery has the invariants checked after every n-th step only. A check takes
// time in proportion to the number of tasklets. With n ≤ 0 it happens once, in the
// end.
func CheckEvery(n int) Option { return func(c *config) { c.checkEvery = n } }

// MaxSteps has a seed fail that takes more than n steps: it goes round in circles,
// perhaps. The default is a million. With n ≤ 0 there is no limit.
func MaxSteps(n int) Option { return func(c *config) { c.maxSteps = n } }

// Traced sets how many of the last steps a failure is reported with. The default
// is 20.
func Traced(n int) Option { return func(c *config) { c.traced = n } }

// Start sets what the virtual clock shows when a program starts, in place of the
// beginning of the year 2000, UTC.
func Start(at time.Time) Option { return func(c *config) { c.start = at } }

// With gives the scheduler further options. They come before those of the World.
func With(options ...sched.Option) Option {
	return func(c *config) { c.scheduler = append(c.scheduler, options...) }
}

func configure(options []Option) *config {
	c := &config{
		seeds: defaultSeeds, checkEvery: 1, maxSteps: defaultMaxSteps, traced: defaultTraced,
		start: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	if testing.Short() {
		c.seeds = shortSeeds
	}
	for _, o := range options {
		o(c)
	}
	return c
}

// Run calls program once for each seed, in a World of its own, and stops at the
// first that fails: that tells w or t so, as a test does, panics, breaks an
// invariant or takes too many steps. What is reported then names the seed and how
// to replay it: with the flag -schedtest.seed, or SCHEDTEST_SEED in the
// environment, Run runs that seed alone.
func Run(t testing.TB, program func(w *World), options ...Option) {
	t.Helper()
	c := configure(options)
	asked, err := ask()
	if err != nil {
		t.Fatal(err)
	}
	if asked.one {
		if c.run(t, asked.seed, true, program) {
			t.Logf("schedtest: seed %d passes", asked.seed)
		}
		return
	}
	if asked.seeds > 0 {
		c.seeds = asked.seeds
	}
	for seed := range uint64(max(c.seeds, 0)) {
		if !c.run(t, seed, true, program) {
			return
		}
	}
}

// RunSeed is Run for one seed that the caller knows: that of a bug that was fixed,
// or one that a fuzzer has thought of. It reports whether the program passed.
//
//	f.Fuzz(func(t *testing.T, seed uint64) { schedtest.RunSeed(t, seed, program) })
func RunSeed(t testing.TB, seed uint64, program func(w *World), options ...Option) (passed bool) {
	t.Helper()
	return configure(options).run(t, seed, false, program)
}

// run runs program under seed. It reports in a deferred call, as a program that
// fails can end the goroutine.
func (c *config) run(t testing.TB, seed uint64, replayable bool, program func(w *World)) (passed bool) {
	t.Helper()
	before := t.Failed()
	w := newWorld(t, seed, c)
	returned := false
	defer func() {
		t.Helper()
		w.end(returned)
		passed = !w.failed && (before || !t.Failed()) && (returned || t.Skipped())
		if !passed {
			w.report(replayable)
		}
	}()
	program(w)
	returned = true
	return
}
