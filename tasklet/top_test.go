package tasklet_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// Frames of all sizes and alignments, which Spawn puts behind the control block.
type (
	empty struct{}
	small struct{ n uint8 }
	words struct {
		n    *int
		text string
	}
	atomics struct {
		began bool
		n     atomic.Int64
	}
)

func (*empty) Resume(t *tasklet.Tasklet) tasklet.Step { return t.Park() }

func (f *small) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.n < 3; f.n++ {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

func (f *words) Resume(t *tasklet.Tasklet) tasklet.Step {
	if f.n == nil {
		f.n, f.text = new(int), "alive"
	}
	for ; *f.n < 3; *f.n++ {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

func (f *atomics) Resume(t *tasklet.Tasklet) tasklet.Step {
	f.began = true
	for ; f.n.Load() < 3; f.n.Add(1) {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

// TestFrameBehindItsBlock: what Frame makes of a control block's address is the frame
// that runs, of every size and alignment, also after it has called others, was given
// rare things or another frame, and after collections.
func TestFrameBehindItsBlock(t *testing.T) {
	s := sched.New()
	e := tasklet.Spawn(s, empty{})
	a := tasklet.Spawn(s, small{})
	b := tasklet.Spawn(s, words{})
	c := tasklet.Spawn(s, atomics{})
	for _, turns := range []int{4, 3} { // the first of them parks
		if _, err := s.Step(turns); err != nil {
			t.Fatal(err)
		}
		runtime.GC()
	}
	if f, ok := a.Frame().(*small); !ok || f.n != 1 {
		t.Errorf("small: %#v", a.Frame())
	}
	if f, ok := b.Frame().(*words); !ok || *f.n != 1 || f.text != "alive" {
		t.Errorf("words: %#v", b.Frame())
	}
	if f, ok := c.Frame().(*atomics); !ok || !f.began || f.n.Load() != 1 || uintptr(unsafe.Pointer(&f.n))%8 != 0 {
		t.Errorf("atomics: %#v", c.Frame())
	}
	for _, u := range []*tasklet.Tasklet{e, a, b, c} {
		before := u.Frame()
		u.SetName("named")
		if u.Frame() != before {
			t.Errorf("%v has another frame since it has a name", u)
		}
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	if f, ok := e.Frame().(*empty); !ok || f == nil || !e.Paused() {
		t.Errorf("empty: %v", e)
	}
	for _, u := range []*tasklet.Tasklet{a, b, c} {
		if u.Alive() || u.Frame() != nil {
			t.Errorf("%v has frame %T", u, u.Frame())
		}
		next := new(small)
		if err := u.Setup(next); err != nil || u.Frame() != tasklet.Frame(next) {
			t.Errorf("%v: %v", u, err)
		}
	}
	if err := s.Run(); err != nil || a.Alive() {
		t.Error(a, err)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// TestInterfaceValue: an interface value is what tasklet/top.go takes it for.
func TestInterfaceValue(t *testing.T) {
	x, y := new(small), new(small)
	var f, g tasklet.Frame = x, y
	one, other := *(*[2]unsafe.Pointer)(unsafe.Pointer(&f)), *(*[2]unsafe.Pointer)(unsafe.Pointer(&g))
	if unsafe.Sizeof(f) != unsafe.Sizeof(one) || one[0] != other[0] || one[1] != unsafe.Pointer(x) || other[1] != unsafe.Pointer(y) {
		t.Errorf("%v and %v, of %p and %p", one, other, x, y)
	}
}
