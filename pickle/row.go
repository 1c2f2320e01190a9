package pickle

import (
	"reflect"
	"unsafe"
)

// This file reads the rows of objects. The encoder's row and content are its mirror
// image.

// readRow reads the row of an object, or passes over it if nobody wants it.
func (d *decoder) readRow(number int) {
	d.current = number
	if d.search != nil {
		d.search.row()
	}
	if d.objects.get(number).plan != 0 {
		d.fill(number)
		return
	}
	d.passOver(number)
}

// fill reads the row of an object.
func (d *decoder) fill(number int) {
	o := d.objects.get(number)
	switch r := d.readings[o.plan]; {
	case o.n == placed: // it is written with what it lies in
	case r.kind == kindArrayOfSlice:
		d.elements(r.elem, o.at, int(o.n))
	case r.kind == kindContent:
		d.content(r, o.at)
	default:
		d.value(r, o.at)
	}
}

// content reads a map. An entry waits until everything is read if its key has an
// object in it, whose row is yet to come, or if something in it is upgraded.
func (d *decoder) content(r *reading, of unsafe.Pointer) {
	n := d.length()
	if least := d.types.least(r.key.wire) + d.types.least(r.elem.wire); n > d.left()/max(least, 1) && n > 1 {
		failf("%w: %d entries of %d bytes or more, %d bytes are left", ErrTruncated, n, least, d.left())
	}
	d.chargeFor(n, int(r.key.plan.size+r.elem.plan.size)+16)
	begin := len(d.completions)
	var late lateMap
	var key, elem reflect.Value
	for range n {
		if !key.IsValid() {
			key, elem = reflect.New(r.key.plan.typ), reflect.New(r.elem.plan.typ)
		} else {
			key.Elem().SetZero()
			elem.Elem().SetZero()
		}
		boxes, completions := d.boxes, len(d.completions)
		d.value(r.key, key.UnsafePointer())
		boxes = d.boxes - boxes
		if d.search != nil {
			d.search.enter("[", "…", "]")
		}
		d.value(r.elem, elem.UnsafePointer())
		if d.search != nil {
			d.search.leave()
		}
		if boxes == 0 && len(d.completions) == completions {
			d.insert(r, of, key.Elem(), elem.Elem())
			continue
		}
		d.charge(2 * int(unsafe.Sizeof(lateEntry{})))
		late.entries = append(late.entries, lateEntry{key.Elem(), elem.Elem()})
		key = reflect.Value{} // they are its own
	}
	if len(late.entries) > 0 {
		late.reading, late.of = r, of
		d.late(begin, &late)
	}
}

// insert puts an entry into a map.
func (d *decoder) insert(r *reading, of unsafe.Pointer, key, elem reflect.Value) {
	m := reflect.NewAt(r.plan.typ, unsafe.Pointer(&of)).Elem()
	if !key.Comparable() {
		failf("%w: a key of %v that can't be compared", ErrInvalid, r.plan.typ)
	}
	before := m.Len()
	m.SetMapIndex(key, elem)
	if m.Len() == before {
		failf("%w: a key of %v comes twice", ErrInvalid, r.plan.typ)
	}
}
