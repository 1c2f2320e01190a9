package sched_test

import (
	"os"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/tasklet"
)

// count writes a number, leaves the next as its value and parks, to times.
type count struct{ next, to int }

func (f *count) Resume(t *tasklet.Tasklet) tasklet.Step {
	for f.next < f.to {
		if t.Op() == tasklet.OpNone {
			notes.say("%d", f.next)
			t.SetValue(f.next + 1)
		}
		if s := t.Park(); s != tasklet.Next {
			return s
		}
		f.next++
	}
	notes.say("end")
	return tasklet.Return
}

// listen writes what it receives, once.
type listen struct {
	name string
	in   *channel.Channel[int]
	got  int
}

func (f *listen) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := f.in.Receive(t, &f.got); s != tasklet.Next {
		return s
	}
	notes.say("(%s,%d)", f.name, f.got)
	return tasklet.Return
}

// tell sends a word, once.
type tell struct {
	out  *channel.Channel[string]
	word string
}

func (f *tell) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := f.out.Send(t, f.word); s != tasklet.Next {
		return s
	}
	notes.say("sent %s", f.word)
	return tasklet.Return
}

// wait parks, and writes what it is thrown.
type wait struct {
	what any
	file *os.File `pickle:"file"`
}

func (f *wait) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch s := t.Park(); s {
	case tasklet.Failed:
		notes.say("E(%v)", t.Recover())
		return tasklet.Return
	case tasklet.Next:
		notes.say("on")
		return tasklet.Return
	default:
		return s
	}
}

// descend calls itself so many levels deep and waits there; on the way back each
// level adds one.
type descend struct {
	levels int
	below  *descend
	result int
}

func (f *descend) Resume(t *tasklet.Tasklet) tasklet.Step {
	if f.levels == 0 {
		if s := t.Park(); s != tasklet.Next {
			return s
		}
		return tasklet.Return
	}
	if f.below == nil {
		f.below = &descend{levels: f.levels - 1}
	}
	if s := t.Call(f.below); s != tasklet.Next {
		return s
	}
	f.result = f.below.result + 1
	return tasklet.Return
}

// Two is a caller whose callee lies inside it.
type two struct {
	first wait
	last  wait
	pc    int
}

func (f *two) Resume(t *tasklet.Tasklet) tasklet.Step {
	if f.pc == 0 {
		if s := t.Call(&f.first); s != tasklet.Next {
			return s
		}
		f.pc = 1
	}
	if s := t.Call(&f.last); s != tasklet.Next {
		return s
	}
	notes.say("both")
	return tasklet.Return
}

// nap sleeps and says so.
type nap struct {
	name   string
	length time.Duration
}

func (f *nap) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := t.Sleep(f.length); s != tasklet.Next {
		return s
	}
	notes.say("%s@%d", f.name, t.Now().Unix())
	return tasklet.Return
}

// joiner joins another and says how it ended.
type joiner struct{ of *tasklet.Tasklet }

func (f *joiner) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch s := t.Join(f.of); s {
	case tasklet.Failed:
		notes.say("joined %v", t.Recover())
		return tasklet.Return
	case tasklet.Next:
		notes.say("joined")
		return tasklet.Return
	default:
		return s
	}
}

// pairing is a channel and somebody who uses it.
type pairing[T any] struct {
	C *channel.Channel[T]
	T *tasklet.Tasklet
}

func init() {
	pickle.Register[count]("test.count")
	pickle.Register[listen]("test.listen")
	pickle.Register[tell]("test.tell")
	pickle.Register[wait]("test.wait")
	pickle.Register[descend]("test.descend")
	pickle.Register[two]("test.two")
	pickle.Register[nap]("test.nap")
	pickle.Register[joiner]("test.joiner")
	pickle.Register[spin]("test.spin")
	pickle.Register[pairing[int]]("test.both.int")
	pickle.Register[pairing[string]]("test.both.string")
}
