package tasklet

import (
	"context"
	"fmt"
	"sync/atomic"
	"unsafe"
)

// A Ref is a tasklet for those who don't run on its scheduler: other schedulers'
// tasklets, and goroutines. A *Tasklet belongs to one goroutine; a *Ref may be kept
// and used by any, and goes on to work when the tasklet moves. What it asks for is
// posted to where the tasklet is, and comes in the order in which it was asked for;
// but if the tasklet moves meanwhile, what follows it there can come later than what was
// asked for since.
type Ref struct {
	t    *Tasklet
	home atomic.Pointer[Home] // changed on the goroutine of the home that it leaves
	id   uint64
}

// Ref returns the tasklet's Ref, always the same.
func (t *Tasklet) Ref() *Ref {
	r := t.more()
	if r.ref == nil {
		r.ref = &Ref{t: t, id: t.ID()}
		r.ref.home.Store(t.Home())
	}
	return r.ref
}

// ID returns the number that the tasklet had when Ref was called first.
func (r *Ref) ID() uint64 { return r.id }

// String returns the tasklet's number, as in "tasklet 7".
func (r *Ref) String() string { return "tasklet " + numeral(r.id) }

// at returns the home that the tasklet belongs to, or is on its way to.
func (r *Ref) at() *Home { return r.home.Load().heirOrSelf() }

// Do has f run on the goroutine of the tasklet's scheduler, between two steps, wherever
// the tasklet is by then. F may do with it what its home may, and may not wait. The
// error is that the scheduler is closed. If one to which the tasklet has moved meanwhile
// is, f is not called, as the tasklet has ended with it.
func (r *Ref) Do(f func(t *Tasklet)) error {
	home := r.at()
	return home.scheduler.Post(func() {
		if r.at() != home || r.t.place.status == inTransit {
			_ = r.Do(f)
		} else {
			f(r.t)
		}
	})
}

// Insert makes the tasklet ready if it is parked; otherwise it does nothing. The error
// is that its scheduler is closed.
func (r *Ref) Insert() error {
	return r.Do(func(t *Tasklet) { _ = t.Insert() })
}

// Throw is [Tasklet.ThrowLater]: the tasklet leaves what it waits in, and fails with
// err when its turn comes. A dead one is left alone. The error is that its scheduler
// is closed.
func (r *Ref) Throw(err error) error {
	return r.Do(func(t *Tasklet) { _ = t.ThrowLater(err) })
}

// Kill is [Tasklet.KillLater]. The error is that the tasklet's scheduler is closed.
func (r *Ref) Kill() error { return r.Throw(ErrExit) }

// Join waits, for a goroutine that is no scheduler's, until the tasklet has ended, and
// returns its error as [Tasklet.Join] does.
func (r *Ref) Join(ctx context.Context) error {
	return r.at().scheduler.Do(ctx, &refJoin{r})
}

// refJoin is the frame that joins for a goroutine outside.
type refJoin struct{ of *Ref }

func (j *refJoin) Resume(t *Tasklet) Step {
	if s := t.JoinRef(j.of); s != Next {
		return s
	}
	return Return
}

// JoinRef is Join of a tasklet that may belong to another scheduler.
func (t *Tasklet) JoinRef(r *Ref) Step {
	if !t.begin() {
		return t.again(OpJoin, unsafe.Pointer(r.t))
	}
	switch home := r.at(); {
	case home == t.Home() && r.t.place.status != inTransit:
		return t.Join(r.t)
	case !t.Home().Knows(home):
		return t.Fail(fmt.Errorf("join %s: %w", r, ErrForeign))
	}
	e := &joining{}
	e.ref = r
	return e.Send(t, nil, OpJoin, e)
}

// JoinRef is [Tasklet.JoinRef].
func (co *Coroutine) JoinRef(r *Ref) error {
	return co.do(func(t *Tasklet) Step { return t.JoinRef(r) })
}

// A joining is the join of another scheduler's tasklet.
type joining struct{ Request }

// Arrive waits for the end of the tasklet, on the goroutine of its scheduler.
func (e *joining) Arrive() {
	t := e.ref.t
	if t.Alive() {
		e.to = t.joinQueue()
		e.Wait()
		return
	}
	e.Settle(func() {
		if err := t.Err(); err != nil && !isExit(err) {
			e.Fails(err)
		}
	})
}

// Deliver does nothing: a join brings no value.
func (*joining) Deliver() {}

// WaitName names the tasklet that is joined.
func (e *joining) WaitName() string { return "the end of " + e.ref.String() }
