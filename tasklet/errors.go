package tasklet

import (
	"errors"
	"fmt"
	"slices"
)

// The kinds of errors, for errors.Is. What is returned says more: which
// tasklet, and what was asked of it.
var (
	// ErrExit ends a tasklet quietly: a kill throws it, and a tasklet that
	// ends with it has not failed.
	ErrExit = errors.New("tasklet exit")
	// ErrDead: the tasklet has ended, or was never bound to a frame.
	ErrDead = errors.New("you cannot run an unbound (dead) tasklet")
	// ErrBlocked: the tasklet waits for something else to let it go on.
	ErrBlocked = errors.New("you cannot run or remove a blocked tasklet")
	// ErrCurrent: this can't be done to the tasklet that runs.
	ErrCurrent = errors.New("the current tasklet cannot be removed or bound")
	// ErrScheduled: only a parked or dead tasklet can be bound.
	ErrScheduled = errors.New("tasklet is scheduled")
	// ErrUnbound: there is no frame to set up.
	ErrUnbound = errors.New("the tasklet was not bound to a frame")
	// ErrAlive: only a dead tasklet can be set up.
	ErrAlive = errors.New("tasklet is alive")
	// ErrBlockTrap: the tasklet has a block trap and would have had to wait.
	ErrBlockTrap = errors.New("tasklet does not like to be blocked")
	// ErrForeign: the tasklets, or the tasklet and the channel, belong to
	// different schedulers.
	ErrForeign = errors.New("belongs to another scheduler")
	// ErrMoved: the tasklet has been moved, and goes on elsewhere.
	ErrMoved = errors.New("tasklet has moved elsewhere")
	// ErrMisuse: a frame broke the contract of Resume.
	ErrMisuse = errors.New("frame contract broken")
	// ErrDeadlock: the last tasklet that could run can't wait, as nobody is
	// left to end its wait.
	ErrDeadlock = errors.New("deadlock: the last runnable tasklet cannot be blocked")
)

// An Uncaught is the error of a tasklet that nothing in it recovered, as
// whoever drives its scheduler receives it.
type Uncaught struct {
	Tasklet *Tasklet // now dead
	Frame   string   // the type of its outermost frame
	Err     error
}

// Error names the tasklet, its frame and what went wrong.
func (e *Uncaught) Error() string {
	return fmt.Sprintf("%s, frame %s: %v", e.Tasklet.title(), e.Frame, e.Err)
}

// Unwrap returns the error itself.
func (e *Uncaught) Unwrap() error { return e.Err }

// A PanicError is the error of a tasklet whose frame or function panicked.
type PanicError struct {
	Value any    // what it panicked with
	Stack []byte // the stack where it did, as debug.Stack writes it
}

// Error says what the panic said. The stack is left to those who print it.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the panic's value if that is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// IsExit reports whether err says no more than that a tasklet was to exit: it is
// ErrExit, perhaps wrapped, and no other error has been joined to it.
func IsExit(err error) bool { return isExit(err) }

// isExit reports whether err says no more than that a tasklet was to exit: it is
// ErrExit, perhaps wrapped, and nothing else has been joined to it.
func isExit(err error) bool {
	switch e := err.(type) {
	case *PanicError:
		return false
	case interface{ Unwrap() error }:
		return isExit(e.Unwrap())
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(err error) bool { return !isExit(err) })
	}
	return err == ErrExit
}

// misuse makes the error of a frame that breaks the contract.
func misuse(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMisuse, fmt.Sprintf(format, args...))
}

// refuse makes the error of something that can't be done to t as it is now.
func (t *Tasklet) refuse(kind error, what string) error {
	return fmt.Errorf("%s %s: %w", what, t, kind)
}
