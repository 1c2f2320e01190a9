package benchmarks

import (
	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/tasklet"
)

// walker is the smallest useful tasklet: two ints of state, and it yields.
type walker struct{ steps, position int }

func (w *walker) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
		w.steps++
		w.position += w.steps & 3
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

func (r *receiver) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := r.in.Receive(t, &r.v); s != tasklet.Next {
			return s
		}
	}
}

// player sends the ball back and forth: it receives and sends in turn.
type player struct {
	in, out *channel.Channel[int]
	ball    int
	sending bool
}

func (p *player) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if p.sending {
			if s := p.out.Send(t, p.ball); s != tasklet.Next {
				return s
			}
			p.sending = false
		}
		if s := p.in.Receive(t, &p.ball); s != tasklet.Next {
			return s
		}
		p.ball++
		p.sending = true
	}
}

// errand ends at once.
type errand struct{ from, to int }

func (e *errand) Resume(*tasklet.Tasklet) tasklet.Step {
	e.to = e.from + 1
	return tasklet.Return
}

// node is one of skynet's: it makes ten children, each with a tenth of its
// share, and sends its parent the sum of what they send.
type node struct {
	out         *channel.Channel[int]
	children    channel.Channel[int]
	pc          int
	first, size int
	v, sum      int
}

func (n *node) Resume(t *tasklet.Tasklet) tasklet.Step {
	const collect, report = 1, 11 // ten waits lie between the two
	if n.pc == 0 {
		share := n.size / 10
		for i := range 10 {
			if share == 1 {
				tasklet.Spawn(t, leaf{out: &n.children, number: n.first + i})
			} else {
				tasklet.Spawn(t, node{out: &n.children, first: n.first + i*share, size: share})
			}
		}
		n.pc = collect
	}
	for ; n.pc < report; n.pc++ {
		if s := n.children.Receive(t, &n.v); s != tasklet.Next {
			return s
		}
		n.sum += n.v
	}
	if s := n.out.Send(t, n.sum); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

// leaf sends its number.
type leaf struct {
	out    *channel.Channel[int]
	number int
}

func (l *leaf) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := l.out.Send(t, l.number); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}
