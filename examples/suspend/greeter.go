package main

import (
	"fmt"
	"io"
	"time"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/tasklet"
)

// A greeter says hello so many times, with a pause before each.
type greeter struct {
	at    *terminal
	every time.Duration
	to    uint
	said  uint // hellos so far
}

// A terminal is where hello is said. Each process has its own, so it is not
// written down but by name: a greeter that is loaded speaks at the terminal of
// the process that has loaded it.
type terminal struct {
	out   io.Writer
	heard func() // called after each hello, unless it is nil
}

var here terminal

func init() {
	pickle.Register[greeter]("suspend.greeter")
	pickle.RegisterGlobal("suspend.terminal", &here)
}

// Resume says hello after each pause. What it must remember over a pause is in
// the fields, so it can be written down in any of them.
func (g *greeter) Resume(t *tasklet.Tasklet) tasklet.Step {
	for g.said < g.to {
		if s := t.Sleep(g.every); s != tasklet.Next {
			return s
		}
		g.said++
		if _, err := fmt.Fprintf(g.at.out, "hello %d\n", g.said); err != nil {
			return t.Fail(err)
		}
		if g.at.heard != nil {
			g.at.heard()
		}
	}
	return tasklet.Return
}
