package pickle

import (
	"bytes"
	"reflect"
	"slices"
	"strconv"
	"unsafe"
)

// This file writes regions in which something is hidden: see overlap.go. What is
// hidden is never looked at.

// shownElements is elements for an array of which something is hidden.
func (e *encoder) shownElements(hidden []gap, p *plan, at unsafe.Pointer, n int) {
	if p.kind == kindUint8 {
		b := bytes.Clone(unsafe.Slice((*byte)(at), n))
		for _, h := range hidden {
			from, to := max(h.start, uintptr(at)), min(h.end, uintptr(at)+uintptr(n))
			if from < to {
				clear(b[from-uintptr(at) : to-uintptr(at)])
			}
		}
		e.elements(p, unsafe.Pointer(unsafe.SliceData(b)), n)
		return
	}
	if p.empty() {
		return
	}
	for i := range n {
		if e.search != nil {
			e.search.enter("[", strconv.Itoa(i), "]")
		}
		e.shownValue(hidden, p, unsafe.Add(at, uintptr(i)*p.size))
		if e.search != nil {
			e.search.leave()
		}
	}
}

// shownValue is value for one of which something may be hidden.
func (e *encoder) shownValue(hidden []gap, p *plan, at unsafe.Pointer) {
	start, end := uintptr(at), uintptr(at)+p.size
	first, _ := slices.BinarySearchFunc(hidden, start, func(g gap, at uintptr) int {
		if g.end <= at {
			return -1
		}
		return 1
	})
	hidden = hidden[first:]
	switch {
	case len(hidden) == 0 || hidden[0].start >= end:
		e.value(p, at)
	case hidden[0].start <= start && end <= hidden[0].end:
		e.value(p, reflect.New(p.typ).UnsafePointer())
	case p.kind == kindNamed:
		e.shownValue(hidden, p.elem, at)
	case p.kind == kindArray:
		e.shownElements(hidden, p.elem, at, p.len)
	case p.kind == kindStruct && p.image == nil:
		for i := range p.fields {
			f := &p.fields[i]
			if e.search != nil {
				e.search.enter(".", f.name, "")
			}
			e.shownValue(hidden, f.plan, unsafe.Add(at, f.offset))
			if e.search != nil {
				e.search.leave()
			}
		}
	default: // nothing leads into it
		e.value(p, at)
	}
}
