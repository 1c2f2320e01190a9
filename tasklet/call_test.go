package tasklet_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// fib calls itself; its results are plain fields, and its callee lies inside no
// other frame, as it would need to be of its own size.
type fib struct {
	n, result int
	pc        int
	sub       *fib
}

func (f *fib) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.pc < 2 && f.n > 1; f.pc++ {
		if f.sub == nil {
			f.sub = &fib{n: f.n - 1 - f.pc}
		}
		if s := t.Call(f.sub); s != tasklet.Next {
			return s
		}
		f.result += f.sub.result
		f.sub = nil
	}
	if f.n <= 1 {
		f.result = f.n
	}
	return tasklet.Return
}

func TestCallsReturnTypedResults(t *testing.T) {
	s := sched.New()
	f := &fib{n: 15}
	s.Go(f)
	if err := s.Run(); err != nil || f.result != 610 {
		t.Errorf("fib(15) = %d, %v", f.result, err)
	}
}

// deep calls itself depth times and then waits by wait. Each level logs its
// cleanup and may catch.
type deep struct {
	depth int
	catch int // the level that catches, counted from the innermost
	wait  func(*tasklet.Tasklet) tasklet.Step
	sub   *deep
	log   *[]string

	resumed *int // of all levels together
}

func (d *deep) Resume(t *tasklet.Tasklet) tasklet.Step {
	if d.resumed != nil {
		*d.resumed++
	}
	if d.depth == 0 {
		if s := d.wait(t); s != tasklet.Next {
			return s
		}
		return tasklet.Return
	}
	if d.sub == nil {
		d.sub = &deep{depth: d.depth - 1, catch: d.catch, wait: d.wait, log: d.log, resumed: d.resumed}
	}
	s := t.Call(d.sub)
	if s == tasklet.Failed && d.depth == d.catch {
		*d.log = append(*d.log, fmt.Sprintf("caught %v at %d", t.Recover(), d.depth))
		s = tasklet.Next
	}
	if s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

func (d *deep) Cleanup(*tasklet.Tasklet) {
	if d.log != nil {
		*d.log = append(*d.log, fmt.Sprintf("clean %d", d.depth))
	}
}

func TestErrorUnwindsToWhoCatches(t *testing.T) {
	cause := errors.New("cause")
	for _, c := range []struct {
		catch int
		want  string
		err   error
	}{
		{catch: 2, want: "clean 0, clean 1, caught cause at 2, clean 2, clean 3"},
		{catch: 9, want: "clean 0, clean 1, clean 2, clean 3", err: cause},
	} {
		var log []string
		s := sched.New()
		s.Go(&deep{depth: 3, catch: c.catch, log: &log, wait: func(t *tasklet.Tasklet) tasklet.Step { return t.Fail(cause) }})
		if err := s.Run(); !errors.Is(err, c.err) {
			t.Errorf("catch at %d: %v", c.catch, err)
		}
		if got := strings.Join(log, ", "); got != c.want {
			t.Errorf("catch at %d: %s, want %s", c.catch, got, c.want)
		}
	}
}

// TestKillUnwindsEveryFrame kills a tasklet that waits a thousand calls deep.
func TestKillUnwindsEveryFrame(t *testing.T) {
	var log []string
	s := sched.New()
	d := s.Go(&deep{depth: 1000, catch: -1, log: &log, wait: (*tasklet.Tasklet).Park})
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	frames := 0
	for range d.Frames() {
		frames++
	}
	if frames != 1001 {
		t.Errorf("%d frames", frames)
	}
	if err := s.Main().Kill(d); err != nil || d.Alive() || !errors.Is(d.Err(), tasklet.ErrExit) {
		t.Errorf("kill: %v, %v, %v", err, d, d.Err())
	}
	if len(log) != 1001 || log[0] != "clean 0" || log[1000] != "clean 1000" {
		t.Errorf("%d cleanups", len(log))
	}
}

// TestOnlyTopFrameIsResumed: what a wait costs does not depend on the depth.
func TestOnlyTopFrameIsResumed(t *testing.T) {
	const depth, waits = 1000, 50
	resumed, waited := 0, 0
	s := sched.New()
	s.Go(&deep{depth: depth, catch: -1, resumed: &resumed, wait: func(t *tasklet.Tasklet) tasklet.Step {
		for ; waited < waits; waited++ {
			if s := t.Yield(); s != tasklet.Next {
				return s
			}
		}
		return tasklet.Next
	}})
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	if want := depth + 1 + waits + depth; resumed != want { // down, the waits, and up again
		t.Errorf("frames were resumed %d times, want %d", resumed, want)
	}
}

// ignoring goes on as if its callee had not failed.
type ignoring struct{ sub deep }

func (i *ignoring) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := t.Call(&i.sub); s != tasklet.Next && s != tasklet.Failed {
		return s
	}
	return tasklet.Return
}

// TestIgnoredErrorIsNotLost: a frame that returns with an error that it did not
// recover has failed with it.
func TestIgnoredErrorIsNotLost(t *testing.T) {
	cause := errors.New("cause")
	s := sched.New()
	s.Go(&ignoring{deep{wait: func(t *tasklet.Tasklet) tasklet.Step { return t.Fail(cause) }}})
	if err := s.Run(); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}
