package sched_test

import (
	"slices"
	"strconv"
)

// watching is one who lets the others run.
type watching struct {
	task        *task
	steps, left int // 0 steps are no limit
	soft, total bool
	holder      *task
	victim      string
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
