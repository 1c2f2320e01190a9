package sched_test

import (
	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/tasklet"
)

// The frames that several tests use.

// yielder yields for ever and counts how often.
type yielder struct{ rounds int }

func (y *yielder) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
		y.rounds++
	}
}

// sender sends for ever.
type sender struct {
	out *channel.Channel[int]
	n   int
}

func (p *sender) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; ; p.n++ {
		if s := p.out.Send(t, p.n); s != tasklet.Next {
			return s
		}
	}
}

// receiver receives for ever.
type receiver struct {
	in *channel.Channel[int]
	v  int
}

func (p *receiver) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := p.in.Receive(t, &p.v); s != tasklet.Next {
			return s
		}
	}
}

// ender ends at once.
type ender struct{}

func (ender) Resume(*tasklet.Tasklet) tasklet.Step { return tasklet.Return }
