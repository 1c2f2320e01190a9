package pickle

import (
	"reflect"
	"strconv"
	"time"
	"unsafe"
)

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
		if e.search != nil {
			e.search.enter(".", f.name, "")
		}
		e.value(f.plan, unsafe.Add(at, f.offset))
		if e.search != nil {
			e.search.leave()
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
		if e.search != nil {
			e.search.enter("[", strconv.Itoa(i), "]")
		}
		e.value(p, unsafe.Add(at, uintptr(i)*p.size))
		if e.search != nil {
			e.search.leave()
		}
	}
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
	if n := e.note(p); len(n.scratch) > 0 {
		into = n.scratch[len(n.scratch)-1]
		n.scratch = n.scratch[:len(n.scratch)-1]
	} else {
		into = reflect.New(p.elem.typ).UnsafePointer()
	}
	if err := e.save(p, at, into); err != nil {
		fail(err)
	}
	e.structure(p.elem, into)
	if e.moving && p.image.leave != nil {
		e.leaving = append(e.leaving, leaving{p, at})
	}
	n := e.note(p) // anew: others may have been noted
	n.scratch = append(n.scratch, into)
}

// save fills in the image of a value, if its owner is that of the others.
func (e *encoder) save(p *plan, at, into unsafe.Pointer) error {
	if p.image.owner != nil {
		owner, err := p.image.owner(at, e.owner)
		if err != nil {
			return err
		}
		e.owner = owner
	}
	return p.image.save(at, into)
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
