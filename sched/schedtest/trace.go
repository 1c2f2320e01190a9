package schedtest

import (
	"fmt"
	"strings"
	"time"

	"github.com/stackless-go/stackless/tasklet"
)

// A trace remembers the last steps. What it notes of one costs little; the words
// are found when somebody wants to read them.
type trace struct {
	last  []step // as a ring
	count int    // of those ever noted
}

// A step is what was seen after one: where the tasklet was then, and by what.
type step struct {
	t        *tasklet.Tasklet
	frame    tasklet.Frame // the top one when it ended or waited
	at       time.Duration // since the start
	spurious bool
	status   tasklet.Status
	by       tasklet.Op
	on       tasklet.Waitable
	selects  string // of a select, whose cases will not be known any more
	err      error  // of one that has ended
}

func (tr *trace) add(w *World, t *tasklet.Tasklet, spurious bool) {
	if len(tr.last) == 0 {
		return
	}
	on, _ := t.BlockedOn()
	s := step{
		t: t, frame: t.Frame(), at: w.clock.Now().Sub(w.c.start), spurious: spurious,
		status: t.Status(), by: t.Op(), on: on, err: t.Err(),
	}
	if s.by == tasklet.OpSelect && on != nil {
		s.selects = on.WaitName()
	}
	tr.last[tr.count%len(tr.last)] = s
	tr.count++
}

// String lists the steps, one a line: its number, the time on the clock, the
// tasklet, and what it waits for since.
func (tr *trace) String() string {
	var b strings.Builder
	kept := min(tr.count, len(tr.last))
	for i := tr.count - kept; i < tr.count; i++ {
		s := &tr.last[i%len(tr.last)]
		fmt.Fprintf(&b, "%6d  %8v  %s\n", i+1, s.at, s)
	}
	return b.String()
}

// String says who ran and what came of it.
func (s *step) String() string {
	who := fmt.Sprintf("tasklet %d", s.t.ID())
	if name := s.t.Name(); name == "main" && s.t.ID() == 1 {
		who = name
	} else if name != "" {
		who += " (" + name + ")"
	}
	if s.frame != nil && who != "main" {
		who += ", frame " + tasklet.FrameName(s.frame)
	}
	what := s.what()
	if s.spurious {
		what = "is woken spuriously, and still " + what
	}
	return who + " " + what
}

func (s *step) what() string {
	switch s.status {
	case tasklet.Dead:
		if s.err != nil {
			return fmt.Sprintf("ends: %v", s.err)
		}
		return "ends"
	case tasklet.Blocked:
		switch {
		case s.on == nil:
			return fmt.Sprintf("waits: %v", s.by)
		case s.by == tasklet.OpSelect:
			return "waits: select of " + s.selects
		}
		return fmt.Sprintf("waits: %v on %s", s.by, s.on.WaitName())
	case tasklet.Sleeping:
		return "sleeps"
	case tasklet.Parked:
		return "is parked"
	}
	if s.by == tasklet.OpNone {
		return "is about to fail"
	}
	return fmt.Sprintf("is ready after its %v", s.by)
}
