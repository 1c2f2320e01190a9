package tasklet

import "errors"

// ErrSwitchTrap: the operation would have given up the turn under a switch trap.
var ErrSwitchTrap = errors.New("the switch trap does not let the turn be given up")

// SwitchTrap changes the level of the home's switch trap by delta, and returns
// what it was: see the scheduler's SetSwitchTrap.
func (h *Home) SwitchTrap(delta int) (before int) {
	before = h.trap
	h.trap += delta
	h.ring.trapped = h.trap > 0
	h.setQuiet()
	return before
}

// Trapped reports whether a switch trap is set, so that t, which runs, may not
// give up its turn. Hold looks at it itself; an operation that would use HandTo
// or Pass asks before it Takes anybody, and fails by Trap. One that has not begun
// quietly has to ask, others need not: see BeginQuietly.
func (t *Tasklet) Trapped() bool { return t.place.trapped }

// Trap has an operation of t fail because it would give up the turn.
func (t *Tasklet) Trap(op Op) Step { return t.Fail(t.refuse(ErrSwitchTrap, op.String()+" of")) }
