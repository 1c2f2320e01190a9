package pickle

import (
	"reflect"
	"unsafe"
)

// This file reads mentions of objects. The encoder's pointer, slice and inside are
// its mirror image.

// number returns the number that a reference other than refNil, refNew and
// refInside is about.
func (d *decoder) number(ref int) int {
	if n := ref - refOld; n >= 1 && n <= d.objects.len {
		return n
	}
	failf("%w: object %d, there are %d so far", ErrReference, ref-refOld, d.objects.len)
	return 0
}

// fresh returns the number of an object that is mentioned for the first time; in
// a row that is read a second time, its number from the first.
func (d *decoder) fresh(o object) (number int, known bool) {
	if d.replay > 0 {
		d.replay++
		if d.replay-1 > d.objects.len {
			failf("%w: object %d", ErrReference, d.replay-1)
		}
		return d.replay - 1, true
	}
	d.charge(int(unsafe.Sizeof(o)))
	number = d.objects.add(o)
	if d.search != nil {
		d.search.made(d.current, number)
	}
	return number, false
}

// pointer reads the mention of an object that r is to read, and returns it.
func (d *decoder) pointer(r *reading) unsafe.Pointer {
	ref := d.length()
	switch ref {
	case refNil:
		return nil
	case refGlobal:
		return d.global(r)
	case refInside:
		number, known := d.fresh(object{plan: r.index, n: placed})
		at := d.insidePointer(r)
		if !known || d.objects.get(number).plan == 0 {
			d.objects.set(number, object{at, r.index, placed})
		}
		return at
	case refNew:
		if r.plan.kind == kindUnpicklable {
			failf("%w: an object of no type", ErrReference)
		}
		if d.replay == 0 {
			at := d.object(r, 0)
			number, _ := d.fresh(object{at: at, plan: r.index})
			d.mentions(number)
			return at
		}
		number, _ := d.fresh(object{})
		d.mentions(number)
		return d.old(r, number)
	}
	number := d.number(ref)
	d.mentions(number)
	return d.old(r, number)
}

// object makes the object that r is to fill, an array under slices with n
// elements.
func (d *decoder) object(r *reading, n int) unsafe.Pointer {
	switch r.kind {
	case kindContent:
		d.charge(64)
		m := reflect.MakeMap(r.plan.typ)
		return m.UnsafePointer()
	case kindArrayOfSlice:
		return d.allocArray(r.plan.typ, r.elem.plan, n)
	}
	return d.alloc(r.plan)
}

// old returns an object that was mentioned before. It is nil if that is only just
// being found.
func (d *decoder) old(r *reading, number int) unsafe.Pointer {
	o := d.objects.get(number)
	if o.plan == 0 {
		return d.materialize(r, number)
	}
	if d.readings[o.plan].plan != r.plan {
		failf("%w: object %d is a %v, not a %v", ErrReference, number, d.readings[o.plan].plan.typ, r.plan.typ)
	}
	return o.at
}

// oldArray is old for the array under a slice that has n elements.
func (d *decoder) oldArray(a *reading, number, n int) unsafe.Pointer {
	at := d.old(a, number)
	if has := int(d.objects.get(number).n); has != n {
		failf("%w: object %d has %d elements, not %d", ErrReference, number, has, n)
	}
	return at
}

func (d *decoder) global(r *reading) unsafe.Pointer {
	name := must(d.text())
	d.registry.mu.RLock()
	v, ok := d.registry.globals[name]
	d.registry.mu.RUnlock()
	if !ok {
		failf("%w: global %q", ErrUnknown, name)
	}
	if v.Type().Elem() != r.plan.typ || r.kind == kindContent || r.kind == kindArrayOfSlice {
		failf("%w: global %q is a %v, not a %v", ErrType, name, v.Type().Elem(), r.plan.typ)
	}
	return v.UnsafePointer()
}

// slice reads a slice: of which array, and of what part of it.
func (d *decoder) slice(r *reading, at unsafe.Pointer) {
	s := (*sliceHeader)(at)
	a := r.elem // the array
	switch ref := d.length(); ref {
	case refNil:
		*s = sliceHeader{}
	case refGlobal:
		failf("%w: a global slice", ErrInvalid)
	case refNew:
		s.at, s.len = d.newArray(a)
		s.cap = s.len
	case refInside:
		d.insideSlice(r, s)
	default:
		number := d.number(ref)
		d.mentions(number)
		array := d.old(a, number)
		d.part(a, array, int(d.objects.get(number).n), s)
	}
}

// newArray reads the mention of an array that was not mentioned before.
func (d *decoder) newArray(a *reading) (at unsafe.Pointer, n int) {
	n = d.elementCount(a)
	number, known := d.fresh(object{plan: a.index, n: uint32(n)})
	d.mentions(number)
	if known {
		return d.oldArray(a, number, n), n
	}
	at = d.object(a, n)
	d.objects.set(number, object{at, a.index, uint32(n)})
	return at, n
}

// elementCount reads how many elements an array has whose row is yet to come.
func (d *decoder) elementCount(a *reading) int {
	n, least := d.length(), d.leastOf(a.elem.wire)
	if uint64(n) >= placed || least > 0 && n > d.left()/least {
		failf("%w: %d elements of %d bytes or more, %d bytes are left", ErrTruncated, n, least, d.left())
	}
	return n
}

// part reads which part of n elements a slice is.
func (d *decoder) part(a *reading, array unsafe.Pointer, n int, s *sliceHeader) {
	from, length, capacity := d.length(), d.length(), d.length()
	if from > n || capacity > n-from || length > capacity {
		failf("%w: elements %d to %d of %d", ErrReference, from, from+length, n)
	}
	s.at, s.len, s.cap = array, length, capacity
	if from < n { // one behind the last would be somebody else's memory
		s.at = unsafe.Add(array, uintptr(from)*a.elem.plan.size)
	}
}

// inside reads the way to an object inside another: where it begins and its type;
// if it is an element of an array, how many follow from there on, and if it is the
// array under slices itself, how many it has.
func (d *decoder) inside(want *reading) (at unsafe.Pointer, r *reading, n int) {
	at, r, n = d.holder(want)
	if at == nil {
		failf("%w: part of something that is part of itself", ErrReference)
	}
	for range must(d.count(1)) {
		step := d.length()
		r = r.unnamed()
		switch {
		case r.kind == kindStruct && r.old != nil:
			failf("%w: a pointer into a %v of version %d, which has to be upgraded", ErrType, r.plan.typ, d.types.get(r.wire).version)
		case r.kind == kindStruct && r.plan.image == nil && step < len(r.fields):
			f := r.fields[step]
			if f.reading == nil {
				failf("%w: a pointer to field %s, which %v no longer has", ErrType, f.name, r.plan.typ)
			}
			at, r, n = unsafe.Add(at, f.offset), f.reading, 0
		case r.kind == kindArray && step < r.plan.len:
			at, r, n = unsafe.Add(at, uintptr(step)*r.elem.plan.size), r.elem, r.plan.len-step
		case r.kind == kindArrayOfSlice && step < n:
			at, r, n = unsafe.Add(at, uintptr(step)*r.elem.plan.size), r.elem, n-step
		default:
			failf("%w: step %d into a %v", ErrReference, step, r.plan.typ)
		}
	}
	return at, r, n
}

// holder reads the mention of what other objects lie in, with its type.
func (d *decoder) holder(want *reading) (at unsafe.Pointer, r *reading, n int) {
	id := d.typeID()
	isSlice := d.types.get(id).kind == kindSlice
	ref := d.length()
	number := 0
	if ref != refNil && ref != refNew && ref != refInside && ref != refGlobal {
		number = d.number(ref)
		if o := d.objects.get(number); o.plan != 0 { // it knows its type best
			r = d.readings[o.plan]
		}
	}
	if r == nil {
		r = d.holderReading(id, want)
	}
	switch {
	case r.plan.kind == kindUnpicklable || isSlice && r.kind != kindArrayOfSlice:
		failf("%w: part of a %v", ErrReference, r.plan.typ)
	case number > 0:
		d.mentions(number)
		at = d.old(r, number)
		if r.kind == kindArrayOfSlice {
			n = int(d.objects.get(number).n)
		}
	case ref != refNew:
		failf("%w: part of nothing", ErrReference)
	case isSlice:
		at, n = d.newArray(r)
	default:
		if r.kind == kindArrayOfSlice {
			n = d.types.get(id).len
		}
		fresh, known := d.fresh(object{plan: r.index, n: uint32(n)})
		d.mentions(fresh)
		if known {
			return d.old(r, fresh), r, n
		}
		at = d.object(r, n)
		d.objects.set(fresh, object{at, r.index, uint32(n)})
	}
	return at, r, n
}

// holderReading returns how type id is read, of a slice the array under it. An
// array or slice that only lost fields have had is made nevertheless, if the
// program has its elements; want is what is sought in it.
func (d *decoder) holderReading(id int, want *reading) *reading {
	t := d.types.get(id)
	if t.kind == kindSlice || t.kind == kindArray {
		elem := want
		if want.kind == kindArrayOfSlice {
			elem = want.elem
		} else if a := want.unnamed(); a.kind == kindArray && elem.wire != t.elem {
			elem = a.elem // it is sought as a part of the array
		}
		if t.kind == kindSlice && elem.wire == t.elem { // which need not have a name
			return d.arrayReading(elem.plan, id)
		}
	}
	p := d.of.resolve(&d.types, id)
	if p == nil && (t.kind == kindSlice || t.kind == kindArray) {
		if elem := d.of.resolve(&d.types, t.elem); elem != nil && elem.known {
			return d.arrayReading(elem, id)
		}
	}
	if p == nil {
		failf("%w: type %s", ErrUnknown, d.types.name(id))
	}
	r := d.match(p, id)
	if r.kind == kindSlice {
		return r.elem
	}
	return r
}

// arrayReading returns how the array under slices of elem is read, of type id.
func (d *decoder) arrayReading(elem *plan, id int) *reading {
	array := d.of.plan(reflect.SliceOf(elem.typ)).target
	if r := d.pairs[pair{array, id}]; r != nil {
		return r
	}
	r := d.enterReading(&reading{kind: kindArrayOfSlice, plan: array, wire: id})
	d.pairs[pair{array, id}] = r
	r.elem = d.match(elem, d.types.get(id).elem)
	return r
}

// insidePointer reads where a pointer leads that leads inside another object.
func (d *decoder) insidePointer(want *reading) unsafe.Pointer {
	at, r, n := d.inside(want)
	if w := want.plan; w.elements() == r.plan && w.length() <= n && r.kind != kindArrayOfSlice {
		return at // an array that is part of a longer one
	}
	for ; ; r = r.elem {
		if r.plan == want.plan {
			return at
		}
		if r.kind != kindNamed {
			break
		}
	}
	failf("%w: a %v inside another object is a %v", ErrReference, want.plan.typ, r.plan.typ)
	return nil
}

// insideSlice reads a slice whose array lies inside another object.
func (d *decoder) insideSlice(want *reading, s *sliceHeader) {
	at, r, n := d.inside(want.elem)
	r = r.unnamed()
	if r.kind == kindArray {
		n = r.plan.len
	}
	if (r.kind != kindArray && r.kind != kindArrayOfSlice) || r.elem.plan != want.elem.elem.plan {
		failf("%w: a %v inside another object is a %v", ErrReference, want.plan.typ, r.plan.typ)
	}
	d.part(want.elem, at, n, s)
}
