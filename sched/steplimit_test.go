package sched

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/tasklet"
)

// hand is a ticker that a test moves by hand. A tick has been dealt with when the
// next has been taken; the last before a step ends may be dealt with in the next.
type hand struct {
	ticks chan time.Time
	now   time.Time
	every time.Duration
}

func (h *hand) tick(after time.Duration) {
	h.now = h.now.Add(after)
	h.ticks <- h.now
}

// limited makes a scheduler whose steps are watched by hand.
func limited(limit time.Duration, report func(StepReport)) (*Scheduler, *hand) {
	h := &hand{ticks: make(chan time.Time), now: time.Unix(0, 0)}
	s := New(WithStepLimit(limit, report))
	s.limit.ticker = func(every time.Duration) (<-chan time.Time, func()) {
		h.every = every
		return h.ticks, func() {}
	}
	return s, h
}

// stubborn is a frame whose steps take as long as a channel of Go's makes them.
type stubborn struct {
	begun, over chan struct{}
	rounds      int
}

func (f *stubborn) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.rounds > 0; f.rounds-- {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
		f.holdUp()
	}
	return tasklet.Return
}

//go:noinline
func (f *stubborn) holdUp() {
	f.begun <- struct{}{}
	<-f.over
}

func TestStepLimit(t *testing.T) {
	for _, kind := range []string{"frame", "function"} {
		t.Run(kind, func(t *testing.T) {
			reports := make(chan StepReport, 10)
			s, h := limited(time.Second, func(r StepReport) { reports <- r })
			f := &stubborn{begun: make(chan struct{}), over: make(chan struct{}), rounds: 3}
			frame := "sched.stubborn"
			var tl *tasklet.Tasklet
			if kind == "frame" {
				tl = s.Go(f)
			} else {
				tl = s.GoFunc(f.run)
				frame = "(*stubborn).run"
			}
			tl.SetName("mule")
			s.Go(tasklet.Func(func(*tasklet.Tasklet) tasklet.Step { return tasklet.Return }))
			done := make(chan error)
			go func() { done <- s.Run() }()

			<-f.begun
			if h.every != time.Second/4 {
				t.Errorf("ticks every %v", h.every)
			}
			h.tick(0) // seen first
			h.tick(999 * time.Millisecond)
			h.tick(0)
			if n := len(reports); n != 0 {
				t.Errorf("%d reports before the limit", n)
			}
			h.tick(time.Millisecond)
			r := <-reports
			if r.ID != tl.ID() || r.Name != "mule" || !strings.Contains(r.Frame, frame) || r.Lasted != time.Second {
				t.Errorf("report %+v", r)
			}
			if !strings.HasPrefix(r.Stack, "goroutine ") || !strings.Contains(r.Stack, "holdUp") || strings.Contains(r.Stack, "\n\n") {
				t.Errorf("stack %q", r.Stack)
			}
			if want := r.Frame + ": one step has lasted 1s"; !strings.Contains(r.String(), "(mule), frame "+want) {
				t.Errorf("%v, want it to end in %s", r, want)
			}
			h.tick(time.Hour) // it is reported once
			h.tick(time.Hour)
			f.over <- struct{}{}

			<-f.begun // the next round is another step, however soon it comes
			h.tick(0)
			h.tick(999 * time.Millisecond)
			f.over <- struct{}{}
			<-f.begun
			h.tick(0)
			h.tick(2 * time.Second)
			if r := <-reports; r.Lasted != 2*time.Second {
				t.Errorf("second report %+v", r)
			}
			f.over <- struct{}{}
			if err := <-done; err != nil || len(reports) != 0 {
				t.Errorf("%v, and %d reports more", err, len(reports))
			}
			select {
			case h.ticks <- h.now:
				t.Error("somebody watches, and nobody drives")
			default:
			}
		})
	}
}

func (f *stubborn) run(co *tasklet.Coroutine) error {
	for range f.rounds {
		if err := co.Yield(); err != nil {
			return err
		}
		f.holdUp()
	}
	return nil
}

// TestStepLimitPanics has a report that panics, which ends nothing.
func TestStepLimitPanics(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	s, h := limited(time.Second, func(StepReport) { panic("no") })
	f := &stubborn{begun: make(chan struct{}), over: make(chan struct{}), rounds: 1}
	s.Go(f)
	done := make(chan error)
	go func() { done <- s.Run() }()
	<-f.begun
	h.tick(0)
	h.tick(time.Second)
	h.tick(0) // by now it has panicked
	f.over <- struct{}{}
	if err := <-done; err != nil || !strings.Contains(log.String(), "panic=no") {
		t.Errorf("%v, logged %s", err, log.String())
	}
}

// TestStepLimitLogs has the report of those who give none.
func TestStepLimitLogs(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	s, h := limited(time.Second, nil)
	f := &stubborn{begun: make(chan struct{}), over: make(chan struct{}), rounds: 1}
	s.Go(f)
	done := make(chan error)
	go func() { done <- s.Run() }()
	<-f.begun
	h.tick(0)
	h.tick(time.Second)
	h.tick(0)
	f.over <- struct{}{}
	<-done
	for _, want := range []string{"level=WARN", "tasklet=2", "frame=sched.stubborn", "lasted=1s", "holdUp"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%s is not in %s", want, log.String())
		}
	}
}

// TestStepLimitOff has no limit, and nothing that watches.
func TestStepLimitOff(t *testing.T) {
	if s := New(WithStepLimit(0, nil)); s.limit != nil {
		t.Error("a limit of 0 is one")
	}
}

// TestStackNotFound: a stack that is not there, or too far behind, is said to be so.
func TestStackNotFound(t *testing.T) {
	over := make(chan struct{})
	defer close(over)
	var last uint64
	begun := make(chan uint64)
	for range 1000 {
		go func() {
			begun <- tasklet.CurrentGoroutine()
			<-over
		}()
		last = max(last, <-begun)
	}
	for name, c := range map[string]struct {
		goroutine uint64
		most      int
		want      string
	}{
		"found":   {last, mostStacks, "TestStackNotFound.func1"},
		"ended":   {1 << 40, mostStacks, "goroutine 1099511627776: it has ended"},
		"too far": {1 << 40, 64 << 10, "is not among the first 64 kB of those of 10"},
	} {
		if got := stackOf(c.goroutine, c.most); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
