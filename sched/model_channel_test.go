package sched_test

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

func (m *model) room(name string) *room {
	if m.rooms[name] == nil {
		m.rooms[name] = &room{preference: -1}
	}
	return m.rooms[name]
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
