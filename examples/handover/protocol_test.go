package main

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestRefusals(t *testing.T) {
	bad := errors.New("it is torn")
	for _, c := range []struct {
		name string
		have record
		in   message
		want string // of the reason
	}{
		{"what can't be loaded", record{}, message{offer, 2, []byte("bad")}, "it is torn"},
		{"a second group", record{Phase: owned, Epoch: 1, Pickle: []byte("x")}, message{offer, 2, []byte("y")}, "another group"},
		{"both give", record{Phase: giving, Peer: "b", Epoch: 2, Pickle: []byte("x")}, message{offer, 3, []byte("y")}, "another group"},
		{"an offer of the past", record{Epoch: 5}, message{offer, 5, []byte("y")}, "comes after offer 5"},
		{"the giver's ledger is lost", record{}, message{ready, 2, nil}, "no offer 2"},
		{"the taker's ledger is lost", record{}, message{commit, 2, nil}, "is not stored"},
	} {
		m := &machine{record: c.have, peer: "b", try: func(p []byte) error {
			if string(p) == "bad" {
				return bad
			}
			return nil
		}}
		actions := m.receive(c.in)
		answer, ok := actions[0].(send)
		if !ok || answer.message.kind != refused || !strings.Contains(string(answer.message.body), c.want) {
			t.Errorf("%s: %v", c.name, actions)
		}
		if !reflect.DeepEqual(m.record, c.have) {
			t.Errorf("%s: now %v", c.name, m.record)
		}
	}
}

// TestRefused: an offer that is refused is taken back; in doubt, nobody guesses.
func TestRefused(t *testing.T) {
	for phase, want := range map[phase]phase{giving: owned, given: given, offered: offered, owned: owned, nobody: nobody} {
		m := &machine{record: record{Phase: phase, Epoch: 2, Pickle: []byte("x")}, peer: "b"}
		m.receive(message{refused, 1, []byte("late")})
		if m.Phase != phase {
			t.Errorf("%q: a refusal of the past makes it %q", phase, m.Phase)
		}
		m.receive(message{refused, 2, []byte("no")})
		if m.Phase != want {
			t.Errorf("%q: a refusal makes it %q, want %q", phase, m.Phase, want)
		}
	}
	m := &machine{peer: "b", try: func([]byte) error { return errors.New(strings.Repeat("why ", maxReason)) }}
	answer := m.receive(message{offer, 2, []byte("x")})[0].(send).message
	if err := answer.check(uint32(len(answer.body))); err != nil {
		t.Errorf("a long reason: %v", err)
	}
}

// TestStart: a group is started once, and not where it has ever been.
func TestStart(t *testing.T) {
	m := &machine{peer: "b"}
	m.create([]byte("x"))
	if m.Phase != owned || m.Epoch != 1 {
		t.Errorf("now %+v", m.record)
	}
	for _, r := range []record{{Epoch: 2}, {Phase: given, Epoch: 2, Peer: "b"}, {Phase: offered, Epoch: 2, Peer: "b", Pickle: []byte("x")}} {
		m := &machine{record: r, peer: "b"}
		if m.create([]byte("x")); !reflect.DeepEqual(m.record, r) {
			t.Errorf("%+v: a second group is started", r)
		}
	}
}
