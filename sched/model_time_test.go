package sched_test

import (
	"slices"
	"strconv"
)

// This file is deadlines in the model, and the time of selects, which passes among
// them.

// A limit is when something passes: the deadline of its task's operation, or the time
// after which a case of its select fires.
type limit struct {
	task *task
	at   int
	of   int // the case's number, from 0; -1 of a deadline
}

// arm puts l among the others: who comes first passes first, of two of one time.
func (m *model) arm(l *limit) {
	i := 0
	for i < len(m.limited) && m.limited[i].at <= l.at {
		i++
	}
	m.limited = slices.Insert(m.limited, i, l)
}

// limit gives t, whose operation o has begun to wait, the deadline that o is to have.
func (m *model) limit(t *task, o op) {
	if o.within == "" || !t.begun || t.place == "dead" {
		return
	}
	n, _ := strconv.Atoi(o.within)
	if !t.limits {
		t.limits = true
		m.arm(&limit{task: t, at: m.now + n, of: -1})
	}
	if (t.passed || n <= 0) && t.place != "ready" && o.verb != "switch" {
		m.leave(t)
		t.begun = false
		if m.cur != nil {
			m.ready = append([]*task{m.cur}, m.ready...)
		}
		m.cur = t
		m.raise(o, "timeout")
	}
}

// unlimit ends the deadline of t's operation.
func (m *model) unlimit(t *task) {
	t.limits, t.passed = false, false
	m.limited = slices.DeleteFunc(m.limited, func(l *limit) bool { return l.task == t })
}

// pass lets the first limit pass.
func (m *model) pass() {
	l := m.limited[0]
	m.limited = m.limited[1:]
	if l.of < 0 {
		m.strike(l.task)
		return
	}
	turn := l.task.turn // cases of time don't count
	m.complete(&waiter{task: l.task, number: l.of}, "")
	l.task.turn = turn
	m.wake(l.task)
}

// strike has t's operation fail, as its deadline has passed.
func (m *model) strike(t *task) {
	t.passed = true
	waits := t != m.cur && !slices.Contains(m.ready, t)
	switch {
	case !waits || t.bomb == "" && t.met:
		return
	case t.bomb == "" && t.failed == "":
		t.bomb = "timeout"
	}
	m.leave(t)
	m.wake(t)
}
