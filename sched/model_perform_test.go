package sched_test

import (
	"slices"
	"strconv"
	"strings"
)

// perform begins t's operation o; t is cur.
func (m *model) perform(t *task, o op) {
	arg := func(i int) string { return t.expand(o.args[i]) }
	peer := func() *task { return m.tasks[o.args[0]] }
	waits := slices.Contains([]string{"yield", "park", "run", "sleep", "send", "senderr", "recv", "sendall", "range", "rung", "switch", "throw", "kill", "join", "fail", "tick", "watch", "select", "await"}, o.verb)
	if o.verb == "select" {
		t.fired = -1
	}
	if waits && t.bomb != "" { // it threw that at itself, or had met somebody
		err := t.take()
		if o.verb == "fail" {
			err = both(err, strings.Replace(arg(0), "EXIT", "exit", 1))
		}
		m.raise(o, err)
		return
	}
	switch o.verb {
	case "yield":
		if m.trap > 0 && len(m.ready) > 0 {
			m.raise(o, "switch trap")
			return
		}
		t.begun, m.on = true, nil
		m.ready = append(m.ready, t)
		m.next()
		return
	case "tick":
		w := m.innermost()
		switch {
		case w == nil || w.steps == 0:
		case w.left > 0:
			w.left--
		case m.mayInterrupt(t):
			t.begun = true
			m.interrupt(t)
			return
		}
		t.pc++
		return
	case "park", "run", "watch":
		switch {
		case o.verb == "watch" && len(o.args) > 0 && o.args[0][0] == '-':
			m.raise(o, "budget")
		case m.trap > 0:
			m.raise(o, "switch trap")
		case o.verb == "park":
			m.block("parked")
		default:
			m.watch(t, o)
		}
		return
	case "sleep":
		if m.trap > 0 {
			m.raise(o, "switch trap")
			return
		}
		n, _ := strconv.Atoi(o.args[0])
		t.wakesAt = m.now + n
		at := 0
		for at < len(m.sleep) && m.sleep[at].wakesAt <= t.wakesAt {
			at++
		}
		m.sleep = slices.Insert(m.sleep, at, t)
		m.block("asleep")
		return
	case "send":
		m.send(t, o, m.room(o.args[0]), arg(1), false)
		return
	case "senderr":
		err := arg(1)
		if err == "END" {
			err = "end"
		}
		m.send(t, o, m.room(o.args[0]), err, true)
		return
	case "sendall":
		m.send(t, o, m.room(o.args[0]), arg(1+t.count), false)
		return
	case "recv", "range":
		m.receive(t, o, m.room(o.args[0]))
		return
	case "select":
		m.choose(t, o)
		return
	case "await":
		m.await(t, o)
		return
	case "fail":
		err := arg(0)
		if err == "EXIT" {
			err = "exit"
		}
		m.raise(o, err)
		return
	case "rung", "switch":
		switch u := peer(); {
		case u == t:
			t.pc++
		case u.place == "dead":
			m.raise(o, "dead")
		case u.place == "blocked" || u.place == "asleep":
			m.raise(o, "blocked")
		case m.trap > 0:
			m.raise(o, "switch trap")
		default:
			t.begun = true
			m.front(u)
			u.place = "ready"
			if o.verb == "switch" {
				m.ready = slices.DeleteFunc(m.ready, func(x *task) bool { return x == t })
				t.place = "parked"
			}
		}
		return
	case "throw", "kill":
		err := "exit"
		if o.verb == "throw" && o.args[1] != "EXIT" {
			err = o.args[1]
		}
		switch u := peer(); {
		case u == t:
			m.raise(o, err)
		case u.place == "dead" && err == "exit":
			t.pc++
		case u.place == "dead":
			m.raise(o, "dead")
		case m.trap > 0:
			m.raise(o, "switch trap")
		default:
			t.begun = true
			m.throw(u, err)
		}
		return
	case "join":
		switch u := peer(); {
		case u == t:
			m.raise(o, "current")
		case u.place == "dead" && !exits(u.err):
			m.raise(o, u.err)
		case u.place == "dead":
			t.pc++
		case m.trap > 0:
			m.raise(o, "switch trap")
		default:
			u.joiners = append(u.joiners, &waiter{task: t, number: -1})
			m.block("blocked")
		}
		return
	}
	if err := m.act(t, o, arg, peer); err != "" {
		m.raise(o, both(t.take(), err))
		return
	}
	t.pc++
}

// act does what takes no turn from anybody, and returns the error.
func (m *model) act(t *task, o op, arg func(int) string, peer func() *task) string {
	switch o.verb {
	case "log":
		m.say("%s", t.expand(strings.Join(o.args, " ")))
	case "pickle": // nothing changes
	case "cleanup":
		t.cleanups = append(t.cleanups, o.args[0])
	case "spawn":
		m.spawn(m.program(o.args[0]))
	case "insert":
		switch u := peer(); u.place {
		case "dead":
			return "dead"
		case "blocked", "asleep":
			return "blocked"
		case "parked":
			m.wake(u)
		}
	case "remove":
		switch u := peer(); {
		case u == t:
			return "current"
		case u.place == "blocked" || u.place == "asleep":
			return "blocked"
		case u.place == "ready":
			m.leave(u)
			u.place = "parked"
		}
	case "throwlater", "killlater":
		err := "exit"
		if o.verb == "throwlater" && o.args[1] != "EXIT" {
			err = o.args[1]
		}
		u := peer()
		if u.place == "dead" {
			if err != "exit" {
				return "dead"
			}
			return ""
		}
		u.bomb = both(u.bomb, err)
		if u != t && !slices.Contains(m.ready, u) {
			m.leave(u)
			m.wake(u)
		}
	case "setvalue":
		u := peer()
		u.temp = o.args[1]
		if u.begun && slices.Contains([]string{"yield", "park", "run", "watch", "tick"}, u.ops[u.pc].verb) {
			u.bomb = ""
		}
	case "seterror":
		switch u := peer(); u.place {
		case "dead", "blocked":
			return u.place
		default:
			u.bomb = both(u.bomb, o.args[1])
		}
	case "trap":
		peer().mayNotBlock = o.args[1] == "on"
	case "atomic":
		peer().atomic = o.args[1] == "on"
	case "isatomic":
		m.say("%v", peer().atomic)
	case "switchtrap":
		n, _ := strconv.Atoi(o.args[0])
		m.trap += n
	case "valueof":
		m.say("%s", peer().temp)
	case "state":
		u := peer()
		alive := u.place != "dead"
		m.say("%s", flagsOf(alive, alive && u.place != "parked", u.place == "parked", u.place == "blocked"))
	case "runcount":
		m.say("%d", 1+len(m.ready))
	case "ready":
		names := []string{}
		for _, u := range m.ready {
			names = append(names, u.name)
		}
		m.say("%v", names)
	case "balance":
		m.say("%d", m.room(o.args[0]).balance())
	case "queue":
		names := []string{}
		for _, w := range m.room(o.args[0]).queue {
			names = append(names, w.task.name)
		}
		m.say("%v", names)
	case "close":
		m.close(m.room(o.args[0]))
	case "open":
		m.room(o.args[0]).closing = false
	case "flags":
		r := m.room(o.args[0])
		m.say("closing,closed=%s", flagsOf(r.closing, r.closing && len(r.queue) == 0))
	default:
		m.unknown = true
	}
	return ""
}
