package pickle_test

import (
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/tasklet"
)

// The types of the golden pickles of selects. Their names and fields are never to
// change.
type (
	// goldenChooser selects, so many times, from a number, a word, a word of its own, the
	// end of another and a time; what is zero is no case.
	goldenChooser struct {
		name  string
		ints  *channel.Channel[int]
		words *channel.Channel[string]
		out   *channel.Channel[string]
		of    *tasklet.Tasklet
		wait  time.Duration // of its case of time
		limit time.Duration // of the operation
		left  int

		number int
		word   string
		own    string
		again  *channel.Channel[string] // a second case, mostly on words once more
	}

	// goldenMarket is a stage with channels of several types.
	goldenMarket struct {
		Group    *tasklet.Group
		Ints     *channel.Channel[int]
		Words    *channel.Channel[string]
		Out      *channel.Channel[string]
		Tasklets []*tasklet.Tasklet
		At       time.Duration // on the clock, since its start
	}
)

// Resume selects.
func (f *goldenChooser) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.left > 0; f.left-- {
		cases := []tasklet.Case{f.ints.OnReceive(&f.number), f.words.OnReceive(&f.word), f.out.OnSend(&f.own), {}, {}, f.again.OnReceive(&f.word)}
		if f.of != nil {
			cases[3] = tasklet.OnEnd(f.of)
		}
		if f.wait > 0 {
			cases[4] = tasklet.After(f.wait)
		}
		fired, s := t.Select(cases...)
		if f.limit > 0 {
			s = t.Within(f.limit, s)
		}
		at := t.Now().Sub(start)
		switch {
		case s == tasklet.Failed:
			say("%s at %v: case %d failed: %v", f.name, at, fired, t.Recover())
			continue
		case s != tasklet.Next:
			return s
		}
		switch fired {
		case 0:
			say("%s at %v: number %d", f.name, at, f.number)
		case 1, 5:
			say("%s at %v: case %d, word %s", f.name, at, fired, f.word)
		case 2:
			say("%s at %v: sent %s", f.name, at, f.own)
			f.own += "+"
		case 3:
			say("%s at %v: %s", f.name, at, describe(f.of))
		case 4:
			say("%s at %v: time", f.name, at)
		}
	}
	say("%s is through", f.name)
	return tasklet.Return
}

func init() {
	pickle.Register[goldenChooser]("golden.chooser")
	pickle.Register[goldenMarket]("golden.market")
}

// market makes the channels.
func (w *stage) market() *goldenMarket {
	x := &goldenMarket{Ints: channel.New[int](w.s), Words: channel.New[string](w.s), Out: channel.New[string](w.s)}
	x.Ints.SetName("ints")
	x.Words.SetName("words")
	x.Out.SetName("out")
	return x
}

// chooser is one that selects from all channels of x.
func (x *goldenMarket) chooser(name string, left int) *goldenChooser {
	return &goldenChooser{name: name, ints: x.Ints, words: x.Words, out: x.Out, own: name, left: left}
}

// opened has everything run until nothing is ready, for x to be pickled.
func (x *goldenMarket) opened(w *stage, ts ...*tasklet.Tasklet) *goldenMarket {
	if err := w.s.RunReady(); err != nil {
		panic(err)
	}
	return x.asItIs(w, ts...)
}

func (x *goldenMarket) asItIs(w *stage, ts ...*tasklet.Tasklet) *goldenMarket {
	x.Group, x.Tasklets, x.At = w.s.Everyone(), ts, w.clock.Now().Sub(start)
	return x
}

// copied replaces the stage by one into which x has been loaded: those who receive have
// not said yet where their value is to go.
func (x *goldenMarket) copied(w *stage) *goldenMarket {
	b, err := pickle.Marshal(x)
	if err != nil {
		panic(err)
	}
	*w = *newStage()
	w.clock.Advance(x.At)
	x, err = pickle.Unmarshal[*goldenMarket](b, pickle.Into(w.s))
	if err != nil {
		panic(err)
	}
	return x
}

// trade says how everything is, and has main do business until everybody is through.
func trade(w *stage, v any) {
	x := v.(*goldenMarket)
	w.clock.Advance(x.At - w.clock.Now().Sub(start))
	how := func() {
		for _, t := range x.Tasklets {
			say("%s", describe(t))
		}
		for t := range w.s.Blocked() {
			if _, by := t.BlockedOn(); by == tasklet.OpSelect {
				at, ok := t.Deadline()
				say("%s selects; limited %t, until %v", tasklet.FrameName(t.Frame()), ok, max(0, at.Sub(start)))
			}
		}
		say("balances %d, %d, %d", x.Ints.Balance(), x.Words.Balance(), x.Out.Balance())
	}
	how()
	if err := w.s.RunReady(); err != nil {
		say("run: %v", err)
	}
	w.check()
	for i := range 40 {
		main := w.s.Main()
		switch {
		case x.Words.Balance() < 0 && i%3 != 1:
			say("put a word: %v", x.Words.Put(main, string(rune('A'+i))))
		case x.Ints.Balance() < 0:
			say("put a number: %v", x.Ints.Put(main, i))
		case x.Out.Balance() > 0:
			word, err := x.Out.Get(main)
			say("get %s: %v", word, err)
		}
		w.check()
		if i == 4 {
			how()
		}
		if err := w.s.RunReady(); err != nil {
			say("run: %v", err)
		}
		w.clock.Advance(time.Second)
		if err := w.s.RunReady(); err != nil {
			say("run: %v", err)
		}
		w.check()
		if i == 5 {
			for _, t := range x.Tasklets {
				if t.Paused() {
					say("insert: %v", t.Insert())
				}
			}
		}
	}
	how()
}

// selects are golden pickles of selects.
func selects() []golden {
	return []golden{
		{name: "select", make: func(w *stage) any {
			x := w.market()
			a, b := w.s.Go(x.chooser("a", 5)), w.s.Go(x.chooser("b", 2))
			if err := x.opened(w).Words.Put(w.s.Main(), "before"); err != nil { // so that a next looks at its third case first
				panic(err)
			}
			return x.opened(w, a, b)
		}, use: trade},
		{name: "select-fired", make: func(w *stage) any {
			x := w.market()
			x.Ints.SetPreference(channel.PreferSender)
			x.Words.SetPreference(channel.PreferSender)
			a, b, c := w.s.Go(x.chooser("a", 2)), w.s.Go(x.chooser("b", 2)), w.s.Go(x.chooser("c", 2))
			d := w.s.Go(&goldenChooser{name: "d", words: x.Words, left: 2})
			x.opened(w)
			main := w.s.Main()
			word, err := x.Out.Get(main)
			if err != nil || word != "a" {
				panic(err)
			}
			if err := x.Ints.Put(main, 7); err != nil { // b's
				panic(err)
			}
			if err := x.Words.Put(main, "word"); err != nil { // c's
				panic(err)
			}
			if err := x.Words.PutError(main, errGolden); err != nil { // d's
				panic(err)
			}
			return x.asItIs(w, a, b, c, d)
		}, use: trade},
		{name: "select-kept", make: func(w *stage) any {
			x := w.market()
			x.Ints.SetPreference(channel.PreferSender)
			x.Words.SetPreference(channel.PreferSender)
			a, b := w.s.Go(x.chooser("a", 2)), w.s.Go(x.chooser("b", 2))
			x = x.opened(w, a, b).copied(w)
			main := w.s.Main()
			if err := x.Words.Put(main, "kept"); err != nil { // a's
				panic(err)
			}
			if err := x.Ints.Put(main, 7); err != nil { // b's
				panic(err)
			}
			return x.asItIs(w, x.Tasklets...)
		}, use: trade},
		{name: "select-time", make: func(w *stage) any {
			x := w.market()
			a, b, c := x.chooser("a", 3), x.chooser("b", 4), &goldenChooser{name: "c", wait: 2 * time.Second, left: 3}
			a.wait, b.wait = 9*time.Second, 2*time.Second
			ta, tb, tc := w.s.Go(a), w.s.Go(b), w.s.Go(c)
			w.s.Go(&goldenNap{"n", 2 * time.Second})
			x.opened(w)
			w.clock.Advance(2 * time.Second)
			w.s.Go(&goldenTurns{"z", 0, 1})
			if _, err := w.s.Step(2); err != nil { // time is up for b and c; they are ready, and b has run
				panic(err)
			}
			return x.asItIs(w, ta, tb, tc)
		}, use: trade},
		{name: "select-within", make: func(w *stage) any {
			x := w.market()
			a, b, c, d := x.chooser("a", 3), x.chooser("b", 4), x.chooser("c", 3), &goldenChooser{name: "d", limit: 4 * time.Second, left: 2}
			a.limit, b.limit, c.limit = 3*time.Second, 5*time.Second, 2*time.Second
			b.wait, c.wait = 2*time.Second, 2*time.Second // of two at the same time, the one that was armed first
			ts := []*tasklet.Tasklet{w.s.Go(a), w.s.Go(b), w.s.Go(c), w.s.Go(d)}
			x.opened(w)
			w.clock.Advance(time.Second)
			return x.opened(w, ts...)
		}, use: trade},
		{name: "select-queues", make: func(w *stage) any {
			x := w.market()
			b, d := x.chooser("b", 1), x.chooser("d", 2)
			d.ints, d.again = nil, x.Words // twice in one queue
			e := &goldenChooser{name: "e", ints: x.Ints, out: x.Out, own: "e", left: 2}
			var ts []*tasklet.Tasklet
			for _, f := range []tasklet.Frame{
				&goldenListener{name: "a", in: x.Words}, b, &goldenListener{name: "c", in: x.Words}, d, e,
				&goldenTalker{out: x.Out, word: "f"}, x.chooser("g", 1), &goldenListener{name: "h", in: x.Words},
			} {
				ts = append(ts, w.s.Go(f))
			}
			return x.opened(w, ts...)
		}, use: trade},
		{name: "select-end", make: func(w *stage) any {
			x := w.market()
			p := w.s.Go(&goldenParked{"p"})
			a, c := x.chooser("a", 2), &goldenChooser{name: "c", of: p, left: 1}
			a.of = p
			return x.opened(w, w.s.Go(&goldenJoiner{"j", p}), w.s.Go(a), w.s.Go(&goldenJoiner{"k", p}), w.s.Go(c), p)
		}, use: trade},
	}
}
