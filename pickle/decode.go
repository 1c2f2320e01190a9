package pickle

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unsafe"
)

// Unmarshal makes again what [Marshal] or [Move] has pickled. T is the type that
// was given to them, or an interface that it implements. Fields of structs are
// matched by name: those that T's types have gained are zero, those that they have
// lost are passed over.
//
// The bytes may come from anywhere. Unmarshal never panics, nor wants more memory
// than the [Limits] allow. If it fails, it has done nothing that can be seen; the
// error is an [*Error].
func Unmarshal[T any](pickle []byte, options ...Option) (T, error) {
	var c config
	c.apply(options)
	var v T
	if err := decode(pickle, &c, reflect.TypeFor[T](), unsafe.Pointer(&v)); err != nil {
		var zero T
		return zero, err
	}
	return v, nil
}

// A decoder reads what an encoder has written: the root, then the objects in the
// order in which they are first mentioned. An object is made when it is first
// mentioned, and filled in when its row comes.
type decoder struct {
	reader
	*vocabulary
	registry *Registry
	of       *plans     // the registry's
	objects  objectList // plan is the reading's index, 0 of one that nobody wants yet
	ghosts   map[int]*ghost
	again    []int // ghosts that somebody wants after all, behind whose rows we are
	replay   int   // the number of the next new object in such a row; 0 elsewhere
	memory   int   // bytes that may still be asked for
	depth    int
	limits   Limits
	loading  Loading

	completions []completion // see complete.go
	shrunk      bool         // some are lateWords
	mentioned   []mention    // if so
	boxes       int          // how many mentions of objects in interfaces were read

	levels   int // of types that are being matched, or values passed over
	unpaired []unpaired

	search  *search // only when the place of an error is sought
	current int
	rootID  int
}

func decode(b []byte, c *config, t reflect.Type, into unsafe.Pointer) error {
	d, err := decodeOnce(b, c, t, into, nil)
	if err == nil {
		return nil
	}
	failed := &Error{Op: "unmarshal", Offset: d.at, Err: err}
	if d.rootID != 0 && !ofAnother(err) {
		failed.Path = where(b, c, t)
	}
	return failed
}

// decodeOnce reads a pickle. In a search, it changes nothing outside.
func decodeOnce(b []byte, c *config, t reflect.Type, into unsafe.Pointer, s *search) (d *decoder, err error) {
	d = &decoder{registry: c.registry, of: c.registry.snapshot(), limits: c.limits, search: s}
	d.vocabulary = newVocabulary(d.of, c.limits.Depth)
	begin, end, err := open(b, c)
	d.at = begin
	if err != nil {
		return d, err
	}
	d.b = b[:end]
	d.memory = c.limits.Memory
	if d.memory == 0 {
		d.memory = 1<<20 + 64*min(len(b), math.MaxInt/128)
	}
	d.loading.into, d.loading.row = c.into, &d.current
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			err = r.err
		default: // of a type's own form, an upgrade or an image
			err = fmt.Errorf("%w: panic: %v", ErrInvalid, r)
		}
	}()
	if err := d.readTypes(); err != nil {
		return d, err
	}
	d.root(t, into)
	for i := 1; i <= d.objects.len; i++ {
		d.readRow(i)
	}
	if d.left() > 0 {
		return d, fmt.Errorf("%w in the body: %d", ErrTrailing, d.left())
	}
	for len(d.again) > 0 {
		number := d.again[0]
		d.again = d.again[1:]
		g := d.ghosts[number]
		d.at, d.replay, d.current = g.at, g.next, number
		d.fill(number)
	}
	if err := d.complete(); err != nil || s != nil {
		return d, err
	}
	d.of.vocabularies.remember(d.vocabulary)
	for _, f := range d.loading.commits {
		f()
	}
	return d, nil
}

// readTypes reads the table of types, or recognizes it.
func (d *decoder) readTypes() error {
	if d.search == nil {
		if v := d.of.vocabularies.recall(d.b[d.at:], d.limits.Depth); v != nil {
			d.vocabulary = v
			d.types.charge = d.charge
			d.at += len(v.table)
			return nil
		}
	}
	begin := d.at
	d.types.charge = d.charge
	if err := d.types.read(&d.reader); err != nil {
		return err
	}
	d.table = slices.Clone(d.b[begin:d.at])
	d.ordered = d.upgrades()
	return nil
}

// root reads the root, whose type is t or one that it implements.
func (d *decoder) root(t reflect.Type, into unsafe.Pointer) {
	d.rootID = d.typeID()
	if d.rootID == 0 {
		return
	}
	if t.Kind() != reflect.Interface {
		d.value(d.match(d.of.plan(t), d.rootID), into)
		return
	}
	p := d.of.plan(t)
	r, word := d.held(&reading{plan: p}, d.rootID)
	d.put(r, word, into, false)
}

// charge accounts for memory that is about to be asked for.
func (d *decoder) charge(bytes int) {
	if bytes < 0 || bytes > d.memory {
		failf("%w: it wants %d bytes of memory more than its limit leaves, see Limits.Memory", ErrTooLarge, bytes-d.memory)
	}
	d.memory -= bytes
}

// chargeFor accounts for n things of so many bytes each.
func (d *decoder) chargeFor(n, size int) {
	if n > 0 && size > 0 && n > d.memory/size {
		d.charge(math.MaxInt)
	}
	d.charge(n * size)
}

// alloc makes a zero value.
func (d *decoder) alloc(p *plan) unsafe.Pointer {
	d.charge(int(p.size) + 16 + p.beside)
	if p.make != nil {
		return p.make()
	}
	return reflect.New(p.typ).UnsafePointer()
}

// allocArray makes n zero values, to be the array under a slice of type t.
func (d *decoder) allocArray(t reflect.Type, elem *plan, n int) unsafe.Pointer {
	d.chargeFor(n, int(elem.size))
	return reflect.MakeSlice(t, n, n).UnsafePointer()
}

// must panics with err, if there is one.
func must[T any](v T, err error) T {
	if err != nil {
		fail(err)
	}
	return v
}

func (d *decoder) uint() uint64 {
	if d.at < len(d.b) {
		switch c := d.b[d.at]; {
		case c < 0x80:
			d.at++
			return uint64(c)
		case c < 0xcc || c > 0xcf:
			failf("%w: %#x where an unsigned integer was expected", ErrInvalid, c)
		}
	}
	n, err := d.decoder().DecodeUint64()
	if err != nil {
		fail(d.bad(err))
	}
	return n
}

func (d *decoder) int() int64 {
	if d.at < len(d.b) {
		switch c := d.b[d.at]; {
		case c < 0x80 || c >= 0xe0:
			d.at++
			return int64(int8(c))
		case c == 0xcf && d.left() > 1 && d.b[d.at+1] >= 0x80, c < 0xcc || c > 0xd3:
			failf("%w: %#x where an integer was expected", ErrInvalid, c)
		}
	}
	n, err := d.decoder().DecodeInt64()
	if err != nil {
		fail(d.bad(err))
	}
	return n
}

// length reads how long something is, or how many.
func (d *decoder) length() int { return int(min(must(d.reader.length()), math.MaxInt)) }

// code checks that a value of the given code follows.
func (d *decoder) code(codes ...byte) {
	if d.left() == 0 {
		fail(ErrTruncated)
	}
	for _, c := range codes {
		if d.b[d.at] == c {
			return
		}
	}
	failf("%w: %#x where one of %#x was expected", ErrInvalid, d.b[d.at], codes)
}

func (d *decoder) float32() float32 {
	d.code(0xca)
	v, err := d.decoder().DecodeFloat32()
	if err != nil {
		fail(d.bad(err))
	}
	return v
}

func (d *decoder) float64() float64 {
	d.code(0xcb)
	v, err := d.decoder().DecodeFloat64()
	if err != nil {
		fail(d.bad(err))
	}
	return v
}

func (d *decoder) bool() bool {
	d.code(0xc2, 0xc3)
	v, err := d.decoder().DecodeBool()
	if err != nil {
		fail(d.bad(err))
	}
	return v
}

func (d *decoder) string() string {
	b := must(d.bytes())
	d.charge(len(b))
	return string(b)
}

func (d *decoder) typeID() int {
	id := d.length()
	if id >= firstEntry+d.types.table || id < firstEntry && id != 0 && !kind(id).basic() {
		failf("%w: type %d", ErrReference, id)
	}
	return id
}

// outOfRange is for a number that this program's type, or this machine's, can't
// hold.
func outOfRange(k kind, n any) { failf("%w: %v does not fit into %v", ErrType, n, k) }

// value reads a value into memory that is zero, or has another value of the same
// type: that of an image that is used again.
func (d *decoder) value(r *reading, at unsafe.Pointer) {
	switch r.kind {
	case kindBool:
		*(*bool)(at) = d.bool()
	case kindInt:
		n := d.int()
		if *(*int)(at) = int(n); int64(int(n)) != n {
			outOfRange(r.kind, n)
		}
	case kindInt8:
		n := d.int()
		if *(*int8)(at) = int8(n); int64(int8(n)) != n {
			outOfRange(r.kind, n)
		}
	case kindInt16:
		n := d.int()
		if *(*int16)(at) = int16(n); int64(int16(n)) != n {
			outOfRange(r.kind, n)
		}
	case kindInt32:
		n := d.int()
		if *(*int32)(at) = int32(n); int64(int32(n)) != n {
			outOfRange(r.kind, n)
		}
	case kindInt64:
		*(*int64)(at) = d.int()
	case kindUint:
		n := d.uint()
		if *(*uint)(at) = uint(n); uint64(uint(n)) != n {
			outOfRange(r.kind, n)
		}
	case kindUint8:
		n := d.uint()
		if *(*uint8)(at) = uint8(n); n > math.MaxUint8 {
			outOfRange(r.kind, n)
		}
	case kindUint16:
		n := d.uint()
		if *(*uint16)(at) = uint16(n); n > math.MaxUint16 {
			outOfRange(r.kind, n)
		}
	case kindUint32:
		n := d.uint()
		if *(*uint32)(at) = uint32(n); n > math.MaxUint32 {
			outOfRange(r.kind, n)
		}
	case kindUint64:
		*(*uint64)(at) = d.uint()
	case kindUintptr:
		n := d.uint()
		if *(*uintptr)(at) = uintptr(n); uint64(uintptr(n)) != n {
			outOfRange(r.kind, n)
		}
	case kindFloat32:
		*(*float32)(at) = d.float32()
	case kindFloat64:
		*(*float64)(at) = d.float64()
	case kindComplex64:
		re := d.float32()
		*(*complex64)(at) = complex(re, d.float32())
	case kindComplex128:
		re := d.float64()
		*(*complex128)(at) = complex(re, d.float64())
	case kindString:
		*(*string)(at) = d.string()
	case kindTime:
		if err := (*time.Time)(at).UnmarshalBinary(must(d.bytes())); err != nil {
			failf("%w: %w", ErrInvalid, err)
		}
	case kindAny:
		d.dynamic(r, at)
	case kindFunc:
		d.function(r, at)
	case kindPointer, kindMap:
		*(*unsafe.Pointer)(at) = d.pointer(r.elem)
	case kindSlice:
		d.slice(r, at)
	case kindArray:
		d.elements(r.elem, at, r.plan.len)
	case kindNamed:
		d.named(r, at)
	case kindStruct, kindStandard:
		switch {
		case r.old != nil:
			d.upgrade(r, at, 1)
		case r.plan.image != nil:
			d.image(r, at)
		default:
			d.structure(r, at)
		}
	case kindOwned:
		if d.length() == 0 {
			*(*unsafe.Pointer)(at) = nil
			return
		}
		d.enter()
		to := d.alloc(r.elem.plan)
		*(*unsafe.Pointer)(at) = to
		d.value(r.elem, to)
		d.depth--
	case kindOwnedSlice:
		d.ownedSlice(r, at)
	case kindBinary:
		d.binary(r, at)
	default:
		d.code(0xc0)
		d.at++
	}
}

func (d *decoder) structure(r *reading, at unsafe.Pointer) {
	for i := range r.full {
		f := &r.full[i]
		if d.search != nil {
			d.search.enter(".", f.name, "")
		}
		if f.reading == nil {
			d.skip(f.wire)
		} else {
			d.value(f.reading, unsafe.Add(at, f.offset))
		}
		if d.search != nil {
			d.search.leave()
		}
	}
}

func (d *decoder) elements(r *reading, at unsafe.Pointer, n int) {
	if r.wire == int(kindUint8) {
		b := must(d.bytes())
		if len(b) != n {
			failf("%w: %d bytes for %d", ErrInvalid, len(b), n)
		}
		copy(unsafe.Slice((*byte)(at), n), b)
		return
	}
	if r.old != nil {
		d.upgrade(r, at, n)
		return
	}
	if r.empty {
		if !r.active {
			return
		}
		d.chargeFor(n, completionSize) // they take no bytes, and time
	}
	for i := range n {
		if d.search != nil {
			d.search.enter("[", strconv.Itoa(i), "]")
		}
		d.value(r, unsafe.Add(at, uintptr(i)*r.plan.size))
		if d.search != nil {
			d.search.leave()
		}
	}
}

// ownedSlice reads a slice whose elements follow. If there is one already, of an
// image that is used again, its memory is.
func (d *decoder) ownedSlice(r *reading, at unsafe.Pointer) {
	n := must(d.count(d.leastOf(r.elem.wire)))
	s := (*sliceHeader)(at)
	if s.cap < n {
		s.at = d.allocArray(r.plan.typ, r.elem.plan, n)
		s.cap = n
	} else if n > 0 {
		reflect.NewAt(r.plan.typ, at).Elem().SetLen(n)
		reflect.NewAt(r.plan.typ, at).Elem().Clear()
	}
	s.len = n
	d.enter()
	d.elements(r.elem, s.at, n)
	d.depth--
}

// leastOf is the least number of bytes that an element takes in a list. Bytes
// come as one, and have their length checked there.
func (d *decoder) leastOf(wire int) int {
	if wire == int(kindUint8) {
		return 1
	}
	return d.types.least(wire)
}

func (d *decoder) enter() {
	if d.depth++; d.depth > d.limits.Depth {
		failf("%w: %d values that own each other", ErrTooDeep, d.depth)
	}
}

func (d *decoder) named(r *reading, at unsafe.Pointer) {
	d.value(r.elem, at)
	if r.plan.states == nil {
		return
	}
	n := integer(r.elem.kind, at)
	if n >= uint64(len(r.states)) {
		failf("%w: %d is none of the %d states of %q", ErrInvalid, int64(n), len(r.states), r.plan.name)
	}
	now := r.states[n]
	if now < 0 {
		failf("%w: this program's %q has no state %q", ErrUnknown, r.plan.name, d.types.get(r.wire).states[n])
	}
	reflect.NewAt(r.elem.plan.typ, at).Elem().Set(reflect.ValueOf(now).Convert(r.elem.plan.typ))
}

// image reads a value by its image. The images of this module's types are used
// again: what is loaded of them keeps nothing of theirs.
func (d *decoder) image(r *reading, at unsafe.Pointer) {
	from, begin := r.scratch, len(d.completions)
	if from == nil {
		from = d.alloc(r.plan.elem)
	}
	r.scratch = nil // for one of the same type inside
	d.enter()
	d.structure(r, from)
	d.depth--
	if len(d.completions) > begin { // something in it is
		d.late(begin, &lateImage{r.plan.image, at, from})
		return
	}
	if err := r.plan.image.load(&d.loading, at, from); err != nil {
		fail(err)
	}
	if r.complete && r.kind == kindStandard {
		r.scratch = from
	}
}

func (d *decoder) function(r *reading, at unsafe.Pointer) {
	if d.left() > 0 && d.b[d.at] == 0xc0 {
		d.at++
		*(*unsafe.Pointer)(at) = nil
		return
	}
	name := must(d.text())
	d.registry.mu.RLock()
	fn, ok := d.registry.funcs[name]
	d.registry.mu.RUnlock()
	if !ok {
		failf("%w: function %q", ErrUnknown, name)
	}
	if !fn.Type().ConvertibleTo(r.plan.typ) {
		failf("%w: function %q is a %v, not a %v", ErrType, name, fn.Type(), r.plan.typ)
	}
	reflect.NewAt(r.plan.typ, at).Elem().Set(fn.Convert(r.plan.typ))
}

func (d *decoder) binary(r *reading, at unsafe.Pointer) {
	b := must(d.bytes())
	d.chargeFor(len(b), 16)
	if r.plan.own.msgpack {
		if err := checkMsgpack(b, d.limits.Depth); err != nil {
			fail(err)
		}
	}
	if err := r.plan.own.unmarshal(at, append([]byte(nil), b...)); err != nil {
		failf("%w: type %q reads its own form: %w", ErrInvalid, r.plan.name, err)
	}
}

// dynamic reads what an interface holds.
func (d *decoder) dynamic(r *reading, at unsafe.Pointer) {
	id := d.typeID()
	if id == 0 {
		*(*[2]unsafe.Pointer)(at) = [2]unsafe.Pointer{}
		return
	}
	held, word := d.held(r, id)
	d.put(held, word, at, held.boxed)
}

// put reads a value and has the interface at this address hold it.
func (d *decoder) put(r *reading, word unsafe.Pointer, at unsafe.Pointer, boxed bool) {
	words := (*[2]unsafe.Pointer)(at)
	if d.search != nil {
		d.search.enter(".(", d.types.name(r.wire), ")")
	}
	switch {
	case boxed:
		d.boxes++
		data := d.pointer(r)
		if data == nil {
			failf("%w: nothing where a %v was expected", ErrInvalid, r.plan.typ)
		}
		if words[1] = data; r.plan.direct {
			words[1] = nil
			d.late(len(d.completions), &lateWord{words, data})
			d.shrunk = true
		}
	case r.plan.direct:
		d.value(r, unsafe.Pointer(&words[1]))
	default:
		box := d.alloc(r.plan)
		d.value(r, box)
		words[1] = box
	}
	words[0] = word
	if d.search != nil {
		d.search.leave()
	}
}
