package pickle

import (
	"reflect"
	"unsafe"
)

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
	n := e.note(p)
	if n.count == 0 {
		e.met = append(e.met, p)
	}
	n.count++
	if e.search != nil {
		e.search.made(e.current, number)
	}
}

// note returns what the encoder has noted of p.
func (e *encoder) note(p *plan) *note {
	if p.index >= len(e.notes) {
		e.notes = append(e.notes, make([]note, p.index+64-len(e.notes))...)
	}
	n := &e.notes[p.index]
	if n.plan == nil {
		n.plan = p
	}
	return n
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
	if s.cap > 0 && p.elem.size > 0 {
		if e.regions != nil && e.insideSlice(p, s) {
			return
		}
		if s.cap > s.len {
			e.spans = append(e.spans, span{s, p.target})
		}
	}
	if s.len == 0 || p.elem.size == 0 { // nothing to share
		number := e.objects.add(object{s.at, uint32(p.target.index), uint32(s.len)})
		e.made(p.target, number)
		e.uint(refNew)
		e.uint(uint64(s.len))
		return
	}
	number, isNew := e.put(p.target, s.at, uint32(s.len))
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
	if e.search != nil {
		e.search.enter(".(", d.typ.String(), ")")
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
	if e.search != nil { // not deferred: if it fails, that is where
		e.search.leave()
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

// typeID returns the number of p in the table of types, where it is entered.
func (e *encoder) typeID(p *plan) uint32 {
	if p.kind.basic() {
		return uint32(p.kind)
	}
	if p.kind == kindUnpicklable {
		return 0 // only nil can be written of it
	}
	n := e.note(p)
	if n.id == 0 {
		e.table = append(e.table, p)
		n.id = uint32(firstEntry + len(e.table) - 1)
	}
	return n.id
}
