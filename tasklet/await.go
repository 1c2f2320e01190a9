package tasklet

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"unsafe"
)

// This file is how a tasklet waits for a function that runs outside: on a
// goroutine of its scheduler's, beside the tasklets.
//
// Invariants:
//
//   - Who awaits is in its home's outside queue, in the order of asking, with its
//     work as its slot; work.t is the way back. Once it has left, work.t is nil,
//     and what comes back is dropped.
//   - The function's goroutine touches the function, the result and the error,
//     until its scheduler hears that it has returned; from then on, only the
//     scheduler's goroutine does. Nothing else is shared.
//   - A result that is there waits in the work, which stays the tasklet's slot
//     until the Await is performed again.

// ErrGoexit: a function that a tasklet awaits ended its goroutine by
// runtime.Goexit.
var ErrGoexit = errors.New("runtime.Goexit was called")

// Await has f run on a goroutine of the scheduler's pool, while the tasklet
// waits and the others go on. It is complete when f has returned: then f's value
// is in *into, a field of the frame. It is written there when the tasklet runs
// again, by the scheduler's goroutine and never by f's.
//
//	if s := tasklet.Await(t, &p.page, p.fetch); s != tasklet.Next {
//		return s
//	}
//
// Await fails with the error that f returns, with a [PanicError] if f panics,
// with the stack where it did, and with [ErrGoexit]; *into is as it was then. It
// fails with the scheduler's error if that is closed.
//
// When the tasklet is killed, thrown an error or out of time (see
// [Tasklet.Within]), it leaves at once: ctx is cancelled with that error as its
// cause, and what f still does or returns is dropped. If f has not begun by then, it never will. A result that is there
// already is kept, and the error is for the next operation. Ctx is also cancelled
// when f has returned: what needs it has to end with f.
//
// F may not touch what belongs to the tasklets: neither them, nor their frames,
// nor channels but by their context forms. What it needs, it captures.
//
// A tasklet that awaits can be pickled. F is not: where the pickle is loaded, the
// frame performs its Await again, and the work is begun anew. So f may run more
// than once. A move cancels the one under way here.
func Await[T any](t *Tasklet, into *T, f func(ctx context.Context) (T, error)) Step {
	if !t.begin() {
		return awaited(t, into)
	}
	if f == nil {
		panic(misuse("%s awaits a nil function", t.describe()))
	}
	if t.Trapped() {
		return t.Trap(OpAwait) // before the function begins
	}
	h := t.Home()
	w := &workOf[T]{f: f}
	w.t, w.of = t, w
	errand, err := h.scheduler.Dispatch(&w.work)
	if err != nil {
		return t.Fail(err)
	}
	w.errand = errand
	return h.outside.Hold(t, OpAwait, unsafe.Pointer(&w.work))
}

// awaited is for an Await that is performed again.
func awaited[T any](t *Tasklet, into *T) Step {
	slot := t.slot
	there := t.op.kind() == OpAwait && t.op&done != 0 && t.op&(thrown|later) != thrown
	s := t.again(OpAwait, slot)
	if !there || s != Next {
		return s
	}
	if r := t.rare(); r != nil && slot == unsafe.Pointer(&r.kept) {
		v, ok := r.kept.value.(T)
		if !ok && r.kept.value != nil {
			panic(misuse("%s left an Await that led to %T and resumed into another", t.describe(), r.kept.value))
		}
		*into, r.kept = v, kept{}
		return Next
	}
	w := (*work)(slot)
	of, ok := w.of.(*workOf[T])
	if !ok {
		panic(misuse("%s left an Await of %s and resumed into another", t.describe(), w.of.name()))
	}
	*into = of.value
	return Next
}

// AwaitFor is [Await] for main and plain functions: it blocks until f has
// returned.
func AwaitFor[T any](co *Coroutine, f func(ctx context.Context) (T, error)) (T, error) {
	var v T
	for {
		if done, err := co.Settle(Await(co.t, &v, f)); done {
			return v, err
		}
	}
}

// A Job is a function that a tasklet awaits, as the scheduler sees it that has
// it run.
type Job interface {
	// Run calls the function, on a goroutine outside. Whatever the function does,
	// Run has returned or, if the function called runtime.Goexit, its goroutine
	// has ended when it is over. It is called once at the most.
	Run(ctx context.Context)
	// Finish lets the tasklet go on with what Run led to; if it has left
	// meanwhile, nothing happens. The scheduler calls it, between two steps.
	Finish()
}

// An Errand is a Job that a scheduler was given to have it run.
type Errand interface {
	// Withdraw says that nobody waits for the job any more, because of cause: its
	// context is cancelled, and if it has not begun, it never will. It is called
	// on the scheduler's goroutine.
	Withdraw(cause error)
}

// work is the part of a workOf that does not depend on the result's type. It is
// the Job.
type work struct {
	t      *Tasklet // who awaits it; nil when it has left or gone on
	errand Errand
	err    error
	of     interface { // the workOf that this is the beginning of
		call(ctx context.Context) error
		result() any
		name() string
	}
}

type workOf[T any] struct {
	work
	f     func(ctx context.Context) (T, error)
	value T
}

func (w *workOf[T]) call(ctx context.Context) (err error) {
	w.value, err = w.f(ctx)
	return err
}

func (w *workOf[T]) result() any { return w.value }

func (w *workOf[T]) name() string {
	if f := runtime.FuncForPC(reflect.ValueOf(w.f).Pointer()); f != nil {
		return strings.TrimSuffix(f.Name(), "-fm") // the mark of a method's value
	}
	return fmt.Sprintf("%T", w.f)
}

func (w *work) Run(ctx context.Context) {
	w.err = ErrGoexit // unless it turns out otherwise
	defer func() {
		if p := recover(); p != nil {
			w.err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	w.err = w.of.call(ctx)
}

func (w *work) Finish() {
	t := w.t
	if t == nil {
		return
	}
	w.t, w.errand = nil, nil
	h := t.Home()
	h.outside.remove(t)
	t.op |= done
	if w.err != nil {
		t.fails(w.err)
	}
	h.Wake(t)
}

// withdraw is for a tasklet that leaves: nobody waits any more.
func (w *work) withdraw(cause error) {
	if w.t == nil {
		return
	}
	e := w.errand
	w.t, w.errand = nil, nil
	e.Withdraw(cause)
}

// WaitName names the function.
func (w *work) WaitName() string { return "the result of " + w.of.name() }

// WaitQueue returns nil: who awaits is written down as one that has not begun to.
func (w *work) WaitQueue() *Queue { return nil }

// awaits returns the work that t waits for; nil if it does not await any.
func (t *Tasklet) awaits() *work {
	if t.op.kind() != OpAwait || t.op&done != 0 || t.place.status != Blocked {
		return nil
	}
	return (*work)(t.slot)
}

// Awaiting returns how many tasklets await functions that run outside.
func (h *Home) Awaiting() int { return h.outside.Len() }

// Errands ranges over what tasklets await, in the order of asking.
func (h *Home) Errands() func(yield func(Errand) bool) {
	return func(yield func(Errand) bool) {
		for t := range h.outside.All() {
			if !yield((*work)(t.slot).errand) {
				return
			}
		}
	}
}

// checkOutside returns the first invariant of those who await that does not hold.
func (h *Home) checkOutside() error {
	for t := range h.outside.All() {
		if w := t.awaits(); w == nil || w.t != t || w.errand == nil {
			return fmt.Errorf("%v awaits what does not know of it", t)
		}
	}
	return nil
}
