package sched_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A migrant begins to wait, and moves itself to another scheduler in the same step. Then it
// writes down where it goes on.
type migrant struct {
	to    *sched.Scheduler
	wait  func(t *tasklet.Tasklet) tasklet.Step
	after func(t *tasklet.Tasklet) // in the rest of the step
	moved bool
	err   error
	ended *tasklet.Home
}

func (m *migrant) Resume(t *tasklet.Tasklet) tasklet.Step {
	s := m.wait(t)
	if s == tasklet.Wait && !m.moved {
		m.moved = true
		_, m.err = t.MoveTo(m.to)
		if m.after != nil {
			m.after(t)
		}
	}
	if s == tasklet.Next {
		m.ended = t.Home()
		return tasklet.Return
	}
	return s
}

// TestMovesItself: a tasklet that moves itself goes on at the other scheduler, and not
// before its step here is over.
func TestMovesItself(t *testing.T) {
	a, b, _, must := abroad(t)
	gate, over := channel.New[int](a), a.Go(&hop{N: 3})
	got, sent := 0, 0
	waits := map[string]struct {
		wait func(t *tasklet.Tasklet) tasklet.Step
		wake func(m *tasklet.Ref)
	}{
		"parks":    {(*tasklet.Tasklet).Park, func(m *tasklet.Ref) { must(m.Insert()) }},
		"sleeps":   {func(t *tasklet.Tasklet) tasklet.Step { return t.Sleep(time.Microsecond) }, func(*tasklet.Ref) {}},
		"receives": {func(t *tasklet.Tasklet) tasklet.Step { return gate.Receive(t, &got) }, func(*tasklet.Ref) { must(gate.Put(a.Main(), 7)) }},
		"sends": {func(t *tasklet.Tasklet) tasklet.Step { return gate.Send(t, 8) }, func(*tasklet.Ref) {
			v, err := gate.Get(a.Main())
			must(err)
			sent = v
		}},
		"joins": {func(t *tasklet.Tasklet) tasklet.Step { return t.Join(over) }, func(*tasklet.Ref) {}},
	}
	for name, w := range waits {
		m := &migrant{to: b, wait: w.wait}
		x := a.Go(m)
		ref := x.Ref()
		if name == "joins" {
			over = a.Go(&hop{N: 3})
		}
		must(a.RunReady())
		if m.err != nil {
			t.Fatalf("%s: %v", name, m.err)
		}
		must(a.Check(), b.RunReady(), b.Check())
		w.wake(ref)
		for m.ended == nil { // who sleeps does so in real time
			must(a.RunReady(), b.RunReady(), a.Check(), b.Check())
		}
		if m.ended != b.Home() {
			t.Errorf("%s: it has ended at %p, not %p", name, m.ended, b.Home())
		}
	}
	if got != 7 || sent != 8 {
		t.Errorf("got %d and %d", got, sent)
	}
}

// TestMovesItselfWhileOthersRun: the same with two goroutines, and steps that take a while
// after the move: the race detector is to see none, and nobody is lost.
func TestMovesItselfWhileOthersRun(t *testing.T) {
	p := sched.NewPool(2)
	w := p.Schedulers()
	in := [2]*channel.Channel[int]{channel.New[int](w[0]), channel.New[int](w[1])}
	const each = 50
	var all []*migrant
	for i := range 2 {
		for k := range each {
			got := 0
			m := &migrant{to: w[1-i], wait: func(t *tasklet.Tasklet) tasklet.Step {
				if k%3 == 0 {
					return t.Sleep(time.Duration(k+1) * time.Microsecond)
				}
				return in[i].Receive(t, &got)
			}}
			m.after = func(*tasklet.Tasklet) {
				for range 1000 {
					got++ // the frame is still its own
				}
				got = 0
			}
			all = append(all, m)
			w[i].Go(m)
			if k%3 != 0 {
				w[1-i].Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
					if s := in[i].Send(t, 1); s != tasklet.Next {
						return s
					}
					return tasklet.Return
				}))
			}
		}
	}
	if err := errors.Join(p.Run(), w[0].Check(), w[1].Check()); err != nil {
		t.Fatal(err)
	}
	moved := 0
	for i, m := range all {
		if m.moved { // it may have found a sender
			moved++
		}
		if m.err != nil || (m.ended == m.to.Home()) != m.moved {
			t.Errorf("%d: %v, it has not ended where it went", i, m.err)
		}
	}
	if err := p.Close(); err != nil || moved < each/2 {
		t.Errorf("%v, %d have moved", err, moved)
	}
}

// TestMoveCalledOff: a frame that has moved itself, and then breaks the contract or panics,
// ends at home; so does one whose new home is closed before it gets there, where it goes
// on waiting.
func TestMoveCalledOff(t *testing.T) {
	gateOf := func(s *sched.Scheduler) (*channel.Channel[int], *int, func(*tasklet.Tasklet) tasklet.Step) {
		gate, got := channel.New[int](s), new(int)
		return gate, got, func(t *tasklet.Tasklet) tasklet.Step { return gate.Receive(t, got) }
	}
	for name, after := range map[string]func(*tasklet.Tasklet){
		"panics": func(*tasklet.Tasklet) { panic("boom") },
		"waits":  func(t *tasklet.Tasklet) { t.Yield() },
	} {
		a, b, _, must := abroad(t)
		gate, _, receive := gateOf(a)
		for _, wait := range []func(*tasklet.Tasklet) tasklet.Step{receive, (*tasklet.Tasklet).Park, func(t *tasklet.Tasklet) tasklet.Step { return t.Sleep(time.Hour) }} {
			x := a.Go(&migrant{to: b, wait: wait, after: after})
			err := a.RunReady()
			if x.Alive() || x.Home() != a.Home() || !errors.Is(err, x.Err()) ||
				!(strings.Contains(err.Error(), "boom") || errors.Is(err, tasklet.ErrMisuse)) {
				t.Errorf("%s: %v, %v", name, err, x)
			}
			must(a.Check(), a.RunReady(), b.RunReady(), b.Check())
			if gate.Balance() != 0 {
				t.Errorf("%s: %v", name, gate)
			}
		}
	}

	for _, met := range []bool{false, true} {
		a, b, _, must := abroad(t)
		gate, got, receive := gateOf(a)
		m := &migrant{to: b, wait: receive}
		m.after = func(*tasklet.Tasklet) { must(closeOf(b)) }
		x := a.Go(m)
		if met { // between the move and the hand-over
			a.GoFunc(func(co *tasklet.Coroutine) error { return gate.Put(co, 5) })
		}
		must(a.RunReady(), a.Check())
		if !met {
			if gate.Balance() != -1 || !x.Blocked() || gate.First() != x {
				t.Errorf("%v, %v", gate, x)
			}
			must(gate.Put(a.Main(), 5))
		}
		must(a.RunReady(), a.Check())
		if x.Alive() || *got != 5 || m.ended != a.Home() {
			t.Errorf("met %t: %v, got %d", met, x, *got)
		}
		if _, err := a.New(&hop{}).MoveTo(b); !errors.Is(err, sched.ErrClosed) {
			t.Errorf("to a closed one: %v", err)
		}
	}

	a, b, _, must := abroad(t)
	must(b.Close())
	m := &migrant{to: b, wait: (*tasklet.Tasklet).Park}
	x := a.Go(m)
	must(a.RunReady())
	if !errors.Is(m.err, sched.ErrClosed) || !x.Paused() {
		t.Errorf("%v, %v", m.err, x)
	}
}

// closeOf closes a scheduler that another drives in the same goroutine, in a step of that.
func closeOf(s *sched.Scheduler) error { return s.Close() }

// TestRefOfOneThatMovesItself: what is asked of it by its Ref while it is about to go is
// done where it is then.
func TestRefOfOneThatMovesItself(t *testing.T) {
	a, b, _, must := abroad(t)
	var ref *tasklet.Ref
	m := &migrant{to: b, wait: (*tasklet.Tasklet).Park, after: func(*tasklet.Tasklet) { must(ref.Insert()) }}
	ref = a.Go(m).Ref()
	joined := make(chan error, 1)
	go func() {
		joined <- ref.Join(context.Background())
	}()
	for { // the join may have come to a before
		select {
		case err := <-joined:
			must(err)
			if m.ended != b.Home() {
				t.Error("it has ended elsewhere")
			}
			return
		default:
			must(a.RunReady(), b.RunReady())
		}
	}
}
