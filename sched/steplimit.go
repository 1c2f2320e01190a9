package sched

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/stackless-go/stackless/tasklet"
)

// A StepReport tells of a step that has run too long: while it does, no other
// tasklet of its scheduler has a turn.
type StepReport struct {
	ID     uint64        // the tasklet's number
	Name   string        // "" if it has none
	Frame  string        // the type of its top frame when the step began
	Lasted time.Duration // since the step began, at least
	// Stack is that of the goroutine that runs it, as in a panic. In a program with so
	// many goroutines that it is not among the first 16 MB of all their stacks, which takes
	// tens of thousands, it says so instead: to write more would hold them all up for
	// longer than is worth it. A goroutine that was there early is among the first.
	Stack string
}

// String says which step it is, and how long it has lasted, as in "tasklet 7
// (courier), frame main.courier: one step has lasted 2.5s".
func (r StepReport) String() string {
	title := fmt.Sprintf("tasklet %d", r.ID)
	if r.Name != "" {
		title += fmt.Sprintf(" (%s)", r.Name)
	}
	return fmt.Sprintf("%s, frame %s: one step has lasted %v", title, r.Frame, r.Lasted)
}

// WithStepLimit has report called once for each step that runs longer than limit, in
// real time: for a loop that forgot to wait, say, or a call that blocks. The step
// is not interrupted. With a nil report, it is logged by slog's default logger as a
// warning. A limit of 0 or less is none.
//
// Report is called, while the step runs, on a goroutine of its own that is there
// only while the scheduler is driven; of the scheduler it may use what goroutines
// outside may, such as [Scheduler.Post]. A step is noticed between limit and one
// and a half times as long. What main does in its turn is no step. The option
// costs each step a lock that nobody contends for; without it there is
// no cost.
func WithStepLimit(limit time.Duration, report func(StepReport)) Option {
	return func(s *Scheduler) {
		if s.limit = nil; limit > 0 {
			s.limit = newStepLimit(limit, report)
		}
	}
}

// A stepLimit watches how long steps take.
//
// Invariant: the watcher's goroutine looks at nothing of a tasklet but what step
// holds, which does not change while it is there: numbers, strings, and a frame of
// which it asks no more than its type.
type stepLimit struct {
	limit  time.Duration
	report func(StepReport)
	ticker func(every time.Duration) (ticks <-chan time.Time, stop func())

	mu    sync.Mutex
	step  limitedStep // the one that runs; number 0 between two
	count uint64      // of those begun
}

type limitedStep struct {
	number uint64 // no other step of the scheduler has it
	id     uint64
	name   string
	frame  tasklet.Frame
}

func newStepLimit(limit time.Duration, report func(StepReport)) *stepLimit {
	if report == nil {
		report = logStep
	}
	return &stepLimit{limit: limit, report: report, ticker: func(every time.Duration) (<-chan time.Time, func()) {
		t := time.NewTicker(every)
		return t.C, t.Stop
	}}
}

// logStep is the report of those who give none.
func logStep(r StepReport) {
	slog.LogAttrs(context.Background(), slog.LevelWarn, "a step takes long",
		slog.Uint64("tasklet", r.ID), slog.String("name", r.Name), slog.String("frame", r.Frame),
		slog.Duration("lasted", r.Lasted), slog.String("stack", r.Stack))
}

// begins is told that t's step begins.
func (l *stepLimit) begins(t *tasklet.Tasklet) {
	l.mu.Lock()
	l.count++
	l.step = limitedStep{number: l.count, id: t.ID(), name: t.Name(), frame: t.Frame()}
	l.mu.Unlock()
}

// ends is told that no step runs.
func (l *stepLimit) ends() {
	l.mu.Lock()
	l.step = limitedStep{}
	l.mu.Unlock()
}

// watch watches the steps that the goroutine which calls it drives, until stop is
// called.
func (l *stepLimit) watch() (stop func()) {
	stopped := make(chan struct{})
	ticks, stopTicks := l.ticker(max(l.limit/4, time.Millisecond))
	go l.look(tasklet.CurrentGoroutine(), ticks, stopped)
	return func() {
		l.ends()
		stopTicks()
		close(stopped)
	}
}

// look looks at each tick whether the step is still the one it saw first.
func (l *stepLimit) look(driver uint64, ticks <-chan time.Time, stopped <-chan struct{}) {
	var seen, reported uint64
	var since time.Time
	for {
		select {
		case <-stopped:
			return
		case now := <-ticks:
			l.mu.Lock()
			step := l.step
			l.mu.Unlock()
			if step.number != seen {
				seen, since = step.number, now
			} else if lasted := now.Sub(since); step.number != reported && lasted >= l.limit {
				reported = step.number
				l.tell(step, lasted, driver)
			}
		}
	}
}

// tell reports a step. A panic of the report ends nothing but the report.
func (l *stepLimit) tell(step limitedStep, lasted time.Duration, driver uint64) {
	defer func() {
		if p := recover(); p != nil {
			slog.Error("the report of a step that takes long panicked", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	on := tasklet.GoroutineOf(step.frame)
	if on == 0 {
		on = driver
	}
	l.report(StepReport{
		ID: step.id, Name: step.name, Frame: tasklet.FrameName(step.frame), Lasted: lasted, Stack: stackOf(on, mostStacks),
	})
}

// mostStacks is how many bytes of stacks are searched for a goroutine's.
const mostStacks = 16 << 20

// stackOf returns the stack of a goroutine by its number, or says why it does not. It
// stops the program for as long as it takes to write the stacks of all, but no more than
// most bytes of them.
func stackOf(goroutine uint64, most int) string {
	head := fmt.Appendf(nil, "goroutine %d [", goroutine)
	for size := 64 << 10; ; size *= 4 {
		all := make([]byte, size)
		all = all[:runtime.Stack(all, true)]
		at := bytes.Index(all, append([]byte("\n\n"), head...)) // the first is that of the caller
		if at >= 0 {
			one := all[at+2:]
			if end := bytes.Index(one, []byte("\n\n")); end >= 0 {
				return string(one[:end+1])
			}
			if len(all) < size {
				return string(one)
			}
		}
		switch {
		case len(all) < size:
			return fmt.Sprintf("goroutine %d: it has ended\n", goroutine)
		case size >= most:
			return fmt.Sprintf("goroutine %d: its stack is not among the first %d kB of those of %d goroutines\n",
				goroutine, size>>10, runtime.NumGoroutine())
		}
	}
}
