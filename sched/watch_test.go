package sched_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// tree computes a Fibonacci number by calls alone: it never ticks or waits.
type tree struct {
	n, sum, pc int
	sub        *tree
	cleaned    *int
}

func (f *tree) Resume(t *tasklet.Tasklet) tasklet.Step {
	if f.n < 2 {
		f.sum = f.n
		return tasklet.Return
	}
	for f.pc < 2 {
		if f.sub == nil {
			f.sub = &tree{n: f.n - 1 - f.pc, cleaned: f.cleaned}
		}
		if s := t.Call(f.sub); s != tasklet.Next {
			return s
		}
		f.sum += f.sub.sum
		f.sub = nil
		f.pc++
	}
	return tasklet.Return
}

func (f *tree) Cleanup(*tasklet.Tasklet) { *f.cleaned++ }

// spinner ticks for ever.
type spinner struct{ ticks int }

func (f *spinner) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := t.Tick(); s != tasklet.Next {
			return s
		}
		f.ticks++
	}
}

// nest watches over the others, and tells what it caught.
type nest struct {
	name   string
	budget tasklet.Budget
	victim *tasklet.Tasklet
}

func (f *nest) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch s := t.Watch(f.budget, &f.victim); s {
	case tasklet.Next:
		notes.say("%s", f.name)
		return tasklet.Return
	case tasklet.Failed:
		err := t.Recover()
		notes.say("%s:%s", f.name, kindOf(err))
		return t.Fail(err)
	default:
		return s
	}
}

func init() {
	pickle.Register[nest]("test.nest")
	pickle.Register[tasklet.Budget]("test.budget")
	pickle.Register[spinner]("test.spinner")
}

// TestInterruptedCalls interrupts between the frames of a tasklet that only calls
// and returns.
func TestInterruptedCalls(t *testing.T) {
	for steps := 1; steps < 6; steps++ {
		s := sched.New()
		cleaned := 0
		f := &tree{n: 12, cleaned: &cleaned}
		tl := s.Go(f)
		caught := 0
		for {
			v, err := s.RunBudget(tasklet.Budget{Steps: steps})
			if err := errors.Join(err, s.Check()); err != nil {
				t.Fatal(err)
			}
			if v == nil {
				break
			}
			if caught++; v != tl || !v.Paused() || v.Insert() != nil {
				t.Fatalf("caught %v", v)
			}
		}
		// Each of the 465 calls is resumed at least once, and 232 of them twice more.
		if f.sum != 144 || cleaned != 465 || caught < (465+2*232)/steps-1 {
			t.Errorf("steps %d: sum %d, %d cleaned up, %d times caught", steps, f.sum, cleaned, caught)
		}
	}
}

// TestInterruptedCallIsKilled ends a tasklet that was interrupted between frames.
func TestInterruptedCallIsKilled(t *testing.T) {
	s := sched.New()
	cleaned := 0
	tl := s.Go(&tree{n: 20, cleaned: &cleaned})
	v, err := s.RunBudget(tasklet.Budget{Steps: 7})
	if v != tl || err != nil {
		t.Fatal(v, err)
	}
	depth := 0
	for range tl.Frames() {
		depth++
	}
	before := cleaned
	if err := s.Main().Kill(tl); err != nil || tl.Alive() || cleaned != before+depth || depth < 3 {
		t.Errorf("%v, %v, %d of %d frames cleaned up", err, tl, cleaned-before, depth)
	}
}

// TestWatchEnds has a tasklet stop watching in every way there is; whoever watches
// around it is then the innermost.
func TestWatchEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(s *sched.Scheduler, w *tasklet.Tasklet) error
		want string
	}{
		{"it is inserted", func(_ *sched.Scheduler, w *tasklet.Tasklet) error { return w.Insert() }, "inner outer:K"},
		{"it is killed", func(s *sched.Scheduler, w *tasklet.Tasklet) error { w.KillLater(); return nil }, "inner:exit outer:K"},
		{"it is unbound", func(_ *sched.Scheduler, w *tasklet.Tasklet) error { return w.Bind(nil) }, "outer:K"},
		{"it is bound anew", func(_ *sched.Scheduler, w *tasklet.Tasklet) error {
			return errors.Join(w.Bind(&nest{name: "other"}), w.Insert())
		}, "other:K outer:K"}, // and watches again
		{"it is moved", func(_ *sched.Scheduler, w *tasklet.Tasklet) error {
			return pickle.Move(w, func([]byte) error { return nil })
		}, "outer:K"},
		{"it breaks the contract", func(s *sched.Scheduler, w *tasklet.Tasklet) error {
			w.Frame().(*breaking).broken = true
			return w.Insert()
		}, "outer:?misuse"},
	} {
		t.Run(c.name, func(t *testing.T) {
			notes.take()
			s := sched.New()
			s.Go(&nest{name: "outer"})
			var w *tasklet.Tasklet
			if strings.Contains(c.want, "misuse") {
				w = s.Go(&breaking{nest: nest{name: "inner"}})
			} else {
				w = s.Go(&nest{name: "inner"})
			}
			s.GoFunc(func(co *tasklet.Coroutine) error {
				if err := c.end(s, w); err != nil {
					t.Error(err)
				}
				if err := co.Yield(); err != nil {
					return err
				}
				return word("K")
			})
			err := s.Run()
			if err := s.Check(); err != nil {
				t.Error(err)
			}
			got := notes.take()
			if strings.Contains(c.want, "misuse") {
				if !errors.Is(err, tasklet.ErrMisuse) || !strings.HasPrefix(got, "outer:") {
					t.Errorf("%s, %v", got, err)
				}
				return
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// breaking is a nest that resumes into something else when it is broken.
type breaking struct {
	nest
	broken bool
}

func (f *breaking) Resume(t *tasklet.Tasklet) tasklet.Step {
	if f.broken {
		return t.Yield()
	}
	return f.nest.Resume(t)
}

// TestBudgets refuses those that can't be.
func TestBudgets(t *testing.T) {
	s := sched.New()
	if _, err := s.RunBudget(tasklet.Budget{Steps: -1}); !errors.Is(err, tasklet.ErrBudget) {
		t.Errorf("a budget of -1: %v", err)
	}
	s.GoFunc(func(co *tasklet.Coroutine) error {
		if _, err := s.RunBudget(tasklet.Budget{}); !errors.Is(err, sched.ErrRunning) {
			t.Errorf("in a step: %v", err)
		}
		_, err := co.Watch(tasklet.Budget{Steps: -2})
		if !errors.Is(err, tasklet.ErrBudget) || !strings.Contains(err.Error(), "-2") {
			t.Errorf("a watch with a budget of -2: %v", err)
		}
		return nil
	})
	if err := s.Run(); err != nil {
		t.Error(err)
	}
	s.Close()
	if _, err := s.RunBudget(tasklet.Budget{}); !errors.Is(err, sched.ErrClosed) {
		t.Errorf("of a closed scheduler: %v", err)
	}
}

// TestVictimAndError has a watch end with both.
func TestVictimAndError(t *testing.T) {
	s := sched.New()
	v := s.Go(&spinner{})
	w := s.GoFunc(func(co *tasklet.Coroutine) error {
		victim, err := co.Watch(tasklet.Budget{Steps: 3})
		if victim != v || kindOf(err) != "K" {
			t.Errorf("%v, %v", victim, err)
		}
		return nil
	})
	if err := s.Main().Run(w); err != nil { // before the other
		t.Fatal(err)
	}
	for v.Status() != tasklet.Parked {
		if ran, err := s.Step(1); ran != 1 || err != nil {
			t.Fatal(ran, err)
		}
	}
	if err := w.ThrowLater(word("K")); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(); err != nil || w.Alive() {
		t.Error(err, w)
	}
	s.Close()
}

// TestTickBreaksNoContract has a frame that overlooks what Tick says.
func TestTickBreaksNoContract(t *testing.T) {
	for name, f := range map[string]tasklet.Func{
		"returns": func(t *tasklet.Tasklet) tasklet.Step {
			for range 10 {
				t.Tick()
			}
			return tasklet.Return
		},
		"another": func(t *tasklet.Tasklet) tasklet.Step {
			for {
				if s := t.Tick(); s != tasklet.Next {
					return t.Yield()
				}
			}
		},
	} {
		s := sched.New()
		s.Go(f)
		_, err := s.RunBudget(tasklet.Budget{Steps: 3})
		if !errors.Is(err, tasklet.ErrMisuse) {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFlagsPickled is S76: atomic and block trap come along.
func TestFlagsPickled(t *testing.T) {
	for i := range 4 {
		s := sched.New()
		tl := s.New(&count{})
		tl.SetAtomic(i&1 != 0)
		tl.SetBlockTrap(i&2 != 0)
		b, err := pickle.Marshal(tl)
		if err != nil {
			t.Fatal(err)
		}
		u, err := pickle.Unmarshal[*tasklet.Tasklet](b, pickle.Into(sched.New()))
		if err != nil || u.Atomic() != tl.Atomic() || u.BlockTrap() != tl.BlockTrap() {
			t.Errorf("atomic %v, trap %v: %v", u.Atomic(), u.BlockTrap(), err)
		}
	}
	tl := sched.New().New(&count{})
	if tl.SetAtomic(true) || !tl.SetAtomic(false) || tl.Atomic() {
		t.Error("SetAtomic returns something else than was set")
	}
}

// TestWatchPickled loads one that watches, with its budget, alone: it watches over
// those it finds there.
func TestWatchPickled(t *testing.T) {
	notes.take()
	s := sched.New()
	w := s.Go(&nest{name: "w", budget: tasklet.Budget{Steps: 5, Total: true}})
	s.Go(&nest{name: "inner"})                                // so that what is left is not that of the innermost
	s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { // so that they go on watching
		for {
			if s := t.Yield(); s != tasklet.Next {
				return s
			}
		}
	}))
	if _, err := s.Step(3); err != nil {
		t.Fatal(err)
	}
	w2 := s.Go(&nest{name: "w", budget: tasklet.Budget{Steps: 5}})
	if _, err := s.Step(2); err != nil {
		t.Fatal(err)
	}
	for _, w := range []*tasklet.Tasklet{w, w2} {
		b, err := pickle.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		notes.take()
		next := sched.New()
		x := next.Go(&spinner{})
		u, err := pickle.Unmarshal[*tasklet.Tasklet](b, pickle.Into(next))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(next.Run(), next.Check()); err != nil || u.Alive() || !x.Paused() || notes.take() != "w" {
			t.Errorf("%v, %v, %v", err, u, x)
		}
		if !w.Paused() {
			t.Errorf("%v, which was copied", w)
		}
	}
}

// TestRunsDoNotAllocate watches, interrupts and ticks without.
func TestRunsDoNotAllocate(t *testing.T) {
	s := sched.New()
	f := &spinner{}
	tl := s.Go(f)
	if n := testing.AllocsPerRun(100, func() {
		v, err := s.RunBudget(tasklet.Budget{Steps: 100})
		if v != tl || err != nil || v.Insert() != nil {
			t.Error(v, err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if f.ticks < 9900 {
		t.Errorf("%d ticks", f.ticks)
	}
}

// TestSwitchTrap has the level that was there, operations with no scenario of
// their own, and Close, which is not kept from its work.
func TestSwitchTrap(t *testing.T) {
	s := sched.New()
	c := channel.New[int](s)
	w := s.Go(&spinner{})
	r := s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return t.Park() }))
	if err := w.Remove(); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(); err != nil || !r.Paused() {
		t.Fatal(err)
	}
	for _, level := range []struct{ delta, before int }{{1, 0}, {2, 1}, {0, 3}, {-2, 3}} {
		if before := s.SetSwitchTrap(level.delta); before != level.before {
			t.Errorf("level %d, want %d", before, level.before)
		}
	}
	main := s.Main()
	var got int
	for name, op := range map[string]func() error{
		"select":     func() error { _, err := main.Select(c.OnReceive(&got)); return err },
		"run budget": func() error { _, err := s.RunBudget(tasklet.Budget{Steps: 1}); return err },
		"run ready":  s.RunReady,
		"step":       func() error { _, err := s.Step(1); return err },
		"send error": func() error { return c.PutError(main, word("K")) },
	} {
		err := op()
		if !errors.Is(err, tasklet.ErrSwitchTrap) || !strings.Contains(err.Error(), "main") || c.Balance() != 0 || s.RunCount() != 1 {
			t.Errorf("%s: %v, balance %d, run count %d", name, err, c.Balance(), s.RunCount())
		}
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	}
	if err := s.Close(); err != nil || w.Alive() || r.Alive() {
		t.Errorf("close: %v, %v, %v", err, w, r)
	}
}

// TestTrapHoldsOffTheWatchdog has a tasklet set the trap around what may not be
// interrupted.
func TestTrapHoldsOffTheWatchdog(t *testing.T) {
	s := sched.New()
	n := 0
	tl := s.GoFunc(func(co *tasklet.Coroutine) error {
		s.SetSwitchTrap(1)
		for range 100 {
			n++
			if err := co.Tick(); err != nil {
				return err
			}
		}
		s.SetSwitchTrap(-1)
		return co.Tick()
	})
	v, err := s.RunBudget(tasklet.Budget{Steps: 10})
	if v != tl || err != nil || n != 100 {
		t.Errorf("%v, %v, after %d", v, err, n)
	}
	if err := errors.Join(v.Insert(), s.Run()); err != nil || tl.Alive() {
		t.Error(err)
	}
}

// BenchmarkTick is a loop whose body is a Tick; none is the same loop without.
func BenchmarkTick(b *testing.B) {
	b.Run("none", func(b *testing.B) {
		s := sched.New()
		f := &ticks{left: b.N}
		s.Go(tasklet.Func(f.loop))
		b.ResetTimer()
		if err := s.Run(); err != nil {
			b.Fatal(err)
		}
	})
	for _, budget := range []int{0, 1000, 1000000} {
		b.Run(fmt.Sprint("budget=", budget), func(b *testing.B) {
			s := sched.New()
			f := &ticks{}
			tl := s.Go(f)
			f.left = b.N
			b.ResetTimer()
			for {
				v, err := s.RunBudget(tasklet.Budget{Steps: budget})
				if err != nil {
					b.Fatal(err)
				}
				if v == nil {
					break
				}
				if err := tl.Insert(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

type ticks struct{ left int }

func (f *ticks) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.left > 0; f.left-- {
		if s := t.Tick(); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

func (f *ticks) loop(*tasklet.Tasklet) tasklet.Step {
	for ; f.left > 0; f.left-- {
	}
	return tasklet.Return
}
