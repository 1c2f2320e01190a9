package sched_test

import (
	"fmt"

	"github.com/stackless-go/stackless/tasklet"
)

// This file has the operations of scripts that set observers. Each logs "set
// before" if it replaces a callback; "off" takes it away.

// onSwitch logs who loses a turn to whom. A turn in which the former is not the
// current one any more would be marked.
func (w *world) onSwitch(o op) {
	callback := func(from, to *tasklet.Tasklet) {
		mark := ""
		if w.s.Current() != from {
			mark = "!"
		}
		w.say("(%s,%s)%s", w.names[from], w.names[to], mark)
		switch o.args[0] {
		case "panic":
			panic(wordError(o.args[1]))
		case "insert":
			if p := w.tasklets[o.args[1]]; p.Paused() {
				w.say("inserts: %v", p.Insert())
			}
		case "yield":
			to.Yield()
		}
	}
	if o.args[0] == "off" {
		callback = nil
	}
	if w.s.OnSwitch(callback) != nil {
		w.say("set before")
	}
}

// onChannel logs who is about to do what: (tasklet, sending, will block, value).
func (w *world) onChannel(o op) {
	callback := func(e tasklet.ChannelEvent) {
		value := "nil"
		if e.Value != nil {
			value = e.Value.(string)
		}
		if e.Err != nil {
			value = kindOf(e.Err)
		}
		w.say("(%s,%d,%d,%s)", w.names[e.Tasklet], number(e.Sending), number(e.WillBlock), value)
		switch o.args[0] {
		case "panic":
			panic(wordError(o.args[1]))
		case "send": // and take the error that comes of it
			if s := w.channel(o.args[1]).Send(e.Tasklet, "inside"); s != tasklet.Failed {
				panic(fmt.Sprint("a send inside returned ", s))
			}
			w.say("E(%s)", kindOf(e.Tasklet.Recover()))
		case "recv": // and leave the error
			w.channel(o.args[1]).Receive(e.Tasklet, new(string))
		case "throw":
			if err := e.Tasklet.ThrowLater(wordError(o.args[1])); err != nil {
				panic(err)
			}
		}
	}
	if o.args[0] == "off" {
		callback = nil
	}
	if w.s.OnChannel(callback) != nil {
		w.say("set before")
	}
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
