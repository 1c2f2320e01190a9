package tasklet

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/stackless-go/stackless/pickle"
)

// This file is how a tasklet is written down. Its mirror image is restore.go.

// image is a tasklet as it is pickled. Its fields are part of the format: see
// docs/FORMAT.md.
type image struct {
	Status Status
	Op     Op
	Flags  flags
	On     Waitable   // what the operation is with: a channel, another tasklet
	Wake   *time.Time `pickle:",owned"` // of one that sleeps
	Frames []Frame    `pickle:",owned"` // the outermost first
	More   *more      `pickle:",owned"`
}

// more is what few tasklets have.
type more = struct {
	Name     string
	Value    any
	Err      error
	Returned Frame
	Kept     *any               `pickle:",owned"`
	OnExit   []func(t *Tasklet) `pickle:",owned"`
	Joiners  []*Tasklet         `pickle:",owned"`
	Cases    []uint32           `pickle:",owned,since=2"` // of the joiners: see standIn; nil if all are plain
	Select   *selectImage       `pickle:",owned,since=2"`
	Watch    *watchImage        `pickle:",owned,since=3"`

	Deadlines []limit `pickle:",owned,since=4"` // the outermost first
}

// selectImage is a selection. The stand-ins that wait are in their queues' images.
type selectImage = struct {
	Waiting, Fired, Turn uint32

	Time *timeImage `pickle:",owned,since=5"` // when its case of time fires
}

// PickleImage makes a tasklet something that package pickle can write and load.
func (*Tasklet) PickleImage() pickle.Image {
	m := pickle.NewImage("tasklet", pickle.StandardVersion, save, load, depart).Standard()
	return pickle.Owned(pickle.MadeBy(m, func() *Tasklet { return newTasklet(nil) }), owner)
}

func init() {
	pickle.RegisterStandard[Tasklet]()
	pickle.RegisterStandard[Group]()
	pickle.Register[Func]("tasklet.func")
	pickle.Register[PanicError]("tasklet.panic")
	pickle.Register[Uncaught]("tasklet.uncaught")
	pickle.Register[TimeoutError]("tasklet.timeout")
	pickle.Register[Ticker]("tasklet.ticker")
	for name, err := range map[string]error{
		"exit": ErrExit, "dead": ErrDead, "blocked": ErrBlocked, "current": ErrCurrent, "scheduled": ErrScheduled,
		"unbound": ErrUnbound, "alive": ErrAlive, "trap": ErrBlockTrap, "foreign": ErrForeign, "misuse": ErrMisuse,
		"deadlock": ErrDeadlock, "moved": ErrMoved, "goexit": ErrGoexit,
		"switch": ErrSwitchTrap, "budget": ErrBudget, "late": ErrTimeout, "period": ErrPeriod,
	} {
		pickle.RegisterGlobal("tasklet."+name, err)
	}
}

// owner is the home of t: see pickle.Owned.
func owner(t *Tasklet, others any) (any, error) {
	if t.place == nil {
		return others, nil
	}
	if t.place.status == inTransit {
		return nil, fmt.Errorf("%s is on its way to another scheduler: %w: %w", t.title(), ErrForeign, pickle.ErrUnpicklable)
	}
	return inOnePickle(t.place.home, others, t.title)
}

// Owner is the home of q, for the Image of what has it: see pickle.Owned.
func (q *Queue) Owner(others any) (any, error) {
	if q.born == nil {
		return others, nil
	}
	return inOnePickle(q.born, others, func() string {
		return fmt.Sprintf("%s %d", strings.TrimPrefix(fmt.Sprintf("%T", q.owner), "*"), q.number)
	})
}

// inOnePickle returns h's owner, unless there are others and it is not theirs: what
// belongs to another scheduler can't be looked at from here.
func inOnePickle(h *Home, others any, title func() string) (any, error) {
	if h = h.heirOrSelf(); others != nil && others != h {
		return nil, fmt.Errorf("%s %w than the rest of the pickle: %w", title(), ErrForeign, pickle.ErrUnpicklable)
	}
	return h, nil
}

// save fills in the image of t.
func save(t *Tasklet, into *image) error {
	if t.place == nil {
		return fmt.Errorf("a tasklet that was not made by New or Go: %w", pickle.ErrUnpicklable)
	}
	h := t.Home()
	switch {
	case t == h.main.t:
		return fmt.Errorf("%s is the goroutine that drives the scheduler: %w", t.title(), pickle.ErrUnpicklable)
	case t.place == &h.ring && h.ring.head == t && !h.between, t.flags&ending != 0:
		return fmt.Errorf("%s, which is current: %w", t.title(), ErrCurrent)
	}
	if f, ok := t.Frame().(*function); ok {
		return fmt.Errorf("%s is the plain function %s, whose state is a goroutine's stack: %w", t.title(), f.name(), pickle.ErrUnpicklable)
	}
	if t.place == &h.away && t.op.kind() == OpSelect && t.rare().sel.waitsOn(h.main.t) {
		// A join mentions main, and so is refused; a select does not mention what it waits on.
		return fmt.Errorf("%s waits for the end of %s, which is the goroutine that drives the scheduler: %w", t.describe(), h.main.t.title(), pickle.ErrUnpicklable)
	}
	if t.abroad() != nil {
		return fmt.Errorf("%s waits for what belongs to another scheduler: %w", t.describe(), pickle.ErrUnpicklable)
	}
	*into = image{Status: t.place.status, Op: t.op, Flags: t.flags & pickled, Frames: into.Frames[:0]}
	if w := h.innermost(); w != nil && w.Steps > 0 && w.holder == t {
		into.Flags |= counted
	}
	if into.Status == inBacklog {
		into.Status = Ready
	}
	var received *any // by an operation that is complete, and not in the frame yet
	switch kind := t.op.kind(); {
	case t.awaits() != nil: // where it is loaded, it has not begun to
		into.Status, into.Op = Ready, OpNone
	case t.place.status == Blocked:
		into.On = t.place.owner
	case t.place.status == Sleeping:
		at := h.scheduler.Wakes(t, t.slot)
		into.Wake = &at
	case t.op&done == 0 || t.slot == nil:
	case kind == OpSwitch || kind == OpJoin:
		into.On = (*Tasklet)(t.slot)
	case t.rare() != nil && t.slot == unsafe.Pointer(&t.rare().kept):
		received = &t.rare().kept.value
		if kind != OpAwait {
			into.On = t.rare().kept.on.owner
		}
	case kind == OpSelect:
		into.On = t.rare().sel.by
	case kind == OpAwait:
		if t.op&(thrown|later) != thrown {
			v := (*work)(t.slot).of.result()
			received = &v
		}
	default:
		into.On = (*Queue)(t.slot).owner
	}
	r := t.rare()
	if r != nil {
		into.Frames = append(into.Frames, r.callers...)
	}
	if t.Frame() != nil {
		into.Frames = append(into.Frames, t.Frame())
	}
	if r == nil {
		if w := t.saveWatch(); received != nil || w != nil {
			into.More = &more{Kept: received, Watch: w}
		}
		return nil
	}
	m := &more{Name: r.name, Value: r.value, Err: r.err, Returned: r.returned, Kept: received, OnExit: r.onExit, Watch: t.saveWatch()}
	if r.joiners != nil {
		for j := range r.joiners.All() {
			if e := j.Request(); e != nil {
				return fmt.Errorf("%s, which tasklet %s of another scheduler joins: %w", t.title(), numeral(j.ID()), pickle.ErrUnpicklable)
			}
			m.Joiners = append(m.Joiners, j.Self())
			m.Cases = append(m.Cases, CaseOf(j))
		}
		if slices.Max(append(m.Cases, 0)) == 0 {
			m.Cases = nil
		}
	}
	m.Select = r.sel.image()
	m.Deadlines = r.limits()
	if m.Name != "" || m.Value != nil || m.Err != nil || m.Returned != nil || m.Kept != nil || m.OnExit != nil || m.Joiners != nil || m.Select != nil || m.Watch != nil || m.Deadlines != nil {
		into.More = m
	}
	return nil
}

// depart ends t here, because it goes on elsewhere.
func depart(t *Tasklet) {
	h := t.Home()
	if t.Alive() {
		if w := t.awaits(); w != nil {
			w.withdraw(ErrMoved)
		}
		t.recall()
		t.unwatch()
		t.leave()
		t.truncateDeadlines(0)
	}
	f := t.Frame()
	gone := &rare{name: t.Name(), err: ErrMoved}
	if t.Frame() == nil && t.rare() != nil {
		gone.err, gone.value = t.rare().err, t.rare().value // it was dead, and is dead there too
	}
	was := t.rare()
	t.setFrame(nil)
	*t = Tasklet{place: &h.dead, what: unsafe.Pointer(gone), flags: elsewhere, idLow: t.idLow, idHigh: t.idHigh}
	if was != nil {
		for _, held := range was.held {
			_ = held.Abandoned(t) // of one that has moved, there is no error
		}
		for _, heir := range was.heirs {
			heir.Inherits(t, ErrMoved)
		}
	}
	if f == nil {
		return
	}
	h.ended++
	if h.observer != nil {
		h.observer.Ended(t, f, ErrMoved)
	}
}
