package channel_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// patient receives, but not for longer than a minute, and says what came of it.
type patient struct {
	In    *channel.Channel[int]
	V     int
	Fired int
	Done  bool
}

func (p *patient) Resume(t *tasklet.Tasklet) tasklet.Step {
	fired, s := t.Select(p.In.OnReceive(&p.V), tasklet.After(time.Minute))
	if s != tasklet.Next {
		return s
	}
	p.Fired, p.Done = fired, true
	return tasklet.Return
}

func init() { pickle.Register[patient]("test.patient") }

// TestSelectTime: a case of time fires when no other has by then, also in another
// process; another that fires takes it along.
func TestSelectTime(t *testing.T) {
	for _, send := range []bool{false, true} {
		clock := sched.NewVirtualClock(time.Unix(0, 0))
		s := sched.New(sched.WithClock(clock))
		p := &patient{In: channel.New[int](s)}
		s.Go(p)
		if err := s.RunReady(); err != nil {
			t.Fatal(err)
		}
		check(t, s)
		b, err := pickle.Marshal(s.Everyone())
		if err != nil {
			t.Fatal(err)
		}
		later := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(30, 0))))
		g, err := pickle.Unmarshal[*tasklet.Group](b, pickle.Into(later))
		if err != nil {
			t.Fatal(err)
		}
		check(t, later)
		for _, at := range []struct {
			s *sched.Scheduler
			p *patient
		}{{s, p}, {later, g.Blocked[0].Frame().(*patient)}} {
			if send {
				if err := at.p.In.Put(at.s.Main(), 5); err != nil {
					t.Fatal(err)
				}
			}
			run(t, at.s)
			want := time.Unix(60, 0)
			if send {
				want = time.Unix(0, 0)
				if at.s == later {
					want = time.Unix(30, 0)
				}
			}
			if got := at.s.Now(); !got.Equal(want) {
				t.Errorf("sent %v: ended at %v, want %v", send, got, want)
			}
			if fired := map[bool]int{false: 1, true: 0}[send]; !at.p.Done || at.p.Fired != fired || at.p.In.Balance() != 0 {
				t.Errorf("sent %v: %+v, want case %d", send, at.p, fired)
			}
		}
	}
}

// TestSelectNoTime: a case whose time is up is Otherwise, and a goroutine outside can
// select.
func TestSelectNoTime(t *testing.T) {
	s := sched.New()
	c := channel.New[int](s)
	v := 0
	if fired, err := s.Main().Select(c.OnReceive(&v), tasklet.After(0)); fired != 1 || err != nil {
		t.Errorf("%d, %v", fired, err)
	}
	if fired, err := s.Main().Select(c.OnReceive(&v), tasklet.At(s.Now().Add(-time.Hour)), tasklet.After(time.Hour)); fired != 1 || err != nil {
		t.Errorf("%d, %v", fired, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		defer cancel()
		w := 0
		if fired, err := tasklet.SelectContext(ctx, s, c.OnReceive(&w), tasklet.After(time.Hour)); fired != 0 || err != nil || w != 7 {
			t.Errorf("outside: %d, %v, %d", fired, err, w)
		}
	}()
	s.GoFunc(func(co *tasklet.Coroutine) error { return c.Put(co, 7) })
	if err := s.Serve(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	check(t, s)
}

// TestAtAnyTime: a case of a point in time fires then, in whatever year that is.
func TestAtAnyTime(t *testing.T) {
	for _, start := range []time.Time{{}, time.Unix(0, 0), time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		for _, d := range []time.Duration{-time.Hour, 0, 1, time.Hour + 1, 1 << 62} {
			clock := sched.NewVirtualClock(start)
			s := sched.New(sched.WithClock(clock))
			c := channel.New[int](s)
			var v int
			fired, err := s.Main().Select(c.OnReceive(&v), tasklet.At(start.Add(d)))
			if passed := clock.Now().Sub(start); err != nil || fired != 1 || passed != max(d, 0) {
				t.Errorf("at %v, %v later: case %d after %v, %v", start, d, fired, passed, err)
			}
			check(t, s)
		}
	}
}
