package tasklet_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// greeter has one wait, in a loop: it needs no program counter.
type greeter struct {
	name string
	n    int
}

func (g *greeter) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; g.n > 0; g.n-- {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
		fmt.Println("hello from", g.name)
	}
	return tasklet.Return
}

func ExampleFrame() {
	s := sched.New()
	s.Go(&greeter{name: "a", n: 2})
	s.Go(&greeter{name: "b", n: 1})
	if err := s.Run(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// hello from a
	// hello from b
	// hello from a
}

// kettle has several waits: pc says at which it is.
type kettle struct {
	pc int
}

func (k *kettle) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch k.pc {
	case 0:
		fmt.Println("cold")
		k.pc = 1
		fallthrough
	case 1: // the operation comes first in its case
		if s := t.Sleep(3 * time.Minute); s != tasklet.Next {
			return s
		}
		fmt.Println("boiling")
		k.pc = 2
		fallthrough
	case 2:
		if s := t.Sleep(time.Minute); s != tasklet.Next {
			return s
		}
		fmt.Println("tea")
	}
	return tasklet.Return
}

func ExampleTasklet_Sleep() {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))))
	s.Go(&kettle{})
	if err := s.Run(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// cold
	// boiling
	// tea
}

// square is a call with a typed argument and a typed result.
type square struct{ n, result int }

func (q *square) Resume(t *tasklet.Tasklet) tasklet.Step {
	if q.n < 0 {
		return t.Fail(errors.New("square of a negative number"))
	}
	q.result = q.n * q.n
	return tasklet.Return
}

// caller's callee lies inside it.
type caller struct{ sub square }

func (c *caller) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch s := t.Call(&c.sub); s {
	case tasklet.Next:
		fmt.Println(c.sub.n, "squared is", c.sub.result)
	case tasklet.Failed:
		fmt.Println("recovered:", t.Recover())
	default:
		return s
	}
	return tasklet.Return
}

func ExampleTasklet_Call() {
	s := sched.New()
	s.Go(&caller{square{n: 12}})
	s.Go(&caller{square{n: -1}})
	if err := s.Run(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 12 squared is 144
	// recovered: square of a negative number
}

func ExampleMachine() {
	type door struct{ openings int }
	var opened, closed tasklet.StateFunc[door]
	closed = func(d *door, t *tasklet.Tasklet) (tasklet.StateFunc[door], tasklet.Step) {
		if s := t.Yield(); s != tasklet.Next {
			return nil, s
		}
		if d.openings == 2 {
			return nil, tasklet.Next
		}
		fmt.Println("open")
		return opened, tasklet.Next
	}
	opened = func(d *door, t *tasklet.Tasklet) (tasklet.StateFunc[door], tasklet.Step) {
		if s := t.Yield(); s != tasklet.Next {
			return nil, s
		}
		d.openings++
		fmt.Println("shut")
		return closed, tasklet.Next
	}
	s := sched.New()
	s.Go(&tasklet.Machine[door]{State: closed})
	if err := s.Run(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// open
	// shut
	// open
	// shut
}

// lease holds something until it is told to go on.
type lease struct{ what string }

func (l *lease) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := t.Park(); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

// Cleanup gives it back, however the frame ends.
func (l *lease) Cleanup(t *tasklet.Tasklet) { fmt.Println(l.what, "is given back") }

func ExampleCleaner() {
	s := sched.New()
	holder := s.Go(&lease{what: "the key"})
	if err := s.Run(); err != nil {
		fmt.Println(err)
	}
	fmt.Println(s.Main().Kill(holder), holder.Status())
	// Output:
	// the key is given back
	// <nil> dead
}
