package pickle

import (
	"fmt"
	"math"
	"reflect"
	"sync"
	"unsafe"

	"github.com/vmihailenco/msgpack/v5"
)

// Marshal pickles the graph of v: all that can be reached from it, each object
// once. It changes nothing. The errors are [*Error]s that name the path from v to
// what can't be pickled.
//
// It reads the graph as it is, so nothing may change that meanwhile: for
// tasklets, that it is called by the goroutine that drives their scheduler,
// between two steps.
func Marshal(v any, options ...Option) ([]byte, error) {
	var c config
	c.apply(options)
	e, err := encode(v, &c)
	if err != nil {
		return nil, err
	}
	defer e.release()
	return e.finish(&c), nil
}

// Move pickles the graph of v, calls commit with the pickle, and if that returns
// nil ends here what can be only in one place: each tasklet of the graph is dead
// then, without its cleanup, for it goes on elsewhere. If anything fails, nothing
// has changed. Commit is where the pickle is sent or stored so that it can't be
// lost; it may not run the tasklets.
func Move(v any, commit func(pickle []byte) error, options ...Option) error {
	var c config
	c.apply(options)
	c.move = true
	e, err := encode(v, &c)
	if err != nil {
		return err
	}
	defer e.release()
	if err := commit(e.finish(&c)); err != nil {
		return err
	}
	for _, o := range e.leaving {
		o.plan.image.leave(o.at)
	}
	return nil
}

// Check returns the error that [Marshal] would, and nil if it would succeed. It
// costs as much time, and no memory for the pickle.
func Check(v any, options ...Option) error {
	var c config
	c.apply(options)
	e, err := encode(v, &c)
	if err == nil {
		e.release()
	}
	return err
}

// An encoder writes a graph breadth first: the root, then the objects in the
// order in which they were first mentioned. So it needs no recursion but into
// what lies in a value's own memory, and no second pass to count.
//
// What lies inside what is the hard part: whether two objects share memory is
// known only when all have been seen. The encoder assumes that they do not,
// checks that in the end (see overlap.go), and if it was wrong begins again with
// what it has learned.
type encoder struct {
	registry *Registry
	of       *plans  // the registry's, which the below is about
	out      buffer  // the body
	types    buffer  // the table of types
	entries  buffer  // its entries, until they have been counted
	w        *buffer // of these, the one that is written to
	mp       *msgpack.Encoder
	notes    []note // of the plans, by index
	table    []*plan
	objects  objectSet
	met      []*plan // those of which there are objects
	spans    []span
	regions  []region
	short    bool // a slice reached beyond what is known of its region
	moving   bool
	owner    any // of what has been written, if that has one
	leaving  []leaving
	depth    int
	maxDepth int

	// What an interface held last, by the word that says what it is.
	lastWord    unsafe.Pointer
	lastDynamic *plan
	dynamics    map[unsafe.Pointer]*plan

	search  *search // only when an error is sought
	current int     // the object whose row is being written, 0 for the root
}

// A note is what an encoder notes of a plan.
type note struct {
	plan    *plan
	id      uint32           // in the table of types; 0 if it is not there
	count   uint32           // of objects
	scratch []unsafe.Pointer // memory for images that is not in use
}

// leaving is a value that is to end here when all has been written.
type leaving struct {
	plan *plan
	at   unsafe.Pointer
}

var encoders = sync.Pool{New: func() any {
	e := &encoder{dynamics: make(map[unsafe.Pointer]*plan)}
	e.mp = msgpack.NewEncoder(&e.out)
	return e
}}

// encode makes an encoder that has written the body of v's pickle.
func encode(v any, c *config) (e *encoder, err error) {
	e = encoders.Get().(*encoder)
	if plans := c.registry.snapshot(); e.of != plans { // indexes mean something else now
		*e = encoder{of: plans, registry: c.registry, out: e.out, types: e.types, entries: e.entries, objects: e.objects, mp: e.mp, dynamics: e.dynamics}
		clear(e.dynamics)
	}
	e.maxDepth, e.moving = c.limits.Depth, c.move
	root := reflect.ValueOf(v)
	var p *plan
	at := unsafe.Pointer(&v)
	if v != nil {
		p = e.of.plan(root.Type())
		if words := (*[2]unsafe.Pointer)(at); p.direct {
			at = unsafe.Pointer(&words[1])
		} else {
			at = words[1]
		}
	}
	for range maxPasses {
		again, err := e.pass(p, at)
		if err != nil {
			where := &Error{Op: "marshal", Offset: -1, Err: err}
			if p != nil && !ofAnother(err) {
				e.search = &search{}
				_, _ = e.pass(p, at)
				where.Path = e.search.path(p.typ.String(), e.current, func() { _, _ = e.pass(p, at) })
				e.search = nil
			}
			e.release()
			return nil, where
		}
		if !again {
			return e, nil
		}
	}
	e.release()
	return nil, &Error{Op: "marshal", Offset: -1, Err: fmt.Errorf("memory that changes while it is written %w", ErrUnpicklable)}
}

// maxPasses is how often a graph is written before it is given up: a pass can
// learn of shared memory only from what the pass before has shown.
const maxPasses = 32

// release gives the encoder back for the next pickle.
func (e *encoder) release() {
	e.reset()
	e.regions = nil
	encoders.Put(e)
}

func (e *encoder) reset() {
	e.out.reset()
	e.types.reset()
	e.entries.reset()
	e.objects.reset()
	for _, p := range e.table {
		e.notes[p.index].id = 0
	}
	for _, p := range e.met {
		e.notes[p.index].count = 0
	}
	clear(e.table)
	clear(e.met)
	clear(e.spans)
	clear(e.leaving)
	e.table, e.met, e.spans, e.leaving = e.table[:0], e.met[:0], e.spans[:0], e.leaving[:0]
	e.depth, e.current, e.short, e.owner = 0, 0, false, nil
	e.write(&e.out)
}

// pass writes the whole graph. Again reports that it has to be done again, with
// the regions that were found.
func (e *encoder) pass(p *plan, at unsafe.Pointer) (again bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(failure)
			if !ok {
				panic(r)
			}
			err = f.err
		}
	}()
	e.reset()
	if p == nil {
		e.uint(0)
		return false, nil
	}
	e.uint(uint64(e.typeID(p)))
	e.value(p, at)
	for i := 1; i <= e.objects.len; i++ {
		e.row(i)
	}
	return e.findRegions(), nil
}

// row writes an object.
func (e *encoder) row(number int) {
	o := e.objects.get(number)
	e.current = number
	if e.search != nil {
		e.search.row()
	}
	switch p := e.notes[o.plan].plan; {
	case p.kind == kindArrayOfSlice:
		if r := e.regionOf(o.at); r != nil && r.holder(p, o.at) && r.hidden != nil {
			e.shownElements(r.hidden, p.elem, o.at, int(o.n))
			return
		}
		e.elements(p.elem, o.at, int(o.n))
	case p.kind == kindContent:
		e.content(p.elem, o.at)
	case o.n == placed: // it is written with what it lies in
	default:
		e.value(p, o.at)
	}
}

// placed in place of a count marks an object inside another.
const placed = math.MaxInt32

// write has what follows written to w.
func (e *encoder) write(w *buffer) {
	e.w = w
	e.mp.ResetWriter(w)
}

func (e *encoder) uint(n uint64) {
	if n < 0x80 { // most are, and are their own byte in msgpack
		_ = e.w.WriteByte(byte(n))
		return
	}
	e.check(e.mp.EncodeUint(n))
}

func (e *encoder) int(n int64) {
	if n >= 0 {
		e.uint(uint64(n))
		return
	}
	e.check(e.mp.EncodeInt(n))
}

// check is for msgpack's errors, of which writing to a buffer has none.
func (e *encoder) check(err error) {
	if err != nil {
		fail(err)
	}
}
