package sched

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"time"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/tasklet"
)

// mostFrames is how many frames of a tasklet are shown.
const mostFrames = 50

// A Snapshot is what a scheduler looked like at one moment, with copies of all
// that it shows: it stays as it is when the scheduler goes on. String writes it for
// people, in the manner of the command "stackless inspect"; as JSON it is for
// programs.
type Snapshot struct {
	At       time.Time `json:"at"`       // on the scheduler's clock
	Step     uint64    `json:"step"`     // how many had been run
	Observed bool      `json:"observed"` // whether somebody looked, so that Since is known
	// Adopted says that the scheduler was adopted, and all of this is its adopter's.
	Adopted bool `json:"adopted,omitempty"`
	// Tasklets are all that are alive: the ready in the order of their turns, those
	// asleep in the order in which they wake, the parked, the blocked.
	Tasklets []State `json:"tasklets"`
}

// A State is how a tasklet is.
type State struct {
	ID     uint64 `json:"id"`
	Name   string `json:"name,omitempty"`
	Status string `json:"status"`
	// Since is when it came where it is; nil if nobody has looked since then.
	Since *Since `json:"since,omitempty"`
	// Op is the operation that it waits by or has under way, On what that is on, and
	// Complete says that it only has to hear of it.
	Op       string     `json:"op,omitempty"`
	On       string     `json:"on,omitempty"`
	Complete bool       `json:"complete,omitempty"`
	Wakes    *time.Time `json:"wakes,omitempty"`    // of one that sleeps
	Deadline *time.Time `json:"deadline,omitempty"` // until when it may wait: the earliest

	Error     string   `json:"error,omitempty"` // that awaits it
	BlockTrap bool     `json:"block_trap,omitempty"`
	Atomic    bool     `json:"atomic,omitempty"` // it is not to be interrupted
	Value     *Value   `json:"value,omitempty"`  // that it was given by SetValue
	Joiners   []uint64 `json:"joiners,omitempty"`
	// Frames are the calls from the top, which runs, to the outermost: of very many,
	// the upper ones, and Deeper is how many more there are.
	Frames []Frame `json:"frames"`
	Deeper int     `json:"deeper,omitempty"`
}

// Since is a moment in a scheduler's life.
type Since struct {
	At   time.Time `json:"at"`
	Step uint64    `json:"step"`
}

// A Frame is a frame and its fields, those that are not exported too.
type Frame struct {
	Type   string  `json:"type"`
	Fields []Value `json:"fields,omitempty"`
}

// A Value is a value as [pickle.Look] shows it.
type Value = pickle.Node

// Inspect returns what all tasklets of the scheduler are doing, with their frames
// and the frames' fields. It changes nothing and calls no method of what it shows
// but the Error of errors that are pending. Since when each has been where it is,
// is known while the scheduler is observed: see [Scheduler.Observe]. It takes time and
// memory for each tasklet, as much as a page of text does. Of one that was adopted, it
// returns what its adopter is doing.
func (s *Scheduler) Inspect() Snapshot {
	if by := s.Adopter(); by != nil {
		snap := by.Inspect()
		snap.Adopted = true
		return snap
	}
	snap := Snapshot{At: s.Now(), Step: s.Steps(), Observed: s.observed}
	for _, some := range []iter.Seq[*tasklet.Tasklet]{
		s.home.Ready().All(), s.home.Backlog().All(), s.Asleep(), s.home.Parked().All(), s.home.Blocked(),
	} {
		for t := range some {
			snap.Tasklets = append(snap.Tasklets, s.state(t))
		}
	}
	return snap
}

// InspectContext is [Scheduler.Inspect] for any goroutine but the one that drives
// the scheduler. It needs somebody to drive it: the snapshot is made between two
// steps. The errors are ctx's cause and [ErrClosed].
func (s *Scheduler) InspectContext(ctx context.Context) (Snapshot, error) {
	return ask(ctx, s, s.Inspect)
}

// ask has f called between two steps, on behalf of a goroutine outside.
func ask[T any](ctx context.Context, s *Scheduler, f func() T) (answer T, err error) {
	if err := context.Cause(ctx); err != nil {
		return answer, err
	}
	answered := make(chan T, 1)
	if err := s.Post(func() {
		if ctx.Err() == nil { // otherwise nobody waits for it
			answered <- f()
		}
	}); err != nil {
		return answer, err
	}
	select {
	case answer = <-answered:
		return answer, nil
	case <-ctx.Done():
		return answer, context.Cause(ctx)
	case <-s.inbox.gone:
		return answer, ErrClosed
	}
}

// state returns how t, which is alive, is.
func (s *Scheduler) state(t *tasklet.Tasklet) State {
	st := State{
		ID: t.ID(), Name: t.Name(), Status: t.Status().String(), BlockTrap: t.BlockTrap(), Atomic: t.Atomic(), Complete: t.Complete(),
	}
	if op := t.Op(); op != tasklet.OpNone {
		st.Op = op.String()
	}
	if on, _ := t.BlockedOn(); on != nil {
		st.On = on.WaitName()
	}
	if at, ok := t.Wakes(); ok {
		st.Wakes = &at
	}
	if at, ok := t.Deadline(); ok {
		st.Deadline = &at
	}
	if s.observed {
		if m, ok := s.observers.known[t]; ok {
			st.Since = &Since{At: m.at, Step: m.step}
		}
	}
	if err := t.Pending(); err != nil {
		st.Error = messageOf(err)
	}
	if v := t.Value(); v != nil {
		n := pickle.Look(v, nameOf)
		st.Value = &n
	}
	if q := t.WaitQueue(); q != nil {
		for j := range q.All() {
			st.Joiners = append(st.Joiners, j.Self().ID())
		}
	}
	for f := range t.Frames() {
		if len(st.Frames) < mostFrames {
			st.Frames = append(st.Frames, frameOf(f))
		} else {
			st.Deeper++
		}
	}
	return st
}

// frameOf shows a frame. Main and plain functions have no fields: their state is
// a goroutine's stack.
func frameOf(f tasklet.Frame) Frame {
	shown := Frame{Type: tasklet.FrameName(f)}
	if shown.Type != strings.TrimPrefix(reflect.TypeOf(f).String(), "*") {
		return shown
	}
	n := pickle.Look(f, nameOf)
	if shown.Fields = n.Parts; n.Kind != pickle.NodeStruct {
		shown.Fields = []Value{n}
	}
	return shown
}

const ours = "github.com/stackless-go/stackless/"

// nameOf names tasklets, what they wait on and schedulers. Only the types of this module
// are asked for their names. What others than the driver of this scheduler may change is
// not looked into.
func nameOf(pointer any) (string, bool) {
	switch x := pointer.(type) {
	case *tasklet.Tasklet:
		return x.Title(), true
	case *tasklet.Ref:
		return x.String(), true
	case *tasklet.Home:
		return "the home of a scheduler", true
	case *Scheduler:
		return "a scheduler", true
	case *Pool:
		return fmt.Sprintf("a pool of %d schedulers", len(x.workers)), true
	}
	w, ok := pointer.(tasklet.Waitable)
	if !ok || !strings.HasPrefix(reflect.TypeOf(pointer).Elem().PkgPath(), ours) {
		return "", false
	}
	return w.WaitName(), true
}

// messageOf returns what an error says, even if its Error panics.
func messageOf(err error) (message string) {
	defer func() {
		if p := recover(); p != nil {
			message = fmt.Sprintf("%T, whose Error panics", err)
		}
	}()
	return err.Error()
}
