package sched_test

import (
	"slices"
	"strconv"
)

// This file is Await in the model. What the function comes to is in the script, and
// how long it takes on the scheduler's clock. Results are taken one by one, when
// nobody is ready, and in the order of asking as far as they are there.

// An errand is a function that a task awaits.
type errand struct {
	task *task
	at   int // when it returns
	op   op
}

// await begins t's operation o; t is cur.
func (m *model) await(t *task, o op) {
	if m.trap > 0 {
		m.raise(o, "switch trap")
		return
	}
	n, _ := strconv.Atoi(o.args[0])
	m.awaited = append(m.awaited, &errand{t, m.now + n, o})
	m.block("blocked")
}

// comeBack takes the first result that is there. It reports false if there is none.
func (m *model) comeBack() bool {
	i := slices.IndexFunc(m.awaited, func(e *errand) bool { return e.at <= m.now })
	if i < 0 {
		return false
	}
	e := m.awaited[i]
	t := e.task
	switch e.op.args[1] {
	case "value":
		t.got, t.met = t.expand(e.op.args[2]), true
	case "exit":
		t.failed = "goexit"
	default: // error, panic
		t.failed = e.op.args[2]
	}
	m.leave(t)
	m.wake(t)
	return true
}
