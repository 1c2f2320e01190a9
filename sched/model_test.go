package sched_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A model is the scheduler of the reference written down as plainly as can be:
// cur, and the list ready of those after it. Each operation is one case that
// says what becomes of the two. It shares nothing with the real thing but the
// scripts.
type model struct {
	*script
	tasks   map[string]*task
	all     []*task // also those whose name another has now
	main    *task
	cur     *task // nil when nobody is ready
	last    *task // who was cur before
	ready   []*task
	sleep   []*task   // in the order in which they wake
	limited []*limit  // in the order in which they pass
	awaited []*errand // in the order of asking
	now     int
	rooms   map[string]*room
	on      *task // whose turn has begun; nil if cur is only about to have one
	watches []*watching
	trap    int
	log     []string
	unknown bool // an operation that the model does not know
}

type task struct {
	*program
	pc          int
	place       string // ready (also cur), parked, blocked, asleep, dead
	begun       bool   // the operation at pc is under way
	bomb        string // error that it is resumed with
	met         bool   // something has changed hands: a bomb is for the next operation
	got         string // what it has received
	failed      string // the error that its operation ends with
	value       string // $v
	temp        string // what others gave it
	cleanups    []string
	ran         bool
	atomic      bool
	mayNotBlock bool
	err         string

	count   int       // sent of a sequence
	joiners []*waiter // in the order in which they began
	wakesAt int

	fired int // the case that a select has taken; -1 for none
	turn  int // the case with which the next begins to look

	limits bool // its operation has a deadline
	passed bool // and it has passed
}

// runModel returns what s logs; ok is false if the model does not know all its
// operations.
func runModel(s *script) (log []string, ok bool) {
	m := &model{script: s, tasks: map[string]*task{}, rooms: map[string]*room{}}
	m.main = &task{program: s.program("main"), place: "ready", ran: true}
	m.know(m.main)
	m.cur = m.main
	for _, c := range s.channels {
		for _, o := range c.ops {
			switch o.verb {
			case "preference":
				m.room(c.name).preference, _ = strconv.Atoi(o.args[0])
			case "schedule_all":
				m.room(c.name).scheduleAll = true
			}
		}
	}
	for _, p := range s.tasklets {
		switch {
		case p.name == "main":
		case p.kind == "":
			m.spawn(p)
		case p.kind == "parked":
			m.know(&task{program: p, place: "parked"})
		case p.kind == "unbound":
			return nil, false
		}
	}
	for m.main.pc < len(m.main.ops) && m.main.place != "dead" && !m.unknown {
		m.step()
	}
	return m.log, !m.unknown
}

func (m *model) spawn(p *program) {
	t := &task{program: p, place: "ready"}
	m.know(t)
	m.ready = append(m.ready, t)
}

func (m *model) know(t *task) {
	m.tasks[t.name] = t
	m.all = append(m.all, t)
}

// expand puts what the task knows into s.
func (t *task) expand(s string) string { return expand(s, t.value, t.fired) }

func (m *model) say(format string, args ...any) { m.log = append(m.log, fmt.Sprintf(format, args...)) }

// step lets cur do one thing.
func (m *model) step() {
	if m.cur == nil {
		m.idle()
		return
	}
	t := m.cur
	if m.on != t {
		if m.turn(t) {
			return
		}
		m.on = t
	}
	m.last = t
	switch {
	case !t.ran && t.bomb != "":
		m.die(t.bomb)
		return
	case t.pc >= len(t.ops):
		m.die(t.bomb)
		return
	}
	t.ran = true
	o := t.ops[t.pc]
	if t.begun {
		t.begun = false
		if o.verb == "watch" || o.verb == "run" {
			victim := m.unwatch(t)
			fails := t.failed != "" || t.bomb != ""
			if o.verb == "watch" && (!fails || victim != "nobody") {
				t.value = victim
			}
		}
		if t.failed != "" {
			err := both(t.failed, t.take())
			t.failed, t.met = "", false
			m.raise(o, err)
			return
		}
		if t.bomb != "" && !t.met {
			m.raise(o, t.take())
			return
		}
		t.met = false
		switch o.verb {
		case "recv", "await":
			t.value = t.got
		case "select":
			if o.choices()[t.fired].verb == "recv" {
				t.value = t.got
			}
		case "yield", "park":
			if t.temp != "" {
				t.value = t.temp
			}
		case "sendall":
			if t.count++; t.count < len(o.args)-1 {
				return // the next of the sequence
			}
			t.value, t.count = strconv.Itoa(t.count), 0
		case "range":
			t.value = t.got
			m.say("%s", t.value)
			return
		}
		m.unlimit(t)
		t.pc++
		return
	}
	m.perform(t, o)
	m.limit(t, o)
	if m.cur != t {
		m.on = nil
	}
}

// both is one error and then another; either may be none.
func both(a, b string) string { return strings.Trim(a+"+"+b, "+") }

// exits reports whether err is nothing but exits.
func exits(err string) bool { return strings.Trim(strings.ReplaceAll("+"+err, "+exit", ""), "+") == "" }

func (t *task) take() string {
	e := t.bomb
	t.bomb = ""
	return e
}

// raise has cur's operation fail.
func (m *model) raise(o op, err string) {
	m.unlimit(m.cur)
	m.cur.count = 0
	switch {
	case o.verb == "range" && (err == "closed" || err == "end"):
		m.cur.pc++
	case o.try:
		first, _, _ := strings.Cut(err, "+")
		m.say("E(%s)", strings.TrimLeft(first, "!"))
		m.cur.pc++
	default:
		m.die(err)
	}
}

// next gives cur's turn to the first of ready.
func (m *model) next() {
	m.cur = nil
	if len(m.ready) > 0 {
		m.cur, m.ready = m.ready[0], m.ready[1:]
	}
}

// die ends cur.
func (m *model) die(err string) {
	t := m.cur
	m.unlimit(t)
	if t == m.main {
		t.place = "dead"
		m.say("main died of %s", err)
		return
	}
	for _, word := range slices.Backward(t.cleanups) {
		m.say("%s", word)
	}
	t.place, t.err, t.bomb = "dead", err, ""
	m.unwatch(t)
	m.next()
	joined := len(t.joiners) > 0
	for len(t.joiners) > 0 {
		j := t.joiners[0]
		if exits(err) {
			m.complete(j, "")
			j.task.met = j.number >= 0 // what a plain join does can be undone
		} else {
			m.complete(j, err)
		}
		m.wake(j.task)
	}
	if !exits(err) && !joined {
		m.deliver(m.watchdog(), "!"+err) // marked, as it is another's
	}
}

// wake puts t at the end of ready, from wherever it was.
func (m *model) wake(t *task) {
	t.place = "ready"
	if m.cur == nil {
		m.cur = t
	} else {
		m.ready = append(m.ready, t)
	}
}

// leave takes t out of its place, if it is not cur.
func (m *model) leave(t *task) {
	is := func(u *task) bool { return u == t }
	m.ready = slices.DeleteFunc(m.ready, is)
	m.sleep = slices.DeleteFunc(m.sleep, is)
	m.awaited = slices.DeleteFunc(m.awaited, func(e *errand) bool { return e.task == t })
	m.withdraw(t)
	t.place = "ready"
}

// withdraw takes t out of all queues, and out of the limits of its select.
func (m *model) withdraw(t *task) {
	is := func(w *waiter) bool { return w.task == t }
	for _, r := range m.rooms {
		r.queue = slices.DeleteFunc(r.queue, is)
	}
	for _, u := range m.all {
		u.joiners = slices.DeleteFunc(u.joiners, is)
	}
	m.limited = slices.DeleteFunc(m.limited, func(l *limit) bool { return l.task == t && l.of >= 0 })
}

// front lets t run now, as the reference's t.run does: the ring turns if t is in
// it, otherwise t goes before cur.
func (m *model) front(t *task) {
	if t == m.cur {
		return
	}
	if i := slices.Index(m.ready, t); i >= 0 {
		before, after := slices.Clone(m.ready[:i]), slices.Clone(m.ready[i+1:])
		if m.cur != nil {
			after = append(after, m.cur)
		}
		m.ready = append(after, before...)
	} else {
		m.leave(t)
		if m.cur != nil {
			m.ready = append([]*task{m.cur}, m.ready...)
		}
	}
	m.cur = t
}

// throw raises err in t now.
func (m *model) throw(t *task, err string) {
	t.bomb = both(t.bomb, err)
	m.front(t)
}

// deliver is throw, but an error of somebody else's reaches main also in a send
// that is complete.
func (m *model) deliver(t *task, err string) {
	if t.begun && strings.HasPrefix(t.ops[t.pc].verb, "send") {
		t.met = false
	}
	m.throw(t, err)
}

// block ends cur's turn.
func (m *model) block(place string) {
	m.cur.place, m.cur.begun = place, true
	m.next()
}

// idle finds somebody when nobody is ready.
func (m *model) idle() {
	if m.turn(nil) {
		return
	}
	if m.comeBack() {
		return
	}
	blocked := ""
	if m.main.place == "blocked" {
		blocked = m.main.ops[m.main.pc].verb
	}
	switch {
	case m.watchdog() != m.main:
		m.wake(m.watchdog())
	case len(m.sleep) > 0 || len(m.limited) > 0 || len(m.awaited) > 0:
		next := math.MaxInt
		if len(m.sleep) > 0 {
			next = m.sleep[0].wakesAt
		}
		if len(m.limited) > 0 {
			next = min(next, m.limited[0].at)
		}
		for _, e := range m.awaited {
			next = min(next, e.at)
		}
		m.now = max(m.now, next)
		for len(m.sleep) > 0 && m.sleep[0].wakesAt <= m.now {
			t := m.sleep[0]
			m.sleep = m.sleep[1:]
			m.wake(t)
		}
		for len(m.limited) > 0 && m.limited[0].at <= m.now {
			m.pass()
		}
	case m.main.place == "parked":
		m.wake(m.main)
	case m.last == m.main || m.last.place != "dead":
		m.deliver(m.last, "deadlock")
	case strings.HasPrefix(blocked, "send"):
		m.deliver(m.main, "main sending without a receiver")
	case blocked == "recv" || blocked == "range":
		m.deliver(m.main, "main receiving without a sender")
	default:
		m.deliver(m.main, "main waits for ever")
	}
}
