package sched_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// This file drives sleeps and deadlines against a model, which is a sorted list of
// times: of those due at the same look, the earlier is first, then those that sleep,
// then who was armed first.

// A waywardClock shows what it is told, and can go back.
type waywardClock struct{ now time.Time }

func (c *waywardClock) Now() time.Time { return c.now }

func (c *waywardClock) Wait(time.Time, <-chan struct{}) { panic("nobody is to wait") }

var errThrown = errors.New("thrown")

// A cue is what a player does next: it sleeps, or parks if sleep is 0, that many
// calls deep as there are limits, of which each call has one; 0 is none.
type cue struct {
	sleep  time.Duration
	limits []time.Duration
	same   time.Duration // a second limit in the outermost frame, if not 0
}

// A player carries out cues, and logs how each has ended.
type player struct {
	id    int
	log   *[]string
	doing *scene
}

func (a *player) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if a.doing == nil {
			if s := t.Park(); s != tasklet.Next {
				return s
			}
			a.doing = &scene{cue: t.Value().(cue)}
		}
		s := a.doing.act(t)
		switch s {
		case tasklet.Next:
			*a.log = append(*a.log, fmt.Sprintf("%d done", a.id))
		case tasklet.Failed:
			err := t.Recover()
			var timeout *tasklet.TimeoutError
			if errors.Is(err, tasklet.ErrExit) {
				return t.Fail(err)
			}
			if errors.As(err, &timeout) {
				*a.log = append(*a.log, fmt.Sprintf("%d after %v", a.id, timeout.After))
			} else {
				*a.log = append(*a.log, fmt.Sprintf("%d %v", a.id, err))
			}
		default:
			return s
		}
		a.doing = nil
	}
}

// A scene is one level of an cue.
type scene struct {
	cue
	inner *scene
}

func (c *scene) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := c.act(t); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

func (c *scene) act(t *tasklet.Tasklet) tasklet.Step {
	var s tasklet.Step
	switch {
	case len(c.limits) > 1:
		if c.inner == nil {
			c.inner = &scene{cue: cue{sleep: c.sleep, limits: c.limits[1:]}}
		}
		s = t.Call(c.inner)
	case c.sleep > 0:
		s = t.Sleep(c.sleep)
	default:
		s = t.Park()
	}
	if c.limits[0] > 0 {
		s = t.Within(c.limits[0], s)
	}
	if c.same > 0 {
		s = t.Within(c.same, s)
	}
	return s
}

// A due is what the model knows of a time.
type due struct {
	at       time.Duration
	deadline int
	armed    int
	player   int
	says     string
}

type theatre struct {
	clock  *waywardClock
	s      *sched.Scheduler
	actors []*tasklet.Tasklet
	log    []string

	now   time.Duration // since the beginning
	list  []due
	armed int
	busy  map[int]bool
}

var curtain = time.Unix(5000, 0)

func newTheatre(actors int) *theatre {
	g := &theatre{clock: &waywardClock{curtain}, busy: make(map[int]bool)}
	g.s = sched.New(sched.WithClock(g.clock))
	for i := range actors {
		g.actors = append(g.actors, g.s.Go(&player{id: i, log: &g.log}))
	}
	return g
}

// expect adds to the model what player i is about to arm: its sleep, then its limits, the
// outermost of which is armed first as the calls go down.
func (g *theatre) expect(i int, o cue) {
	add := func(d time.Duration, deadline int) {
		if d > 0 {
			g.armed++
			says := "done"
			if deadline == 1 {
				says = fmt.Sprintf("after %v", d)
			}
			g.list = append(g.list, due{g.now + d, deadline, g.armed, i, says})
		}
	}
	first := o.limits[0]
	if o.same > 0 && (first == 0 || o.same < first) {
		first = o.same
	}
	add(first, 1)
	for _, d := range o.limits[1:] {
		add(d, 1)
	}
	add(o.sleep, 0)
	g.busy[i] = true
}

// look returns what is logged when the scheduler looks at the clock now.
func (g *theatre) look() (log []string) {
	slices.SortFunc(g.list, func(a, b due) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.deadline, b.deadline), cmp.Compare(a.armed, b.armed))
	})
	for len(g.list) > 0 && g.list[0].at <= g.now {
		d := g.list[0]
		log = append(log, fmt.Sprintf("%d %s", d.player, d.says))
		g.forget(d.player)
	}
	return log
}

// forget ends what player i waits for.
func (g *theatre) forget(i int) {
	delete(g.busy, i)
	g.list = slices.DeleteFunc(g.list, func(d due) bool { return d.player == i })
}

// move moves the clock.
func (g *theatre) move(d time.Duration) {
	g.now += d
	g.clock.now = g.clock.now.Add(d)
}

// some draws a time: often one of few, so that many are the same.
func some(r *rand.Rand) time.Duration {
	switch r.IntN(6) {
	case 0, 1:
		return time.Duration(1 + r.IntN(4))
	case 2:
		return time.Duration(1+r.IntN(3)) << 16
	case 3:
		return time.Duration(1+r.IntN(5)) * time.Second
	case 4:
		return time.Duration(1 + r.Int64N(1<<(10+r.IntN(40))))
	}
	return time.Duration(1 + r.Int64N(1<<58))
}

// perform does something at random, and returns what is to be logged for it.
func (g *theatre) perform(r *rand.Rand) (want []string, err error) {
	i := r.IntN(len(g.actors))
	switch n := r.IntN(16); {
	case n < 8 && !g.busy[i]:
		o := cue{limits: make([]time.Duration, 1+r.IntN(3)*r.IntN(3))}
		for j := range o.limits {
			if r.IntN(2) == 0 {
				o.limits[j] = some(r)
			}
		}
		if r.IntN(3) > 0 {
			o.sleep = some(r)
		}
		if r.IntN(5) == 0 {
			o.same = some(r)
		}
		g.expect(i, o)
		g.actors[i].SetValue(o)
		return nil, g.actors[i].Insert()
	case n < 8: // it is busy
		want = append(want, fmt.Sprintf("%d %v", i, errThrown))
		g.forget(i)
		return want, g.s.Main().Throw(g.actors[i], errThrown)
	case n < 10 && len(g.list) > 0: // to a time, or just before it
		if to := g.list[r.IntN(len(g.list))].at - time.Duration(r.IntN(2)); to > g.now && to < 1<<61 {
			g.move(to - g.now)
		}
	case n < 12:
		if g.now < 1<<60 {
			g.move(some(r))
		}
	case n == 12:
		if back := some(r); g.now-back > -1<<60 {
			g.move(-back)
		}
	case n == 13 && r.IntN(4) == 0: // another scheduler takes over, whose epoch is another
		heir := sched.New(sched.WithClock(g.clock))
		if err := errors.Join(g.s.Stop(), heir.Adopt(g.s)); err != nil {
			return nil, err
		}
		g.s = heir
	case n == 14 && r.IntN(4) == 0: // all at once
		for i := range g.actors {
			if g.busy[i] {
				want = append(want, fmt.Sprintf("%d %v", i, errThrown))
				g.forget(i)
				if err := g.s.Main().Throw(g.actors[i], errThrown); err != nil {
					return nil, err
				}
			}
		}
	}
	return want, nil
}

// TestTimingAgainstList: sleeps and deadlines, of one frame and of several, end in the
// order that is documented, whatever the clock does and whoever takes them over.
func TestTimingAgainstList(t *testing.T) {
	seeds, each := 40, 2500
	if testing.Short() {
		seeds = 4
	}
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 7))
		g := newTheatre(1 + r.IntN(24))
		if err := g.s.RunReady(); err != nil {
			t.Fatal(err)
		}
		for n := range each {
			want, err := g.perform(r)
			if err == nil {
				err = errors.Join(g.s.RunReady(), g.s.Check())
			}
			want = append(want, g.look()...)
			if got := strings.Join(g.log, ", "); err != nil || got != strings.Join(want, ", ") {
				t.Fatalf("seed %d, operation %d, at %v:\ngot  %s\nwant %s\n%v", seed, n, g.now, got, strings.Join(want, ", "), err)
			}
			g.log = nil
		}
		if err := g.s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
