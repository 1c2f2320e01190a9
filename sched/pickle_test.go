package sched_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// notebook is what the frames of these tests write into. It is a global, so that
// every copy of a frame writes into the same.
type notebook struct{ lines []string }

var notes notebook

func (n *notebook) say(format string, args ...any) {
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
}

// take returns what was written since the last time.
func (n *notebook) take() string {
	s := strings.Join(n.lines, " ")
	n.lines = nil
	return s
}

// copied pickles v and loads it into s.
func copied[T any](t *testing.T, s *sched.Scheduler, v T) T {
	t.Helper()
	b, err := pickle.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	w, err := pickle.Unmarshal[T](b, pickle.Into(s))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	return w
}

func run(t *testing.T, s *sched.Scheduler) {
	t.Helper()
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
}

func insert(t *testing.T, ts ...*tasklet.Tasklet) {
	t.Helper()
	for _, u := range ts {
		if err := u.Insert(); err != nil {
			t.Fatal(err)
		}
	}
}

func expect(t *testing.T, want string) {
	t.Helper()
	if got := notes.take(); got != want {
		t.Errorf("log %q, want %q", got, want)
	}
}

// TestPickleScenarios are the scenarios of serialization, by number.
func TestPickleScenarios(t *testing.T) {
	notes.take()
	t.Run("S69 two copies", func(t *testing.T) {
		s := sched.New()
		o := s.Go(&count{to: 3})
		run(t, s)
		expect(t, "0")
		b, err := pickle.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		var copies []*tasklet.Tasklet
		for range 2 {
			c, err := pickle.Unmarshal[*tasklet.Tasklet](b, pickle.Into(s))
			if err != nil {
				t.Fatal(err)
			}
			if !c.Paused() || c.Value() != 1 {
				t.Errorf("%v, value %v", c, c.Value())
			}
			copies = append(copies, c)
		}
		u, v := copies[0], copies[1]
		for _, x := range []*tasklet.Tasklet{u, v, o} {
			insert(t, x)
			run(t, s)
		}
		expect(t, "1 1 1")
		insert(t, u)
		run(t, s)
		insert(t, u)
		run(t, s)
		expect(t, "2 end")
		if u.Alive() || !v.Paused() || !o.Paused() {
			t.Errorf("%v, %v, %v", u, v, o)
		}
	})
	t.Run("S70 scheduled, never run, dead", func(t *testing.T) {
		s := sched.New()
		o := s.Go(&count{to: 1})
		before := s.RunCount()
		c := copied(t, s, o)
		if !c.Paused() || s.RunCount() != before || o.Status() != tasklet.Ready {
			t.Errorf("copy %v, original %v, run count %d", c, o, s.RunCount())
		}
		insert(t, c)
		run(t, s)
		expect(t, "0 0")
		insert(t, o, c)
		run(t, s)
		expect(t, "end end")
		if d := copied(t, s, o); d.Alive() || d.Err() != nil {
			t.Errorf("copy of a dead one: %v", d)
		}
	})
	t.Run("S71 current", func(t *testing.T) {
		s := sched.New()
		main := s.Main().Tasklet()
		parked := s.New(&wait{what: main})
		for _, x := range []*tasklet.Tasklet{main, parked} {
			if _, err := pickle.Marshal(x); !errors.Is(err, pickle.ErrUnpicklable) || x.Restorable() {
				t.Errorf("%v: %v", x, err)
			}
		}
		var current error
		s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
			_, current = pickle.Marshal(t)
			return tasklet.Return
		}))
		run(t, s)
		if !errors.Is(current, tasklet.ErrCurrent) || !strings.Contains(current.Error(), "which is current") {
			t.Errorf("current: %v", current)
		}
	})
	t.Run("S73 blocked receivers", func(t *testing.T) {
		s := sched.New()
		c := channel.New[int](s)
		c.SetPreference(channel.PreferSender)
		a := s.Go(&listen{name: "a", in: c})
		s.Go(&listen{name: "b", in: c})
		run(t, s)
		x := copied(t, s, pairing[int]{c, a})
		if x.C.Balance() != -2 || x.C.Preference() != channel.PreferSender || !x.T.Blocked() || x.C.First() != x.T {
			t.Errorf("%v, %v", x.C, x.T)
		}
		for i := range 2 {
			if err := x.C.Put(s.Main(), i+1); err != nil {
				t.Fatal(err)
			}
		}
		run(t, s)
		expect(t, "(a,1) (b,2)")
		if c.Balance() != -2 {
			t.Errorf("original %v", c)
		}
	})
	t.Run("S75 blocked senders", func(t *testing.T) {
		s := sched.New()
		c := channel.New[string](s)
		a := s.Go(&tell{c, "v1"})
		s.Go(&tell{c, "v2"})
		run(t, s)
		x := copied(t, s, pairing[string]{c, a})
		if x.C.Balance() != 2 {
			t.Errorf("%v", x.C)
		}
		for _, want := range []string{"v1", "v2"} {
			if v, err := x.C.Get(s.Main()); v != want || err != nil {
				t.Errorf("%q, %v", v, err)
			}
		}
		run(t, s)
		expect(t, "sent v1 sent v2")
		if c.Balance() != 2 {
			t.Errorf("original %v", c)
		}
	})
	t.Run("S76 flags and settings", func(t *testing.T) {
		s := sched.New()
		w := s.New(&wait{})
		w.SetBlockTrap(true)
		w.SetName("trapped")
		if x := copied(t, s, w); !x.BlockTrap() || x.Name() != "trapped" {
			t.Errorf("%v", x)
		}
		c := channel.New[string](s)
		c.SetName("words")
		c.SetPreference(channel.PreferNeither)
		c.SetScheduleAll(true)
		s.Go(&tell{c, "v"})
		run(t, s)
		c.Close()
		x := copied(t, s, c)
		if x.Name() != "words" || x.Preference() != 0 || !x.ScheduleAll() || !x.Closing() || x.Closed() || x.Balance() != 1 {
			t.Errorf("%v, closing %v, closed %v", x, x.Closing(), x.Closed())
		}
		if v, err := x.Get(s.Main()); v != "v" || err != nil || !x.Closed() {
			t.Errorf("%q, %v, closed %v", v, err, x.Closed())
		}
		run(t, s)
		notes.take()
	})
	t.Run("S78 pending throw", func(t *testing.T) {
		s := sched.New()
		o := s.Go(&wait{})
		run(t, s)
		if err := o.ThrowLater(fmt.Errorf("bomb %d: %w", 1, channel.ErrEnd)); err != nil {
			t.Fatal(err)
		}
		x := copied(t, s, o)
		insert(t, x)
		run(t, s)
		expect(t, "E(bomb 1: end of values) E(bomb 1: end of values)")
		// Left for one that is parked.
		o = s.New(&wait{})
		if err := o.SetError(channel.ErrEnd); err != nil {
			t.Fatal(err)
		}
		x = copied(t, s, o)
		insert(t, x)
		if err := s.Run(); !errors.Is(err, channel.ErrEnd) { // it had not begun, and ends without
			t.Error(err)
		}
	})
	t.Run("S81 what can't be written", func(t *testing.T) {
		s := sched.New()
		o := s.New(&wait{file: os.Stdout})
		_, err := pickle.Marshal(o)
		var e *pickle.Error
		if !errors.As(err, &e) || !errors.Is(err, pickle.ErrUnregistered) || e.Path != "*tasklet.Tasklet.Frames[0].(*sched_test.wait).file" {
			t.Errorf("%v", err)
		}
		o.Frame().(*wait).file = nil
		insert(t, o)
		run(t, s)
		insert(t, o)
		run(t, s)
		expect(t, "on")

		c := channel.New[int](s)
		a := s.Go(&listen{name: "a", in: c})
		run(t, s)
		b, err := pickle.Marshal(pairing[int]{c, a})
		if err != nil {
			t.Fatal(err)
		}
		everyone := s.Everyone().Len()
		for n := range b {
			if _, err := pickle.Unmarshal[pairing[int]](b[:n], pickle.Into(s)); !errors.Is(err, pickle.ErrTruncated) && !errors.Is(err, pickle.ErrNotPickle) {
				t.Errorf("cut at %d: %v", n, err)
			}
		}
		if s.Everyone().Len() != everyone {
			t.Error("a tasklet was left behind")
		}
	})
}

// TestPickledPlaces: whatever a tasklet waits in, it is there again.
func TestPickledPlaces(t *testing.T) {
	notes.take()
	at := time.Unix(1000, 0)
	clock := sched.NewVirtualClock(at)
	s := sched.New(sched.WithClock(clock))
	deep := s.Go(&descend{levels: 40})
	inner := s.Go(&two{})
	of := s.Go(&wait{})
	j := s.Go(&joiner{of})
	for _, n := range []string{"x", "y", "z"} {
		s.Go(&nap{n, 5 * time.Second})
	}
	s.Go(&nap{"first", 3 * time.Second})
	if err := s.RunReady(); err != nil {
		t.Fatal(err)
	}
	never := s.Go(&count{to: 1})
	root := struct {
		Everyone                    *tasklet.Group
		Deep, Inner, Of, Join, Last *tasklet.Tasklet
	}{s.Everyone(), deep, inner, of, j, never}

	clock2 := sched.NewVirtualClock(at.Add(4 * time.Second)) // first should have woken by now
	s2 := sched.New(sched.WithClock(clock2))
	b, err := pickle.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	x := root
	if x, err = unmarshalLike(root, b, s2); err != nil {
		t.Fatal(err)
	}
	if err := s2.Check(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for f := range x.Deep.Frames() {
		if d := f.(*descend); d.levels != n || n > 0 && d.below.levels != n-1 {
			t.Fatalf("frame %d: %+v", n, d)
		}
		n++
	}
	if top := x.Inner.Frame().(*wait); n != 41 || top == nil {
		t.Errorf("%d frames", n)
	}
	frames := slices.Collect(x.Inner.Frames())
	if frames[0].(*wait) != &frames[1].(*two).first {
		t.Error("the callee is not inside its caller any more")
	}
	if on, by := x.Join.BlockedOn(); on != tasklet.Waitable(x.Of) || by != tasklet.OpJoin {
		t.Errorf("the joiner waits on %v by %v", on, by)
	}
	run(t, s2)
	expect(t, "0 first@1004 x@1005 y@1005 z@1005")
	insert(t, x.Deep, x.Inner, x.Of)
	run(t, s2)
	expect(t, "on on joined")
	if x.Deep.Alive() {
		t.Error("the deep one has not come back")
	}
	insert(t, x.Inner, x.Last)
	run(t, s2)
	expect(t, "on both end")
}

// unmarshalLike is Unmarshal for a type without a name.
func unmarshalLike[T any](_ T, b []byte, s *sched.Scheduler) (T, error) {
	return pickle.Unmarshal[T](b, pickle.Into(s))
}

// TestMove: what has moved is dead here, and only if it has been taken.
func TestMove(t *testing.T) {
	notes.take()
	s, s2 := sched.New(), sched.New()
	c := channel.New[int](s)
	a, b := s.Go(&listen{name: "a", in: c}), s.Go(&listen{name: "b", in: c})
	sleeper := s.Go(&nap{"s", time.Hour})
	if err := s.RunReady(); err != nil {
		t.Fatal(err)
	}
	ready := s.Go(&count{to: 1})
	group := &tasklet.Group{Ready: []*tasklet.Tasklet{ready}, Sleeping: []*tasklet.Tasklet{sleeper}, Blocked: []*tasklet.Tasklet{a}}

	refused := errors.New("no room")
	if err := pickle.Move(group, func([]byte) error { return refused }); err != refused {
		t.Error(err)
	}
	if _, err := pickle.Marshal(group); err != nil || c.Balance() != -2 || s.Sleeping() != 1 {
		t.Errorf("after a move that was refused: %v, %v", err, c)
	}
	var moved []byte
	if err := pickle.Move(group, func(p []byte) error { moved = p; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	for _, x := range []*tasklet.Tasklet{a, b, sleeper, ready} {
		if x.Alive() || x.Err() != tasklet.ErrMoved {
			t.Errorf("%v, %v", x, x.Err())
		}
	}
	if c.Balance() != 0 || s.Sleeping() != 0 || s.Everyone().Len() != 0 {
		t.Errorf("left here: %v, %d asleep", c, s.Sleeping())
	}
	g, err := pickle.Unmarshal[*tasklet.Group](moved, pickle.Into(s2))
	if err != nil {
		t.Fatal(err)
	}
	if err := s2.RunReady(); err != nil {
		t.Fatal(err)
	}
	expect(t, "0")
	on, _ := g.Blocked[0].BlockedOn()
	for i := range 2 {
		if err := on.(*channel.Channel[int]).Put(s2.Main(), i); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, "(a,0) (b,1)")
	// Whoever is not the loader's to insert is refused where it can't be.
	if err := s.Main().Join(a); !errors.Is(err, tasklet.ErrMoved) {
		t.Errorf("join of one that has moved: %v", err)
	}
	// A move of main's own joiners fails, and nothing has changed.
	w := s.Go(&wait{what: s.Main().Tasklet()})
	if err := s.RunReady(); err != nil {
		t.Fatal(err)
	}
	if err := pickle.Move(w, func([]byte) error { t.Error("committed"); return nil }); err == nil || !w.Paused() {
		t.Errorf("%v, %v", err, w)
	}
}

// spin yields so many times.
type spin struct{ left int }

func (f *spin) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.left > 0; f.left-- {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

// TestPostedPickle: a goroutine outside has the scheduler pickled while it runs.
func TestPostedPickle(t *testing.T) {
	s := sched.New()
	o := &spin{left: 1000}
	s.Go(o)
	var b []byte
	if err := s.Post(func() {
		var err error
		if b, err = pickle.Marshal(s.Everyone()); err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	run(t, s)
	s2 := sched.New()
	g, err := pickle.Unmarshal[*tasklet.Group](b, pickle.Into(s2))
	if err != nil || len(g.Ready) != 1 {
		t.Fatal(g, err)
	}
	c := g.Ready[0].Frame().(*spin)
	if c.left == 0 || c.left == 1000 {
		t.Errorf("the copy has %d turns left", c.left)
	}
	run(t, s2)
	if c.left != 0 || o.left != 0 {
		t.Errorf("%d, %d turns left", c.left, o.left)
	}
}
