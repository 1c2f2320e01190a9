package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

var rewrite = flag.Bool("rewrite", false, "write the transcripts in testdata anew")

// The program whose pickles the tests inspect: a shop with tills, where clerks
// take orders and cooks make them.
type (
	stage uint8

	order struct {
		dish  string
		table int
		note  []byte
	}

	clerk struct {
		at     stage
		orders *channel.Channel[*order]
		next   *order
		served map[string]int
		sub    receipt
	}

	// A receipt is a call of the clerk's, and lies in it.
	receipt struct {
		lines []string
		bell  *channel.Channel[int]
	}

	cook struct {
		orders *channel.Channel[*order]
		order  *order
		stove  [2]int
	}

	closing struct {
		at   time.Time
		of   *tasklet.Tasklet
		step int
	}
)

const (
	greeting stage = iota
	serving
	paying
)

var errBurnt = errors.New("burnt")

func init() {
	pickle.Register[stage]("shop.stage", pickle.States("greeting", "serving", "paying"))
	pickle.Register[order]("shop.order")
	pickle.Register[clerk]("shop.clerk", pickle.Version(2))
	pickle.Register[receipt]("shop.receipt")
	pickle.Register[cook]("shop.cook")
	pickle.Register[closing]("shop.closing")
	pickle.RegisterGlobal("shop.burnt", errBurnt)
	pickle.RegisterFunc("shop.sweep", sweep)
}

func sweep(*tasklet.Tasklet) {}

func (c *clerk) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch c.at {
	case greeting:
		c.sub.lines = []string{"soup", "bread"}
		c.at = serving
		fallthrough
	case serving:
		if c.next != nil {
			if s := c.orders.Send(t, c.next); s != tasklet.Next {
				return s
			}
		}
		c.at = paying
		fallthrough
	case paying:
		if s := t.Call(&c.sub); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

func (r *receipt) Resume(t *tasklet.Tasklet) tasklet.Step {
	var n int
	if s := r.bell.Receive(t, &n); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

func (c *cook) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := c.orders.Receive(t, &c.order); s != tasklet.Next {
			return s
		}
	}
}

func (c *closing) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch c.step {
	case 0:
		if s := t.Sleep(c.at.Sub(t.Now())); s != tasklet.Next {
			return s
		}
		c.step = 1
		fallthrough
	default:
		if s := t.Join(c.of); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

// shop is the program at rest, with everything in it that can be shown.
func shop(t testing.TB) *tasklet.Group {
	start := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	s := sched.New(sched.WithClock(sched.NewVirtualClock(start)))
	t.Cleanup(func() { _ = s.Close() })
	orders, bell := channel.New[*order](s), channel.New[int](s)
	orders.SetName("orders")
	orders.SetPreference(channel.PreferSender)
	bell.SetScheduleAll(true)
	for i, dish := range []string{"soup", "fish"} {
		c := s.Go(&clerk{orders: orders, next: &order{dish: dish, table: i + 1, note: []byte{0, 1, 2}}, sub: receipt{bell: bell}})
		c.SetName(fmt.Sprintf("clerk %d", i+1))
	}
	late := s.Go(&clerk{orders: orders, served: map[string]int{"soup": 2, "fish": 1}, sub: receipt{bell: bell}})
	late.SetValue([]any{"tips", 2.5, start})
	late.OnExit(sweep)
	s.Go(&closing{at: start.Add(time.Hour)})
	s.Go(&closing{step: 1, of: late}).SetName("\x1b[31mwaits")
	if err := s.RunReady(); err != nil {
		t.Fatal(err)
	}
	kitchen := s.Go(&cook{orders: channel.New[*order](s)})
	if err := kitchen.ThrowLater(errBurnt); err != nil {
		t.Fatal(err)
	}
	s.New(&cook{orders: orders, stove: [2]int{1, 2}})
	s.Go(&cook{orders: orders})
	return s.Everyone()
}

// execute runs the command as a user would.
func execute(t testing.TB, stdin []byte, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(context.Background(), args, bytes.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

func marshal(t testing.TB, v any, options ...pickle.Option) []byte {
	t.Helper()
	b, err := pickle.Marshal(v, options...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func lines(s string) []string { return strings.Split(strings.TrimSuffix(s, "\n"), "\n") }
