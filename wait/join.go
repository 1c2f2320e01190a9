package wait

import (
	"fmt"

	"github.com/stackless-go/stackless/tasklet"
)

// A Join hears of the ends of several tasklets. It is made with NewJoin; from then
// on their errors are the Join's, and nobody else is told of them, except for those
// who wait in Tasklet.Join. It can be waited for in three ways, any number of
// times. When a tasklet has ended, its Err says how.
//
// Fairness: all who wait for the same go on together, in the order in which they
// came.
type Join struct {
	of            []*tasklet.Tasklet
	over          []bool // which have ended, of those
	left          int
	first, failed int   // which; -1 if none has
	err           error // of the one that has failed
	all, any, bad *Event
}

// An heirOf is a Join as the heir of one of its tasklets.
type heirOf struct {
	j *Join
	i int
}

// NewJoin makes a Join of tasklets of one scheduler, of, or of a tasklet's. Those
// that are dead have ended; of several, the first of the list counts as the first.
// The error is tasklet.ErrForeign.
func NewJoin(of tasklet.Homely, tasklets ...*tasklet.Tasklet) (*Join, error) {
	for _, t := range tasklets {
		if t.Home() != of.Home() {
			return nil, fmt.Errorf("join of %v: %w", t, tasklet.ErrForeign)
		}
	}
	j := &Join{of: append([]*tasklet.Tasklet(nil), tasklets...), over: make([]bool, len(tasklets)), left: len(tasklets), first: -1, failed: -1}
	j.all, j.any, j.bad = NewEvent(of), NewEvent(of), NewEvent(of)
	j.all.SetName(fmt.Sprintf("all of %d tasklets have ended", len(tasklets)))
	j.any.SetName(fmt.Sprintf("one of %d tasklets has ended", len(tasklets)))
	j.bad.SetName(fmt.Sprintf("all of %d tasklets have ended, or one has failed", len(tasklets)))
	for i, t := range j.of {
		if t.Alive() {
			t.AddHeir(heirOf{j, i})
		} else {
			j.ended(i, t.Err())
		}
	}
	if len(tasklets) == 0 {
		j.all.Set()
		j.bad.Set()
	}
	return j, nil
}

// All is complete when all have ended, however that was.
func (j *Join) All(t *tasklet.Tasklet) tasklet.Step { return j.all.Wait(t) }

// First is complete when one has ended, however that was: Ended says which. With no
// tasklets, it waits for ever.
func (j *Join) First(t *tasklet.Tasklet) tasklet.Step { return j.any.Wait(t) }

// FirstError is complete when all have ended well. When the first fails, it fails
// with that one's error, and the others go on. One that is killed has ended well.
func (j *Join) FirstError(t *tasklet.Tasklet) tasklet.Step {
	s := j.bad.Wait(t)
	if s == tasklet.Next && j.failed >= 0 {
		return t.Fail(j.err)
	}
	return s
}

// AllFor is All for main and plain functions.
func (j *Join) AllFor(co *tasklet.Coroutine) error { return block(co, j.All) }

// FirstFor is First for main and plain functions. It returns which has ended.
func (j *Join) FirstFor(co *tasklet.Coroutine) (i int, err error) {
	err = block(co, j.First)
	return j.first, err
}

// FirstErrorFor is FirstError for main and plain functions.
func (j *Join) FirstErrorFor(co *tasklet.Coroutine) error { return block(co, j.FirstError) }

// OnAll, OnFirst and OnFirstError are the three as cases of a Select. None of them
// fails: Ended and Failed say what there is.

// OnAll is the case of a Select that all have ended.
func (j *Join) OnAll() tasklet.Case { return j.all.OnSet() }

// OnFirst is the case of a Select that one has ended.
func (j *Join) OnFirst() tasklet.Case { return j.any.OnSet() }

// OnFirstError is the case of a Select that one has failed, or all have ended.
func (j *Join) OnFirstError() tasklet.Case { return j.bad.OnSet() }

// Ended returns which tasklet was the first to end, -1 if none has.
func (j *Join) Ended() int { return j.first }

// Failed returns which tasklet was the first to end with an error that is not a
// kill, -1 if none has.
func (j *Join) Failed() int { return j.failed }

// Left returns how many have not ended.
func (j *Join) Left() int { return j.left }

// Tasklets returns those that are joined, in the order that NewJoin was given.
func (j *Join) Tasklets() []*tasklet.Tasklet { return append([]*tasklet.Tasklet(nil), j.of...) }

// Inherits is called when a tasklet has ended: see tasklet.Heir.
func (h heirOf) Inherits(_ *tasklet.Tasklet, err error) bool {
	h.j.ended(h.i, err)
	return true
}

func (j *Join) ended(i int, err error) {
	j.over[i] = true
	j.left--
	if j.first < 0 {
		j.first = i
		j.any.Set()
	}
	if j.failed < 0 && err != nil && !only(err, tasklet.ErrExit) {
		j.failed, j.err = i, err
		j.bad.Set()
	}
	if j.left == 0 {
		j.all.Set()
		j.bad.Set()
	}
}
