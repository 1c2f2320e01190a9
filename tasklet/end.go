package tasklet

import "unsafe"

// Join waits until u has ended. If u ended with an error, the Join fails with
// it; a u that was killed has ended well. An error that a waiting Join takes is
// not reported to the scheduler's driver as well.
func (t *Tasklet) Join(u *Tasklet) Step {
	if !t.begin() {
		return t.again(OpJoin, unsafe.Pointer(u))
	}
	switch {
	case u == t:
		return t.Fail(t.refuse(ErrCurrent, "join"))
	case u.Home() != t.Home():
		return t.Fail(u.refuse(ErrForeign, "join"))
	case !u.Alive():
		if err := u.Err(); err != nil && !isExit(err) {
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
