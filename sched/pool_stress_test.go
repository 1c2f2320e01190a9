package sched_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

var errFault = errors.New("a random fault")

// An agent does random things with random channels, wherever it runs, and keeps a
// book of what it has sent and received. Errors that it is thrown, and closed channels,
// it survives; kills it does not.
type agent struct {
	id       int
	rounds   int
	random   *rand.Rand
	channels []*channel.Channel[int]
	others   []*tasklet.Ref
	other    *tasklet.Ref // that it joins
	pc       int          // the operation under way, 0 if none
	out      *channel.Channel[int]
	in       [2]*channel.Channel[int]
	value    int
	got      int
	serial   int
	sent     []int // values that somebody is to have
	received []int
}

func (a *agent) pick() *channel.Channel[int] { return a.channels[a.random.IntN(len(a.channels))] }

func (a *agent) Resume(t *tasklet.Tasklet) tasklet.Step {
	for a.rounds > 0 {
		if a.pc == 0 {
			a.pc = 1 + a.random.IntN(8)
			a.other = a.others[a.random.IntN(len(a.others))]
			a.out, a.in = a.pick(), [2]*channel.Channel[int]{a.pick(), a.pick()}
			a.serial++
			a.value = a.id<<20 | a.serial
			if a.out == a.in[0] || a.out == a.in[1] {
				a.out = nil // a select does not send where it receives
			}
		}
		var s tasklet.Step
		fired := -1
		switch a.pc {
		case 1:
			s = t.Yield()
		case 2:
			if a.out == nil {
				s = tasklet.Next
				break
			}
			if s, fired = a.out.Send(t, a.value), 2; s == tasklet.Next {
				a.sent = append(a.sent, a.value)
			}
		case 3:
			if s = a.in[0].Receive(t, &a.got); s == tasklet.Next {
				a.received = append(a.received, a.got)
			}
		case 4:
			fired, s = t.Select(a.in[0].OnReceive(&a.got), a.in[1].OnReceive(&a.got), a.out.OnSend(&a.value))
			a.book(fired, s)
		case 5:
			fired, s = t.Select(a.in[0].OnReceive(&a.got), a.in[1].OnReceive(&a.got), a.out.OnSend(&a.value), tasklet.Otherwise())
			a.book(fired, s)
		case 6:
			s = t.Park()
		case 7:
			if s = t.Within(50*time.Microsecond, a.in[0].Receive(t, &a.got)); s == tasklet.Next {
				a.received = append(a.received, a.got)
			}
		case 8:
			s = t.Within(200*time.Microsecond, t.JoinRef(a.other))
		}
		switch s {
		case tasklet.Next:
		case tasklet.Failed:
			if err := t.Recover(); errors.Is(err, tasklet.ErrExit) || !survivable(err) {
				return t.Fail(err)
			}
		default:
			return s
		}
		a.pc = 0
		a.rounds--
	}
	return tasklet.Return
}

// survivable reports whether err is nothing to die of.
func survivable(err error) bool {
	for _, kind := range []error{errFault, channel.ErrClosed, tasklet.ErrTimeout, tasklet.ErrCurrent} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

func (a *agent) book(fired int, s tasklet.Step) {
	switch {
	case s != tasklet.Next:
	case fired == 2:
		a.sent = append(a.sent, a.value)
	case fired < 2:
		a.received = append(a.received, a.got)
	}
}

// TestPoolStress: whatever is killed, thrown at, inserted, moved, closed and stopped
// while values change hands between schedulers, each is received once, or not at all if
// its sender was told so.
func TestPoolStress(t *testing.T) {
	seeds := 60
	if testing.Short() {
		seeds = 12
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { stress(t, uint64(seed)) })
	}
}

func stress(t *testing.T, seed uint64) {
	const workers, agents, rounds = 3, 60, 60
	// Who is thrown something before it has run at all can't survive it.
	survive := sched.WithErrorHandler(func(_ *tasklet.Tasklet, err error) error {
		if survivable(err) {
			return nil
		}
		return err
	})
	p := sched.NewPool(workers, survive)
	extra := p.New(survive) // is stopped in the middle, and adopted
	heir := p.New(survive)
	homes := append(p.Schedulers(), extra, heir)
	var channels []*channel.Channel[int]
	for i := range 8 {
		c := channel.New[int](homes[i%(workers+1)])
		c.SetPreference(channel.Preference(i%3 - 1))
		channels = append(channels, c)
	}
	var all []*agent
	var refs []*tasklet.Ref
	for i := range agents {
		a := &agent{id: i + 1, rounds: rounds, random: rand.New(rand.NewPCG(seed, uint64(i))), channels: channels}
		all = append(all, a)
		if i%8 == 7 {
			refs = append(refs, extra.Home().RoamRef(a))
			continue
		}
		ref, err := p.Go(a)
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, ref)
	}
	for _, a := range all {
		a.others = refs
	}
	if seed%2 == 1 {
		for _, s := range homes {
			s.Observe(true)
			s.OnSwitch(func(from, to *tasklet.Tasklet) { _, _ = from.Name(), to.Name() })
		}
	}
	check := func(s *sched.Scheduler) {
		if err := s.Check(); err != nil {
			t.Errorf("check: %v", err)
		}
	}

	var over sync.WaitGroup
	ctx, done := context.WithCancel(t.Context())
	over.Go(func() { // faults from outside
		defer done()
		random := rand.New(rand.NewPCG(seed, 1<<20))
		for i := range 3000 {
			if i%20 == 0 { // let them work
				heard := make(chan struct{})
				if homes[i/20%workers].Post(func() { close(heard) }) == nil {
					select {
					case <-heard:
					case <-ctx.Done():
					}
				}
			}
			ref := refs[random.IntN(len(refs))]
			s := homes[random.IntN(len(homes))]
			switch random.IntN(12) {
			case 0:
				if random.IntN(10) == 0 {
					_ = ref.Kill()
				}
			case 1, 2:
				_ = ref.Throw(errFault)
			case 3, 4, 5, 6, 7:
				_ = ref.Insert()
			case 8, 9:
				_ = ref.Do(func(x *tasklet.Tasklet) { _, _ = x.MoveTo(s) })
			case 10:
				i := random.IntN(len(channels))
				_ = homes[i%(workers+1)].Post(func() {
					channels[i].Close()
					channels[i].Open()
				})
			case 11:
				_ = s.Post(func() { check(s.Home().Scheduler().(*sched.Scheduler)) })
			}
		}
	})
	stopped := make(chan struct{})
	over.Go(func() {
		for range 20 {
			if err := extra.RunReady(); err != nil {
				t.Error(err)
			}
		}
		if err := extra.Stop(); err != nil {
			t.Error(err)
		}
		close(stopped)
	})
	over.Go(func() {
		if err := heir.RunReady(); err != nil {
			t.Error(err)
		}
		<-stopped
		if err := heir.Adopt(extra); err != nil {
			t.Error(err)
		}
		if err := heir.Serve(ctx); err != nil {
			t.Error(err)
		}
		if err := heir.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := p.Serve(ctx); err != nil {
		t.Error(err)
	}
	done()
	over.Wait()

	// All is quiet now. What is left is taken to one scheduler, and run to its end.
	last := sched.New(survive)
	for _, s := range append(p.Schedulers(), heir) {
		check(s)
		if s != heir {
			if err := s.Stop(); err != nil {
				t.Fatal(err)
			}
		}
		if err := last.Adopt(s); err != nil {
			t.Fatal(err)
		}
		check(last)
	}
	if err := last.Run(); err != nil {
		t.Error(err)
	}
	check(last)
	if err := last.Close(); err != nil {
		t.Error(err)
	}
	check(last)
	for i, c := range channels {
		if c.Balance() != 0 {
			t.Errorf("channel %d: balance %d when all have ended", i, c.Balance())
		}
	}
	audit(t, all)
}

// audit compares what was sent with what was received.
func audit(t *testing.T, all []*agent) {
	owner := make(map[int]int)
	sent := 0
	for _, a := range all {
		for _, v := range a.received {
			if was, twice := owner[v]; twice {
				t.Errorf("agents %d and %d have both received %x", was, a.id, v)
			}
			owner[v] = a.id
		}
	}
	for _, a := range all {
		for _, v := range a.sent {
			sent++
			if owner[v] == 0 {
				t.Errorf("agent %d has sent %x, which nobody has received", a.id, v)
			}
			delete(owner, v)
		}
	}
	for v, id := range owner {
		t.Errorf("agent %d has received %x, whose sender does not know of it", id, v)
	}
	if sent < len(all) {
		t.Errorf("%d values sent in all: the test tests nothing", sent)
	}
}
