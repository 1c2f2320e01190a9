package tasklet

import "unsafe"

// Join waits until u has ended. If u ended with an error, the Join fails with
// it; a u that was killed has ended well. An error that a waiting Join takes is
// not reported to the scheduler's driver as well.
func (t *Tasklet) Join(u *Tasklet) Step {
	if !t.begin() {
		return t.again(OpJoin, unsafe.Pointer(u))
	}
	if err := t.mayJoin(u); err != nil {
		return t.Fail(err)
	}
	if !u.Alive() {
		if err := u.Err(); err != nil && !isExit(err) {
			return t.Fail(err)
		}
		return Next
	}
	return u.joinQueue().Hold(t, OpJoin, nil)
}

// mayJoin says what forbids t to join u.
func (t *Tasklet) mayJoin(u *Tasklet) error {
	switch {
	case u == t:
		return t.refuse(ErrCurrent, "join")
	case u.Home() != t.Home():
		return u.refuse(ErrForeign, "join")
	}
	u.stay()
	return nil
}

// joinQueue returns where those wait who join t.
func (t *Tasklet) joinQueue() *Queue {
	r := t.more()
	if r.joiners == nil {
		r.joiners = &Queue{born: t.Home(), owner: t, status: Blocked}
	}
	r.joiners.home = t.Home() // also after it has moved
	return r.joiners
}

// OnExit has f run when the tasklet ends, however it ends, after the Cleanup of
// its frames; the last registered runs first. F may not wait.
func (t *Tasklet) OnExit(f func(t *Tasklet)) {
	r := t.more()
	r.onExit = append(r.onExit, f)
}
