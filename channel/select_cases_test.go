package channel_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// hesitant selects for ever between two channels and its time, and logs what fired.
type hesitant struct {
	Ints  *channel.Channel[int]
	Words *channel.Channel[string]
	Wait  time.Duration
	Limit time.Duration // of the operation, if not 0
	Until bool          // its time is a point in time
	I     int
	W     string
	Begun time.Time
	Log   []string
	Left  int // selects to go
}

func (p *hesitant) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; p.Left > 0; p.Left-- {
		limit := tasklet.After(p.Wait)
		if p.Until {
			if p.Begun.IsZero() {
				p.Begun = t.Now()
			}
			limit = tasklet.At(p.Begun.Add(p.Wait))
		}
		fired, s := t.Select(p.Ints.OnReceive(&p.I), limit, p.Words.OnReceive(&p.W))
		if p.Limit > 0 {
			s = t.Within(p.Limit, s)
		}
		at := t.Now().Sub(start)
		switch {
		case s == tasklet.Failed:
			err := t.Recover()
			word := err.Error()
			if errors.Is(err, tasklet.ErrTimeout) {
				word = "timeout"
			}
			p.Log = append(p.Log, fmt.Sprintf("%v %d:%s", at, fired, word))
			if !errors.Is(err, tasklet.ErrTimeout) {
				return t.Fail(err)
			}
			continue
		case s != tasklet.Next:
			return s
		}
		p.Begun = time.Time{}
		p.Log = append(p.Log, fmt.Sprint(at, " ", []string{fmt.Sprint("int ", p.I), "time", "word " + p.W}[fired]))
	}
	return tasklet.Return
}

func init() { pickle.Register[hesitant]("test.hesitant") }

var start = time.Unix(1_000_000, 0).UTC()

func onClock() (*sched.Scheduler, *sched.VirtualClock) {
	clock := sched.NewVirtualClock(start)
	return sched.New(sched.WithClock(clock)), clock
}

// says checks the log of a hesitant after one of everything.
func (p *hesitant) says(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(p.Log, want) {
		t.Errorf("log %q, want %q", p.Log, want)
	}
}

// after sends a word when d has passed.
type after struct {
	To    *channel.Channel[string]
	Sleep time.Duration
	Slept bool
}

func (a *after) Resume(t *tasklet.Tasklet) tasklet.Step {
	if !a.Slept {
		if s := t.Sleep(a.Sleep); s != tasklet.Next {
			return s
		}
		a.Slept = true
	}
	if s := a.To.Send(t, "w"); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

func init() { pickle.Register[after]("test.after") }

// TestSelectTime: the case of time fires when no other has; what comes earlier ends it.
func TestSelectTimeTable(t *testing.T) {
	for name, test := range map[string]struct {
		p     hesitant
		words []time.Duration
		want  []string
	}{
		"nobody":               {hesitant{Wait: 5, Left: 3}, nil, []string{"5ns time", "10ns time", "15ns time"}},
		"somebody":             {hesitant{Wait: 5, Left: 2}, []time.Duration{3}, []string{"3ns word w", "8ns time"}},
		"in that moment":       {hesitant{Wait: 5, Left: 2}, []time.Duration{5}, []string{"5ns time", "5ns word w"}},
		"no time":              {hesitant{Wait: 0, Left: 1}, nil, []string{"0s time"}},
		"less than no time":    {hesitant{Wait: -9, Left: 2}, nil, []string{"0s time", "0s time"}},
		"a point in time":      {hesitant{Wait: 5, Until: true, Left: 2}, []time.Duration{3}, []string{"3ns word w", "8ns time"}},
		"a point long ago":     {hesitant{Wait: -1 << 63, Until: true, Left: 1}, nil, []string{"0s time"}},
		"a shorter limit":      {hesitant{Wait: 5, Limit: 3, Left: 2}, nil, []string{"3ns -1:timeout", "6ns -1:timeout"}},
		"a longer limit":       {hesitant{Wait: 3, Limit: 5, Left: 2}, nil, []string{"3ns time", "6ns time"}},
		"the same limit":       {hesitant{Wait: 3, Limit: 3, Left: 2}, nil, []string{"3ns time", "6ns time"}},
		"a limit and somebody": {hesitant{Wait: 5, Limit: 4, Left: 2}, []time.Duration{2}, []string{"2ns word w", "6ns -1:timeout"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, functions := range []bool{false, true} {
				s, _ := onClock()
				p := test.p
				p.Ints, p.Words = channel.New[int](s), channel.New[string](s)
				x := s.Go(&p)
				for _, d := range test.words {
					if functions {
						s.GoFunc(func(co *tasklet.Coroutine) error {
							if err := co.Sleep(d); err != nil {
								return err
							}
							return p.Words.Put(co, "w")
						})
					} else {
						s.Go(&after{To: p.Words, Sleep: d})
					}
				}
				for range 50 {
					if _, err := s.Step(1); err != nil {
						t.Fatal(err)
					}
					check(t, s)
				}
				run(t, s)
				if x.Alive() {
					t.Errorf("%v", x.Describe())
				}
				p.says(t, test.want...)
				if p.Ints.Balance() != 0 || p.Words.Balance() > 0 {
					t.Errorf("balances %d, %d", p.Ints.Balance(), p.Words.Balance())
				}
			}
		})
	}
}

// TestSelectTimeNames: who waits for time says so, and until when.
func TestSelectTimeNames(t *testing.T) {
	s, _ := onClock()
	p := &hesitant{Ints: channel.New[int](s), Wait: time.Minute, Left: 1}
	x := s.Go(p)
	if err := s.RunReady(); err != nil {
		t.Fatal(err)
	}
	if on, _ := x.BlockedOn(); on.WaitName() != "receive on channel 1 of int, or time" {
		t.Error(on.WaitName())
	}
	if at, ok := x.Deadline(); !ok || !at.Equal(start.Add(time.Minute)) {
		t.Errorf("%v, %v", at, ok)
	}
	if err := s.Main().Kill(x); err != nil {
		t.Fatal(err)
	}
	check(t, s)
	p.says(t, "0s -1:tasklet exit")
	many := make([]tasklet.Case, 20)
	var v int
	for i := range many {
		many[i] = channel.New[int](s).OnReceive(&v)
	}
	x = s.GoFunc(func(co *tasklet.Coroutine) error { _, err := co.Select(many...); return err })
	if err := s.RunReady(); err != nil {
		t.Fatal(err)
	}
	if on, _ := x.BlockedOn(); !strings.HasSuffix(on.WaitName(), ", or receive on channel 9 of int, or 12 more") {
		t.Error(on.WaitName())
	}
}

// TestSelectTimeMain: main waits for its time, which is no deadlock, also of nothing
// else; the first of several cases of time counts, and Otherwise before all.
func TestSelectTimeMain(t *testing.T) {
	s, clock := onClock()
	main := s.Main()
	c := channel.New[int](s)
	var v int
	for _, test := range []struct {
		cases  []tasklet.Case
		fired  int
		passes time.Duration
	}{
		{[]tasklet.Case{c.OnReceive(&v), tasklet.After(7)}, 1, 7},
		{[]tasklet.Case{tasklet.After(7)}, 0, 7},
		{[]tasklet.Case{tasklet.After(7), tasklet.After(4), c.OnReceive(&v), tasklet.After(4)}, 1, 4},
		{[]tasklet.Case{tasklet.At(start.Add(1000)), tasklet.After(1)}, 1, 1},
		{[]tasklet.Case{tasklet.At(time.Time{}), tasklet.After(1)}, 0, 0},
		{[]tasklet.Case{tasklet.After(1), tasklet.Otherwise()}, 1, 0},
		{[]tasklet.Case{tasklet.At(time.Unix(1<<60, 0)), c.OnReceive(&v), tasklet.After(1)}, 2, 1},
	} {
		before := clock.Now()
		fired, err := main.Select(test.cases...)
		if passes := clock.Now().Sub(before); fired != test.fired || err != nil || passes != test.passes {
			t.Errorf("fired %d, %v, after %v, want %d after %v", fired, err, passes, test.fired, test.passes)
		}
		check(t, s)
	}
	main.Tasklet().SetBlockTrap(true)
	if _, err := main.Select(c.OnReceive(&v), tasklet.After(1)); !errors.Is(err, tasklet.ErrBlockTrap) {
		t.Error(err)
	}
	if fired, err := main.Select(c.OnReceive(&v), tasklet.After(0)); fired != 1 || err != nil {
		t.Errorf("%d, %v", fired, err)
	}
	check(t, s)
}

// TestSelectTimePickles: the time of a select is a point in time, wherever it is
// loaded; one that has fired by then has.
func TestSelectTimePickles(t *testing.T) {
	for _, test := range []struct {
		name   string
		passes time.Duration // before the pickle; 0 if it is complete and has not run
		word   bool
		want   []string
	}{
		{"time", 2, false, []string{"5ns time", "10ns time"}},
		{"word", 2, true, []string{"2ns word w", "7ns time"}},
		{"fired", 0, false, []string{"5ns time", "10ns time"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, clock := onClock()
			x := s.Go(&hesitant{Ints: channel.New[int](s), Words: channel.New[string](s), Wait: 5, Left: 2})
			if err := s.RunReady(); err != nil {
				t.Fatal(err)
			}
			if test.passes > 0 {
				clock.Advance(test.passes)
			} else { // it is ready, and another watches
				s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return t.Sleep(5) }))
				clock.Advance(5)
				if _, err := s.Step(1); err != nil {
					t.Fatal(err)
				}
				if !x.Complete() || x.Status() != tasklet.Ready && x.Status() != tasklet.Running {
					t.Fatal(x.Describe())
				}
			}
			b, err := pickle.Marshal(x)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Main().Kill(x); err != nil {
				t.Fatal(err)
			}
			check(t, s)
			s = sched.New(sched.WithClock(clock))
			x, err = pickle.Unmarshal[*tasklet.Tasklet](b, pickle.Into(s))
			if err != nil {
				t.Fatal(err)
			}
			check(t, s)
			p := x.Frame().(*hesitant)
			if test.passes == 0 {
				if err := x.Insert(); err != nil {
					t.Fatal(err)
				}
			}
			if test.word {
				if err := p.Words.Put(s.Main(), "w"); err != nil {
					t.Fatal(err)
				}
			}
			check(t, s)
			run(t, s)
			p.says(t, test.want...)
		})
	}
}

// TestSelectTimeAllocates nothing once a tasklet has selected.
func TestSelectTimeAllocates(t *testing.T) {
	s, _ := onClock()
	a := channel.New[int](s)
	n := 0
	s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
		for {
			if _, s := t.Select(a.OnReceive(&n), tasklet.After(3)); s != tasklet.Next {
				return s
			}
		}
	}))
	s.Go(&feeder{a, a, 0})
	x := s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
		for {
			if _, s := t.Select(tasklet.After(1)); s != tasklet.Next {
				return s
			}
		}
	}))
	if _, err := s.Step(5000); err != nil {
		t.Fatal(err)
	}
	if allocs := testing.AllocsPerRun(100, func() {
		if _, err := s.Step(100); err != nil {
			t.Fatal(err)
		}
	}); allocs > 0 {
		t.Errorf("%v allocations in 100 steps", allocs)
	}
	_ = x
}

// TestSelectContext: goroutines outside select, and nothing is lost when their context
// is done.
func TestSelectContext(t *testing.T) {
	s := sched.New()
	ints, words := channel.New[int](s), channel.New[string](s)
	ctx, stop := context.WithCancelCause(t.Context())
	served := make(chan error)
	go func() { served <- s.Serve(ctx) }()
	boom := errors.New("boom")
	var v int
	var w string
	go func() { _ = words.PutContext(ctx, "outside") }()
	if fired, err := tasklet.SelectContext(ctx, s, ints.OnReceive(&v), words.OnReceive(&w)); fired != 1 || err != nil || w != "outside" {
		t.Errorf("%d, %v, %q", fired, err, w)
	}
	if fired, err := tasklet.SelectContext(ctx, s, ints.OnReceive(&v), tasklet.Otherwise()); fired != 1 || err != nil {
		t.Errorf("%d, %v", fired, err)
	}
	if fired, err := tasklet.SelectContext(ctx, s, ints.OnReceive(&v), tasklet.After(time.Millisecond)); fired != 1 || err != nil {
		t.Errorf("%d, %v", fired, err)
	}
	short, cancel := context.WithCancelCause(ctx)
	time.AfterFunc(time.Millisecond, func() { cancel(boom) })
	if fired, err := tasklet.SelectContext(short, s, ints.OnReceive(&v), words.OnReceive(&w)); fired != -1 || !errors.Is(err, boom) {
		t.Errorf("%d, %v", fired, err)
	}
	if err := s.Do(ctx, tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { ints.Close(); return tasklet.Return })); err != nil {
		t.Fatal(err)
	}
	if fired, err := tasklet.SelectContext(ctx, s, words.OnReceive(&w), ints.OnReceive(&v)); fired != 1 || !errors.Is(err, channel.ErrClosed) {
		t.Errorf("%d, %v", fired, err)
	}
	stop(nil)
	if err := <-served; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	check(t, s)
	if ints.Balance() != 0 || words.Balance() != 0 {
		t.Errorf("balances %d, %d", ints.Balance(), words.Balance())
	}
}

// TestSelectMany: a select of a thousand cases, one of which is on both ways of a
// channel, leaves nothing behind.
func TestSelectMany(t *testing.T) {
	s := sched.New()
	var v int
	cases := make([]tasklet.Case, 1000)
	channels := make([]*channel.Channel[int], len(cases))
	for i := range cases {
		channels[i] = channel.New[int](s)
		cases[i] = channels[i].OnReceive(&v)
	}
	cases[999] = channels[0].OnSend(&v)
	main := s.Main()
	if _, err := main.Select(cases...); !errors.Is(err, tasklet.ErrMisuse) || !strings.Contains(err.Error(), "channel 1 of int at once") {
		t.Error(err)
	}
	check(t, s)
	for _, c := range channels {
		if c.Balance() != 0 {
			t.Fatal(c)
		}
	}
	cases[999] = channels[999].OnReceive(&v)
	x := s.GoFunc(func(co *tasklet.Coroutine) error {
		for _, i := range []int{999, 500, 500, 0} {
			if fired, err := co.Select(cases...); fired != i || err != nil || v != i {
				return fmt.Errorf("%d, %v, want %d", fired, err, i)
			}
		}
		return nil
	})
	for _, i := range []int{999, 500, 500, 0} {
		if err := channels[i].Put(main, i); err != nil {
			t.Fatal(err)
		}
		check(t, s)
	}
	run(t, s)
	if err := x.Err(); err != nil {
		t.Error(err)
	}
}

// TestSelectObserved: who watches channels hears of a case that is ready, and of each
// that is to wait; what it throws is not lost.
func TestSelectObserved(t *testing.T) {
	s := sched.New()
	c := newChooser(s)
	var heard []string
	var throw error
	s.OnChannel(func(e tasklet.ChannelEvent) {
		heard = append(heard, e.String())
		if e.Sending && e.WillBlock && e.Value != c.O {
			t.Errorf("it sends %v", e.Value)
		}
		if throw != nil && e.Op == tasklet.OpSend {
			_ = e.Tasklet.ThrowLater(throw)
		}
	})
	x := s.Go(c)
	run(t, s)
	want := []string{"tasklet 2: receive on channel 1 of int, will block", "tasklet 2: receive on channel 2 of string, will block", "tasklet 2: send on channel 3 of int, will block"}
	if !slices.Equal(heard, want) {
		t.Errorf("heard %q, want %q", heard, want)
	}
	heard = nil
	if v, err := c.Out.Get(s.Main()); err != nil || v != 10 {
		t.Errorf("%d, %v", v, err)
	}
	throw = errors.New("thrown")
	if err := s.Run(); !errors.Is(err, throw) {
		t.Error(err)
	}
	check(t, s)
	want = append([]string{"tasklet 1 (main): receive on channel 3 of int"}, want...)
	if !slices.Equal(heard, want) {
		t.Errorf("heard %q, want %q", heard, want)
	}
	if want := []string{"sent 10", "-1:thrown"}; !slices.Equal(c.Log, want) {
		t.Errorf("log %q, want %q", c.Log, want)
	}
	if b := c.balances(); b != [3]int{} || x.Alive() {
		t.Errorf("balances %v, %v", b, x)
	}
}
