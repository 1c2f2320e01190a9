package tasklet

import (
	"fmt"
	"iter"
	"reflect"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// A Coroutine is the handle by which code that is not a frame takes part. It
// belongs to a tasklet whose state is a goroutine's stack: main, which is the
// goroutine that drives a scheduler, or a plain function, which has a
// goroutine of its own and runs only when it is its turn. Such a tasklet costs
// what a goroutine costs and is not restorable.
//
// It has a blocking form of each operation; those of a channel are its Put and
// Get. They return the operation's error; a kill arrives as [ErrExit], and the
// function should then return. A handle may be used by its own code alone, not
// by goroutines that the code starts.
type Coroutine struct {
	t       *Tasklet
	suspend func() // returns when t runs again
	gone    bool   // the tasklet is being ended without a turn: it may not wait any more
	why     error  // with gone: what its operations fail with; nil for ErrExit
	was     Op     // of main, before it retired
}

// Tasklet returns the tasklet whose handle co is.
func (co *Coroutine) Tasklet() *Tasklet { return co.t }

// Settle is how a blocking form is made of an operation:
//
//	for {
//		if done, err := co.Settle(operation(co.Tasklet())); done {
//			return err
//		}
//	}
//
// It waits if s says so, and then the operation is to be performed again; done
// means that it is complete or has failed.
func (co *Coroutine) Settle(s Step) (done bool, err error) {
	if co.gone {
		return true, co.reason()
	}
	switch s {
	case Next:
		return true, nil
	case Failed:
		return true, co.t.Recover()
	case Wait:
		if r := co.t.rare(); r != nil && len(r.deadlines) > 0 {
			if d := co.t.overdue(); d != nil && co.t.giveUp(co.t.Home(), d) == Failed {
				return true, co.t.Recover()
			}
		}
		co.suspend()
		if co.gone {
			return true, co.reason()
		}
		return false, nil
	}
	panic(misuse("%s: %v is no step of an operation", co.t.describe(), s))
}

// do is the blocking form of an operation.
func (co *Coroutine) do(operation func(*Tasklet) Step) error {
	for {
		if done, err := co.Settle(operation(co.t)); done {
			return err
		}
	}
}

// Yield is [Tasklet.Yield].
func (co *Coroutine) Yield() error {
	for {
		if done, err := co.Settle(co.t.Yield()); done {
			return err
		}
	}
}

// Park is [Tasklet.Park].
func (co *Coroutine) Park() error { return co.do((*Tasklet).Park) }

// Tick is [Tasklet.Tick].
func (co *Coroutine) Tick() error { return co.do((*Tasklet).Tick) }

// Sleep is [Tasklet.Sleep].
func (co *Coroutine) Sleep(d time.Duration) error {
	return co.do(func(t *Tasklet) Step { return t.Sleep(d) })
}

// SleepUntil is [Tasklet.SleepUntil].
func (co *Coroutine) SleepUntil(at time.Time) error {
	return co.do(func(t *Tasklet) Step { return t.SleepUntil(at) })
}

// Join is [Tasklet.Join].
func (co *Coroutine) Join(u *Tasklet) error {
	return co.do(func(t *Tasklet) Step { return t.Join(u) })
}

// Run is [Tasklet.Run].
func (co *Coroutine) Run(u *Tasklet) error {
	return co.do(func(t *Tasklet) Step { return t.Run(u) })
}

// Switch is [Tasklet.Switch].
func (co *Coroutine) Switch(u *Tasklet) error {
	return co.do(func(t *Tasklet) Step { return t.Switch(u) })
}

// Throw is [Tasklet.Throw].
func (co *Coroutine) Throw(u *Tasklet, err error) error {
	return co.do(func(t *Tasklet) Step { return t.Throw(u, err) })
}

// Kill is [Tasklet.Kill].
func (co *Coroutine) Kill(u *Tasklet) error {
	return co.do(func(t *Tasklet) Step { return t.Kill(u) })
}

// A function is the frame of a plain function. Its goroutine is switched to and
// from as iter.Pull does it, which takes a quarter of what handing over by Go
// channels takes.
type function struct {
	fn   func(co *Coroutine) error
	co   *Coroutine
	next func() (Step, bool)
	stop func()

	goroutine atomic.Uint64 // its number, if that is to be noted: see GoroutineOf
}

// GoFunc makes a tasklet of the plain function fn and puts it at the end of the
// ring. Its goroutine is made when it first runs. An error that fn returns is
// the tasklet's, as is a panic. Code that calls runtime.Goexit in fn, as a
// test's FailNow does, ends the goroutine that drives the scheduler too; what it
// defers can still close the scheduler. Fn may not lock its goroutine to a thread
// when it waits, nor may the driver while there are functions that have begun:
// Go ends the process then.
func (h *Home) GoFunc(fn func(co *Coroutine) error) *Tasklet {
	if fn == nil {
		panic("tasklet: GoFunc of a nil function")
	}
	f := &function{fn: fn}
	t := h.Go(f)
	f.co = &Coroutine{t: t}
	return t
}

// Resume switches to the function's goroutine until the function waits or ends.
func (f *function) Resume(t *Tasklet) Step {
	if f.next == nil {
		f.next, f.stop = iter.Pull(f.body)
	}
	s, _ := f.next()
	return s
}

// body runs on the function's goroutine. It yields the steps of the operations
// that wait, and at last how the function ended.
func (f *function) body(yield func(Step) bool) {
	co := f.co
	if co.t.Home().goroutines {
		f.goroutine.Store(CurrentGoroutine())
	}
	co.suspend = func() { co.gone = co.gone || !yield(Wait) }
	err := f.call()
	p, panicked := err.(*PanicError)
	switch {
	case co.gone:
		if err != nil && !isExit(err) {
			panic(err) // through stop, in Cleanup: nobody waits for a step any more
		}
	case panicked:
		co.t.addError(p)
		yield(Failed)
	case err != nil:
		yield(co.t.Fail(err))
	default:
		yield(Return)
	}
}

// call calls the function and makes an error of its panic, with the stack where
// it panicked.
func (f *function) call() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	return f.fn(f.co)
}

// Cleanup ends the goroutine: at once if the function has ended; otherwise the
// operation in which it waits fails with ErrExit, and any further one too.
func (f *function) Cleanup(*Tasklet) {
	if f.stop != nil {
		f.stop()
	}
}

func (f *function) name() string {
	if fn := runtime.FuncForPC(reflect.ValueOf(f.fn).Pointer()); fn != nil {
		return fn.Name()
	}
	return fmt.Sprintf("%T", f.fn)
}
