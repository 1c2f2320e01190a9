package tasklet

import (
	"errors"
	"unsafe"
)

// Join waits until u has ended. If u ended with an error, the Join fails with
// it; a u that was killed has ended well. An error that a waiting Join takes is
// not reported to the scheduler's driver as well.
func (t *Tasklet) Join(u *Tasklet) Step {
	if !t.Begin() {
		var q *Queue
		if u.rare != nil {
			q = u.rare.joiners
		}
		return t.Again(OpJoin, unsafe.Pointer(q))
	}
	switch {
	case u == t:
		return t.Fail(t.refuse(ErrCurrent, "join"))
	case u.Home() != t.Home():
		return t.Fail(u.refuse(ErrForeign, "join"))
	case !u.Alive():
		if err := u.Err(); err != nil && !errors.Is(err, ErrExit) {
			return t.Fail(err)
		}
		return Next
	}
	r := u.more()
	if r.joiners == nil {
		r.joiners = &Queue{home: t.Home(), owner: u, status: Blocked}
	}
	return r.joiners.Hold(t, OpJoin, nil)
}

// OnExit has f run when the tasklet ends, however it ends, after the Cleanup of
// its frames; the last registered runs first. F may not wait.
func (t *Tasklet) OnExit(f func(t *Tasklet)) {
	r := t.more()
	r.onExit = append(r.onExit, f)
}

// End takes t, whose frames have all ended with err, out of its place: exit
// hooks run, those who join it go on, and it is dead. It returns what is left
// for the scheduler to report: nil, or an [Uncaught] that nobody joined for.
// Handle, if not nil, may take that error or replace it; meanwhile t is still
// the current tasklet.
func (t *Tasklet) End(err error, handle func(*Tasklet, error) error) error {
	h := t.Home()
	outermost := t.frame
	r := t.rare
	if r != nil {
		if r.err = err; err != nil {
			t.op = thrown // for guard, which adds to it
		}
		for i := len(r.onExit) - 1; i >= 0; i-- {
			f := r.onExit[i]
			t.guard(func() { f(t) })
		}
		err = r.err
		*r = rare{name: r.name, value: r.value, err: err, joiners: r.joiners}
	}
	quiet := err == nil || errors.Is(err, ErrExit)
	joined := r != nil && r.joiners != nil && r.joiners.len > 0
	if !quiet && !joined {
		err = &Uncaught{Tasklet: t, Frame: FrameName(outermost), Err: err}
		if handle != nil {
			err = handle(t, err)
		}
	} else {
		err = nil
	}
	t.leave()
	t.next, t.prev, t.slot = nil, nil, nil
	t.frame, t.op, t.place = nil, OpNone, &h.dead
	for joined && r.joiners.len > 0 {
		j := r.joiners.Take()
		if !quiet {
			j.Fails(r.err)
		}
		j.Ready(h)
	}
	return err
}
