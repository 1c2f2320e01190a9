package wait

import (
	"errors"
	"fmt"
	"iter"

	"github.com/stackless-go/stackless/tasklet"
)

// ErrCancelled is what the tasklets of a scope are thrown when one of them has
// failed, or when somebody calls Cancel.
var ErrCancelled = errors.New("the scope was cancelled")

// A Scope holds tasklets that end together. Its owner is the tasklet that first
// starts one in it. When the scope ends, its tasklets have ended:
//
//   - Wait is complete when all have. It fails with the error of those that failed,
//     joined; nobody else is told of them.
//   - The first that fails cancels the others: each is thrown [ErrCancelled].
//   - When its owner ends, however that is, all that are left end at once, before
//     those who wait for the owner hear of its end. A frame that is not its
//     tasklet's outermost has its Cleanup call End, so that the scope ends with the
//     frame.
//
// To end at once means to be finished without another turn: cleanup and exit hooks
// run, and none of the frames can recover. A kill or error that only unwinds the
// owner therefore never leaves anybody behind, and has nothing to wait for. The one
// exception is a tasklet that ends its own scope's owner while it runs itself, by
// Bind(nil): it can't end in the middle of its step, and is killed at its next
// operation.
//
// Scopes nest: a tasklet of a scope can own another, which ends with it. The zero
// Scope works, in a frame too. It can be used again when it has ended.
//
// Fairness: all who wait go on when the last has ended, in the order in which they
// came. Tasklets are cancelled and ended in the order in which they were started.
//
// Invariants: first to last are the members, all alive and with the scope as their
// heir. While there are members or an error that nobody has heard of, the owner keeps
// the scope. Somebody waits only while there are members.
type Scope struct {
	Line
	owner       *tasklet.Tasklet
	first, last *member
	count       int
	err         error // of those that failed
	cancelled   bool
}

// A member is a tasklet of a scope. It is the tasklet's heir.
type member struct {
	t          *tasklet.Tasklet
	of         *Scope // nil when it is in none any more
	next, prev *member
}

// NewScope makes a scope that belongs to of, a scheduler or a tasklet's scheduler.
func NewScope(of tasklet.Homely) *Scope {
	s := new(Scope)
	s.queue.Bind(of.Home(), s)
	return s
}

// Go makes a tasklet of frame f beside t, in the scope. It can be used by the
// owner and by others, such as the scope's tasklets. The errors are [ErrCancelled],
// and tasklet.ErrForeign on another scheduler's scope.
func (s *Scope) Go(t *tasklet.Tasklet, f tasklet.Frame) (*tasklet.Tasklet, error) {
	if f == nil {
		panic("wait: Go of a nil frame")
	}
	if err := s.open(t); err != nil {
		return nil, err
	}
	return s.add(t.Go(f)), nil
}

// GoFunc is Go of a plain function.
func (s *Scope) GoFunc(t *tasklet.Tasklet, fn func(co *tasklet.Coroutine) error) (*tasklet.Tasklet, error) {
	if err := s.open(t); err != nil {
		return nil, err
	}
	return s.add(t.GoFunc(fn)), nil
}

// Wait is complete when all tasklets of the scope have ended; then it has ended, and
// can be used again. It fails with the errors that they ended with, unless those
// are kills or ErrCancelled, and as the Wait of an event does. When t is thrown an
// error in it, the tasklets go on, until the owner ends or calls Cancel or End.
func (s *Scope) Wait(t *tasklet.Tasklet) tasklet.Step {
	if s.count == 0 && s.queue.Begin(t) {
		if err := s.home(t, s); err != nil {
			return t.Fail(err)
		}
		if err := s.over(); err != nil {
			return t.Fail(err)
		}
		return tasklet.Next
	}
	return s.wait(t, s, false)
}

// WaitFor is Wait for main and plain functions; [InScope] does it for a whole
// scope.
func (s *Scope) WaitFor(co *tasklet.Coroutine) error { return block(co, s.Wait) }

// Cancel throws ErrCancelled at all tasklets of the scope, whose turns come in their
// order, and lets no more be started until it has ended. One that recovers goes on.
func (s *Scope) Cancel() {
	if s.count > 0 {
		s.cancelled = true
	}
	for m := s.first; m != nil; m = m.next {
		_ = m.t.ThrowLater(ErrCancelled) // one that is just ending needs none
	}
}

// End ends all tasklets of the scope at once. It is for a frame's Cleanup; it may
// not be called by one of them. It returns the errors that nobody has heard of, also
// those of the ends.
func (s *Scope) End() error {
	s.cancelled = true
	for s.first != nil {
		m := s.first
		if err := m.t.Finish(); m.of != nil { // it runs, or is just ending
			s.remove(m)
			m.t.KillLater()
		} else if err != nil {
			s.failed(err)
		}
	}
	return s.over()
}

// InScope runs fn with a scope of its own and returns when all that was started in it
// has ended. If fn fails, or panics, or co's tasklet is killed meanwhile, that is at
// once. It returns fn's error, joined with those of the tasklets.
func InScope(co *tasklet.Coroutine, fn func(s *Scope) error) (err error) {
	s := NewScope(co.Tasklet())
	s.own(co.Tasklet())
	defer func() {
		if ended := s.End(); ended != nil { // nobody is left, unless it went wrong
			err = errors.Join(err, ended)
		}
	}()
	if err := fn(s); err != nil {
		return err
	}
	return s.WaitFor(co)
}

// Len returns how many tasklets of the scope have not ended.
func (s *Scope) Len() int { return s.count }

// All ranges over the tasklets of the scope that have not ended, in the order in which
// they were started. The scope may not be used meanwhile.
func (s *Scope) All() iter.Seq[*tasklet.Tasklet] {
	return func(yield func(*tasklet.Tasklet) bool) {
		for m := s.first; m != nil; m = m.next {
			if !yield(m.t) {
				return
			}
		}
	}
}

// Owner returns the tasklet with which the scope ends; nil while it has nothing to
// end.
func (s *Scope) Owner() *tasklet.Tasklet { return s.owner }

// WaitName names the scope as what somebody waits on, as in "scope 3, 2 to end".
func (s *Scope) WaitName() string { return fmt.Sprintf("%s, %d to end", s.title("scope"), s.count) }

// WaitQueue returns where those wait who are to see the scope end.
func (s *Scope) WaitQueue() *tasklet.Queue { return &s.queue }

// open makes sure that t can start something in the scope.
func (s *Scope) open(t *tasklet.Tasklet) error {
	if err := s.home(t, s); err != nil {
		return err
	}
	if s.cancelled {
		return refuse(ErrCancelled, s, "go")
	}
	s.own(t)
	return nil
}

// own makes t the owner if there is none.
func (s *Scope) own(t *tasklet.Tasklet) {
	if s.owner == nil {
		s.owner = t
		t.Keep(s)
	}
}

// add makes t the last member.
func (s *Scope) add(t *tasklet.Tasklet) *tasklet.Tasklet {
	m := &member{t: t, of: s, prev: s.last}
	if s.last == nil {
		s.first = m
	} else {
		s.last.next = m
	}
	s.last = m
	s.count++
	t.AddHeir(m)
	return t
}

func (s *Scope) remove(m *member) {
	if m.prev == nil {
		s.first = m.next
	} else {
		m.prev.next = m.next
	}
	if m.next == nil {
		s.last = m.prev
	} else {
		m.next.prev = m.prev
	}
	s.count--
	m.of = nil // but its links stay, for Cancel, which may be on its way
}

// failed adds err to the scope's.
func (s *Scope) failed(err error) {
	if s.err != nil {
		err = errors.Join(s.err, err)
	}
	s.err = err
}

// over ends the scope, which has no members, and returns its error.
func (s *Scope) over() error {
	err := s.err
	s.err, s.cancelled = nil, false
	if s.owner != nil {
		s.owner.Drop(s)
		s.owner = nil
	}
	return err
}

// Inherits is called when a tasklet of the scope has ended: see tasklet.Heir.
func (m *member) Inherits(t *tasklet.Tasklet, err error) bool {
	s := m.of
	if s == nil {
		return false
	}
	s.remove(m)
	if t.Alive() && err != nil && !only(err, tasklet.ErrExit, ErrCancelled) {
		if s.failed(err); !s.cancelled {
			s.Cancel()
		}
	}
	if s.count > 0 || s.queue.Len() == 0 && s.err != nil { // which Wait is to hear of
		return true
	}
	err = s.over()
	for s.queue.Len() > 0 {
		w := s.wake()
		if err != nil {
			s.queue.Fails(w, err)
		}
	}
	return true
}

// Abandoned is called when the owner has ended: see tasklet.Holding.
func (s *Scope) Abandoned(t *tasklet.Tasklet) error {
	switch {
	case s.owner != t:
		return nil
	case !t.Alive(): // it has moved, and the scope has not
		s.owner = nil
		return nil
	}
	s.owner = nil
	return s.End()
}
