package tasklet

import "errors"

// Main of a scheduler that was stopped is retired: its code may run on, but takes no part
// any more. Its operations fail, before they touch anything, as those of a plain function
// do whose tasklet is being ended. It ends when another home inherits what was its own.

// Retire has main's operations fail with why, until Reinstate. Its deadlines are over. It
// is called in main's turn.
func (h *Home) Retire(why error) {
	t := h.main.t
	t.truncateDeadlines(0)
	h.main.gone, h.main.why = true, why
	h.main.was, t.op = t.op, opCleanup
}

// Reinstate undoes a Retire, but for the deadlines.
func (h *Home) Reinstate() {
	h.main.t.op = h.main.was
	h.main.gone, h.main.why, h.main.was = false, nil, OpNone
}

// endRetired ends co, main of a home that h has inherited, for the reason of its
// retirement. What its end leads to, and an error that awaited it, is for h's main.
func (h *Home) endRetired(co *Coroutine) {
	t, failed := co.t, h.failed
	var left error
	if co.was&thrown != 0 {
		left = t.rare().err
	}
	t.more().err, t.op = nil, OpNone
	_ = h.End(t, co.why, nil) // it is told to those who join it, and nobody has failed
	if err := t.rare().err; err != co.why {
		left = errors.Join(left, err)
	}
	t.op, h.failed = opCleanup, failed
	if left != nil {
		_ = h.main.t.ThrowLater(left) // it is alive
	}
}

// retired reports whether t, whose op says that it may perform none, is to hear the reason
// by its handle: that of main, or of a plain function which is being ended.
func (t *Tasklet) retired() bool {
	switch f := t.Frame().(type) {
	case nil, mainFrame:
		return true
	case *function:
		return f.co.gone
	}
	return false
}

// reason returns what the operations of co fail with, which is gone.
func (co *Coroutine) reason() error {
	if co.why != nil {
		return co.why
	}
	return ErrExit
}
