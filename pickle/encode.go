package pickle

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"
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
	plans    []*plan  // those met, by index
	ids      []uint32 // their numbers in the table of types, by index
	table    []*plan
	objects  objectSet
	met      []*plan // those of which there are objects
	counts   []uint32
	spans    []span
	regions  []region
	moving   bool
	leaving  []leaving
	scratch  [][]unsafe.Pointer // memory for images that is not in use, by index
	depth    int
	maxDepth int

	// What an interface held last, by the word that says what it is.
	lastWord    unsafe.Pointer
	lastDynamic *plan
	dynamics    map[unsafe.Pointer]*plan

	trace   *trace // only when an error is sought: where we are
	current int    // the object whose row is being written, 0 for the root
}

// leaving is a value that is to end here when all has been written.
type leaving struct {
	plan *plan
	at   unsafe.Pointer
}

// trace is how the path of an error is found: by encoding once more.
type trace struct {
	steps  []string       // from the current object to the value
	origin map[int]origin // of each object
}

type origin struct {
	object int
	steps  string
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
			if e.trace = (&trace{origin: make(map[int]origin)}); v != nil {
				if _, err := e.pass(p, at); err != nil {
					where.Path = e.trace.path(p.typ.String(), e.current)
				}
			}
			e.trace = nil
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
		e.ids[p.index] = 0
	}
	for _, p := range e.met {
		e.counts[p.index] = 0
	}
	clear(e.table)
	clear(e.met)
	clear(e.spans)
	clear(e.leaving)
	e.table, e.met, e.spans, e.leaving = e.table[:0], e.met[:0], e.spans[:0], e.leaving[:0]
	e.depth, e.current = 0, 0
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
	if e.trace != nil {
		e.trace.steps = e.trace.steps[:0]
	}
	switch p := e.plans[o.plan]; {
	case p.kind == kindArrayOfSlice:
		e.elements(p.elem, o.at, int(o.n))
	case p.kind == kindContent:
		e.content(p.elem, o.at)
	case o.n == placed: // it is written with what it lies in
	default:
		e.value(p, o.at)
	}
}

// placed in place of a count marks an object inside another.
const placed = math.MaxUint32

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

// value writes what is at this address.
func (e *encoder) value(p *plan, at unsafe.Pointer) {
	switch p.kind {
	case kindBool:
		e.check(e.mp.EncodeBool(*(*bool)(at)))
	case kindInt:
		e.int(int64(*(*int)(at)))
	case kindInt8:
		e.int(int64(*(*int8)(at)))
	case kindInt16:
		e.int(int64(*(*int16)(at)))
	case kindInt32:
		e.int(int64(*(*int32)(at)))
	case kindInt64:
		e.int(*(*int64)(at))
	case kindUint:
		e.uint(uint64(*(*uint)(at)))
	case kindUint8:
		e.uint(uint64(*(*uint8)(at)))
	case kindUint16:
		e.uint(uint64(*(*uint16)(at)))
	case kindUint32:
		e.uint(uint64(*(*uint32)(at)))
	case kindUint64:
		e.uint(*(*uint64)(at))
	case kindUintptr:
		e.uint(uint64(*(*uintptr)(at)))
	case kindFloat32:
		e.check(e.mp.EncodeFloat32(*(*float32)(at)))
	case kindFloat64:
		e.check(e.mp.EncodeFloat64(*(*float64)(at)))
	case kindComplex64:
		c := *(*complex64)(at)
		e.check(e.mp.EncodeFloat32(real(c)))
		e.check(e.mp.EncodeFloat32(imag(c)))
	case kindComplex128:
		c := *(*complex128)(at)
		e.check(e.mp.EncodeFloat64(real(c)))
		e.check(e.mp.EncodeFloat64(imag(c)))
	case kindString:
		e.check(e.mp.EncodeString(*(*string)(at)))
	case kindTime:
		b, err := (*time.Time)(at).MarshalBinary()
		e.check(err)
		e.check(e.mp.EncodeBytes(b))
	case kindAny:
		e.dynamic(p, at)
	case kindFunc:
		e.function(p, at)
	case kindPointer:
		e.pointer(p.elem, *(*unsafe.Pointer)(at))
	case kindSlice:
		e.slice(p, at)
	case kindMap:
		e.pointer(p.target, *(*unsafe.Pointer)(at))
	case kindArray:
		e.elements(p.elem, at, p.len)
	case kindNamed:
		e.named(p, at)
	case kindStruct, kindStandard:
		if p.image != nil {
			e.image(p, at)
			return
		}
		e.structure(p, at)
	case kindOwned:
		e.owned(p, at)
	case kindOwnedSlice:
		s := *(*sliceHeader)(at)
		e.uint(uint64(s.len))
		e.enter()
		e.elements(p.elem, s.at, s.len)
		e.depth--
	case kindBinary:
		b, err := p.own.marshal(at)
		if err != nil {
			failf("type %v: its own form: %w: %w", p.typ, err, ErrUnpicklable)
		}
		e.check(e.mp.EncodeBytes(b))
	default:
		if k := p.typ.Kind(); k == reflect.Chan || k == reflect.UnsafePointer {
			if *(*unsafe.Pointer)(at) == nil {
				e.check(e.mp.EncodeNil())
				return
			}
		}
		fail(p.refuse)
	}
}

func (e *encoder) structure(p *plan, at unsafe.Pointer) {
	for i := range p.fields {
		f := &p.fields[i]
		if e.trace != nil {
			e.trace.enter("." + f.name)
		}
		e.value(f.plan, unsafe.Add(at, f.offset))
		if e.trace != nil {
			e.trace.leave()
		}
	}
}

// elements writes n values that lie one behind the other. Bytes are written as
// one.
func (e *encoder) elements(p *plan, at unsafe.Pointer, n int) {
	if p.kind == kindUint8 {
		e.check(e.mp.EncodeBytesLen(n))
		_, _ = e.w.Write(unsafe.Slice((*byte)(at), n))
		return
	}
	if p.empty() {
		return
	}
	for i := range n {
		if e.trace != nil {
			e.trace.enter("[" + strconv.Itoa(i) + "]")
		}
		e.value(p, unsafe.Add(at, uintptr(i)*p.size))
		if e.trace != nil {
			e.trace.leave()
		}
	}
}

// empty reports whether values of p are written as nothing at all.
func (p *plan) empty() bool {
	switch p.kind {
	case kindStruct:
		if p.image != nil {
			return p.elem.empty()
		}
		return !slices.ContainsFunc(p.fields, func(f field) bool { return !f.plan.empty() })
	case kindArray:
		return p.elem.kind != kindUint8 && (p.len == 0 || p.elem.empty())
	case kindNamed:
		return p.elem.empty()
	}
	return false
}

// named writes a value of a type that is another one under a name: a state by
// its position among the states.
func (e *encoder) named(p *plan, at unsafe.Pointer) {
	if p.states != nil {
		n := integer(p.elem.kind, at)
		if n >= uint64(len(p.states)) {
			failf("%d is none of the %d states of %v: %w", int64(n), len(p.states), p.typ, ErrUnpicklable)
		}
	}
	e.value(p.elem, at)
}

// integer returns an integer of any kind; a negative one as a very large one.
func integer(k kind, at unsafe.Pointer) uint64 {
	switch k {
	case kindInt, kindUint:
		return uint64(*(*int)(at))
	case kindInt8:
		return uint64(*(*int8)(at))
	case kindInt16:
		return uint64(*(*int16)(at))
	case kindInt32:
		return uint64(*(*int32)(at))
	case kindUint8:
		return uint64(*(*uint8)(at))
	case kindUint16:
		return uint64(*(*uint16)(at))
	case kindUint32:
		return uint64(*(*uint32)(at))
	}
	return *(*uint64)(at)
}

func (e *encoder) owned(p *plan, at unsafe.Pointer) {
	to := *(*unsafe.Pointer)(at)
	if to == nil {
		e.uint(0)
		return
	}
	e.uint(1)
	e.enter()
	e.value(p.elem, to)
	e.depth--
}

// enter goes one deeper into values that own each other.
func (e *encoder) enter() {
	if e.depth++; e.depth > e.maxDepth {
		failf("%w: %d values that own each other", ErrTooDeep, e.depth)
	}
}

// image writes a value by its image.
func (e *encoder) image(p *plan, at unsafe.Pointer) {
	var into unsafe.Pointer
	e.note(p)
	if free := e.scratch[p.index]; len(free) > 0 {
		into = free[len(free)-1]
		e.scratch[p.index] = free[:len(free)-1]
	} else {
		into = reflect.New(p.elem.typ).UnsafePointer()
	}
	if err := p.image.save(at, into); err != nil {
		fail(err)
	}
	e.structure(p.elem, into)
	if e.moving && p.image.leave != nil {
		e.leaving = append(e.leaving, leaving{p, at})
	}
	e.scratch[p.index] = append(e.scratch[p.index], into)
}

func (e *encoder) function(p *plan, at unsafe.Pointer) {
	fn := *(*unsafe.Pointer)(at)
	if fn == nil {
		e.check(e.mp.EncodeNil())
		return
	}
	e.registry.mu.RLock()
	name, ok := e.registry.funcName[fn]
	e.registry.mu.RUnlock()
	if !ok {
		failf("function of type %v %w", p.typ, ErrUnregistered)
	}
	e.check(e.mp.EncodeString(name))
}

// put returns the number of an object and whether this is its first mention.
func (e *encoder) put(p *plan, at unsafe.Pointer, n uint32) (number int, isNew bool) {
	number, isNew = e.objects.put(at, uint32(p.index), n)
	if isNew {
		e.made(p, number)
	}
	return number, isNew
}

// made notes a new object.
func (e *encoder) made(p *plan, number int) {
	e.note(p)
	if e.counts[p.index] == 0 {
		e.met = append(e.met, p)
	}
	e.counts[p.index]++
	if e.trace != nil {
		e.trace.origin[number] = origin{e.current, e.trace.here()}
	}
}

// note makes room for what is kept by p's index.
func (e *encoder) note(p *plan) {
	if p.index >= len(e.plans) {
		n := p.index + 64
		e.plans = append(e.plans, make([]*plan, n-len(e.plans))...)
		e.ids = append(e.ids, make([]uint32, n-len(e.ids))...)
		e.counts = append(e.counts, make([]uint32, n-len(e.counts))...)
		e.scratch = append(e.scratch, make([][]unsafe.Pointer, n-len(e.scratch))...)
	}
	e.plans[p.index] = p
}

// pointer mentions what a pointer or a map points to.
func (e *encoder) pointer(target *plan, to unsafe.Pointer) {
	if to == nil {
		e.uint(refNil)
		return
	}
	if target.global {
		e.registry.mu.RLock()
		name, ok := e.registry.globalOf[global{to, target.typ}]
		e.registry.mu.RUnlock()
		if ok {
			e.uint(refGlobal)
			e.check(e.mp.EncodeString(name))
			return
		}
	}
	number, isNew := e.put(target, to, 0)
	switch {
	case !isNew:
		e.uint(uint64(refOld + number))
	case e.regions != nil && e.inside(target, to, number):
	default:
		e.uint(refNew)
	}
}

type sliceHeader struct {
	at       unsafe.Pointer
	len, cap int
}

// slice mentions the array that a slice points into, and which part of it.
func (e *encoder) slice(p *plan, at unsafe.Pointer) {
	s := *(*sliceHeader)(at)
	if s.at == nil {
		e.uint(refNil)
		return
	}
	if uint64(s.len) >= placed {
		failf("a slice of %d elements %w", s.len, ErrUnpicklable)
	}
	if s.cap == 0 || p.elem.size == 0 { // no memory, nothing shared
		number := e.objects.add(object{s.at, uint32(p.target.index), uint32(s.len)})
		e.made(p.target, number)
		e.uint(refNew)
		e.uint(uint64(s.len))
		return
	}
	if e.regions != nil && e.insideSlice(p, s) {
		return
	}
	number, isNew := e.put(p.target, s.at, uint32(s.len))
	if s.cap > s.len {
		e.spans = append(e.spans, span{s, p.target})
	}
	if isNew {
		e.uint(refNew)
		e.uint(uint64(s.len))
		return
	}
	o := e.objects.get(number)
	if s.len > int(o.n) { // then spans shows it, and there is another pass
		e.spans = append(e.spans, span{s, p.target})
	}
	e.uint(uint64(refOld + number))
	e.part(0, s, int(o.n))
}

// part says which part of n elements a slice is.
func (e *encoder) part(from int, s sliceHeader, n int) {
	e.uint(uint64(from))
	e.uint(uint64(s.len))
	e.uint(uint64(min(s.cap, n-from)))
}

// content writes a map. If its keys refer to no objects, they come in the order
// of their bytes, so that equal maps are written alike.
func (e *encoder) content(p *plan, at unsafe.Pointer) {
	v := reflect.NewAt(p.typ, unsafe.Pointer(&at)).Elem()
	e.uint(uint64(v.Len()))
	key, elem := reflect.New(p.key.typ), reflect.New(p.elem.typ)
	entry := func(k, m reflect.Value, write func()) {
		if e.trace != nil {
			e.trace.enter(fmt.Sprintf("[%v]", k))
		}
		write()
		elem.Elem().Set(m)
		e.value(p.elem, elem.UnsafePointer())
		if e.trace != nil {
			e.trace.leave()
		}
	}
	if p.key.refers() {
		for it := v.MapRange(); it.Next(); {
			key.Elem().Set(it.Key())
			entry(it.Key(), it.Value(), func() { e.value(p.key, key.UnsafePointer()) })
		}
		return
	}
	type sorted struct {
		key, value reflect.Value
		bytes      []byte
	}
	all := make([]sorted, 0, v.Len())
	var apart buffer
	for it := v.MapRange(); it.Next(); {
		key.Elem().Set(it.Key())
		apart.reset()
		e.write(&apart)
		e.value(p.key, key.UnsafePointer())
		all = append(all, sorted{it.Key(), it.Value(), apart.appendTo(nil)})
	}
	e.write(&e.out)
	slices.SortFunc(all, func(a, b sorted) int { return bytes.Compare(a.bytes, b.bytes) })
	for _, s := range all {
		entry(s.key, s.value, func() { _, _ = e.w.Write(s.bytes) })
	}
}

// refers reports whether values of p can mention objects or types.
func (p *plan) refers() bool {
	switch p.kind {
	case kindPointer, kindSlice, kindMap, kindAny, kindOwned, kindOwnedSlice, kindStandard, kindUnpicklable:
		return true
	case kindNamed, kindArray:
		return p.elem.refers()
	case kindStruct:
		return p.image != nil || slices.ContainsFunc(p.fields, func(f field) bool { return f.plan.refers() })
	}
	return false
}

// dynamic writes what an interface holds: the type's number, then the value. A
// struct or an array counts as an object, so that structs in interfaces in
// structs need no recursion.
func (e *encoder) dynamic(p *plan, at unsafe.Pointer) {
	words := (*[2]unsafe.Pointer)(at)
	if words[0] == nil {
		e.uint(0)
		return
	}
	d := e.lastDynamic
	if words[0] != e.lastWord {
		d = e.dynamics[words[0]]
		if d == nil {
			d = e.mustName(reflect.NewAt(p.typ, at).Elem().Elem().Type())
			e.dynamics[words[0]] = d
		}
		e.lastWord, e.lastDynamic = words[0], d
	}
	if e.trace != nil {
		e.trace.enter(".(" + d.typ.String() + ")")
		defer e.trace.leave()
	}
	e.uint(uint64(e.typeID(d)))
	switch {
	case d.direct && !d.boxed():
		e.value(d, unsafe.Pointer(&words[1]))
	case d.direct:
		failf("type %v in an interface, a pointer with an image, %w", d.typ, ErrUnpicklable)
	case d.boxed():
		e.pointer(d, words[1])
	default:
		e.value(d, words[1])
	}
}

// mustName returns the plan of t, which is met in an interface: whoever reads it
// has to find the type by what the pickle says of it.
func (e *encoder) mustName(t reflect.Type) *plan {
	p := e.of.plan(t)
	switch {
	case p.refuse != nil:
		fail(p.refuse)
	case p.elem != nil && p.elem.refuse != nil:
		fail(p.elem.refuse)
	case !p.known || !p.nameable():
		failf("type %v in an interface %w", t, ErrUnregistered)
	}
	return p
}

// boxed reports whether a value of p in an interface is an object: a struct or an
// array is, unless it is nothing but a pointer or nothing at all.
func (p *plan) boxed() bool {
	switch p.kind {
	case kindNamed:
		return p.elem.boxed()
	case kindStruct, kindStandard, kindArray:
		return !p.compact()
	}
	return false
}

// compact reports whether p is nothing but a pointer, or nothing at all. What Go
// keeps in an interface itself, instead of a pointer to it, is always compact.
func (p *plan) compact() bool {
	switch p.kind {
	case kindPointer, kindMap, kindFunc, kindUnpicklable:
		return true
	case kindNamed:
		return p.elem.compact()
	case kindArray:
		return p.len == 0 || p.len == 1 && p.elem.compact()
	case kindStruct:
		return p.image == nil && (len(p.fields) == 0 || len(p.fields) == 1 && p.fields[0].plan.compact())
	}
	return false
}

// typeID returns the number of p in the table of types, where it is entered.
func (e *encoder) typeID(p *plan) uint32 {
	if p.kind.basic() {
		return uint32(p.kind)
	}
	if p.kind == kindUnpicklable {
		return 0 // only nil can be written of it
	}
	e.note(p)
	if e.ids[p.index] == 0 {
		e.table = append(e.table, p)
		e.ids[p.index] = uint32(firstEntry + len(e.table) - 1)
	}
	return e.ids[p.index]
}

func (t *trace) enter(step string) { t.steps = append(t.steps, step) }
func (t *trace) leave()            { t.steps = t.steps[:len(t.steps)-1] }

func (t *trace) here() string {
	var s string
	for _, step := range t.steps {
		s += step
	}
	return s
}

// path returns the path from the root to where the trace is.
func (t *trace) path(root string, object int) string {
	s := t.here()
	for object != 0 {
		o := t.origin[object]
		s, object = o.steps+s, o.object
	}
	return root + s
}
