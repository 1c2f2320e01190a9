package sched

import (
	"fmt"
	"strings"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/tasklet"
)

// A DeadlockError says that somebody can't wait, as nobody is left who could
// end the wait, and who else waits for what. It is a [tasklet.ErrDeadlock].
type DeadlockError struct {
	Reason  string
	Blocked []Blocked // in the order in which their queues were first waited in
}

// Blocked is a tasklet that was blocked when a deadlock was found.
type Blocked struct {
	ID    uint64
	Name  string     // "" if it has none
	Frame string     // the type of its top frame
	By    tasklet.Op // the operation that it waits by
	On    string     // what it waits on
	text  string
}

// What a tasklet's error can be is pickled with it.
func init() {
	pickle.Register[DeadlockError]("sched.deadlock")
	pickle.Register[Blocked]("sched.blocked")
	for name, err := range map[string]error{"running": ErrRunning, "closed": ErrClosed, "goexit": errGoexit} {
		pickle.RegisterGlobal("sched."+name, err)
	}
}

// mostListed is how many blocked tasklets the text of a DeadlockError names.
const mostListed = 100

// Error gives the reason and lists who is blocked, each on a line of its own,
// at most a hundred of them.
func (e *DeadlockError) Error() string {
	var b strings.Builder
	b.WriteString(e.Reason)
	for i, w := range e.Blocked {
		if i == mostListed {
			fmt.Fprintf(&b, "\n\tand %d more", len(e.Blocked)-i)
			break
		}
		b.WriteString("\n\t" + w.text)
	}
	return b.String()
}

// Unwrap returns [tasklet.ErrDeadlock].
func (e *DeadlockError) Unwrap() error { return tasklet.ErrDeadlock }

// deadlock raises a DeadlockError: in the tasklet that was the last to run, if
// it is the one that can't wait, otherwise in main. Its wait is undone.
func (s *Scheduler) deadlock() {
	victim, reason := s.guests.host, tasklet.ErrDeadlock.Error()
	if victim == nil || !victim.Alive() {
		victim = s.main
	}
	if victim == s.main && s.guests.host != s.main {
		switch on, by := s.main.BlockedOn(); {
		case by == tasklet.OpReceive:
			reason = "the main tasklet is receiving without a sender available"
		case by == tasklet.OpSend || by == tasklet.OpSendError:
			reason = "the main tasklet is sending without a receiver available"
		case on != nil:
			reason = fmt.Sprintf("the main tasklet waits for ever: %v on %s", by, on.WaitName())
		}
	}
	e := &DeadlockError{Reason: reason}
	for t := range s.home.Blocked() {
		on, by := t.BlockedOn()
		e.Blocked = append(e.Blocked, Blocked{
			ID: t.ID(), Name: t.Name(), Frame: tasklet.FrameName(t.Frame()), By: by, On: on.WaitName(), text: t.Describe(),
		})
	}
	s.home.Deliver(victim, e)
}
