package pickle_test

import (
	"errors"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/tasklet"
)

// The frames of the golden pickles of deadlines and tickers. Their names and fields
// are never to change.
type (
	// goldenPatience waits for a word so long, and then calls itself without a limit
	// of its own.
	goldenPatience struct {
		name  string
		in    *channel.Channel[string]
		limit time.Duration
		word  string
		inner *goldenPatience
	}
	// goldenTicking says each tick.
	goldenTicking struct {
		name  string
		tick  tasklet.Ticker
		ticks int
	}
)

// Resume waits.
func (f *goldenPatience) Resume(t *tasklet.Tasklet) tasklet.Step {
	wait := func() tasklet.Step {
		if f.inner != nil {
			return t.Call(f.inner)
		}
		return f.in.Receive(t, &f.word)
	}
	s := wait()
	if f.limit > 0 {
		s = t.Within(f.limit, s)
	}
	var timeout *tasklet.TimeoutError
	switch {
	case s == tasklet.Failed:
		err := t.Recover()
		if !errors.As(err, &timeout) {
			return t.Fail(err)
		}
		say("%s: %v after %v, at %v", f.name, timeout.Op, timeout.After, t.Now().Sub(start))
		if f.limit == 0 {
			return t.Fail(err)
		}
	case s != tasklet.Next:
		return s
	default:
		say("%s hears %q", f.name, f.word)
	}
	return tasklet.Return
}

// Resume waits for ticks.
func (f *goldenTicking) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.ticks > 0; f.ticks-- {
		if s := f.tick.Next(t); s != tasklet.Next {
			return s
		}
		say("%s ticks at %v, %d missed", f.name, t.Now().Sub(start), f.tick.Missed)
	}
	return tasklet.Return
}

func init() {
	pickle.Register[goldenPatience]("golden.patience")
	pickle.Register[goldenTicking]("golden.ticking")
}

// timings are golden pickles of deadlines and tickers.
func timings() []golden {
	return []golden{
		{name: "deadlines", make: func(w *stage) any {
			c := channel.New[string](w.s)
			a := w.s.Go(&goldenPatience{name: "a", in: c, limit: 3 * time.Second})
			w.s.Go(&goldenPatience{name: "b", in: c, limit: 3 * time.Second})
			w.s.Go(&goldenPatience{name: "c", limit: 5 * time.Second, inner: &goldenPatience{name: "d", inner: &goldenPatience{name: "e", in: c, limit: 9 * time.Second}}})
			w.s.Go(&goldenPatience{name: "f", in: c, limit: 7 * time.Second})
			w.s.Go(&goldenNap{"n", 3 * time.Second})
			w.s.Go(&goldenPatience{name: "g", limit: time.Second, inner: &goldenPatience{name: "h", in: c}})
			if err := w.s.RunReady(); err != nil {
				panic(err)
			}
			w.clock.Advance(time.Second) // which that of g has not noticed yet
			return w.asItIs(c, a)
		}, use: playWith(nil, 0, false)},
		{name: "deadline-late", make: func(w *stage) any {
			c := channel.New[string](w.s)
			c.SetPreference(channel.PreferSender)
			a := w.s.Go(&goldenPatience{name: "a", limit: 2 * time.Second, inner: &goldenPatience{name: "b", in: c}})
			if err := w.s.RunReady(); err != nil {
				panic(err)
			}
			w.s.Go(&goldenTurns{"z", 0, 1})
			if err := c.Put(w.s.Main(), "in time"); err != nil {
				panic(err)
			}
			w.clock.Advance(2 * time.Second)
			if _, err := w.s.Step(1); err != nil { // z's, and then time is up for a, who has the word
				panic(err)
			}
			return w.asItIs(c, a)
		}, use: play},
		{name: "ticking", make: func(w *stage) any {
			a := w.s.Go(&goldenTicking{"a", tasklet.Ticker{Every: time.Second}, 6})
			return w.onStage(nil, a)
		}, use: play},
	}
}
