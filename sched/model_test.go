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
	main    *task
	cur     *task // nil when nobody is ready
	last    *task // who was cur before
	ready   []*task
	sleep   []*task // in the order in which they wake
	limited []*task // those with a deadline, in the order in which these pass
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
	pc       int
	place    string // ready (also cur), parked, blocked, asleep, dead
	begun    bool   // the operation at pc is under way
	bomb     string // error that it is resumed with
	met      bool   // its send or receive is complete: a bomb is for the next operation
	got      string // by that receive
	failed   string // the error that its operation ends with
	value    string // $v
	temp     string // what others gave it
	cleanups []string
	ran      bool
	atomic   bool
	err      string

	room    *room // where it is blocked
	sends   bool
	errors  bool // what it sends is an error
	sent    string
	count   int // sent of a sequence
	joins   *task
	joiners []*task // in the order in which they began
	wakesAt int

	limitAt int  // when its operation's deadline passes, if it has one
	limits  bool // it has
	passed  bool // and it has passed
}

// watching is one who lets the others run.
type watching struct {
	task        *task
	steps, left int // 0 steps are no limit
	soft, total bool
	holder      *task
	victim      string
}

// A room is a channel.
type room struct {
	queue       []*task
	preference  int
	scheduleAll bool
	closing     bool
}

func (r *room) balance() int {
	switch {
	case len(r.queue) == 0:
		return 0
	case r.queue[0].sends:
		return len(r.queue)
	}
	return -len(r.queue)
}

// runModel returns what s logs; ok is false if the model does not know all its
// operations.
func runModel(s *script) (log []string, ok bool) {
	m := &model{script: s, tasks: map[string]*task{}, rooms: map[string]*room{}}
	m.main = &task{program: s.program("main"), place: "ready", ran: true}
	m.tasks["main"] = m.main
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
			m.tasks[p.name] = &task{program: p, place: "parked"}
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
	m.tasks[p.name] = t
	m.ready = append(m.ready, t)
}

func (m *model) room(name string) *room {
	if m.rooms[name] == nil {
		m.rooms[name] = &room{preference: -1}
	}
	return m.rooms[name]
}

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
		case "recv":
			t.value = t.got
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

// watch lets cur, t, watch over the others. Main is always the outermost.
func (m *model) watch(t *task, o op) {
	w := &watching{task: t, victim: "nobody"}
	for _, word := range o.args {
		switch word {
		case "soft":
			w.soft = true
		case "total":
			w.total = true
		default:
			w.steps, _ = strconv.Atoi(word)
		}
	}
	w.left = w.steps
	if t == m.main {
		m.watches = append([]*watching{w}, m.watches...)
	} else {
		m.watches = append(m.watches, w)
	}
	m.block("parked")
}

func (m *model) unwatch(t *task) (victim string) {
	i := slices.IndexFunc(m.watches, func(w *watching) bool { return w.task == t })
	if i < 0 {
		return ""
	}
	victim = m.watches[i].victim
	innermost := i == len(m.watches)-1
	m.watches = slices.Delete(m.watches, i, i+1)
	if w := m.innermost(); innermost && w != nil && !w.total {
		w.holder, w.left = m.cur, w.steps
	}
	return victim
}

func (m *model) innermost() *watching {
	if n := len(m.watches); n > 0 {
		return m.watches[n-1]
	}
	return nil
}

// watchdog returns who hears of errors and goes on when nobody is ready.
func (m *model) watchdog() *task {
	if w := m.innermost(); w != nil {
		return w.task
	}
	return m.main
}

// turn counts the step of next's turn, which is about to begin; next is nil if
// nobody is ready. If the budget is used up, the watchdog is cur instead.
func (m *model) turn(next *task) (over bool) {
	w := m.innermost()
	if w == nil || w.steps == 0 || next == w.task || next == m.main {
		return false
	}
	if w.soft && w.left <= 0 {
		m.front(w.task)
		w.task.place = "ready"
		return true
	}
	if next == nil {
		return false
	}
	if w.holder != next {
		w.holder = next
		if !w.total {
			w.left = w.steps
		}
	}
	if w.left <= 0 && m.mayInterrupt(next) {
		m.interrupt(next)
		return true
	}
	w.left--
	return false
}

func (m *model) mayInterrupt(t *task) bool {
	w := m.innermost()
	return w != nil && w.steps > 0 && !w.soft && !t.atomic && (t.ran || t.bomb == "") && m.trap <= 0 && t != w.task && t != m.main
}

// interrupt takes cur, t, out.
func (m *model) interrupt(t *task) {
	w := m.innermost()
	w.victim = t.name
	t.place = "parked"
	m.next()
	m.front(w.task)
	w.task.place = "ready"
}

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
	joiners := t.joiners
	t.joiners = nil
	for _, j := range joiners {
		if !exits(err) {
			j.failed = err
		}
		m.wake(j)
	}
	if !exits(err) && len(joiners) == 0 {
		m.deliver(m.watchdog(), "!"+err) // marked, as it is another's
	}
}

// wake puts t at the end of ready, from wherever it was.
func (m *model) wake(t *task) {
	t.place, t.room, t.joins = "ready", nil, nil
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
	if t.room != nil {
		t.room.queue = slices.DeleteFunc(t.room.queue, is)
	}
	if t.joins != nil {
		t.joins.joiners = slices.DeleteFunc(t.joins.joiners, is)
	}
	t.place, t.room, t.joins = "ready", nil, nil
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
	switch {
	case m.watchdog() != m.main:
		m.wake(m.watchdog())
	case len(m.sleep) > 0 || len(m.limited) > 0:
		next := math.MaxInt
		if len(m.sleep) > 0 {
			next = m.sleep[0].wakesAt
		}
		if len(m.limited) > 0 {
			next = min(next, m.limited[0].limitAt)
		}
		m.now = max(m.now, next)
		for len(m.sleep) > 0 && m.sleep[0].wakesAt <= m.now {
			t := m.sleep[0]
			m.sleep = m.sleep[1:]
			m.wake(t)
		}
		for len(m.limited) > 0 && m.limited[0].limitAt <= m.now {
			t := m.limited[0]
			m.limited = m.limited[1:]
			m.strike(t)
		}
	case m.main.place == "parked":
		m.wake(m.main)
	case m.last != m.main && m.last.place == "dead" && m.main.joins != nil:
		m.deliver(m.main, "main waits for ever")
	case m.last != m.main && m.last.place == "dead" && m.main.sends:
		m.deliver(m.main, "main sending without a receiver")
	case m.last != m.main && m.last.place == "dead":
		m.deliver(m.main, "main receiving without a sender")
	default:
		m.deliver(m.last, "deadlock")
	}
}

// perform begins t's operation o; t is cur.
func (m *model) perform(t *task, o op) {
	arg := func(i int) string { return strings.ReplaceAll(o.args[i], "$v", t.value) }
	peer := func() *task { return m.tasks[o.args[0]] }
	waits := slices.Contains([]string{"yield", "park", "run", "sleep", "send", "senderr", "recv", "sendall", "range", "rung", "switch", "throw", "kill", "join", "fail", "tick", "watch"}, o.verb)
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
		m.send(t, o, arg(1), false)
		return
	case "senderr":
		err := arg(1)
		if err == "END" {
			err = "end"
		}
		m.send(t, o, err, true)
		return
	case "sendall":
		m.send(t, o, arg(1+t.count), false)
		return
	case "recv", "range":
		m.receive(t, o)
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
			t.joins, t.sends = u, false
			u.joiners = append(u.joiners, t)
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

// send has t send v, which may be an error.
func (m *model) send(t *task, o op, v string, isError bool) {
	r := m.room(o.args[0])
	switch {
	case r.balance() < 0 && m.trap > 0 && (r.scheduleAll || r.preference == -1):
		m.raise(o, "switch trap")
	case r.balance() < 0:
		u := r.queue[0]
		r.queue = r.queue[1:]
		u.got = v
		if isError {
			u.failed = v
		}
		m.meet(t, u, r, -1)
	case r.closing:
		m.raise(o, "closed")
	case m.trap > 0:
		m.raise(o, "switch trap")
	default:
		t.sent, t.errors, t.sends, t.room = v, isError, true, r
		r.queue = append(r.queue, t)
		m.block("blocked")
	}
}

func (m *model) receive(t *task, o op) {
	r := m.room(o.args[0])
	switch {
	case r.balance() > 0 && m.trap > 0 && (r.scheduleAll || r.preference == 1):
		m.raise(o, "switch trap")
	case r.balance() > 0:
		u := r.queue[0]
		r.queue = r.queue[1:]
		t.got = u.sent
		if u.errors {
			t.failed = u.sent
		}
		m.meet(t, u, r, 1)
	case r.closing:
		m.raise(o, "closed")
	case m.trap > 0:
		m.raise(o, "switch trap")
	default:
		t.sends, t.room = false, r
		r.queue = append(r.queue, t)
		m.block("blocked")
	}
}

// meet ends a rendezvous of cur, t, with peer, who had waited.
func (m *model) meet(t, peer *task, r *room, peers int) {
	t.begun = true
	t.met, peer.met = t.failed == "", peer.failed == ""
	peer.place, peer.room = "ready", nil
	switch {
	case r.scheduleAll:
		m.ready = append(m.ready, peer, t)
		m.next()
	case r.preference == peers:
		m.ready = append(m.ready, t)
		m.cur = peer
	default:
		m.ready = append(m.ready, peer)
	}
}

// act does what takes no turn from anybody, and returns the error.
func (m *model) act(t *task, o op, arg func(int) string, peer func() *task) string {
	switch o.verb {
	case "log":
		m.say("%s", strings.ReplaceAll(strings.Join(o.args, " "), "$v", t.value))
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
		for _, u := range m.room(o.args[0]).queue {
			names = append(names, u.name)
		}
		m.say("%v", names)
	case "close":
		r := m.room(o.args[0])
		r.closing = true
		for r.balance() < 0 {
			u := r.queue[0]
			r.queue = r.queue[1:]
			u.failed = "closed"
			m.wake(u)
		}
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
