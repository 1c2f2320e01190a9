package sched_test

import "strconv"

// This file is Select in the model, as docs/SELECT.md has it: of the cases that are
// ready, the one that follows, around the list, the one that fired when the task last
// selected; if none is, the first of those that are for this; if there are none of
// these either, a place in the queue of each, until somebody comes to one.

// choose begins t's select o; t is cur.
func (m *model) choose(t *task, o op) {
	cases := o.choices()
	t.fired = -1
	for i := range cases {
		k := i
		if t.turn < len(cases) {
			k = (t.turn + i) % len(cases)
		}
		if m.chosen(t, cases[k]) {
			t.fired, t.turn = k, k+1
			m.take(t, o, cases[k])
			return
		}
	}
	soonest := &limit{task: t, of: -1}
	for k, c := range cases {
		n := 0
		switch c.verb {
		case "after":
			n, _ = strconv.Atoi(c.args[0])
		case "at":
			n, _ = strconv.Atoi(c.args[0])
			n -= m.now
		case "else":
		default:
			continue
		}
		if n <= 0 {
			t.begun, t.met, t.fired = true, true, k
			return
		}
		if soonest.of < 0 || m.now+n < soonest.at {
			soonest.of, soonest.at = k, m.now+n
		}
	}
	switch {
	case t.mayNotBlock:
		m.raise(o, "block trap")
		return
	case m.trap > 0:
		m.raise(o, "switch trap")
		return
	case bothWays(cases):
		m.raise(o, "misuse")
		return
	}
	for k, c := range cases {
		w := &waiter{task: t, number: k}
		switch c.verb {
		case "send":
			w.sends, w.sent = true, t.expand(c.args[1])
			fallthrough
		case "recv":
			r := m.room(c.args[0])
			r.queue = append(r.queue, w)
		case "end":
			u := m.tasks[c.args[0]]
			u.joiners = append(u.joiners, w)
		}
	}
	if soonest.of >= 0 {
		m.arm(soonest)
	}
	m.block("blocked")
}

// chosen reports whether c, a case of t's, is ready.
func (m *model) chosen(t *task, c op) bool {
	switch c.verb {
	case "send":
		r := m.room(c.args[0])
		return r.balance() < 0 || r.closing
	case "recv":
		r := m.room(c.args[0])
		return r.balance() > 0 || r.closing
	case "end":
		u := m.tasks[c.args[0]]
		return u == t || u.place == "dead"
	}
	return false
}

// take performs c, a case of t's select o that is ready.
func (m *model) take(t *task, o, c op) {
	switch c.verb {
	case "send":
		m.send(t, o, m.room(c.args[0]), t.expand(c.args[1]), false)
	case "recv":
		m.receive(t, o, m.room(c.args[0]))
	case "end":
		switch u := m.tasks[c.args[0]]; {
		case u == t:
			m.raise(o, "current")
		case exits(u.err):
			t.begun, t.met = true, true
		default:
			m.raise(o, u.err)
		}
	}
}

// bothWays reports whether there are cases that send to and that receive from one
// channel.
func bothWays(cases []op) bool {
	way := make(map[string]string)
	for _, c := range cases {
		if c.verb != "send" && c.verb != "recv" {
			continue
		}
		if before := way[c.args[0]]; before != "" && before != c.verb {
			return true
		}
		way[c.args[0]] = c.verb
	}
	return false
}
