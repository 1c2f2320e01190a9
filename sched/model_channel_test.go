package sched_test

// This file is channels in the model. Who waits in one is in its queue, first come
// first: a tasklet once, one that selects once for each of its cases there.

// A room is a channel.
type room struct {
	queue       []*waiter
	preference  int
	scheduleAll bool
	closing     bool
}

// A waiter is a task in a queue, of a room or of those who wait for another's end.
type waiter struct {
	task   *task
	number int // of its case in a select, from 0; -1 if it waits for nothing else
	sends  bool
	errors bool // what it sends is an error
	sent   string
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

// send has t, by its operation o, send v to r; v may be an error.
func (m *model) send(t *task, o op, r *room, v string, isError bool) {
	switch {
	case r.balance() < 0 && m.trap > 0 && (r.scheduleAll || r.preference == -1):
		m.raise(o, "switch trap")
	case r.balance() < 0:
		w := r.queue[0]
		if isError {
			m.complete(w, v)
		} else {
			w.task.got = v
			m.complete(w, "")
		}
		t.met = true
		m.meet(t, w.task, r, -1)
	case t.mayNotBlock:
		m.raise(o, "block trap")
	case r.closing:
		m.raise(o, "closed")
	case m.trap > 0:
		m.raise(o, "switch trap")
	default:
		r.queue = append(r.queue, &waiter{task: t, number: -1, sends: true, errors: isError, sent: v})
		m.block("blocked")
	}
}

// receive has t, by its operation o, receive from r.
func (m *model) receive(t *task, o op, r *room) {
	switch {
	case r.balance() > 0 && m.trap > 0 && (r.scheduleAll || r.preference == 1):
		m.raise(o, "switch trap")
	case r.balance() > 0:
		w := r.queue[0]
		if t.got = w.sent; w.errors {
			t.failed = w.sent
		}
		m.complete(w, "")
		t.met = t.failed == ""
		m.meet(t, w.task, r, 1)
	case t.mayNotBlock:
		m.raise(o, "block trap")
	case r.closing:
		m.raise(o, "closed")
	case m.trap > 0:
		m.raise(o, "switch trap")
	default:
		r.queue = append(r.queue, &waiter{task: t, number: -1})
		m.block("blocked")
	}
}

// complete ends the operation by which w waits, with that error if it is one. Who
// waits for several things does so no more. It is yet to be put into the ring.
func (m *model) complete(w *waiter, err string) {
	t := w.task
	m.withdraw(t)
	t.place, t.failed, t.met = "ready", err, err == ""
	if w.number >= 0 {
		t.fired, t.turn = w.number, w.number+1
	}
}

// meet ends a rendezvous of cur, t, with peer, who had waited.
func (m *model) meet(t, peer *task, r *room, peers int) {
	t.begun = true
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

// close ends the waiting of all who receive from r.
func (m *model) close(r *room) {
	r.closing = true
	for r.balance() < 0 {
		w := r.queue[0]
		m.complete(w, "closed")
		m.wake(w.task)
	}
}
