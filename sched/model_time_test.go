package sched_test

import (
	"slices"
	"strconv"
)

// limit gives t, whose operation o has begun to wait, the deadline that o is to have.
func (m *model) limit(t *task, o op) {
	if o.within == "" || !t.begun || t.place == "dead" {
		return
	}
	n, _ := strconv.Atoi(o.within)
	if !t.limits {
		t.limits, t.limitAt = true, m.now+n
		at := 0
		for at < len(m.limited) && m.limited[at].limitAt <= t.limitAt {
			at++
		}
		m.limited = slices.Insert(m.limited, at, t)
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
	m.limited = slices.DeleteFunc(m.limited, func(u *task) bool { return u == t })
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
