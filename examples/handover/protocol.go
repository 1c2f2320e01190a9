package main

import "fmt"

// This file is the protocol, and nothing but: a machine that is told what has
// happened and answers what is to be done. It has no clock, no network and no
// disk, so a test can lead two of them through everything that can happen.
//
//	giver                                taker
//	  │ saves giving(e), stops the group   │
//	  ├───────────── offer(e, pickle) ────►│ loads it for trial, saves offered(e)
//	  │◄──────────────────── ready(e) ─────┤
//	  │ saves given(e): THE DECISION       │ in doubt: waits, asks by ready(e)
//	  ├───────────── commit(e) ───────────►│ saves owned(e), runs the group
//	  │◄──────────────────── done(e) ──────┤
//	  │ forgets it: nobody(e)              │
//
// Each message can be lost, late or doubled, and each side killed anywhere: what
// is saved decides. The giver alone decides, once, by what it saves, and the
// taker never guesses. If the taker asks after an offer that was taken back, the
// answer is kept(e), and it drops its copy.
//
// An epoch is the number of an offer. It only ever grows, across both sides, and
// so what comes late is known as such: it fences off the past.

// A phase is what a side has of the group, by its ledger.
type phase string

const (
	nobody  phase = ""        // nothing
	owned   phase = "owned"   // the group, and runs it
	giving  phase = "giving"  // the group, which it has offered and does not run
	given   phase = "given"   // nothing: the peer has it, who may not know yet
	offered phase = "offered" // a copy: whether it counts is for the peer to say
)

// A record is what a side saves: all that it must know after it was killed.
type record struct {
	Phase  phase
	Peer   string // with whom, for giving, given and offered
	Epoch  uint64 // of the latest offer that is known
	Pickle []byte // the group, for owned, giving and offered
}

// check tells a record that no side can have.
func (r *record) check() error {
	hasPickle := r.Phase == owned || r.Phase == giving || r.Phase == offered
	hasPeer := r.Phase == giving || r.Phase == given || r.Phase == offered
	switch {
	case r.Phase != nobody && !hasPickle && r.Phase != given:
		return fmt.Errorf("an unknown phase %q: was it saved by a later version?", r.Phase)
	case hasPickle != (len(r.Pickle) > 0), hasPeer != (r.Peer != ""), r.Epoch > maxEpoch, r.Phase != nobody && r.Epoch == 0:
		return fmt.Errorf("a record that is %q, with peer %q, epoch %d and a pickle of %d bytes", r.Phase, r.Peer, r.Epoch, len(r.Pickle))
	}
	return nil
}

// maxEpoch is far from where epochs could overflow.
const maxEpoch = 1 << 62

// An action is something for a machine's driver to do. They are to be done in
// order, and a save has to be on disk before anything after it is begun.
type action interface{ isAction() }

type (
	save struct{ record record }   // durably, in place of what was saved before
	send struct{ message message } // to the peer; it may get lost
	load struct{ pickle []byte }   // the group, and run it from now on
	show struct{ lines []string }  // print them
	note struct{ text string }     // tell whoever watches
)

func (save) isAction() {}
func (send) isAction() {}
func (load) isAction() {}
func (show) isAction() {}
func (note) isAction() {}

// A machine is one side. The record is what it has last asked to be saved.
type machine struct {
	record
	peer string
	try  func(pickle []byte) error // whether a group could be loaded
}

// turn changes what is saved. It is the only place that does.
func (m *machine) turn(to phase, epoch uint64, pickle []byte, more ...action) []action {
	m.record = record{Phase: to, Epoch: epoch, Pickle: pickle}
	if to == giving || to == given || to == offered {
		m.Peer = m.peer
	}
	return append([]action{save{m.record}}, more...)
}

// restart goes on from what was saved before the process ended.
func (m *machine) restart() []action {
	switch m.Phase {
	case owned:
		return []action{note{"the group is here"}, load{m.Pickle}}
	case giving: // it was not decided, so it never will be
		return m.turn(owned, m.Epoch, m.Pickle, note{fmt.Sprintf("offer %d had not been decided: the group stays here", m.Epoch)}, load{m.Pickle})
	default:
		return m.tick()
	}
}

// create makes this side the first owner of a group.
func (m *machine) create(pickle []byte) []action {
	if m.Phase != nobody || m.Epoch != 0 {
		return []action{note{"--start: the group was here before, no other is started"}}
	}
	return m.turn(owned, 1, pickle)
}

// progress is told that the group has lines to print: before is its pickle with
// them, and after without. A line is printed only if it is saved that it is to
// be, and forgotten only once it was printed; so none is ever missing, and who
// is killed between the two prints it again.
func (m *machine) progress(before []byte, lines []string, after []byte) []action {
	actions := m.turn(owned, m.Epoch, before, show{lines})
	return append(actions, m.turn(owned, m.Epoch, after)...)
}

// offer begins to give the group away.
func (m *machine) offer(pickle []byte) []action {
	epoch := m.Epoch + 1
	return m.turn(giving, epoch, pickle,
		note{fmt.Sprintf("offer %d to %s", epoch, m.peer)}, send{message{offer, epoch, pickle}})
}

// keep takes an offer back. It can be called at any time: what is not decided
// is the giver's to decide.
func (m *machine) keep(why string) []action {
	return m.turn(owned, m.Epoch, m.Pickle, note{fmt.Sprintf("offer %d is taken back, the group stays here: %s", m.Epoch, why)})
}

// tick repeats whatever the peer may not have heard. It is for progress only:
// nothing depends on when it is called.
func (m *machine) tick() []action {
	switch m.Phase {
	case giving:
		return []action{send{message{offer, m.Epoch, m.Pickle}}}
	case given:
		return []action{send{message{commit, m.Epoch, nil}}}
	case offered:
		return []action{send{message{ready, m.Epoch, nil}}}
	}
	return nil
}

// receive is told a message of the peer's.
func (m *machine) receive(in message) []action {
	switch in.kind {
	case offer:
		return m.onOffer(in.epoch, in.body)
	case ready:
		return m.onReady(in.epoch)
	case commit:
		return m.onCommit(in.epoch)
	case done:
		if m.Phase == given && in.epoch == m.Epoch {
			return m.turn(nobody, m.Epoch, nil, note{fmt.Sprintf("offer %d is done: %s has the group", m.Epoch, m.peer)})
		}
	case kept:
		if m.Phase == offered && in.epoch == m.Epoch {
			return m.turn(nobody, m.Epoch, nil, note{fmt.Sprintf("offer %d is dropped: %s has kept the group", m.Epoch, m.peer)})
		}
	case refused:
		why := fmt.Sprintf("%s refuses: %q", m.peer, in.body)
		switch {
		case in.epoch != m.Epoch:
		case m.Phase == giving:
			return m.keep(why)
		case m.Phase == given || m.Phase == offered: // no reason to guess
			return []action{note{why}}
		}
	}
	return nil // late: it is about what has been settled
}

// onOffer is told that the peer would give a group.
func (m *machine) onOffer(epoch uint64, pickle []byte) []action {
	switch {
	case m.Phase == offered && epoch == m.Epoch: // we have said so, but it was not heard
		return []action{send{message{ready, epoch, nil}}}
	case epoch <= m.Epoch:
		return m.refuse(epoch, fmt.Sprintf("offer %d comes after offer %d", epoch, m.Epoch))
	case m.Phase == owned || m.Phase == giving:
		return m.refuse(epoch, "there is another group here")
	case m.Phase == given: // they have it, and we have yet to hear so: let them offer again
		return nil
	}
	if err := m.try(pickle); err != nil {
		return append(m.refuse(epoch, fmt.Sprintf("the group can't be loaded: %v", err)),
			note{fmt.Sprintf("offer %d of %s is refused: %v", epoch, m.peer, err)})
	}
	return m.turn(offered, epoch, pickle,
		note{fmt.Sprintf("offer %d of %s is stored", epoch, m.peer)}, send{message{ready, epoch, nil}})
}

// onReady is told that the peer has stored an offer, and asks what became of it.
func (m *machine) onReady(epoch uint64) []action {
	switch {
	case m.Phase == giving && epoch == m.Epoch:
		return m.turn(given, epoch, nil, note{fmt.Sprintf("offer %d is decided: the group is %s's", epoch, m.peer)})
	case m.Phase == given && epoch == m.Epoch:
		return m.tick()
	case epoch <= m.Epoch:
		// Nobody asks after what was given and has arrived, but for a message
		// that comes late: who has owned the group does not heed the answer.
		return []action{send{message{kept, epoch, nil}}}
	}
	return m.refuse(epoch, fmt.Sprintf("there was no offer %d: is this the directory of before?", epoch))
}

// onCommit is told that the group is ours.
func (m *machine) onCommit(epoch uint64) []action {
	switch {
	case m.Phase == offered && epoch == m.Epoch:
		return m.turn(owned, epoch, m.Pickle,
			note{fmt.Sprintf("offer %d of %s is taken: the group is here", epoch, m.peer)}, load{m.Pickle}, send{message{done, epoch, nil}})
	case epoch <= m.Epoch: // we have had it
		return []action{send{message{done, epoch, nil}}}
	}
	return m.refuse(epoch, fmt.Sprintf("offer %d is not stored: is this the directory of before?", epoch))
}

func (m *machine) refuse(epoch uint64, why string) []action {
	return []action{send{message{refused, epoch, []byte(why[:min(len(why), maxReason)])}}}
}
