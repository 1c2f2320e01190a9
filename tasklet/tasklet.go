package tasklet

import (
	"fmt"
	"iter"
	"strings"
	"time"
	"unsafe"
)

// A Tasklet is a thread of work: a stack of frames, an identity and a place.
// What every tasklet needs is in this control block of 48 bytes; what few
// need is in its rare part, which is allocated on first use.
//
// It may not be copied: its frame can lie behind it, and others know where it is.
type Tasklet struct {
	_ noCopy

	next, prev *Tasklet       // neighbours in place; stale when in no queue
	place      *Queue         // where it is; one of its home's, or some waitable's
	what       unsafe.Pointer // its top frame, and its rare part: see top.go

	// The operation under way, and what it brought along. While it waits the
	// slot is the operation's own (for a receive, where the value goes); when
	// it is complete, the queue that it waited in, by which Again knows it.
	slot unsafe.Pointer
	op   Op

	flags  flags
	idHigh uint16
	idLow  uint32
}

// noCopy has go vet tell who copies what has it.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

type flags uint8

const (
	blockTrap     flags = 1 << iota // it may not block: see SetBlockTrap
	standing                        // it stands in for another in a queue: see standIn
	ending                          // its frames have ended or are being ended: nobody may bind or throw at it
	atomicSection                   // it may not be interrupted: see SetAtomic
	watching                        // it is in its home's watches
	counted                         // only in pickles: the innermost watch counts its steps
	roams                           // other schedulers may take it over: see Home.Roam
	elsewhere                       // its top frame does not lie behind it: see top.go

	pickled = blockTrap | atomicSection | counted // what is written down
)

// rare is what few tasklets have.
type rare struct {
	top      Frame // the one that runs; nil when dead
	name     string
	callers  []Frame // the frames under the top one, outermost first
	returned Frame   // the callee that has ended, until its Call is performed again
	value    any     // see SetValue
	err      error   // with thrown: on its way or about to be; when dead: how it ended
	onExit   []func(t *Tasklet)
	joiners  *Queue
	held     []Holding // see Keep
	heirs    []Heir
	kept     kept
	sel      *selection
	ref      *Ref

	deadlines []deadline // see Within; the outermost first
}

// kept is what a restored tasklet has received: where it is to go is known only
// when its frame performs the receive again. The tasklet's slot points here.
type kept struct {
	on    *Queue
	value any
}

// New makes a tasklet of frame f at home h. It is parked: [Tasklet.Insert]
// makes it ready. With a nil frame it is dead until [Tasklet.Bind].
func New(h *Home, f Frame) *Tasklet {
	t := newTasklet(f)
	t.place = &h.dead
	t.idLow, t.idHigh = h.nextID()
	if f != nil {
		h.born++
		h.enter(&h.parked, t)
	}
	return t
}

// Go makes a tasklet of frame f at home h and puts it at the end of the ring.
func (h *Home) Go(f Frame) *Tasklet {
	if f == nil {
		panic("tasklet: Go of a nil frame")
	}
	t := newTasklet(f)
	t.idLow, t.idHigh = h.nextID()
	h.born++
	h.enter(&h.ring, t)
	return t
}

// Spawn is Go for those who make tasklets by the million: it keeps a copy of
// frame f in one object with its tasklet, which takes one allocation instead of
// two and spares the collector an object. The copy lives as long as the tasklet
// is referred to.
//
//	t := tasklet.Spawn(s, walker{steps: 10})
func Spawn[F any, P interface {
	*F
	Frame
}](of Homely, f F) *Tasklet {
	h, t := of.Home(), together[F, P](f)
	t.idLow, t.idHigh = h.nextID()
	h.born++
	h.enter(&h.ring, t)
	return t
}

// Go makes a tasklet of frame f beside t, at the end of the ring.
func (t *Tasklet) Go(f Frame) *Tasklet { return t.Home().Go(f) }

// GoFunc makes a tasklet of the plain function fn beside t, at the end of the
// ring: see [Coroutine].
func (t *Tasklet) GoFunc(fn func(co *Coroutine) error) *Tasklet { return t.Home().GoFunc(fn) }

// Home returns the home of the scheduler that t belongs to.
func (t *Tasklet) Home() *Home { return t.place.home }

// Now returns the time on the clock of t's scheduler.
func (t *Tasklet) Now() time.Time { return t.place.home.scheduler.Now() }

// ID returns the tasklet's number, which no other of its scheduler has. They
// count up from 1, which is main's.
func (t *Tasklet) ID() uint64 { return uint64(t.idHigh)<<32 | uint64(t.idLow) }

// Name returns the name that SetName gave, or "".
func (t *Tasklet) Name() string {
	if t.rare() == nil {
		return ""
	}
	return t.rare().name
}

// SetName names the tasklet for people.
func (t *Tasklet) SetName(name string) { t.more().name = name }

// Value returns what the tasklet was last given by SetValue.
func (t *Tasklet) Value() any {
	if t.rare() == nil {
		return nil
	}
	return t.rare().value
}

// SetValue leaves v for the tasklet to find with Value when it goes on. For one
// that has yielded or parked, it replaces an error that was pending: the last
// one set counts.
func (t *Tasklet) SetValue(v any) {
	t.more().value = v
	if k := t.op.kind(); t.op&thrown != 0 && (k == OpYield || k.parks()) {
		t.op &^= thrown
		t.rare().err = nil
	}
}

// SetError leaves err for the tasklet to fail with when it goes on, in place of
// a value. Unlike ThrowLater it does not make the tasklet go on. A receive that
// has its value keeps it: then it is the next operation that fails. The errors
// are [ErrDead] and [ErrBlocked].
func (t *Tasklet) SetError(err error) error {
	switch t.Status() {
	case Dead:
		return t.refuse(ErrDead, "set an error of")
	case Blocked:
		return t.refuse(ErrBlocked, "set an error of")
	}
	t.pend(err)
	return nil
}

// SetBlockTrap forbids the tasklet to block, or allows it again: a send or
// receive that would have to wait fails with [ErrBlockTrap] instead.
func (t *Tasklet) SetBlockTrap(on bool) {
	t.flags &^= blockTrap
	if on {
		t.flags |= blockTrap
	}
}

// BlockTrap reports whether the tasklet is forbidden to block.
func (t *Tasklet) BlockTrap() bool { return t.flags&blockTrap != 0 }

// Op returns the kind of the operation that the tasklet waits by, or has under
// way; OpNone if none.
func (t *Tasklet) Op() Op { return t.op.kind() }

// Frames ranges over the tasklet's stack, from the top frame, which runs, to
// the outermost.
func (t *Tasklet) Frames() iter.Seq[Frame] {
	return func(yield func(Frame) bool) {
		if t.Frame() == nil || !yield(t.Frame()) || t.rare() == nil {
			return
		}
		for i := len(t.rare().callers) - 1; i >= 0; i-- {
			if !yield(t.rare().callers[i]) {
				return
			}
		}
	}
}

// Err returns how a dead tasklet ended: nil if its outermost frame returned,
// [ErrExit] if it was killed, otherwise the error that nothing in it recovered.
func (t *Tasklet) Err() error {
	if t.Frame() != nil || t.rare() == nil {
		return nil
	}
	return t.rare().err
}

// String returns the tasklet's number, its name if it has one, and its status,
// as in "tasklet 7 (courier), blocked".
func (t *Tasklet) String() string { return t.title() + ", " + t.Status().String() }

// Title returns the tasklet's number, and its name if it has one, as in "tasklet 7
// (courier)".
func (t *Tasklet) Title() string { return t.title() }

func (t *Tasklet) title() string {
	if name := t.Name(); name != "" {
		return fmt.Sprintf("tasklet %s (%s)", numeral(t.ID()), name)
	}
	return "tasklet " + numeral(t.ID())
}

// numeral writes a tasklet's number. That of one of several schedulers which know each
// other has the scheduler's in front, as in 2:7.
func numeral(id uint64) string {
	if number := id >> numberBits; number > 0 {
		return fmt.Sprintf("%d:%d", number, id&(1<<numberBits-1))
	}
	return fmt.Sprint(id)
}

// describe names the tasklet by what it runs, as in "tasklet 7, frame *main.walker".
func (t *Tasklet) describe() string {
	return fmt.Sprintf("%s, frame %s", t.title(), FrameName(t.Frame()))
}

// Describe says for people what the tasklet is, what it runs and what it waits
// for, as in "tasklet 7 (courier), frame main.courier, blocked: receive on
// channel 3 of int".
func (t *Tasklet) Describe() string {
	if t.Frame() == nil {
		return t.String()
	}
	s := t.describe() + ", " + t.Status().String()
	if on, by := t.BlockedOn(); on != nil {
		s += fmt.Sprintf(": %v on %s", by, on.WaitName())
	}
	return s
}

// WaitName names the tasklet as what others wait on by joining it.
func (t *Tasklet) WaitName() string { return "the end of " + t.title() }

// WaitQueue returns where those wait who join the tasklet, nil if nobody does.
func (t *Tasklet) WaitQueue() *Queue {
	if t == nil || t.rare() == nil {
		return nil
	}
	return t.rare().joiners
}

// FrameName returns the name of a frame's type, as in "main.walker".
func FrameName(f Frame) string {
	switch f := f.(type) {
	case nil:
		return "none"
	case mainFrame:
		return "main"
	case *function:
		return f.name()
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", f), "*")
}

// Bind gives a tasklet that is dead or parked the frame that it is to run from
// now on, in place of what it had; it is parked then. With nil it is dead:
// its frames clean up and its exit hooks run, as in every end. It keeps its
// identity either way. The errors are [ErrScheduled], [ErrCurrent], also for main
// and for a tasklet that is just ending, and what the cleanup of the old frames
// led to; then it is dead.
func (t *Tasklet) Bind(f Frame) error {
	t.stay()
	switch status := t.Status(); {
	case status == Running || t.flags&ending != 0 || t == t.Home().main.t:
		return t.refuse(ErrCurrent, "bind")
	case status == Ready || status == Blocked || status == Sleeping:
		return t.refuse(ErrScheduled, "bind")
	case status == Parked:
		if err := t.finish(ErrExit); err != nil {
			return err
		}
	}
	if t.rare() != nil {
		t.rare().err, t.rare().value = nil, nil
	}
	t.op, t.slot = OpNone, nil
	if f != nil {
		t.setFrame(f)
		h := t.Home()
		h.born++
		h.enter(&h.parked, t)
	}
	return nil
}

// Setup binds a dead tasklet to f and inserts it. The errors are [ErrUnbound]
// for a nil frame and [ErrAlive].
func (t *Tasklet) Setup(f Frame) error {
	switch {
	case f == nil:
		return t.refuse(ErrUnbound, "set up")
	case t.Alive():
		return t.refuse(ErrAlive, "set up")
	}
	if err := t.Bind(f); err != nil {
		return err
	}
	return t.Insert()
}
