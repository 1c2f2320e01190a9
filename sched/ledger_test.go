package sched_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A ledger is kept of a world whose order is not known beforehand. It knows what
// must be true in every order: a value is received once, if at all; a send is
// complete only if its value was received; who receives several values of one
// sender from one channel gets them in the order in which they were sent; and
// nobody is lost. A nil ledger knows nothing.
type ledger struct {
	actors   int
	main     int             // which of them it is
	begun    map[string]bool // values, each of which has a tag of its own
	complete map[string]bool
	received map[string]bool
	latest   map[string]int // by receiver, channel and sender: which of its values it was
	wrong    error          // the first that was not true
}

func newLedger() *ledger {
	return &ledger{
		begun: make(map[string]bool), complete: make(map[string]bool), received: make(map[string]bool),
		latest: make(map[string]int),
	}
}

func (l *ledger) object(format string, args ...any) {
	if l.wrong == nil {
		l.wrong = fmt.Errorf(format, args...)
	}
}

// join returns the number of an actor.
func (l *ledger) join() int {
	if l == nil {
		return 0
	}
	l.actors++
	return l.actors
}

// begins returns the word that a sends, which may be for the second time.
func (a *actor) begins(word string) string { return a.begin([]string{word})[0] }

// begin returns the words that a sends. In the ledger each is a value like no other:
// it says who sends it, and at what position of its program.
func (a *actor) begin(words []string) []string {
	values := make([]string, len(words))
	for i, word := range words {
		values[i] = a.expand(word)
		if l := a.w.ledger; l != nil {
			values[i] = fmt.Sprintf("%s@%d.%d", word, a.number, 10*a.pc+i)
			l.begun[values[i]] = true
		}
	}
	return values
}

// sent notes that the sends of values are complete.
func (l *ledger) sent(values ...string) {
	if l == nil {
		return
	}
	for _, v := range values {
		l.complete[v] = true
	}
}

// receives notes that a has received v by o.
func (a *actor) receives(o op, v string) {
	a.value = v
	l := a.w.ledger
	if l == nil {
		return
	}
	_, tag, _ := strings.Cut(v, "@")
	sender, at, _ := strings.Cut(tag, ".")
	position, _ := strconv.Atoi(at)
	key := fmt.Sprintf("%d from %s by %s", a.number, o.args[0], sender)
	switch latest, before := l.latest[key]; {
	case !l.begun[v]:
		l.object("actor %d received %q, which nobody has sent", a.number, v)
	case l.received[v]:
		l.object("%q was received twice", v)
	case before && latest >= position:
		l.object("actor %s received position %d after %d", key, position, latest)
	}
	l.received[v], l.latest[key] = true, position
}

// everyone sees to it that who is alive is somewhere.
func (l *ledger) everyone(w *world) {
	if l == nil {
		return
	}
	all, alive := w.s.Everyone(), 1 // main
	for t := range w.names {
		if t.Alive() && t != w.s.Main().Tasklet() {
			alive++
		}
	}
	if alive != all.Len()+1 {
		l.object("%d tasklets are alive, but %d are somewhere", alive, all.Len()+1)
	}
}

// balance returns what was not true. With functions, a send that was received may
// yet fail, as their world ends them in the middle of it; and so may main's, which
// is told of others' errors there.
func (l *ledger) balance(functions bool) error {
	for _, v := range slices.Sorted(maps.Keys(l.begun)) {
		mains := strings.Contains(v, fmt.Sprintf("@%d.", l.main))
		switch sent, got := l.complete[v], l.received[v]; {
		case sent && !got:
			l.object("the send of %q is complete, but nobody has received it", v)
		case got && !sent && !functions && !mains:
			l.object("%q was received, but its send is not complete", v)
		}
	}
	return l.wrong
}
