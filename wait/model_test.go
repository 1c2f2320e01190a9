package wait_test

import (
	"fmt"
	"slices"
	"strings"
)

// A model does what a world does, written as plainly as can be: lists, and one case
// for each operation.
type model struct {
	programs []*program
	all      []*player
	ring     []*player
	lines    map[string][]*player // who waits: m, c, s, e, g, b
	owner    *player
	spoiled  bool
	free     int
	set      bool
	count    int
	values   []int
	closing  bool
	log      []string
}

// A player is a tasklet of the model.
type player struct {
	p       *program
	pc      int
	started bool
	dead    bool
	line    string // where it waits, "" if in the ring
	verb    string // the operation under way
	done    bool
	later   bool // errs are for the operation after this one
	errs    []string
	n       int  // permits that it asks for, or the value that it brings or got
	signal  bool // it waits for the mutex with a signal
}

// runModel returns the log of the programs.
func runModel(programs []*program) []string {
	m := &model{programs: programs, lines: map[string][]*player{}, free: permits}
	for _, p := range programs {
		t := &player{p: p}
		m.all, m.ring = append(m.all, t), append(m.ring, t)
	}
	for len(m.ring) > 0 {
		m.turn(m.ring[0])
	}
	for _, t := range m.all {
		by := map[string]string{"m": "lock", "c": "wait", "s": "acquire", "e": "wait", "g": "wait", "": ""}[t.line]
		if t.line == "b" {
			by = map[string]string{"put": "send", "get": "receive"}[t.verb]
		}
		m.say("%s:%s", t.p.name, by)
	}
	owner := ""
	if m.owner != nil {
		owner = m.owner.p.name
	}
	m.say("owner=%s free=%d set=%v count=%d len=%d", owner, m.free, m.set, m.count, len(m.values))
	return m.log
}

func (m *model) say(format string, args ...any) { m.log = append(m.log, fmt.Sprintf(format, args...)) }

// turn runs t until it waits or ends.
func (m *model) turn(t *player) {
	if !t.started && len(t.errs) > 0 {
		m.end(t)
		return
	}
	t.started = true
	for ; t.pc < len(t.p.steps); t.pc++ {
		o := t.p.steps[t.pc]
		switch m.perform(t, o) {
		case "wait":
			return
		case "failed":
			kinds := strings.Join(t.errs, "+")
			t.errs = nil
			m.say("%s E(%s)", t.p.name, kinds)
			if strings.Trim(kinds, "exit+") == "" {
				t.errs = []string{kinds}
				m.end(t)
				return
			}
		case "next":
			if o.verb == "get" {
				m.say("%s got %d", t.p.name, t.n)
			} else {
				m.say("%s %s", t.p.name, o.verb)
			}
		}
	}
	m.end(t)
}

func (m *model) end(t *player) {
	if t.p.tidy && m.owner == t {
		m.next()
	}
	if m.owner == t {
		m.owner, m.spoiled = nil, true
		for len(m.lines["m"]) > 0 {
			m.fail(m.take("m"))
		}
	}
	if kinds := strings.Join(t.errs, "+"); strings.Trim(kinds, "exit+") != "" {
		m.say("%s!%s", t.p.name, kinds)
	}
	t.dead = true
	m.ring = slices.DeleteFunc(m.ring, func(u *player) bool { return u == t })
}

// take takes the first of a line out and puts it into the ring.
func (m *model) take(line string) *player {
	t := m.lines[line][0]
	m.lines[line] = m.lines[line][1:]
	t.line, t.done = "", true
	m.ring = append(m.ring, t)
	return t
}

func (m *model) fail(t *player) { t.errs = append(t.errs, "abandoned") }

// next gives the mutex to the first in line.
func (m *model) next() {
	m.owner = nil
	if len(m.lines["m"]) > 0 {
		m.owner = m.take("m")
	}
}

func (m *model) signal(one bool) {
	if len(m.lines["c"]) == 0 {
		return
	}
	t := m.lines["c"][0]
	m.lines["c"] = m.lines["c"][1:]
	t.line, t.signal = "m", one
	m.lines["m"] = append(m.lines["m"], t)
	if m.spoiled {
		m.fail(m.take("m"))
	} else if m.owner == nil {
		m.next()
	}
}

// meet gives permits to those in line.
func (m *model) meet() {
	for len(m.lines["s"]) > 0 && m.lines["s"][0].n <= m.free {
		m.free -= m.take("s").n
	}
}

func (m *model) wait(t *player, line, verb string) string {
	m.ring = m.ring[1:]
	t.line, t.verb, t.done, t.signal = line, verb, false, false
	m.lines[line] = append(m.lines[line], t)
	return "wait"
}

// throw is ThrowLater.
func (m *model) throw(t *player, kind string) {
	if line := t.line; line != "" {
		m.lines[line] = slices.DeleteFunc(slices.Clone(m.lines[line]), func(u *player) bool { return u == t })
		t.line = ""
		switch line {
		case "s":
			m.meet()
		case "m":
			if t.signal {
				m.signal(true)
			}
		}
		m.ring = append(m.ring, t)
	} else if t.done && len(t.errs) == 0 && t.verb != "" {
		switch t.verb {
		case "lock", "condwait", "acquire", "put", "get":
			t.later = true
		}
	}
	t.errs = append(t.errs, kind)
}

// perform performs o and says "next", "wait", "failed", or nothing.
func (m *model) perform(t *player, o step) string {
	waits := slices.Contains([]string{"lock", "condwait", "acquire", "ewait", "gwait", "put", "get", "yield"}, o.verb)
	refuse := func(kind string) string {
		t.errs = append(t.errs, kind)
		return "failed"
	}
	switch {
	case !waits:
	case t.verb != "" && len(t.errs) > 0 && !t.later:
		t.verb = ""
		return "failed"
	case t.verb != "":
		t.verb, t.later, t.done = "", false, false
		return "next"
	case len(t.errs) > 0:
		return "failed"
	}
	switch o.verb {
	case "yield":
		m.ring = append(m.ring[1:], t)
		t.verb, t.done = "yield", true
		return "wait"
	case "lock":
		switch {
		case m.spoiled:
			return refuse("abandoned")
		case m.owner == t:
			return refuse("held")
		case m.owner != nil:
			return m.wait(t, "m", "lock")
		}
		m.owner = t
	case "trylock":
		ok := !m.spoiled && m.owner == nil
		if ok {
			m.owner = t
		}
		m.say("%s trylock %v", t.p.name, ok)
	case "unlock":
		if m.owner != t {
			m.say("%s unlock:notheld", t.p.name)
		} else {
			m.next()
		}
	case "repair":
		m.spoiled = false
	case "condwait":
		if m.owner != t {
			return refuse("notheld")
		}
		m.next()
		return m.wait(t, "c", "condwait")
	case "signal":
		m.signal(true)
	case "broadcast":
		for len(m.lines["c"]) > 0 {
			m.signal(false)
		}
	case "acquire":
		switch {
		case o.n > permits:
			return refuse("range")
		case o.n > m.free || len(m.lines["s"]) > 0:
			t.n = o.n
			return m.wait(t, "s", "acquire")
		}
		m.free -= o.n
	case "release":
		if o.n > permits-m.free {
			m.say("%s release:range", t.p.name)
		} else {
			m.free += o.n
			m.meet()
		}
	case "ewait":
		if !m.set {
			return m.wait(t, "e", "ewait")
		}
	case "set":
		m.set = true
		for len(m.lines["e"]) > 0 {
			m.take("e")
		}
	case "clear":
		m.set = false
	case "add":
		if m.count+o.n < 0 {
			m.say("%s add:range", t.p.name)
		} else if m.count += o.n; m.count == 0 {
			for len(m.lines["g"]) > 0 {
				m.take("g")
			}
		}
	case "gwait":
		if m.count != 0 {
			return m.wait(t, "g", "gwait")
		}
	case "put":
		line := m.lines["b"]
		switch {
		case m.closing:
			return refuse("closed")
		case len(line) > 0 && line[0].verb == "get":
			m.take("b").n = o.n
		case len(m.values) == capacity:
			t.n = o.n
			return m.wait(t, "b", "put")
		default:
			m.values = append(m.values, o.n)
		}
	case "get":
		switch {
		case len(m.values) > 0:
			t.n = m.values[0]
			m.values = m.values[1:]
			if len(m.lines["b"]) > 0 {
				m.values = append(m.values, m.take("b").n)
			}
		case m.closing:
			return refuse("closed")
		default:
			return m.wait(t, "b", "get")
		}
	case "close":
		m.closing = true
		for len(m.lines["b"]) > 0 && m.lines["b"][0].verb == "get" {
			u := m.take("b")
			u.errs = append(u.errs, "closed")
		}
	case "kill", "throw":
		u, kind := m.all[o.n], "exit"
		if o.verb == "throw" {
			kind = "K" + t.p.name
		}
		if !u.dead {
			m.throw(u, kind)
		} else if o.verb == "throw" {
			m.say("%s throw:dead", t.p.name)
		}
	}
	if waits {
		return "next"
	}
	return ""
}
