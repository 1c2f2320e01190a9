package sched_test

import (
	"context"
	"runtime"
	"time"

	"github.com/stackless-go/stackless/tasklet"
)

// This file is Await in scripts: "await 0 value word" awaits a function that returns
// word at once, "await 5 value word" one that takes five seconds on the scheduler's
// clock; "error E" is one that returns an error, "panic E" one that panics with it, and
// "exit" one that calls runtime.Goexit. $v is the value.
//
// Each function that takes time tells whoever performs "heard t" by what it was cancelled.

// outside makes the function of a's operation o. It runs outside, so it reads nothing
// of what the world changes.
func (a *actor) outside(o op) func(ctx context.Context) (string, error) {
	word := ""
	if len(o.args) > 2 {
		word = a.expand(o.args[2])
	}
	s, heard, what, d := a.w.s, a.w.heard[a.p.name], o.args[1], seconds(o)
	return func(ctx context.Context) (string, error) {
		if d > 0 {
			err := s.Sleep(ctx, d)
			select {
			case heard <- err:
			default: // nobody listens to so many
			}
			if err != nil {
				return "", err
			}
		}
		switch what {
		case "error":
			return "", wordError(word)
		case "panic":
			panic(wordError(word))
		case "exit":
			runtime.Goexit()
		}
		return word, nil
	}
}

// listen makes room for what functions say that tasklets called name await.
func (w *world) listen(name string) {
	if w.heard[name] == nil {
		w.heard[name] = make(chan error, 64)
	}
}

// hears logs what the function has heard that the tasklet called name awaits, or has
// awaited: "nothing" if it was not cancelled. It waits for that, outside of the script's
// time.
func (w *world) hears(name string) {
	select {
	case err := <-w.heard[name]:
		if err == nil {
			w.say("nothing")
		} else {
			w.say("%s", kindOf(err))
		}
	case <-time.After(10 * time.Second):
		w.say("?silence")
	}
}

// awaits performs an await in its form for frames.
func (a *actor) awaits(t *tasklet.Tasklet, o op) tasklet.Step {
	a.w.listen(a.p.name)
	s := tasklet.Await(t, &a.in, a.outside(o))
	if s == tasklet.Next {
		a.value = a.in
	}
	return s
}

// awaitsBlocking performs an await in its blocking form.
func (a *actor) awaitsBlocking(co *tasklet.Coroutine, o op) error {
	a.w.listen(a.p.name)
	v, err := tasklet.AwaitFor(co, a.outside(o))
	if err == nil {
		a.value = v
	}
	return err
}
