package sched_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// disordered returns the options of a scheduler on which nothing is certain.
func disordered(seed uint64) []sched.Option {
	options := []sched.Option{sched.WithShuffle(seed), sched.WithSpuriousWakeups(seed)}
	if seed%2 == 0 {
		options = append(options, sched.WithShuffledHandovers())
	}
	return options
}

// TestDisorder runs random scripts with shuffled order and spurious wake-ups: what
// is true in every order is true, and the same seed logs the same again.
func TestDisorder(t *testing.T) {
	for seed, end := seeds(1000, 200); seed < end; seed++ {
		var more []string
		if seed%2 == 1 {
			more = append(more, "await")
		}
		s := randomScript(rand.New(rand.NewPCG(seed, 2)), more...)
		for _, functions := range []bool{false, true} {
			log := runDisordered(t, s, functions, seed)
			if again := runDisordered(t, s, functions, seed); !slices.Equal(log, again) {
				t.Errorf("seed %d, functions %v: two runs differ\n%s\n%v\n%v", seed, functions, s, log, again)
			}
			if t.Failed() {
				return
			}
		}
	}
}

// TestScenariosInDisorder runs the transcripts' programs, whose logs don't count
// then.
func TestScenariosInDisorder(t *testing.T) {
	files, err := filepath.Glob(scenarios)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios in %s: %v", scenarios, err)
	}
	orders := make(map[string]bool)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, part := range strings.Split(string(text), "\n----\n") {
			if i > 0 {
				_, part, _ = strings.Cut(part, "\n")
			}
			s, err := parseScript(part)
			if err != nil {
				t.Fatal(err)
			}
			if len(s.tasklets) == 0 || strings.Contains(part, "pickle") {
				continue
			}
			seeds := uint64(20)
			if len(s.String()) > 5000 { // thousands of operations
				seeds = 2
			}
			for seed := range seeds {
				for _, functions := range []bool{false, true} {
					log := runDisordered(t, s, functions, seed)
					orders[strings.Join(log, " ")] = true
				}
				if t.Failed() {
					t.Fatal(file)
				}
			}
		}
	}
	if len(orders) < 2*len(files) {
		t.Errorf("no more than %d logs of %d files", len(orders), len(files))
	}
}

// runDisordered runs s and returns its log. An error of main is nothing special.
func runDisordered(t *testing.T, s *script, functions bool, seed uint64) []string {
	t.Helper()
	w := newWorld(s, functions, disordered(seed)...)
	w.ledger = newLedger()
	if _, err := w.run(); w.broken != nil {
		t.Errorf("seed %d, functions %v: %v\n%s", seed, functions, err, s)
	}
	for { // who has recovered from its kill may still have what it was sent
		err := w.s.Close()
		if errors.Is(err, tasklet.ErrMisuse) {
			t.Errorf("seed %d, functions %v: %v\n%s", seed, functions, err, s)
		}
		if !errors.Is(err, tasklet.ErrAlive) {
			break
		}
	}
	if err := w.ledger.balance(functions); err != nil {
		t.Errorf("seed %d, functions %v: %v\n%s\nlogs %v", seed, functions, err, s, w.log)
	}
	if log := fmt.Sprint(w.log); strings.Contains(log, tasklet.ErrMisuse.Error()) {
		t.Errorf("seed %d, functions %v: %s\n%s", seed, functions, log, s)
	}
	return w.log
}

// TestShuffleFindsEveryOrder: three tasklets that only log have six orders, and
// main's place among them four more times as many.
func TestShuffleFindsEveryOrder(t *testing.T) {
	orders := make(map[string]int)
	for seed := range uint64(1000) {
		s := sched.New(sched.WithShuffle(seed))
		var log string
		for _, name := range []string{"a", "b", "c"} {
			s.Go(tasklet.Func(func(*tasklet.Tasklet) tasklet.Step {
				log += name
				return tasklet.Return
			}))
		}
		if err := s.Main().Yield(); err != nil {
			t.Fatal(err)
		}
		log += "m"
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		orders[log]++
	}
	if len(orders) != 24 {
		t.Errorf("%d orders of 24: %v", len(orders), orders)
	}
}

// TestShuffleKeepsDirectedSwitches: whom a tasklet runs, switches to or kills, and
// who runs on after a rendezvous, is next in every order.
func TestShuffleKeepsDirectedSwitches(t *testing.T) {
	var ran []*tasklet.Tasklet
	for _, c := range []struct {
		name string
		do   func(t, peer *tasklet.Tasklet, c *channel.Channel[int]) tasklet.Step
	}{
		{"run", func(t, peer *tasklet.Tasklet, _ *channel.Channel[int]) tasklet.Step { return t.Run(peer) }},
		{"switch", func(t, peer *tasklet.Tasklet, _ *channel.Channel[int]) tasklet.Step { return t.Switch(peer) }},
		{"throw", func(t, peer *tasklet.Tasklet, _ *channel.Channel[int]) tasklet.Step {
			return t.Throw(peer, errors.New("cause"))
		}},
		{"kill", func(t, peer *tasklet.Tasklet, _ *channel.Channel[int]) tasklet.Step { return t.Kill(peer) }},
		{"send", func(t, _ *tasklet.Tasklet, c *channel.Channel[int]) tasklet.Step { return c.Send(t, 1) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(100) {
				ran = nil
				s := sched.New(sched.WithShuffle(seed), sched.WithSpuriousWakeups(seed),
					sched.WithAfterStep(func(t *tasklet.Tasklet, spurious bool) error {
						if !spurious {
							ran = append(ran, t)
						}
						return nil
					}))
				s.OnError(func(*tasklet.Tasklet, error) error { return nil })
				in := channel.New[int](s)
				var peer *tasklet.Tasklet
				var into int
				if c.name == "send" {
					peer = s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
						if s := in.Receive(t, &into); s != tasklet.Next {
							return s
						}
						return tasklet.Return
					}))
					if _, err := s.Step(1); err != nil {
						t.Fatal(err)
					}
				} else {
					peer = s.Go(&looping{})
				}
				for range 5 {
					s.Go(&looping{})
				}
				driver := s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
					if s := c.do(t, peer, in); s != tasklet.Next {
						return s
					}
					return tasklet.Return
				}))
				if _, err := s.Step(3000); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				at := slices.Index(ran, driver)
				if at < 0 || ran[at+1] != peer {
					t.Fatalf("seed %d: not %v came after %v", seed, peer, driver)
				}
				if err := s.Check(); err != nil {
					t.Fatal(err)
				}
				s.Close()
			}
		})
	}
}

// looping yields for ever.
type looping struct{}

func (looping) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
	}
}

// TestShuffledHandovers: with the option, and only with it, somebody else can be
// next after a rendezvous.
func TestShuffledHandovers(t *testing.T) {
	for _, shuffled := range []bool{false, true} {
		orders := make(map[string]int)
		for seed := range uint64(200) {
			options := []sched.Option{sched.WithShuffle(seed)}
			if shuffled {
				options = append(options, sched.WithShuffledHandovers())
			}
			s := sched.New(options...)
			c := channel.New[int](s)
			var log string
			s.GoFunc(func(co *tasklet.Coroutine) error {
				_, err := c.Get(co)
				log += "r"
				return err
			})
			if _, err := s.Step(1); err != nil {
				t.Fatal(err)
			}
			s.GoFunc(func(co *tasklet.Coroutine) error {
				err := c.Put(co, 1)
				log += "s"
				return err
			})
			if err := s.Run(); err != nil {
				t.Fatal(err)
			}
			orders[log]++
		}
		if want := 1; (len(orders) > want) != shuffled {
			t.Errorf("shuffled %v: %v", shuffled, orders)
		}
	}
}

// TestSpuriousWakeups wakes a frame that waits in each way, again and again. It
// stays where it is, with what it has brought along, and goes on when it is to.
func TestSpuriousWakeups(t *testing.T) {
	var clock *sched.VirtualClock
	type form struct {
		resumed int
		into    int
	}
	var c *channel.Channel[int]
	var other, loops *tasklet.Tasklet
	var result chan struct{}
	ticker := tasklet.Ticker{Every: time.Hour}
	cause := errors.New("cause")
	for _, k := range []struct {
		name string
		wait func(f *form, t *tasklet.Tasklet) tasklet.Step
		ends func(s *sched.Scheduler, t *tasklet.Tasklet) error
		want int // in into
	}{
		{"receive", func(f *form, t *tasklet.Tasklet) tasklet.Step { return c.Receive(t, &f.into) },
			func(s *sched.Scheduler, _ *tasklet.Tasklet) error { return c.Put(s.Main(), 5) }, 5},
		{"send", func(f *form, t *tasklet.Tasklet) tasklet.Step { return c.Send(t, f.resumed) }, // the first counts
			func(s *sched.Scheduler, _ *tasklet.Tasklet) error {
				if v, err := c.Get(s.Main()); err != nil || v != 1 {
					return fmt.Errorf("received %d, %v", v, err)
				}
				return nil
			}, 0},
		{"send of an error", func(f *form, t *tasklet.Tasklet) tasklet.Step { return c.SendError(t, cause) },
			func(s *sched.Scheduler, _ *tasklet.Tasklet) error {
				if _, err := c.Get(s.Main()); !errors.Is(err, cause) {
					return fmt.Errorf("received %v", err)
				}
				return nil
			}, 0},
		{"join", func(f *form, t *tasklet.Tasklet) tasklet.Step { return t.Join(other) },
			func(*sched.Scheduler, *tasklet.Tasklet) error { other.KillLater(); return nil }, 0},
		{"park", func(f *form, t *tasklet.Tasklet) tasklet.Step { return t.Park() },
			func(_ *sched.Scheduler, t *tasklet.Tasklet) error { return t.Insert() }, 0},
		{"sleep", func(f *form, t *tasklet.Tasklet) tasklet.Step {
			return t.Sleep(time.Duration(f.resumed) * time.Hour)
		}, func(*sched.Scheduler, *tasklet.Tasklet) error { clock.Advance(time.Hour); return nil }, 0},
		{"select", func(f *form, t *tasklet.Tasklet) tasklet.Step {
			_, s := t.Select(c.OnReceive(&f.into), tasklet.OnEnd(other), tasklet.Case{})
			return s
		}, func(s *sched.Scheduler, _ *tasklet.Tasklet) error { return c.Put(s.Main(), 5) }, 5},
		{"select of a send", func(f *form, t *tasklet.Tasklet) tasklet.Step {
			_, s := t.Select(c.OnSend(&f.resumed))
			return s
		}, func(s *sched.Scheduler, _ *tasklet.Tasklet) error {
			if v, err := c.Get(s.Main()); err != nil || v != 1 {
				return fmt.Errorf("received %d, %v", v, err)
			}
			return nil
		}, 0},
		{"deadline", func(f *form, t *tasklet.Tasklet) tasklet.Step {
			return t.Within(time.Duration(f.resumed)*time.Hour, c.Receive(t, &f.into))
		}, func(s *sched.Scheduler, _ *tasklet.Tasklet) error { return c.Put(s.Main(), 5) }, 5},
		{"ticker", func(f *form, t *tasklet.Tasklet) tasklet.Step { return ticker.Next(t) },
			func(*sched.Scheduler, *tasklet.Tasklet) error { clock.Advance(time.Hour); return nil }, 0},
		{"await", func(f *form, t *tasklet.Tasklet) tasklet.Step {
			return tasklet.Await(t, &f.into, func(context.Context) (int, error) { <-result; return 5, nil })
		}, func(s *sched.Scheduler, t *tasklet.Tasklet) error {
			close(result)
			loops.KillLater() // what runs outside is in order on a virtual clock: it comes back when nobody is ready
			return s.Main().Join(t)
		}, 5},
		{"watch", func(f *form, t *tasklet.Tasklet) tasklet.Step { return t.Watch(tasklet.Budget{}, nil) },
			func(_ *sched.Scheduler, t *tasklet.Tasklet) error { return t.Insert() }, 0},
	} {
		t.Run(k.name, func(t *testing.T) {
			woken := 0
			result = make(chan struct{})
			clock = sched.NewVirtualClock(time.Unix(0, 0))
			s := sched.New(sched.WithClock(clock), sched.WithSpuriousWakeups(1), sched.WithAfterStep(func(t *tasklet.Tasklet, spurious bool) error {
				if spurious {
					woken++
				}
				return t.Home().Scheduler().(*sched.Scheduler).Check()
			}))
			c = channel.New[int](s)
			other = s.New(looping{})
			f := new(form)
			waits := s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
				f.resumed++
				if s := k.wait(f, t); s != tasklet.Next {
					return s
				}
				return tasklet.Return
			}))
			loops = s.Go(looping{})
			if _, err := s.Step(200); err != nil {
				t.Fatal(err)
			}
			if woken < 5 || f.resumed != woken+1 || !waits.Alive() {
				t.Fatalf("woken %d times, resumed %d, %v", woken, f.resumed, waits)
			}
			if err := k.ends(s, waits); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Step(200); err != nil || waits.Alive() || f.into != k.want {
				t.Errorf("%v: %v, into %d", waits, err, f.into)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSpuriousWakeupsFind has frames that break the contract in ways that no
// other run shows. Each ends with ErrMisuse, which says what it did.
func TestSpuriousWakeupsFind(t *testing.T) {
	var a, b *channel.Channel[int]
	var other *tasklet.Tasklet
	var v int
	for _, c := range []struct {
		name string
		f    func(c *counter, t *tasklet.Tasklet) tasklet.Step
		says string
	}{
		{"comes back to another operation", func(c *counter, t *tasklet.Tasklet) tasklet.Step {
			if c.resumed == 1 {
				return a.Receive(t, &v)
			}
			return t.Sleep(time.Hour)
		}, "left a receive and resumed into a sleep"},
		{"comes back to another channel", func(c *counter, t *tasklet.Tasklet) tasklet.Step {
			return []*channel.Channel[int]{a, b}[(c.resumed+1)%2].Receive(t, &v)
		}, "left a receive and resumed into the receive of something else"},
		{"joins another", func(c *counter, t *tasklet.Tasklet) tasklet.Step {
			if c.resumed == 1 {
				return t.Join(other)
			}
			return t.Join(t.Home().Main().Tasklet())
		}, "left a join and resumed into the join of something else"},
		{"receives into a local variable", func(c *counter, t *tasklet.Tasklet) tasklet.Step {
			var local int
			return a.Receive(t, &local)
		}, "its destination is to be a field of the frame"},
		{"selects another case", func(c *counter, t *tasklet.Tasklet) tasklet.Step {
			_, s := t.Select(a.OnReceive(&v), []*channel.Channel[int]{a, b}[c.resumed%2].OnReceive(&v))
			return s
		}, "left a select in which case 1 was a receive on channel 2 of int, and resumed into another"},
		{"selects one case more", func(c *counter, t *tasklet.Tasklet) tasklet.Step {
			_, s := t.Select([]tasklet.Case{a.OnReceive(&v), b.OnReceive(&v)}[:min(c.resumed, 2)]...)
			return s
		}, "left a select and resumed into one with other cases"},
		{"selects otherwise", func(c *counter, t *tasklet.Tasklet) tasklet.Step {
			_, s := t.Select([]tasklet.Case{a.OnReceive(&v), tasklet.Otherwise()}[:min(c.resumed, 2)]...)
			return s
		}, "left a select and resumed into one with other cases"},
		{"selects into a local variable", func(c *counter, t *tasklet.Tasklet) tasklet.Step {
			var local int
			_, s := t.Select(a.OnReceive(&local))
			return s
		}, "its destination is to be a field of the frame"},
		{"returns", func(c *counter, t *tasklet.Tasklet) tasklet.Step {
			if c.resumed == 1 {
				return a.Receive(t, &v)
			}
			return tasklet.Return
		}, "was woken although its receive was not complete, and returned Return without performing it again"},
		{"says Wait and performs nothing", func(c *counter, t *tasklet.Tasklet) tasklet.Step {
			if c.resumed == 1 {
				return t.Park()
			}
			return tasklet.Wait
		}, "was woken although its park was not complete, and returned Wait without performing it again"},
		{"drops the Wait", func(c *counter, t *tasklet.Tasklet) tasklet.Step {
			s := a.Send(t, 1)
			if c.resumed == 1 {
				return s
			}
			return tasklet.Return
		}, "returned Return instead of the Wait that it was told"},
		{"goes on after the Wait", func(c *counter, t *tasklet.Tasklet) tasklet.Step {
			s := a.Send(t, 1)
			if c.resumed > 1 {
				return b.Send(t, 1)
			}
			return s
		}, "performs a send although its send has not returned Next"},
		{"calls", func(c *counter, t *tasklet.Tasklet) tasklet.Step {
			if c.resumed == 1 {
				return t.Sleep(time.Hour)
			}
			return t.Call(looping{})
		}, "left a sleep and resumed into a call"},
		{"fails", func(c *counter, t *tasklet.Tasklet) tasklet.Step {
			if c.resumed == 1 {
				return t.Park()
			}
			return t.Fail(errors.New("cause"))
		}, "fails although its park has not returned Next"},
		{"ends its own wait", func(c *counter, t *tasklet.Tasklet) tasklet.Step {
			if c.resumed > 1 {
				if err := t.Insert(); err != nil {
					return t.Fail(err)
				}
			}
			return t.Park()
		}, "ended its own wait before it performed its park again"},
		{"panics", func(c *counter, t *tasklet.Tasklet) tasklet.Step {
			if c.resumed > 1 {
				panic("boom")
			}
			return t.Park()
		}, "panic: boom"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))), sched.WithSpuriousWakeups(3))
			a, b = channel.New[int](s), channel.New[int](s)
			other = s.New(looping{})
			bad := s.Go(&counter{f: c.f})
			bad.SetName("bad")
			s.Go(looping{})
			_, err := s.Step(200)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "tasklet 3 (bad), frame sched_test.counter") {
				t.Errorf("got  %v\nwant %s", err, c.says)
			}
			if misuse := !strings.HasPrefix(c.says, "panic"); errors.Is(err, tasklet.ErrMisuse) != misuse {
				t.Errorf("%v is ErrMisuse: %v", err, !misuse)
			}
			if bad.Alive() {
				t.Errorf("it is still %v", bad)
			}
			if err := s.Check(); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A counter runs f and knows how often it was resumed.
type counter struct {
	resumed int
	f       func(c *counter, t *tasklet.Tasklet) tasklet.Step
}

func (c *counter) Resume(t *tasklet.Tasklet) tasklet.Step {
	c.resumed++
	return c.f(c, t)
}

// TestSpuriousWakeupsDouble: what a frame does before its operation, it does again.
func TestSpuriousWakeupsDouble(t *testing.T) {
	s := sched.New(sched.WithSpuriousWakeups(1))
	effects := 0
	s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
		effects++
		return t.Park()
	}))
	s.Go(looping{})
	if _, err := s.Step(200); err != nil || effects < 2 {
		t.Errorf("%d effects, %v", effects, err)
	}
}

// TestAfterStep is told of each step, main's among them, and can end main's wait.
func TestAfterStep(t *testing.T) {
	var log []string
	stop := errors.New("stop")
	var s *sched.Scheduler
	s = sched.New(sched.WithAfterStep(func(t *tasklet.Tasklet, spurious bool) error {
		if spurious {
			return errors.New("nobody is to be woken")
		}
		log = append(log, fmt.Sprintf("%d:%v", t.ID(), t.Status()))
		if len(log) == 7 {
			return stop
		}
		return s.Check()
	}))
	s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return tasklet.Return }))
	s.Go(looping{})
	if err := s.Main().Yield(); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(); err != stop {
		t.Errorf("run: %v", err)
	}
	want := "1:ready 2:dead 3:ready 1:parked 3:running 3:running 3:running"
	if got := strings.Join(log, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if n := s.Steps(); n != 5 {
		t.Errorf("%d steps", n)
	}
	if s.Current() != s.Main().Tasklet() {
		t.Errorf("%v runs", s.Current())
	}
}
