package sched_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

func init() {
	pickle.Register[world]("test.world")
	pickle.Register[actor]("test.actor")
	pickle.Register[script]("test.script")
	pickle.Register[program]("test.program")
	pickle.Register[op]("test.op")
	pickle.Register[word]("test.word")
	pickle.Register[passage]("test.passage")
}

// passage is what goes from one scheduler to the next: the world, and the order
// of its tasklets.
type passage struct {
	Everyone *tasklet.Group
	World    *world
}

// pickled pickles the whole world, main's wait apart, and returns the one that is
// loaded into another scheduler. A world in which somebody waits for main, which
// can't be pickled, is returned as it is, as is one of plain functions.
func (w *world) pickled() *world {
	w.check()
	if w.functions {
		return w
	}
	main := w.s.Main().Tasklet()
	delete(w.tasklets, "main")
	delete(w.names, main)
	defer func() {
		w.tasklets["main"], w.names[main] = main, "main"
	}()
	before := w.s.Everyone()
	b, err := pickle.Marshal(passage{before, w})
	w.check()
	if err != nil {
		if !strings.Contains(err.Error(), "drives the scheduler") && w.broken == nil {
			w.broken = err
		}
		return w
	}
	next := sched.New(sched.WithClock(w.clock))
	p, err := pickle.Unmarshal[passage](b, pickle.Into(next))
	if err != nil {
		w.broken = errors.Join(w.broken, err)
		return w
	}
	v := p.World
	v.s, v.clock, v.broken, v.pickles = next, w.clock, w.broken, w.pickles+1
	v.know("main", next.Main().Tasklet())
	next.Main().Tasklet().SetValue(main.Value())
	next.Main().Tasklet().SetBlockTrap(main.BlockTrap())
	next.SetSwitchTrap(w.s.SetSwitchTrap(0))
	if err := main.Recover(); err != nil {
		v.broken = errors.Join(v.broken, next.Main().Tasklet().SetError(err))
	}
	for name, t := range v.tasklets {
		if name != "main" && t.Alive() && t.ID() != w.tasklets[name].ID() && v.broken == nil {
			v.broken = fmt.Errorf("%s was %d and is %d", name, w.tasklets[name].ID(), t.ID())
		}
	}
	v.check()
	return v
}

// TestPickleProperty runs random scripts, and the same scripts with the whole
// scheduler pickled and loaded into another between operations of main: both are
// to log the same.
func TestPickleProperty(t *testing.T) {
	pickles := 0
	first, end := seeds(10000, 1500)
	for seed := first; seed < end; seed++ {
		p, ok := sameWhenPickled(t, seed)
		if !ok {
			return
		}
		pickles += p
	}
	if n := int(end - first); pickles < n {
		t.Errorf("only %d pickles in %d scripts", pickles, n)
	}
}

// FuzzPickle is TestPickleProperty with seeds of the fuzzer's choice.
func FuzzPickle(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { sameWhenPickled(t, seed) })
}

// sameWhenPickled reports whether the script of that seed logs the same when it is
// pickled, and how often it was.
func sameWhenPickled(t *testing.T, seed uint64) (pickles int, ok bool) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 2))
	s := randomScript(r)
	main := s.program("main")
	var plain, pickled []op
	for _, o := range main.ops {
		for range r.IntN(3) {
			steps := op{verb: "steps", args: []string{fmt.Sprint(1 + r.IntN(5))}, try: true}
			plain = append(plain, steps)
			pickled = append(pickled, steps, op{verb: "pickle"})
		}
		if o.verb == "select" {
			o = op{verb: "yield", try: true} // another main would not know whose turn it is
		}
		plain, pickled = append(plain, o), append(pickled, o)
	}
	main.ops = plain
	want, err := runWorld(s, false)
	if err != nil {
		t.Errorf("seed %d: %v\n%s", seed, err, s)
		return 0, false
	}
	main.ops = slices.Clip(pickled)
	got, err := runWorld(s, false)
	if err != nil || strings.Join(got.log, " ") != strings.Join(want.log, " ") {
		t.Errorf("seed %d: %v\n%s\ngot  %v\nwant %v", seed, err, s, got.log, want.log)
		return got.pickles, false
	}
	return got.pickles, true
}
