package pickle_test

import (
	"context"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/tasklet"
)

// goldenFetcher awaits a page, or an error if there is no page of that name.
type goldenFetcher struct {
	name, of string
	page     []string
}

func (f *goldenFetcher) fetch(context.Context) ([]string, error) {
	if f.of == "" {
		return nil, errGolden
	}
	return []string{"page", f.of}, nil
}

// Resume awaits.
func (f *goldenFetcher) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch s := tasklet.Await(t, &f.page, f.fetch); s {
	case tasklet.Failed:
		say("%s failed: %v", f.name, t.Recover())
		return tasklet.Return
	case tasklet.Next:
		say("%s has %q", f.name, f.page)
	default:
		return s
	}
	f.page = nil
	return tasklet.Return
}

func init() { pickle.Register[goldenFetcher]("golden.fetcher") }

// awaitings are golden pickles of tasklets that await functions outside: those
// that still do begin anew, those that have their results keep them.
func awaitings() []golden {
	// On the stage's clock the first result is taken when nothing is ready.
	make := func(steps int, fs ...tasklet.Frame) func(w *stage) any {
		return func(w *stage) any {
			for _, f := range fs {
				w.s.Go(f)
			}
			if _, err := w.s.Step(steps); err != nil {
				panic(err)
			}
			return w.asItIs(nil)
		}
	}
	use := func(w *stage, v any) {
		x := v.(*goldenStage)
		for _, list := range [][]*tasklet.Tasklet{x.Group.Ready, x.Group.Blocked} {
			for _, t := range list {
				f, ok := t.Frame().(*goldenFetcher)
				say("%d %s, %t", t.ID(), tasklet.FrameName(t.Frame()), ok && f.page == nil)
			}
		}
		w.run()
		say("%d left", w.s.Everyone().Len())
	}
	return []golden{
		{name: "awaiting", make: make(3, &goldenFetcher{name: "a", of: "a"}, &goldenFetcher{name: "b"}, &goldenTurns{"turns", 0, 2}), use: use},
		{name: "awaited", make: make(2, &goldenFetcher{name: "a", of: "a"}, &goldenFetcher{name: "b", of: "b"}), use: use},
		{name: "awaited-error", make: make(2, &goldenFetcher{name: "a"}, &goldenFetcher{name: "b", of: "b"}), use: use},
	}
}
