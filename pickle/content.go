package pickle

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"time"
	"unsafe"
)

// This file writes what is in maps. Go has no order for that, and equal maps are to
// be written alike. So the entries are sorted: by their keys' bytes, or, if keys
// refer to objects or types, by a sketch of the key. That is what tells it from
// others without making anything that it leads to an object: the numbers of those
// that have one already, what is in the others, but not for ever. Keys that look
// alike in that are sorted by a sketch of what they lead to in the map, and if that
// looks alike too, they are written as they come.

// An entry of a map.
type entry struct {
	key, elem reflect.Value
	bytes     []byte // of the key, or its sketch
}

// content writes a map.
func (e *encoder) content(p *plan, at unsafe.Pointer) {
	v := reflect.NewAt(p.typ, unsafe.Pointer(&at)).Elem()
	e.uint(uint64(v.Len()))
	refers := p.key.refers()
	key, elem := reflect.New(p.key.typ), reflect.New(p.elem.typ)
	all := make([]entry, 0, v.Len())
	var buffer buffer
	for it := v.MapRange(); it.Next(); {
		key.Elem().Set(it.Key())
		all = append(all, entry{it.Key(), it.Value(), e.apart(&buffer, func() {
			switch {
			case !refers:
				e.value(p.key, key.UnsafePointer())
			case v.Len() > 1:
				e.sketch(p.key, key.UnsafePointer())
			}
		})})
	}
	slices.SortFunc(all, func(a, b entry) int {
		if c := bytes.Compare(a.bytes, b.bytes); c != 0 {
			return c
		}
		sketch := func(v reflect.Value) []byte {
			elem.Elem().Set(v)
			return e.apart(&buffer, func() { e.sketch(p.elem, elem.UnsafePointer()) })
		}
		return bytes.Compare(sketch(a.elem), sketch(b.elem))
	})
	for _, n := range all {
		if e.search != nil {
			e.search.enter("[", keyText(p.key, n.key), "]")
		}
		if refers {
			key.Elem().Set(n.key)
			e.value(p.key, key.UnsafePointer())
		} else {
			_, _ = e.w.Write(n.bytes)
		}
		elem.Elem().Set(n.elem)
		e.value(p.elem, elem.UnsafePointer())
		if e.search != nil {
			e.search.leave()
		}
	}
}

// apart returns what f writes, which goes nowhere else.
func (e *encoder) apart(b *buffer, f func()) []byte {
	w := e.w
	b.reset()
	e.write(b)
	f()
	e.write(w)
	return b.appendTo(nil)
}

// keyText returns a key as it stands in a path. Of one that leads to others it is
// the type: they may lead back.
func keyText(p *plan, k reflect.Value) string {
	if k.Kind() == reflect.Interface && !k.IsNil() {
		if k = k.Elem(); k.Kind() <= reflect.Complex128 || k.Kind() == reflect.String {
			return fmt.Sprint(k)
		}
	}
	if p.refers() {
		return k.Type().String()
	}
	return fmt.Sprint(k)
}

// How far a sketch goes: so many values, and so much of a string.
const (
	mostSketched = 64
	mostOfString = 64
)

// sketch writes the sketch of a value.
func (e *encoder) sketch(p *plan, at unsafe.Pointer) {
	left := mostSketched
	e.sketchValue(p, at, &left)
}

func (e *encoder) sketchValue(p *plan, at unsafe.Pointer, left *int) {
	if *left--; *left < 0 {
		return
	}
	text := func(s string) { e.check(e.mp.EncodeString(s[:min(len(s), mostOfString)])) }
	switch p.kind {
	case kindString:
		text(*(*string)(at))
	case kindTime:
		e.int((*time.Time)(at).UnixNano())
	case kindFunc:
		e.registry.mu.RLock()
		name := e.registry.funcName[*(*unsafe.Pointer)(at)]
		e.registry.mu.RUnlock()
		text(name)
	case kindAny:
		words := (*[2]unsafe.Pointer)(at)
		if words[0] == nil {
			e.uint(refNil)
			return
		}
		d := e.of.plan(reflect.NewAt(p.typ, at).Elem().Elem().Type())
		text(d.typ.String())
		switch {
		case d.direct:
			e.sketchValue(d, unsafe.Pointer(&words[1]), left)
		case d.boxed():
			e.sketchObject(d, words[1], 0, left)
		default:
			e.sketchValue(d, words[1], left)
		}
	case kindPointer:
		e.sketchObject(p.elem, *(*unsafe.Pointer)(at), 0, left)
	case kindMap:
		e.sketchObject(p.target, *(*unsafe.Pointer)(at), 0, left)
	case kindSlice:
		s := *(*sliceHeader)(at)
		e.sketchObject(p.target, s.at, s.len, left)
	case kindArray:
		e.sketchElements(p.elem, at, p.len, left)
	case kindNamed:
		e.sketchValue(p.elem, at, left)
	case kindStruct, kindStandard:
		if p.image != nil {
			into := reflect.New(p.elem.typ).UnsafePointer()
			if e.save(p, at, into) != nil {
				return // it is an error when it is written
			}
			p, at = p.elem, into
		}
		for _, f := range p.fields {
			e.sketchValue(f.plan, unsafe.Add(at, f.offset), left)
		}
	case kindOwned:
		if to := *(*unsafe.Pointer)(at); to != nil {
			e.sketchValue(p.elem, to, left)
		}
	case kindOwnedSlice:
		s := *(*sliceHeader)(at)
		e.sketchElements(p.elem, s.at, s.len, left)
	case kindBinary:
		b, _ := p.own.marshal(at)
		text(string(b[:min(len(b), mostOfString)]))
	case kindUnpicklable:
	default:
		e.value(p, at)
	}
}

// sketchObject writes the sketch of an object; n is how many elements of the array
// under a slice are seen.
func (e *encoder) sketchObject(p *plan, at unsafe.Pointer, n int, left *int) {
	if at == nil {
		e.uint(refNil)
		return
	}
	if number := e.objects.number(at, uint32(p.index)); number > 0 {
		e.uint(uint64(refOld + number))
		return
	}
	e.uint(refNew)
	switch p.kind {
	case kindContent:
		e.uint(uint64(reflect.NewAt(p.typ, unsafe.Pointer(&at)).Elem().Len()))
	case kindArrayOfSlice:
		e.sketchElements(p.elem, at, n, left)
	default:
		e.sketchValue(p, at, left)
	}
}

func (e *encoder) sketchElements(p *plan, at unsafe.Pointer, n int, left *int) {
	e.uint(uint64(n))
	if p.empty() {
		return
	}
	for i := 0; i < n && *left > 0; i++ {
		e.sketchValue(p, unsafe.Add(at, uintptr(i)*p.size), left)
	}
}
