package sched_test

import (
	"slices"
	"strconv"

	"github.com/stackless-go/stackless/tasklet"
)

// run runs the program as a plain function does.
func (a *actor) run(co *tasklet.Coroutine) error {
	defer func() { a.Cleanup(nil) }()
	return a.block(func() *tasklet.Coroutine { return co })
}

// runMain runs the program of main, which a pickle brings to another scheduler.
func (a *actor) runMain() error {
	return a.block(func() *tasklet.Coroutine { return a.w.s.Main() })
}

func (a *actor) block(co func() *tasklet.Coroutine) error {
	for i, o := range a.p.ops {
		a.pc = i
		a.w.check()
		perform := func() error { return a.performBlocking(co(), o) }
		if o.within != "" {
			plain := perform
			perform = func() error { return co().Within(secondsOf(o.within), plain) }
		}
		if err := perform(); err != nil {
			if !o.try {
				return err
			}
			a.w.say("E(%s)", kindOf(err))
		}
	}
	return nil
}

// performBlocking performs o in its blocking form.
func (a *actor) performBlocking(co *tasklet.Coroutine, o op) (err error) {
	w, t := a.w, co.Tasklet()
	switch o.verb {
	case "yield", "park":
		if o.verb == "yield" {
			err = co.Yield()
		} else {
			err = co.Park()
		}
		if v, ok := t.Value().(string); ok && err == nil {
			a.value = v
		}
	case "run":
		err = w.s.Run()
	case "runready":
		err = w.s.RunReady()
	case "tick":
		err = co.Tick()
	case "watch":
		var v *tasklet.Tasklet
		if a.p.name == "main" {
			v, err = w.s.RunBudget(budgetOf(o))
		} else {
			v, err = co.Watch(budgetOf(o))
		}
		a.caught(v, err != nil)
	case "pickle":
		a.w = w.pickled()
	case "steps":
		n, _ := strconv.Atoi(o.args[0])
		_, err = w.s.Step(n)
	case "sleep":
		err = co.Sleep(seconds(o))
	case "send":
		v := a.begins(o.args[1])
		if err = w.channel(o.args[0]).Put(co, v); err == nil {
			w.ledger.sent(v)
		}
	case "senderr":
		err = w.channel(o.args[0]).PutError(co, wordError(o.args[1]))
	case "recv":
		var v string
		if v, err = w.channel(o.args[0]).Get(co); err == nil {
			a.receives(o, v)
		}
	case "select":
		err = a.selectsBlocking(co, o)
	case "await":
		err = a.awaitsBlocking(co, o)
	case "sendall":
		var n int
		values := a.begin(o.args[1:])
		if n, err = w.channel(o.args[0]).PutAll(co, slices.Values(values)); err == nil {
			a.value = strconv.Itoa(n)
		}
		w.ledger.sent(values[:n]...)
	case "range":
		for v, err := range w.channel(o.args[0]).All(co) {
			if err != nil {
				return err
			}
			a.receives(o, v)
			w.say("%s", v)
		}
	case "rung":
		err = co.Run(w.tasklets[o.args[0]])
	case "switch":
		err = co.Switch(w.tasklets[o.args[0]])
	case "throw":
		err = co.Throw(w.tasklets[o.args[0]], wordError(o.args[1]))
	case "kill":
		err = co.Kill(w.tasklets[o.args[0]])
	case "join":
		err = co.Join(w.tasklets[o.args[0]])
	case "fail":
		_, err = co.Settle(t.Fail(wordError(o.args[0])))
	default:
		if err = a.act(t, o); err != nil {
			_, err = co.Settle(t.Fail(err))
		}
	}
	return err
}
