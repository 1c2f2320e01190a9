package pickle

import (
	"fmt"
	"strconv"
	"strings"
	"unsafe"
)

// A route leads from an object to one in it.
type route struct {
	holder   int
	steps    []int
	wire     int  // where it leads to
	array    bool // to the holder itself, which is the array under a slice
	elements int  // that follow there, if it leads into an array
}

// mention reads the mention of an object: of type id, or the array under a slice
// or the content of a map of that type.
func (w *walker) mention(id int, content bool, n *Node) {
	t := w.types.raw(id)
	isSlice := content && t.kind == kindSlice
	object, text, elements := 0, "", 0
	switch ref := w.length(); ref {
	case refNil:
		n.scalar(NodeNil, "")
		return
	case refGlobal:
		if content {
			failf("%w: a global %v", ErrInvalid, t.kind)
		}
		w.label(NodeGlobal, n)
		return
	case refNew:
		if id == 0 {
			failf("%w: an object of no type", ErrReference)
		}
		if isSlice {
			elements = w.elementsOf(t)
		}
		object = w.fresh(objectRow{wire: uint32(id), n: uint32(elements), content: content})
	case refInside:
		switch {
		case isSlice:
			way := w.inside()
			inner := w.types.get(way.wire)
			for inner.kind == kindNamed {
				inner = w.types.get(inner.elem)
			}
			if !way.array && inner.kind != kindArray || !w.same(inner.elem, t.elem) {
				failf("%w: a %s in #%d is a %s", ErrReference, w.text(id), way.holder, w.text(way.wire))
			}
			count := inner.len
			if way.array {
				count = way.elements
			}
			if object = way.holder; n != nil {
				text = w.wayText(way)
			}
			part, length := w.part(count)
			text, elements = text+part, length
		case content:
			failf("%w: a map in another object", ErrReference)
		default:
			object = w.fresh(objectRow{wire: uint32(id), n: placed})
			way := w.inside()
			if a := w.types.get(w.unnamed(id)); !w.same(way.wire, id) && (a.kind != kindArray || !w.same(a.elem, way.wire) || a.len > way.elements) {
				failf("%w: a %s in #%d is a %s", ErrReference, w.text(id), way.holder, w.text(way.wire))
			}
			if w.replay == 0 {
				w.charge(128 + 8*len(way.steps))
				if w.ways == nil {
					w.ways = make(map[int]route)
				}
				w.ways[object] = way
			}
		}
	default:
		object = w.number(ref)
		r := &w.rows[object]
		if r.content != content || !w.same(int(r.wire), id) && !(isSlice && w.same(w.types.raw(int(r.wire)).elem, t.elem)) {
			failf("%w: #%d is a %s, not a %s", ErrReference, object, w.text(int(r.wire)), w.text(id))
		}
		if isSlice {
			text, elements = w.part(int(r.n))
		}
	}
	if n != nil {
		n.Kind, n.Object, n.Text, n.Len = NodeReference, object, text, elements
	}
}

// number returns the number of an object that was mentioned before.
func (w *walker) number(ref int) int {
	if n := ref - refOld; n >= 1 && n < len(w.rows) {
		return n
	}
	failf("%w: #%d, there are %d objects so far", ErrReference, ref-refOld, len(w.rows)-1)
	return 0
}

// fresh returns the number of an object that is mentioned for the first time.
func (w *walker) fresh(r objectRow) int {
	if w.replay > 0 {
		w.replay++
		return w.replay - 1
	}
	w.charge(2 * int(unsafe.Sizeof(r)))
	r.at = -1
	w.rows = append(w.rows, r)
	return len(w.rows) - 1
}

// elementsOf reads how many elements the array under a slice of type t has.
func (w *walker) elementsOf(t *wireType) int {
	n, least := w.length(), 1
	if t.elem != int(kindUint8) {
		least = w.types.least(t.elem)
	}
	if n >= placed || least > 0 && n > w.left()/least {
		failf("%w: %d elements of %d bytes or more, %d bytes are left", ErrTruncated, n, least, w.left())
	}
	return n
}

// part reads which part of n elements a slice is, and how long it is.
func (w *walker) part(n int) (text string, length int) {
	from, length, capacity := w.length(), w.length(), w.length()
	switch {
	case from > n || capacity > n-from || length > capacity:
		failf("%w: elements %d to %d of %d", ErrReference, from, from+length, n)
	case from == 0 && length == n:
	case from+capacity == n:
		text = fmt.Sprintf("[%d:%d]", from, from+length)
	default:
		text = fmt.Sprintf("[%d:%d:%d]", from, from+length, from+capacity)
	}
	return text, length
}

// inside reads the way to an object in another.
func (w *walker) inside() route {
	id := w.typeID()
	t := w.types.get(id)
	isSlice := t.kind == kindSlice
	var holder int
	switch ref := w.length(); {
	case id == 0 || ref == refNil || ref == refInside || ref == refGlobal:
		failf("%w: part of nothing", ErrReference)
	case ref == refNew:
		r := objectRow{wire: uint32(id), content: isSlice}
		if isSlice {
			r.n = uint32(w.elementsOf(t))
		}
		holder = w.fresh(r)
	default:
		holder = w.number(ref)
	}
	r := w.rows[holder]
	if r.content != isSlice || r.n == placed || !w.same(int(r.wire), id) {
		failf("%w: #%d is no %s that holds others", ErrReference, holder, w.text(id))
	}
	v := route{holder: holder, wire: id, array: isSlice, elements: int(r.n)}
	for range must(w.count(1)) {
		step := w.length()
		t := w.types.get(w.unnamed(v.wire))
		switch {
		case v.array && step < v.elements:
			v.wire, v.array, v.elements = t.elem, false, v.elements-step
		case !v.array && t.kind == kindArray && step < t.len:
			v.wire, v.elements = t.elem, t.len-step
		case !v.array && t.kind == kindStruct && step < len(t.fields):
			v.wire, v.elements = t.fields[step].typ, 0
		default:
			failf("%w: step %d into a %s", ErrReference, step, w.text(v.wire))
		}
		v.steps = append(v.steps, step)
	}
	return v
}

// wayText writes a way as Go would.
func (w *walker) wayText(v route) string {
	r := w.rows[v.holder]
	var b strings.Builder
	id, array := int(r.wire), r.content
	for _, step := range v.steps {
		if b.Len() > maxText {
			b.WriteString("…")
			break
		}
		t := w.types.get(w.unnamed(id))
		if t.kind == kindStruct && !array {
			b.WriteString("." + clip(t.fields[step].name, maxText))
			id = t.fields[step].typ
		} else {
			fmt.Fprintf(&b, "[%d]", step)
			id = t.elem
		}
		array = false
	}
	return b.String()
}

// placed reads an object that lies in another one.
func (w *walker) placed(number int, n *Node) {
	target, way := int(w.rows[number].wire), w.ways[number]
	h := w.rows[way.holder]
	if h.at < 0 {
		return
	}
	w.at, w.replay = h.at, int(h.next)
	w.along(int(h.wire), h.content, int(h.n), way.steps, target, n)
}

// along reads the value that steps lead to from a value of type id, and what is
// before it no further than it must.
func (w *walker) along(id int, content bool, elements int, steps []int, target int, n *Node) {
	t := w.types.get(id)
	for t.kind == kindNamed && len(steps) > 0 {
		id = t.elem
		t = w.types.get(id)
	}
	if len(steps) == 0 {
		w.read(target, n)
		return
	}
	step := steps[0]
	if t.kind == kindStruct {
		for _, f := range t.fields[:step] {
			w.read(f.typ, nil)
		}
		w.along(t.fields[step].typ, false, 0, steps[1:], target, n)
		return
	}
	if !content {
		elements = t.len
	}
	// An array that is part of the one under a slice begins at an element.
	count := 1
	view := len(steps) == 1 && !w.same(t.elem, target)
	if view {
		count = w.types.get(w.unnamed(target)).len
	}
	if t.elem == int(kindUint8) {
		b := must(w.bytes())
		switch {
		case len(b) != elements || step+count > elements:
			failf("%w: %d bytes for %d", ErrInvalid, len(b), elements)
		case view:
			w.words(n, NodeBytes, b[step:step+count])
		default:
			n.scalar(NodeNumber, strconv.Itoa(int(b[step])))
		}
		return
	}
	if w.types.least(t.elem) > 0 {
		for range step {
			w.read(t.elem, nil)
		}
	}
	if view {
		w.items(t.elem, count, n)
		return
	}
	w.along(t.elem, false, 0, steps[1:], target, n)
}
