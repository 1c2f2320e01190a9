package main

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// This file leads two machines through everything that can happen to them, and
// visits each state that they can come to. Either side can be killed before each
// single action, and forgets all but what it has saved. Messages that were sent
// once can arrive at any later time, any number of times, in any order, or never.
// The group is a number that counts up: "3!" is one that has said line 3, which
// may not have been printed, and "3" one whose line 3 was printed.

// A modelSide is one process.
type modelSide struct {
	disk    record
	machine machine
	todo    []action
	down    bool
	has     bool // a group in memory
	count   int
	unsaid  bool // line count is yet to be saved and printed
}

// A modelState is both, what was sent, and what was printed.
type modelState struct {
	sides   [2]modelSide
	sent    [2]uint64 // messages to each side, by their bits
	printed int
	killed  bool // somebody, since the last line
	next    string
}

// A model is a walk through all states.
type model struct {
	maxEpoch  uint64
	maxCount  int
	bits      map[string]int
	messages  []message
	seen      map[string]bool
	key       []byte // of the state that is visited
	queue     []modelState
	doubles   int
	fail      func(s modelState, format string, args ...any)
	takenBack bool // some state was seen in which an offer had been taken back
}

func (m *model) bit(msg message) uint64 {
	if msg.kind == refused {
		msg.body = nil // people read it
	}
	key := fmt.Sprintf("%v %d %s", msg.kind, msg.epoch, msg.body)
	i, ok := m.bits[key]
	if !ok {
		i = len(m.messages)
		if i == 64 {
			panic("more messages than bits")
		}
		m.bits[key] = i
		m.messages = append(m.messages, msg)
	}
	return 1 << i
}

// clone returns a copy whose machines can go on by themselves. Records and
// actions are never changed in place.
func (s modelState) clone(what string, side int) modelState {
	s.next = what + " " + "ab"[side:side+1]
	for i := range s.sides {
		s.sides[i].todo = s.sides[i].todo[:len(s.sides[i].todo):len(s.sides[i].todo)]
	}
	return s
}

// appendKey appends what tells states apart.
func (s *modelState) appendKey(b []byte) []byte {
	for i := range s.sides {
		side := &s.sides[i]
		b = appendRecord(b, side.disk)
		if side.down {
			b = append(b, "down|"...)
			continue
		}
		b = appendRecord(b, side.machine.record)
		b = append(strconv.AppendBool(b, side.has), byte(side.count))
		b = strconv.AppendBool(b, side.unsaid)
		for _, a := range side.todo {
			switch a := a.(type) {
			case save:
				b = appendRecord(append(b, 's'), a.record)
			case send:
				b = append(b, 'm', byte(a.message.kind), byte(a.message.epoch))
			case load:
				b = append(append(b, 'l'), a.pickle...)
			case show:
				b = append(append(b, 'p'), a.lines[0]...)
			}
		}
		b = append(b, '|')
	}
	b = binary.BigEndian.AppendUint64(b, s.sent[0])
	b = binary.BigEndian.AppendUint64(b, s.sent[1])
	return strconv.AppendBool(append(b, byte(s.printed)), s.killed)
}

func appendRecord(b []byte, r record) []byte {
	b = append(append(b, r.Phase...), byte(r.Epoch))
	return append(append(b, r.Pickle...), ';')
}

// enqueue gives a side more to do; notes are for people.
func (side *modelSide) enqueue(actions []action) {
	for _, a := range actions {
		if _, isNote := a.(note); !isNote {
			side.todo = append(side.todo, a)
		}
	}
}

// act has side i do the first thing that it has to. What a driver does when it
// has done all of it, it does here.
func (m *model) act(s *modelState, i int) {
	side := &s.sides[i]
	switch a := side.todo[0].(type) {
	case save:
		side.disk = a.record
	case send:
		s.sent[1-i] |= m.bit(a.message)
	case load:
		if side.has {
			m.fail(*s, "a group is loaded where one is")
		}
		side.has = true
		text, unsaid := strings.CutSuffix(string(a.pickle), "!")
		side.count, _ = strconv.Atoi(text)
		side.unsaid = unsaid
	case show:
		line, _ := strconv.Atoi(a.lines[0])
		switch {
		case line == s.printed+1:
		case line == s.printed && s.killed:
			m.doubles++ // whoever was killed might have printed it, and had
		default:
			m.fail(*s, "line %d is printed after line %d", line, s.printed)
		}
		s.printed, s.killed = line, false
	}
	side.todo = side.todo[1:]
	if len(side.todo) > 0 {
		return
	}
	switch {
	case side.has && side.machine.Phase == given: // Move has ended it
		side.has = false
		side.enqueue(side.machine.tick())
	case side.has && side.machine.Phase == owned && side.unsaid:
		m.flush(side)
	}
}

// flush saves and prints the line that the group has said.
func (m *model) flush(side *modelSide) {
	side.unsaid = false
	text := strconv.Itoa(side.count)
	side.enqueue(side.machine.progress([]byte(text+"!"), []string{text}, []byte(text)))
}

func restartSide(side *modelSide) {
	side.down = false
	side.machine.record = side.disk
	side.enqueue(side.machine.restart())
}

// visit notes a state that was not seen before, and checks it.
func (m *model) visit(s modelState) {
	m.key = s.appendKey(m.key[:0])
	if m.seen[string(m.key)] {
		return
	}
	m.seen[string(m.key)] = true
	a, b := &s.sides[0], &s.sides[1]
	owners := 0
	for i, side := range s.sides {
		peer := s.sides[1-i].disk
		switch {
		case side.disk.Phase == owned || side.disk.Phase == giving:
			owners++
		case side.disk.Phase == offered && peer.Phase == given && peer.Epoch == side.disk.Epoch:
			owners++ // and will hear of it
		}
		if err := side.disk.check(); err != nil {
			m.fail(s, "%v", err)
		}
	}
	if owners != 1 {
		m.fail(s, "the group has %d owners, by what is saved", owners)
	}
	if a.has && !a.down && b.has && !b.down {
		m.fail(s, "both have it in memory")
	}
	m.settle(s)
	m.queue = append(m.queue, s)
}

// expand goes to all states that can follow.
func (m *model) expand(s modelState) {
	for i := range s.sides {
		side := &s.sides[i]
		try := func(what string, f func(next *modelState, side *modelSide)) {
			next := s.clone(what, i)
			f(&next, &next.sides[i])
			m.visit(next)
		}
		if side.down {
			try("restart", func(_ *modelState, side *modelSide) { restartSide(side) })
			continue
		}
		try("kill", func(next *modelState, side *modelSide) {
			*side = modelSide{disk: side.disk, machine: machine{peer: side.machine.peer, try: side.machine.try}, down: true}
			next.killed = true
		})
		if len(side.todo) > 0 {
			try("act", func(next *modelState, _ *modelSide) { m.act(next, i) })
			continue
		}
		for bit, msg := range m.messages {
			if s.sent[i]&(1<<bit) != 0 {
				try("receive "+msg.kind.String(), func(_ *modelState, side *modelSide) { side.enqueue(side.machine.receive(msg)) })
			}
		}
		try("tick", func(_ *modelState, side *modelSide) { side.enqueue(side.machine.tick()) })
		switch {
		case side.machine.Phase == giving:
			try("keep", func(_ *modelState, side *modelSide) {
				side.enqueue(side.machine.keep("no patience"))
				m.takenBack = true
			})
		case side.machine.Phase == owned && side.has:
			if side.count < m.maxCount {
				try("run", func(_ *modelState, side *modelSide) {
					side.count++
					m.flush(side)
				})
			}
			if side.machine.Epoch < m.maxEpoch {
				try("give", func(_ *modelState, side *modelSide) {
					side.enqueue(side.machine.offer([]byte(strconv.Itoa(side.count))))
				})
			}
		}
	}
}

// settle goes on from a state without any further harm: each side is started, and
// what is sent from now on arrives. In the end one of them must run the group,
// and the other know that it does not have it.
func (m *model) settle(s modelState) {
	fail := s
	for i := range s.sides {
		if s.sides[i].down {
			restartSide(&s.sides[i])
		}
		s.sides[i].todo = append([]action(nil), s.sides[i].todo...)
	}
	var arrived [2][]message
	for range 10 {
		for i := range s.sides {
			if len(s.sides[i].todo) == 0 {
				s.sides[i].enqueue(s.sides[i].machine.tick())
			}
		}
		for busy := true; busy; {
			busy = false
			for i := range s.sides {
				side := &s.sides[i]
				switch {
				case len(side.todo) > 0:
					if sent, ok := side.todo[0].(send); ok {
						arrived[1-i] = append(arrived[1-i], sent.message)
					}
					m.act(&s, i)
				case len(arrived[i]) > 0:
					side.enqueue(side.machine.receive(arrived[i][0]))
					arrived[i] = arrived[i][1:]
				default:
					continue
				}
				busy = true
			}
		}
		if s.quiet(0) || s.quiet(1) {
			return
		}
	}
	m.fail(fail, "left alone, they come to %q and %q", s.sides[0].machine.Phase, s.sides[1].machine.Phase)
}

// quiet says that side i runs the group, the other knows that it has none, and
// every line was printed.
func (s *modelState) quiet(i int) bool {
	side, other := &s.sides[i], &s.sides[1-i]
	return side.has && side.machine.Phase == owned && side.disk.Phase == owned && s.printed == side.count &&
		!other.has && other.machine.Phase == nobody && other.disk.Phase == nobody
}

// TestEveryState is the proof of the protocol, as far as so many offers and lines
// go: the group goes there, back, and there again.
func TestEveryState(t *testing.T) {
	t.Run("two offers, two lines", func(t *testing.T) { everyState(t, 2, 2) })
	if !testing.Short() {
		t.Run("three offers, no line", func(t *testing.T) { everyState(t, 3, 0) })
	}
}

func everyState(t *testing.T, offers uint64, lines int) {
	m := &model{maxEpoch: 1 + offers, maxCount: lines, bits: make(map[string]int), seen: make(map[string]bool)}
	m.fail = func(s modelState, format string, args ...any) {
		t.Helper()
		t.Fatalf("after %s: %s\na %+v\nb %+v", s.next, fmt.Sprintf(format, args...), s.sides[0], s.sides[1])
	}
	first := modelState{next: "start"}
	for i := range first.sides {
		first.sides[i].machine = machine{peer: "ba"[i : i+1], try: func([]byte) error { return nil }}
	}
	first.sides[0].disk = record{Phase: owned, Epoch: 1, Pickle: []byte("0")}
	restartSide(&first.sides[0])
	m.visit(first)
	for len(m.queue) > 0 {
		s := m.queue[len(m.queue)-1]
		m.queue = m.queue[:len(m.queue)-1]
		m.expand(s)
	}
	t.Logf("%d states, %d messages", len(m.seen), len(m.messages))
	if len(m.seen) < 10_000 || m.doubles == 0 && lines > 0 || !m.takenBack {
		t.Error("that can't be all")
	}
}
