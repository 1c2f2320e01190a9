package channel_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// collector receives all that is sent, by Next.
type collector struct {
	in   *channel.Channel[string]
	v    string
	all  []string
	done bool
}

func (c *collector) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		more, s := c.in.Next(t, &c.v)
		if s != tasklet.Next {
			return s
		}
		if !more {
			c.done = true
			return tasklet.Return
		}
		c.all = append(c.all, c.v)
	}
}

// teller sends all it has, by SendAll, and then ends by its error.
type teller struct {
	out   *channel.Channel[string]
	words []string
	next  int
	then  error
}

func (w *teller) Resume(t *tasklet.Tasklet) tasklet.Step {
	if w.next < len(w.words) {
		if s := w.out.SendAll(t, w.words, &w.next); s != tasklet.Next {
			return s
		}
	}
	if w.then != nil {
		if s := w.out.SendError(t, w.then); s != tasklet.Next {
			return s
		}
	} else {
		w.out.Close()
	}
	return tasklet.Return
}

func TestSequence(t *testing.T) {
	cause := errors.New("cause")
	for _, c := range []struct {
		name    string
		then    error
		wantErr error
	}{{"closed", nil, nil}, {"end", channel.ErrEnd, nil}, {"error", cause, cause}} {
		for _, p := range []channel.Preference{-1, 0, 1} {
			s := sched.New()
			ch := channel.New[string](s)
			ch.SetPreference(p)
			in := &collector{in: ch}
			s.Go(&teller{out: ch, words: []string{"a", "b", "c"}, then: c.then})
			s.Go(in)
			err := s.Run()
			if !errors.Is(err, c.wantErr) || strings.Join(in.all, "") != "abc" || in.done != (c.wantErr == nil) {
				t.Errorf("%s, preference %d: %v, %v, done %v", c.name, p, err, in.all, in.done)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestZero: a zero Channel belongs to whose tasklet first uses it.
func TestZero(t *testing.T) {
	s, other := sched.New(), sched.New()
	var c channel.Channel[int]
	if c.Preference() != channel.PreferReceiver || c.Balance() != 0 || c.First() != nil {
		t.Error("a zero channel is not as a new one")
	}
	s.GoFunc(func(co *tasklet.Coroutine) error { return c.Put(co, 1) })
	if v, err := c.Get(s.Main()); v != 1 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
	if _, err := c.Get(other.Main()); !errors.Is(err, tasklet.ErrForeign) {
		t.Errorf("got %v", err)
	}
}

// TestValuesAreNotKept: what went through a channel is not held by it.
func TestValuesAreNotKept(t *testing.T) {
	s := sched.New()
	c := channel.New[*int](s)
	s.GoFunc(func(co *tasklet.Coroutine) error { return c.Put(co, new(int)) })
	s.RunReady()
	if v, err := c.Get(s.Main()); v == nil || err != nil {
		t.Fatal(v, err)
	}
	// The cell that held it while its sender waited is used for the next, zeroed.
	s.GoFunc(func(co *tasklet.Coroutine) error { return c.Put(co, nil) })
	if v, err := c.Get(s.Main()); v != nil || err != nil {
		t.Errorf("%v, %v", v, err)
	}
}
