package tasklet

import "fmt"

// A Frame is one suspended call: its fields are what the call has in hand
// across a wait, and Resume goes on from there.
type Frame interface {
	// Resume runs the frame until it must wait, ends or calls another frame.
	// It returns what the operation that stopped it returned, or Return.
	Resume(t *Tasklet) Step
}

// A Cleaner is a frame with something to put in order when it ends, however
// it ends: by returning, by an error or by a kill. It is a frame's defer.
type Cleaner interface {
	Frame
	// Cleanup runs once, after the frame's last Resume. It may not wait.
	Cleanup(t *Tasklet)
}

// A Step is what an operation tells the frame that performs it, and what a
// frame tells its scheduler.
type Step uint8

const (
	// Next: the operation is complete, the frame goes on. It is the only step
	// that a frame keeps for itself.
	Next Step = iota
	// Wait: the tasklet is not to go on now. The operation has already put it
	// where it belongs, so the scheduler only turns to whoever is next.
	Wait
	// Called: another frame is on top now and runs at once.
	Called
	// Failed: the operation failed, or the tasklet was killed or thrown an
	// error. A frame that returns it is unwound; one that calls
	// [Tasklet.Recover] takes the error and goes on.
	Failed
	// Return: the frame has ended.
	Return
)

var stepNames = [...]string{"Next", "Wait", "Called", "Failed", "Return"}

// String returns the step's name.
func (s Step) String() string {
	if int(s) < len(stepNames) {
		return stepNames[s]
	}
	return fmt.Sprintf("Step(%d)", uint8(s))
}

// Func makes a frame of a function, for small local work. What a closure has
// captured can't be written down, so a tasklet is restorable only if its Func is
// a declared function with a name given by pickle.RegisterFunc.
type Func func(t *Tasklet) Step

// Resume calls f.
func (f Func) Resume(t *Tasklet) Step { return f(t) }

// A StateFunc is one named state of a [Machine]: it performs one operation on
// the machine's fields and, when the operation is complete, names the state
// that follows. A nil state ends the machine.
//
// The form is Rob Pike's stateFn ("Lexical Scanning in Go", 2011).
type StateFunc[F any] func(fields *F, t *Tasklet) (next StateFunc[F], s Step)

// A Machine is a frame for those who like named states better than a program
// counter. It holds its fields and the state that it is in. It can be pickled if
// its type is registered, and its states are by pickle.RegisterFunc.
type Machine[F any] struct {
	Fields F
	State  StateFunc[F]
}

// Resume runs states until one of them waits or none follows.
func (m *Machine[F]) Resume(t *Tasklet) Step {
	for m.State != nil {
		next, s := m.State(&m.Fields, t)
		if s != Next {
			return s // the same state again, when the tasklet is resumed
		}
		m.State = next
	}
	return Return
}
