package schedtest

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A World is where a program runs under one seed: a scheduler on a virtual clock,
// and the test that is told of what goes wrong. It may be used where a testing.TB
// may, and a channel or tasklet made for it belongs to its scheduler. It ends with
// the program: tasklets that are left are killed then, and what was registered
// with Cleanup is called.
//
// What the program logs is shown only if its seed fails. As in every test, Fatal
// and the like end the goroutine that drives the scheduler, wherever they are
// called: by main, a frame or a plain function.
type World struct {
	testing.TB

	seed  uint64
	c     *config
	s     *sched.Scheduler
	clock *sched.VirtualClock

	always   []func() error
	cleanups []func()
	trace    trace
	steps    int
	ending   bool  // the program has returned: what happens now is of no interest
	broken   error // the first invariant that did not hold, or that there is no end
	told     bool  // the test knows of it
	failed   bool
	log      []string // until it fails
}

func newWorld(t testing.TB, seed uint64, c *config) *World {
	w := &World{TB: t, seed: seed, c: c, clock: sched.NewVirtualClock(c.start)}
	w.trace.last = make([]step, max(c.traced, 0))
	options := append(slices.Clone(c.scheduler), sched.WithClock(w.clock), sched.WithAfterStep(w.afterStep))
	if !c.inOrder {
		options = append(options, sched.WithShuffle(seed))
		if c.handovers {
			options = append(options, sched.WithShuffledHandovers())
		}
	}
	if !c.noWakeups {
		options = append(options, sched.WithSpuriousWakeups(seed))
	}
	w.s = sched.New(options...)
	return w
}

// Seed returns the seed. What else the program decides at random is to come from
// it.
func (w *World) Seed() uint64 { return w.seed }

// Scheduler returns the world's scheduler.
func (w *World) Scheduler() *sched.Scheduler { return w.s }

// Clock returns the world's clock.
func (w *World) Clock() *sched.VirtualClock { return w.clock }

// Home returns the home of the world's tasklets, for channel.New and tasklet.Spawn.
func (w *World) Home() *tasklet.Home { return w.s.Home() }

// Main returns the handle of the main tasklet, which is the program's.
func (w *World) Main() *tasklet.Coroutine { return w.s.Main() }

// Go makes a tasklet of frame f, at the end of the ring.
func (w *World) Go(f tasklet.Frame) *tasklet.Tasklet { return w.s.Go(f) }

// GoFunc makes a tasklet of a plain function, at the end of the ring.
func (w *World) GoFunc(fn func(co *tasklet.Coroutine) error) *tasklet.Tasklet {
	return w.s.GoFunc(fn)
}

// Run runs the tasklets until nothing is ready or asleep, as [sched.Scheduler.Run]
// does. An error that it returns ends the test.
func (w *World) Run() {
	w.TB.Helper()
	if err := w.s.Run(); err != nil {
		w.fail()
		w.tell(err)
		w.TB.FailNow()
	}
}

// Always has f checked after each step, as the scheduler's own invariants are: what
// holds always in the program, whoever has run. An error of f ends the seed. F may
// not wait, and changes nothing.
func (w *World) Always(f func() error) { w.always = append(w.always, f) }

// afterStep notes what t has done and checks what holds always.
func (w *World) afterStep(t *tasklet.Tasklet, spurious bool) error {
	if w.ending {
		return nil
	}
	w.trace.add(w, t, spurious)
	w.steps++
	err := w.check()
	if n := w.c.maxSteps; err == nil && n > 0 && w.steps%n == 0 {
		err = fmt.Errorf("no end after %d steps", w.steps)
	}
	if err != nil && w.broken == nil {
		w.broken = fmt.Errorf("after step %d: %w", w.steps, err)
		return w.broken
	}
	return err
}

func (w *World) check() error {
	if n := w.c.checkEvery; n > 0 && w.steps%n == 0 {
		if err := w.s.Check(); err != nil {
			return err
		}
	}
	for _, f := range w.always {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// end looks at what the program, which may not have returned, has left, and ends it.
func (w *World) end(returned bool) {
	w.TB.Helper()
	w.ending = true
	defer func() {
		for len(w.cleanups) > 0 { // one may register another
			last := len(w.cleanups) - 1
			f := w.cleanups[last]
			w.cleanups = w.cleanups[:last]
			f()
		}
	}()
	if w.broken != nil && !w.told {
		w.fail()
		w.tell(w.broken)
	}
	err := w.s.Check()
	if err == nil && returned && w.c.allEnded && !w.failed {
		err = w.left()
	}
	if closing := w.s.Close(); err == nil && closing != nil && returned && !w.failed {
		err = fmt.Errorf("in the end: %w", closing)
	}
	if err != nil {
		w.fail()
		w.tell(err)
	}
}

// left returns an error that lists the tasklets that have not ended.
func (w *World) left() error {
	all := w.s.Everyone()
	if all.Len() == 0 {
		return nil
	}
	var b strings.Builder
	for _, some := range [][]*tasklet.Tasklet{all.Ready, all.Blocked, all.Sleeping, all.Parked} {
		for _, t := range some {
			b.WriteString("\n\t" + t.Describe())
		}
	}
	return fmt.Errorf("%d of the tasklets have not ended:%s", all.Len(), b.String())
}

// tell tells the test of err, without ending it.
func (w *World) tell(err error) {
	w.TB.Helper()
	w.told = true
	w.TB.Errorf("schedtest: %v", err)
}

// fail notes that the seed has failed. What it has logged is shown first.
func (w *World) fail() {
	w.TB.Helper()
	w.failed = true
	w.showLog()
}

func (w *World) showLog() {
	w.TB.Helper()
	if len(w.log) > 0 {
		w.TB.Logf("schedtest: seed %d has logged\n%s", w.seed, strings.Join(w.log, "\n"))
		w.log = nil
	}
}

// Failed reports whether the program has failed under this seed, or the test
// before.
func (w *World) Failed() bool { return w.failed || w.TB.Failed() }

// Fail marks the seed, and so the test, as failed.
func (w *World) Fail() { w.TB.Helper(); w.fail(); w.TB.Fail() }

// FailNow is Fail and ends the test.
func (w *World) FailNow() { w.TB.Helper(); w.fail(); w.TB.FailNow() }

// Error logs and fails.
func (w *World) Error(args ...any) { w.TB.Helper(); w.fail(); w.TB.Error(args...) }

// Errorf logs and fails.
func (w *World) Errorf(format string, args ...any) {
	w.TB.Helper()
	w.fail()
	w.TB.Errorf(format, args...)
}

// Fatal logs, fails and ends the test.
func (w *World) Fatal(args ...any) { w.TB.Helper(); w.fail(); w.TB.Fatal(args...) }

// Fatalf logs, fails and ends the test.
func (w *World) Fatalf(format string, args ...any) {
	w.TB.Helper()
	w.fail()
	w.TB.Fatalf(format, args...)
}

// Log logs what is shown if the seed fails.
func (w *World) Log(args ...any) {
	w.TB.Helper()
	w.note(strings.TrimSuffix(fmt.Sprintln(args...), "\n"))
}

// Logf logs what is shown if the seed fails.
func (w *World) Logf(format string, args ...any) {
	w.TB.Helper()
	w.note(fmt.Sprintf(format, args...))
}

// note keeps what Log or Logf, whose caller it names, has logged.
func (w *World) note(text string) {
	w.TB.Helper()
	if w.failed {
		w.TB.Log(text)
		return
	}
	if _, file, line, ok := runtime.Caller(2); ok {
		text = fmt.Sprintf("%s:%d: %s", filepath.Base(file), line, text)
	}
	w.log = append(w.log, text)
}

// Cleanup has f called when the World ends, after its tasklets have; the last
// registered first.
func (w *World) Cleanup(f func()) { w.cleanups = append(w.cleanups, f) }
