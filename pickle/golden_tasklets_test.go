package pickle_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/tasklet"
	"github.com/stackless-go/stackless/wait"
)

// The frames of the golden pickles. Their names, fields and states are never to
// change.
type (
	// goldenTurns yields so many times.
	goldenTurns struct {
		name      string
		turn, all int
	}
	// goldenParked parks, and says what comes of it.
	goldenParked struct{ name string }
	// goldenNap sleeps.
	goldenNap struct {
		name string
		long time.Duration
	}
	// goldenDeep calls itself so many times, and parks at the bottom.
	goldenDeep struct {
		level int
		below *goldenDeep
		sum   int
	}
	// goldenOuter calls a frame that lies in it.
	goldenOuter struct {
		inner  goldenParked
		called bool
	}
	// goldenTalker sends words, an error and a sequence.
	goldenTalker struct {
		out  *channel.Channel[string]
		word string
		list []string
		next int
		err  error
		pc   goldenPart
	}
	// goldenListener receives until the end.
	goldenListener struct {
		name string
		in   *channel.Channel[string]
		word string
	}
	// goldenJoiner joins.
	goldenJoiner struct {
		name string
		of   *tasklet.Tasklet
	}
	goldenPart uint8
	// goldenSwitcher runs another.
	goldenSwitcher struct{ to *tasklet.Tasklet }
	// goldenLamp is the fields of a machine.
	goldenLamp struct{ n int }

	// goldenStage is tasklets with their order, and what else is to be found.
	goldenStage struct {
		Group    *tasklet.Group
		Words    *channel.Channel[string]
		Tasklets []*tasklet.Tasklet
	}
)

const (
	goldenWord goldenPart = iota
	goldenSequence
	goldenError
)

// Resume yields.
func (f *goldenTurns) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.turn < f.all; f.turn++ {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
		say("%s %d", f.name, f.turn)
	}
	return tasklet.Return
}

// Cleanup says so.
func (f *goldenTurns) Cleanup(*tasklet.Tasklet) { say("%s is gone", f.name) }

// Resume parks.
func (f *goldenParked) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch s := t.Park(); s {
	case tasklet.Failed:
		err := t.Recover()
		say("%s failed: %v", f.name, err)
		return t.Fail(err)
	case tasklet.Next:
		say("%s goes on", f.name)
		return tasklet.Return
	default:
		return s
	}
}

// Resume sleeps.
func (f *goldenNap) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := t.Sleep(f.long); s != tasklet.Next {
		return s
	}
	say("%s wakes after %v", f.name, t.Now().Sub(start))
	return tasklet.Return
}

// Resume goes down, and counts on the way up.
func (f *goldenDeep) Resume(t *tasklet.Tasklet) tasklet.Step {
	if f.level == 0 {
		if s := t.Park(); s != tasklet.Next {
			return s
		}
		return tasklet.Return
	}
	if f.below == nil {
		f.below = &goldenDeep{level: f.level - 1}
	}
	if s := t.Call(f.below); s != tasklet.Next {
		return s
	}
	f.sum = f.below.sum + f.level
	if f.level%10 == 0 {
		say("level %d, sum %d", f.level, f.sum)
	}
	return tasklet.Return
}

// Resume calls.
func (f *goldenOuter) Resume(t *tasklet.Tasklet) tasklet.Step {
	s := t.Call(&f.inner)
	switch {
	case s == tasklet.Next:
		f.called = true
	case s == tasklet.Failed:
		say("recovered: %v", t.Recover())
	default:
		return s
	}
	say("outer is back: %t", f.called)
	return tasklet.Return
}

// Resume sends.
func (f *goldenTalker) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch f.pc {
	case goldenWord:
		if s := f.out.Send(t, f.word); s != tasklet.Next {
			return s
		}
		say("sent %s", f.word)
		f.pc = goldenSequence
		fallthrough
	case goldenSequence:
		if s := f.out.SendAll(t, f.list, &f.next); s != tasklet.Next {
			return s
		}
		f.pc = goldenError
		fallthrough
	case goldenError:
		if f.err != nil {
			if s := f.out.SendError(t, f.err); s != tasklet.Next {
				return s
			}
			say("sent %v", f.err)
		}
	}
	return tasklet.Return
}

// Resume listens.
func (f *goldenListener) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		more, s := f.in.Next(t, &f.word)
		if s == tasklet.Failed {
			say("%s: %v", f.name, t.Recover())
			return tasklet.Return
		}
		if s != tasklet.Next {
			return s
		}
		if !more {
			say("%s has heard all", f.name)
			return tasklet.Return
		}
		say("%s hears %s", f.name, f.word)
	}
}

// Resume joins.
func (f *goldenJoiner) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch s := t.Join(f.of); s {
	case tasklet.Failed:
		say("%s joined: %v", f.name, t.Recover())
		return tasklet.Return
	case tasklet.Next:
		say("%s joined", f.name)
		return tasklet.Return
	default:
		return s
	}
}

// Resume runs another.
func (f *goldenSwitcher) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := t.Run(f.to); s != tasklet.Next {
		return s
	}
	say("back from the other")
	return tasklet.Return
}

func goldenGreen(f *goldenLamp, t *tasklet.Tasklet) (tasklet.StateFunc[goldenLamp], tasklet.Step) {
	if s := t.Yield(); s != tasklet.Next {
		return nil, s
	}
	say("green %d", f.n)
	return goldenRed, tasklet.Next
}

func goldenRed(f *goldenLamp, t *tasklet.Tasklet) (tasklet.StateFunc[goldenLamp], tasklet.Step) {
	if s := t.Park(); s != tasklet.Next {
		return nil, s
	}
	say("red %d", f.n)
	f.n++
	if f.n == 3 {
		return nil, tasklet.Next
	}
	return goldenGreen, tasklet.Next
}

func goldenFarewell(t *tasklet.Tasklet) { say("farewell, %s", t.Name()) }

func init() {
	pickle.Register[goldenTurns]("golden.turns")
	pickle.Register[goldenParked]("golden.parked")
	pickle.Register[goldenNap]("golden.nap")
	pickle.Register[goldenDeep]("golden.deep")
	pickle.Register[goldenOuter]("golden.outer")
	pickle.Register[goldenTalker]("golden.talker")
	pickle.Register[goldenListener]("golden.listener")
	pickle.Register[goldenJoiner]("golden.joiner")
	pickle.Register[goldenPart]("golden.part", pickle.States("word", "sequence", "error"))
	pickle.Register[goldenSwitcher]("golden.switcher")
	pickle.Register[goldenStage]("golden.stage")
	pickle.Register[tasklet.Machine[goldenLamp]]("golden.lamp")
	pickle.Register[goldenLamp]("golden.lamp.fields")
	pickle.RegisterFunc("golden.green", goldenGreen)
	pickle.RegisterFunc("golden.red", goldenRed)
	pickle.RegisterFunc("golden.farewell", goldenFarewell)
}

// onStage has everything run until nothing is ready, and pickles the whole
// scheduler and those listed.
func (w *stage) onStage(c *channel.Channel[string], ts ...*tasklet.Tasklet) *goldenStage {
	if err := w.s.RunReady(); err != nil {
		panic(err)
	}
	return w.asItIs(c, ts...)
}

func (w *stage) asItIs(c *channel.Channel[string], ts ...*tasklet.Tasklet) *goldenStage {
	return &goldenStage{Group: w.s.Everyone(), Words: c, Tasklets: ts}
}

// play says how everything is, runs it, and inserts whoever is parked, until
// nobody is.
func play(w *stage, v any) {
	x := v.(*goldenStage)
	for _, t := range x.Tasklets {
		say("%s", describe(t))
	}
	say("%d ready, %d asleep, %d parked, %d blocked", len(x.Group.Ready), len(x.Group.Sleeping), len(x.Group.Parked), len(x.Group.Blocked))
	for _, t := range x.Group.Blocked {
		on, by := t.BlockedOn()
		say("%s waits by %v on %s", describe(t), by, place(on))
	}
	for range 10 {
		w.run()
		n := 0
		for _, t := range x.Group.Parked {
			if t.Paused() {
				_ = t.Insert()
				n++
			}
		}
		for _, t := range x.Tasklets {
			if t.Paused() {
				_ = t.Insert()
				n++
			}
		}
		if n == 0 {
			break
		}
	}
	for _, t := range x.Tasklets {
		say("%s: %v", describe(t), t.Err())
	}
}

// place names what somebody waits on. Channels have other numbers when they are
// loaded.
func place(on tasklet.Waitable) string {
	switch on := on.(type) {
	case *channel.Channel[string]:
		return "channel " + on.Name()
	case *wait.Event:
		return "event " + on.Name()
	case *wait.Scope:
		return "scope " + on.Name()
	}
	return on.WaitName()
}

// playWith is play, after which main says so many words and listens to so many.
func playWith(tell []string, hear int, end bool) func(*stage, any) {
	return func(w *stage, v any) {
		play(w, v)
		c := v.(*goldenStage).Words
		say("balance %d, %q, preference %d, all %t, closing %t", c.Balance(), c.Name(), c.Preference(), c.ScheduleAll(), c.Closing())
		for _, word := range tell {
			say("main tells: %v", c.Put(w.s.Main(), word))
		}
		for range hear {
			word, err := c.Get(w.s.Main())
			say("main hears %q, %v", word, err)
		}
		if end {
			for c.Balance() < 0 {
				say("main ends it: %v", c.PutError(w.s.Main(), channel.ErrEnd))
			}
		}
		w.run()
	}
}

// performances are golden pickles of tasklets in every state.
func performances() []golden {
	return append(append(awaitings(), watches()...), []golden{
		{name: "ready", make: func(w *stage) any {
			a := w.s.Go(&goldenTurns{"a", 0, 3})
			b := w.s.Go(&goldenTurns{"b", 0, 3})
			if _, err := w.s.Step(3); err != nil {
				panic(err)
			}
			return w.asItIs(nil, b, a)
		}, use: play},
		{name: "never-run", make: func(w *stage) any {
			return w.asItIs(nil, w.s.Go(&goldenTurns{"a", 0, 1}), w.s.New(&goldenParked{"b"}), w.s.New(nil))
		}, use: play},
		{name: "parked", make: func(w *stage) any {
			a, b := w.s.Go(&goldenParked{"a"}), w.s.Go(&goldenParked{"b"})
			return w.onStage(nil, b, a)
		}, use: play},
		{name: "alone", make: func(w *stage) any {
			a := w.s.Go(&goldenTurns{"a", 0, 2})
			if _, err := w.s.Step(1); err != nil {
				panic(err)
			}
			return a
		}, use: func(w *stage, v any) {
			a := v.(*tasklet.Tasklet)
			if a.Paused() { // a copy, where what was pickled is ready
				say("insert: %v", a.Insert())
			} else {
				say("insert: %v", error(nil))
			}
			w.run()
			say("%s", describe(a))
		}},
		{name: "sleeping", make: func(w *stage) any {
			a, b := w.s.Go(&goldenNap{"a", 2 * time.Second}), w.s.Go(&goldenNap{"b", time.Second})
			w.s.Go(&goldenNap{"c", 2 * time.Second})
			return w.onStage(nil, a, b)
		}, use: play},
		{name: "receiving", make: func(w *stage) any {
			c := channel.New[string](w.s)
			c.SetName("words")
			c.SetPreference(channel.PreferNeither)
			a, b := w.s.Go(&goldenListener{name: "a", in: c}), w.s.Go(&goldenListener{name: "b", in: c})
			return w.onStage(c, b, a)
		}, use: playWith([]string{"one", "two", "three"}, 0, true)},
		{name: "sending", make: func(w *stage) any {
			c := channel.New[string](w.s)
			c.SetScheduleAll(true)
			a, b := w.s.Go(&goldenTalker{out: c, word: "one"}), w.s.Go(&goldenTalker{out: c, word: "two"})
			x := w.onStage(c, a, b)
			c.Close()
			return x
		}, use: playWith(nil, 3, false)},
		{name: "sending-errors", make: func(w *stage) any {
			c := channel.New[string](w.s)
			a := w.s.Go(&goldenTalker{out: c, pc: goldenError, err: fmt.Errorf("bad: %w", errGolden)})
			b := w.s.Go(&goldenTalker{out: c, pc: goldenError, err: channel.ErrEnd})
			return w.onStage(c, a, b)
		}, use: playWith(nil, 2, false)},
		{name: "sending-a-sequence", make: func(w *stage) any {
			c := channel.New[string](w.s)
			a := w.s.Go(&goldenTalker{out: c, word: "zero", list: []string{"one", "two", "three"}})
			for range 2 {
				if _, err := c.Get(w.s.Main()); err != nil {
					panic(err)
				}
			}
			return w.onStage(c, a)
		}, use: playWith(nil, 2, false)},
		{name: "joining", make: func(w *stage) any {
			a := w.s.Go(&goldenParked{"a"})
			b := w.s.Go(&goldenJoiner{"b", a})
			w.s.Go(&goldenJoiner{"c", a})
			w.s.Go(&goldenJoiner{"d", b})
			return w.onStage(nil, a, b)
		}, use: play},
		{name: "deep", make: func(w *stage) any {
			return w.onStage(nil, w.s.Go(&goldenDeep{level: 40}))
		}, use: play},
		{name: "calling", make: func(w *stage) any {
			return w.onStage(nil, w.s.Go(&goldenOuter{inner: goldenParked{"inner"}}))
		}, use: func(w *stage, v any) {
			t := v.(*goldenStage).Tasklets[0]
			var frames []tasklet.Frame
			for f := range t.Frames() {
				frames = append(frames, f)
			}
			say("%t", frames[0] == tasklet.Frame(&frames[1].(*goldenOuter).inner))
			play(w, v)
		}},
		{name: "dead", make: func(w *stage) any {
			w.s.OnError(func(*tasklet.Tasklet, error) error { return nil })
			a, b := w.s.Go(&goldenParked{"a"}), w.s.Go(&goldenTurns{"b", 0, 1})
			if err := w.s.RunReady(); err != nil {
				panic(err)
			}
			if err := a.ThrowLater(errGolden); err != nil {
				panic(err)
			}
			b.SetName("b")
			return w.onStage(nil, a, b)
		}, use: play},
		{name: "thrown", make: func(w *stage) any {
			a, b, c := w.s.Go(&goldenOuter{inner: goldenParked{"inner"}}), w.s.Go(&goldenTurns{"b", 0, 9}), w.s.Go(&goldenNap{"c", time.Hour})
			d := w.s.New(&goldenOuter{})
			if _, err := w.s.Step(3); err != nil {
				panic(err)
			}
			if err := errors.Join(a.ThrowLater(fmt.Errorf("for a: %w", errGolden)), d.SetError(errGolden)); err != nil {
				panic(err)
			}
			b.KillLater()
			c.KillLater()
			return w.asItIs(nil, a, b, c, d)
		}, use: play},
		{name: "settings", make: func(w *stage) any {
			a := w.s.New(&goldenListener{name: "a", in: channel.New[string](w.s)})
			a.SetName("trapped")
			a.SetBlockTrap(true)
			a.SetValue([]any{1, "two", nil})
			a.OnExit(goldenFarewell)
			return w.asItIs(nil, a)
		}, use: play},
		{name: "received", make: func(w *stage) any {
			c := channel.New[string](w.s)
			c.SetPreference(channel.PreferNeither)
			a := w.s.Go(&goldenListener{name: "a", in: c})
			if err := w.s.RunReady(); err != nil {
				panic(err)
			}
			// A copy has not said yet where the value is to go, when it gets one.
			b, err := pickle.Marshal(w.asItIs(c, a))
			if err != nil {
				panic(err)
			}
			*w = *newStage()
			x, err := pickle.Unmarshal[*goldenStage](b, pickle.Into(w.s))
			if err != nil {
				panic(err)
			}
			if err := x.Words.Put(w.s.Main(), "kept"); err != nil {
				panic(err)
			}
			return w.asItIs(x.Words, x.Tasklets...)
		}, use: playWith([]string{"more"}, 0, true)},
		{name: "switching", make: func(w *stage) any {
			a := w.s.New(&goldenTurns{"a", 0, 2})
			b := w.s.Go(&goldenSwitcher{a})
			if _, err := w.s.Step(2); err != nil {
				panic(err)
			}
			return w.asItIs(nil, a, b)
		}, use: play},
		{name: "machine", make: func(w *stage) any {
			return w.onStage(nil, w.s.Go(&tasklet.Machine[goldenLamp]{State: goldenGreen}))
		}, use: play},
		{name: "unbound", make: func(*stage) any { return &goldenStage{Group: &tasklet.Group{}, Words: &channel.Channel[string]{}} },
			use: func(w *stage, v any) {
				c := v.(*goldenStage).Words
				w.s.Go(&goldenListener{name: "a", in: c})
				w.run()
				say("%d: %v", c.Balance(), c.Put(w.s.Main(), "word"))
				w.run()
			}},
		{name: "everyone", make: func(w *stage) any {
			c := channel.New[string](w.s)
			out := channel.New[string](w.s)
			c.SetName("in")
			out.SetName("out")
			p := w.s.Go(&goldenParked{"p"})
			for _, f := range []tasklet.Frame{
				&goldenNap{"n1", 3 * time.Second}, &goldenListener{name: "l1", in: c}, &goldenNap{"n2", time.Second}, &goldenJoiner{"j1", p},
				&goldenTalker{out: out, word: "t1", list: []string{"u", "v"}}, &goldenParked{"q"}, &goldenListener{name: "l2", in: c},
				&goldenNap{"n3", 3 * time.Second}, &goldenJoiner{"j2", p}, &goldenTalker{out: out, word: "t2"}, &goldenDeep{level: 20},
			} {
				w.s.Go(f)
			}
			if err := w.s.RunReady(); err != nil {
				panic(err)
			}
			w.clock.Advance(500 * time.Millisecond)
			for i := range 5 {
				w.s.Go(&goldenTurns{fmt.Sprint("r", i), 0, i})
			}
			if _, err := w.s.Step(7); err != nil {
				panic(err)
			}
			return w.asItIs(out, p)
		}, use: func(w *stage, v any) {
			x := v.(*goldenStage)
			for _, list := range [][]*tasklet.Tasklet{x.Group.Ready, x.Group.Sleeping, x.Group.Parked, x.Group.Blocked} {
				for _, t := range list {
					say("%d %s", t.ID(), tasklet.FrameName(t.Frame()))
				}
			}
			playWith(nil, 4, false)(w, v)
			for t := range w.s.Blocked() {
				on, _ := t.BlockedOn()
				say("left: %s on %s", describe(t), place(on))
			}
		}},
	}...)
}
