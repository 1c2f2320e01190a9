package tasklet

import "unsafe"

// Where a tasklet has its top frame, and its rare part if it has one. The control block
// spares a single word for both, so that it and a frame of two words make one object of
// 64 bytes, which is a cache line and what the allocator gives without waste. The word is
// one of
//
//	the frame's methods   the frame itself lies behind the block, where Spawn has put it
//	nil                   it is dead, and lay behind the block; or not made yet
//	boxed                 behind the block lies a Frame, which is the top one or nil
//	a *rare               which has the top frame too
//
// and of the latter two the flag elsewhere is set, so that the first, which is for those
// that there are a million of, is told by a single bit. It is half of an interface value,
// whose other half follows from where the block is; so it relies on what an interface
// value is made of: a pointer to its methods, and one to what it holds. A test asserts that.

// face is an interface value.
type face struct{ methods, data unsafe.Pointer }

// blockSize is where what lies behind a control block begins.
const blockSize = unsafe.Sizeof(Tasklet{})

// box is a control block with its top frame, which lies elsewhere.
type box struct {
	t   Tasklet
	top Frame
}

// boxed says by its address that a control block is in a box.
var boxed = unsafe.Pointer(new(byte))

// newTasklet makes a control block with frame f.
func newTasklet(f Frame) *Tasklet {
	b := new(box)
	b.hold(f)
	return &b.t
}

// together makes a control block with a copy of f behind it, which is its frame.
func together[F any, P interface {
	*F
	Frame
}](f F) *Tasklet {
	o := &struct {
		t Tasklet
		f F
	}{f: f}
	var top Frame = P(&o.f)
	if unsafe.Offsetof(o.f) != blockSize { // it has 64-bit atomics, on a 32-bit machine
		return newTasklet(top)
	}
	o.t.what = (*face)(unsafe.Pointer(&top)).methods
	return &o.t
}

// hold makes f the frame of b, which is new.
func (b *box) hold(f Frame) {
	b.t.what, b.top = boxed, f
	b.t.flags |= elsewhere
}

// Frame returns the top frame, nil if the tasklet is dead.
func (t *Tasklet) Frame() Frame {
	switch {
	case t.flags&elsewhere != 0:
		return *t.elsewhere()
	case t.what == nil: // and behind it there may be nothing, or somebody else's
		return nil
	}
	return t.behind()
}

// Top is Frame of a tasklet that is alive, which it does not ask. It is for the
// scheduler, on whose way at each step it is.
func (h *Home) Top(t *Tasklet) Frame {
	if t.flags&elsewhere == 0 {
		return t.behind()
	}
	return *t.elsewhere()
}

// behind returns the frame that lies behind the block of t.
func (t *Tasklet) behind() Frame {
	return *(*Frame)(unsafe.Pointer(&face{t.what, unsafe.Add(unsafe.Pointer(t), blockSize)}))
}

// elsewhere returns where the top frame of t is named, if not by its methods.
func (t *Tasklet) elsewhere() *Frame {
	if t.what == boxed {
		return &(*box)(unsafe.Pointer(t)).top
	}
	return &(*rare)(t.what).top
}

// setFrame makes f the top frame; nil, if t is dead from now on.
func (t *Tasklet) setFrame(f Frame) {
	switch {
	case t.flags&elsewhere != 0:
		*t.elsewhere() = f
	case f == nil:
		t.what = nil
	default:
		t.more().top = f
	}
}

// rare returns the rare part, nil if there is none.
func (t *Tasklet) rare() *rare {
	if t.flags&elsewhere == 0 || t.what == boxed {
		return nil
	}
	return (*rare)(t.what)
}

// more returns the rare part, which it makes if there is none yet.
func (t *Tasklet) more() *rare {
	r := t.rare()
	if r == nil {
		r = &rare{top: t.Frame()}
		t.setFrame(nil)
		t.what = unsafe.Pointer(r)
		t.flags |= elsewhere
	}
	return r
}
