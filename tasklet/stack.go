package tasklet

import (
	"errors"
	"reflect"
	"runtime/debug"
	"unsafe"
)

// Call runs callee on top of the frame that performs it and is complete when
// callee has returned. Results are callee's fields, with their own types:
//
//	case 0:
//		f.sub = fib{N: f.N - 1} // its own case: this must not run again
//		f.pc = 1
//		fallthrough
//	case 1:
//		if s := t.Call(&f.sub); s != tasklet.Next {
//			return s
//		}
//		f.sum += f.sub.Result
//
// An error that callee does not recover becomes the Call's. Only the top frame
// of a tasklet is resumed, so a wait costs the same at every depth. The first
// call of a tasklet allocates its rare part; a call takes 16 bytes of stack.
func (t *Tasklet) Call(callee Frame) Step {
	if t.begin() {
		if same(callee, t.Frame()) {
			panic(misuse("%s calls itself: a call needs a frame of its own", t.describe()))
		}
		r := t.more()
		r.callers = append(r.callers, t.Frame())
		t.setFrame(callee)
		t.op = OpCall // until Unroll has heard of it
		return Called
	}
	if t.op.kind() == OpCall && t.op&done != 0 {
		if !same(t.rare().returned, callee) {
			panic(misuse("%s left a call of %s and resumed into another", t.describe(), FrameName(t.rare().returned)))
		}
		t.rare().returned = nil
	}
	return t.again(OpCall, nil)
}

// same reports whether a and b are one frame. Two closures can't be compared, but
// whether they are the same one can be told.
func same(a, b Frame) bool {
	if *(*[2]unsafe.Pointer)(unsafe.Pointer(&a)) == *(*[2]unsafe.Pointer)(unsafe.Pointer(&b)) {
		return true
	}
	t := reflect.TypeOf(a)
	return t == reflect.TypeOf(b) && t != nil && t.Kind() != reflect.Pointer && t.Comparable() && a == b
}

// Fail makes err the tasklet's error and returns [Failed], for a frame to
// return: the frame is unwound and its caller's Call fails with err. At the
// outermost frame err becomes the tasklet's own. A nil err counts as ErrExit.
// An error that is on its way already stays, joined by err.
func (t *Tasklet) Fail(err error) Step {
	switch {
	case t.op == thrown && t.place.head == t:
		t.addError(err)
	case t.begin():
		t.setError(err)
	default:
		panic(misuse("%s fails although its %v has not returned Next, or it is not the one that runs", t.describe(), t.op))
	}
	return Failed
}

// setError puts err on its way through the tasklet's frames.
func (t *Tasklet) setError(err error) {
	if err == nil {
		err = ErrExit
	}
	t.more().err = err
	t.op, t.slot = thrown, nil
}

// addError puts err on its way beside the error that is there, if one is.
func (t *Tasklet) addError(err error) {
	if t.op == thrown && err != nil {
		err = errors.Join(t.rare().err, err)
	}
	t.setError(err)
}

// Recover takes the error of the operation that has just Failed, so that the
// frame can go on; nil if there is none. Kills arrive as ErrExit and can be
// recovered too, which leaves the killed tasklet alive: cleanup that may not
// be missed belongs in Cleanup or OnExit.
func (t *Tasklet) Recover() error {
	if t.op != thrown || t.place.head != t {
		return nil
	}
	err := t.rare().err
	t.rare().err = nil
	t.op = OpNone
	if t.place.home.telling {
		t.op = opCleanup // of an operation that an observer may not perform
	} else if len(t.rare().deadlines) > 0 {
		t.remind()
	}
	return err
}

// pop ends the top frame. It reports whether a caller is on top now, whose
// Call is then complete, or failed if an error is on its way.
func (t *Tasklet) pop() bool {
	t.cleanup()
	r := t.rare()
	if r != nil && len(r.deadlines) > 0 {
		t.dropDeadlines(len(r.callers), true)
	}
	if r == nil || len(r.callers) == 0 {
		return false
	}
	r.returned = t.Frame()
	last := len(r.callers) - 1
	t.setFrame(r.callers[last])
	r.callers[last] = nil
	r.callers = r.callers[:last]
	t.op = t.op&thrown | done | OpCall
	return true
}

// cleanup runs the top frame's Cleanup, if it has one. A panic in it becomes
// the error on its way, beside the one that there may be already.
func (t *Tasklet) cleanup() {
	c, ok := t.Frame().(Cleaner)
	if !ok {
		return
	}
	t.guard(func() { c.Cleanup(t) })
}

// guard runs code that may not wait. A panic in it, or an error that it raises in
// t, goes on its way beside the error that is there already.
func (t *Tasklet) guard(f func()) {
	before, r := t.op, t.rare()
	var was error
	if before == thrown {
		was = r.err
	}
	defer func() {
		p := recover()
		var raised error
		if t.op&thrown != 0 {
			raised = t.rare().err
		}
		if t.op = before; before == thrown {
			t.rare().err = was
		}
		if raised != nil {
			t.addError(raised)
		}
		if p != nil {
			err, ok := p.(*PanicError) // of a function that was ended here
			if !ok {
				err = &PanicError{Value: p, Stack: debug.Stack()}
			}
			t.addError(err)
		}
	}()
	t.op = opCleanup
	f()
}

// finish unwinds every frame of t, which is parked, without resuming any, and
// ends it. It returns what End does.
func (t *Tasklet) finish(cause error) error {
	if t.op&thrown != 0 { // nobody will hear of this one in any other way
		cause = t.rare().err
	}
	t.giveBack()
	t.flags |= ending
	t.setError(cause)
	for t.pop() {
		t.op = thrown
	}
	return t.Home().End(t, t.rare().err, nil)
}
