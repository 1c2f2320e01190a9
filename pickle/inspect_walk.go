package pickle

import (
	"fmt"
	"strconv"
	"time"
)

// A walker reads a pickle as a decoder does, and makes nothing of it but nodes.
// It goes over the whole once without even those, and notes where each object's
// row begins, so that any row can be read again.
//
// Invariant: in a row that is read again, the first object that it mentions for
// the first time has the number that replay says, the second the next, and so on.
type walker struct {
	decoder
	rows   []objectRow   // by number, from 1; 0 is the root
	ways   map[int]route // of the objects that lie in others
	texts  []string      // of types, by number
	boxes  map[int]bool
	skips  []skipping // of types, by number
	flaw   *Error     // the first value that can't be, in a pickle that can
	stop   int        // where reading ended
	level  int        // of values in each other
	most   int        // elements shown of a list; 0: all
	budget int        // bytes of memory for the nodes of a value
}

// An objectRow is what is known of an object before its row is read.
type objectRow struct {
	at      int    // where it begins, -1 if that is not known
	wire    uint32 // its type; if content, that of the slice or the map
	next    uint32 // the number of the first object that it mentions first
	n       uint32 // elements of the array under a slice; placed
	content bool   // it is the array under a slice, or what a map points to
}

// readBody reads the root and all rows.
func (w *walker) readBody() {
	w.rows = append(w.rows, objectRow{at: -1, next: 1})
	w.rows[0].wire = uint32(w.typeID())
	w.rows[0].at = w.at
	if w.rows[0].wire != 0 {
		w.readRow(0, nil)
	}
	for w.current = 1; w.current < len(w.rows); w.current++ {
		r := &w.rows[w.current]
		r.at, r.next = w.at, uint32(len(w.rows))
		w.readRow(w.current, nil)
	}
	w.current--
	if w.left() > 0 {
		failf("%w in the body: %d", ErrTrailing, w.left())
	}
}

// size returns how many bytes a row takes.
func (w *walker) size(number int) int {
	r := &w.rows[number]
	switch {
	case r.at < 0:
		return 0
	case number+1 < len(w.rows) && w.rows[number+1].at >= 0:
		return w.rows[number+1].at - r.at
	}
	return max(w.stop-r.at, 0)
}

// readRow reads an object's row into n, or passes over it if n is nil.
func (w *walker) readRow(number int, n *Node) {
	r := w.rows[number]
	if w.level = 0; n != nil {
		n.Type = w.text(int(r.wire))
	}
	switch t := w.types.get(int(r.wire)); {
	case number == 0 && r.wire == 0:
		n.scalar(NodeNil, "")
	case r.content && t.kind == kindSlice:
		w.items(t.elem, int(r.n), n)
	case r.content:
		w.entries(t, n)
	case r.n == placed:
		if n != nil { // it is written with what it lies in
			w.placed(number, n)
		}
	default:
		w.read(int(r.wire), n)
	}
}

// unnamed returns the type that a named type is made of, of any other itself.
func (w *walker) unnamed(id int) int {
	for w.types.raw(id).kind == kindNamed {
		id = w.types.raw(id).elem
	}
	return id
}

// read reads a value of type id into n, or passes over it if n is nil.
func (w *walker) read(id int, n *Node) {
	if w.level++; w.level > 10*w.limits.Depth {
		failf("%w: %d values in each other", ErrTooDeep, w.level)
	}
	if n == nil {
		id = w.core(id)
	}
	t := w.types.get(id)
	if n != nil {
		n.Type = w.text(id)
	}
	if w.types.least(id) == 0 { // it is written as nothing
		if t = w.types.get(w.unnamed(id)); n != nil {
			n.Kind, n.Len = NodeStruct, t.len
			if t.kind == kindArray {
				n.Kind = NodeList
			}
		}
		w.level--
		return
	}
	switch k := t.kind; k {
	case kindAny:
		w.held(n)
	case kindFunc:
		if w.left() > 0 && w.b[w.at] == 0xc0 {
			w.at++
			n.scalar(NodeNil, "")
			break
		}
		w.label(NodeFunc, n)
	case kindPointer:
		w.mention(t.elem, false, n)
	case kindMap, kindSlice:
		w.mention(id, true, n)
	case kindArray:
		w.items(t.elem, t.len, n)
	case kindNamed:
		if t.states != nil {
			w.state(t, n)
			break
		}
		w.read(t.elem, n)
		if n != nil && w.types.raw(t.elem).kind != kindAny {
			n.Type = w.text(id)
		}
	case kindStruct, kindStandard:
		w.holds(n, NodeStruct, len(t.fields), len(t.fields))
		if n == nil || cap(n.Parts) == 0 {
			for _, f := range w.solid(id, t) {
				w.read(f.typ, nil)
			}
			break
		}
		for i := range t.fields {
			w.read(t.fields[i].typ, n.part(t.fields[i].name))
		}
	case kindOwned:
		if w.length() == 0 {
			n.scalar(NodeNil, "")
			break
		}
		w.enter()
		w.read(t.elem, n)
		w.depth--
	case kindOwnedSlice:
		count := must(w.count(w.leastOf(t.elem)))
		w.enter()
		w.items(t.elem, count, n)
		w.depth--
	default:
		w.scalar(k, n)
	}
	w.level--
}

// bits are the sizes of integers whose size is not the machine's.
var bits = map[kind]int{kindInt8: 8, kindInt16: 16, kindInt32: 32, kindUint8: 8, kindUint16: 16, kindUint32: 32}

// scalar reads a value that mentions nothing.
func (w *walker) scalar(k kind, n *Node) {
	at := w.at
	switch k {
	case kindNone:
		w.code(0xc0)
		w.at++
		n.scalar(NodeNil, "")
	case kindBool:
		v := w.bool()
		n.scalar(NodeBool, strconv.FormatBool(v))
	case kindInt, kindInt8, kindInt16, kindInt32, kindInt64:
		v := w.int()
		if b := bits[k]; b > 0 && v != v<<(64-b)>>(64-b) {
			w.odd(at, fmt.Errorf("%w: %d does not fit into %v", ErrType, v, k))
		}
		if n != nil {
			n.scalar(NodeNumber, strconv.FormatInt(v, 10))
		}
	case kindUint, kindUint8, kindUint16, kindUint32, kindUint64, kindUintptr:
		v := w.uint()
		if b := bits[k]; b > 0 && v>>b != 0 {
			w.odd(at, fmt.Errorf("%w: %d does not fit into %v", ErrType, v, k))
		}
		if n != nil {
			n.scalar(NodeNumber, strconv.FormatUint(v, 10))
		}
	case kindFloat32:
		if v := w.float32(); n != nil {
			n.scalar(NodeNumber, strconv.FormatFloat(float64(v), 'g', -1, 32))
		}
	case kindFloat64:
		if v := w.float64(); n != nil {
			n.scalar(NodeNumber, strconv.FormatFloat(v, 'g', -1, 64))
		}
	case kindComplex64:
		re := w.float32()
		if im := w.float32(); n != nil {
			n.scalar(NodeNumber, strconv.FormatComplex(complex(float64(re), float64(im)), 'g', -1, 64))
		}
	case kindComplex128:
		re := w.float64()
		if im := w.float64(); n != nil {
			n.scalar(NodeNumber, strconv.FormatComplex(complex(re, im), 'g', -1, 128))
		}
	case kindString:
		w.words(n, NodeString, must(w.bytes()))
	case kindBinary:
		w.words(n, NodeBytes, must(w.bytes()))
	case kindTime:
		b := must(w.bytes())
		var v time.Time
		if err := v.UnmarshalBinary(b); err != nil {
			w.odd(at, fmt.Errorf("%w: %w", ErrInvalid, err))
			w.words(n, NodeBytes, b)
		} else if n != nil {
			n.scalar(NodeTime, v.Format(time.RFC3339Nano))
		}
	default:
		failf("%w: a value of kind %v", ErrInvalid, k)
	}
}

// odd notes a value that can't be. What follows it can be read all the same.
func (w *walker) odd(at int, err error) {
	if w.flaw == nil {
		w.flaw = &Error{Op: "inspect", Offset: at, Err: err}
	}
}

// state reads one of a type's named values.
func (w *walker) state(t *wireType, n *Node) {
	k := w.types.raw(t.elem).kind
	if k < kindInt || k > kindUint64 {
		failf("%w: %v with named states", ErrInvalid, k)
	}
	at := w.at
	var number Node
	w.scalar(k, &number)
	i, err := strconv.Atoi(number.Text)
	if err != nil || i < 0 || i >= len(t.states) {
		w.odd(at, fmt.Errorf("%w: %s is none of the %d states of %q", ErrInvalid, number.Text, len(t.states), clip(t.name, maxText)))
		n.scalar(NodeNumber, number.Text)
		return
	}
	n.scalar(NodeState, t.states[i])
}

// label reads the name of a function or a global.
func (w *walker) label(k NodeKind, n *Node) {
	b := must(w.bytes())
	if n == nil {
		return
	}
	// It is text whatever it is.
	w.words(n, NodeString, b)
	n.Kind = k
}

// items reads count elements, of an array or a slice.
func (w *walker) items(id, count int, n *Node) {
	if id == int(kindUint8) {
		at := w.at
		b := must(w.bytes())
		if len(b) != count {
			w.odd(at, fmt.Errorf("%w: %d bytes for %d", ErrInvalid, len(b), count))
		}
		w.words(n, NodeBytes, b)
		return
	}
	if w.types.least(id) == 0 {
		w.holds(n, NodeList, count, 0)
		return
	}
	w.holds(n, NodeList, count, count)
	for range count {
		w.read(id, n.part(""))
	}
}

// entries reads the content of a map.
func (w *walker) entries(t *wireType, n *Node) {
	count := must(w.count(w.types.least(t.key) + w.types.least(t.elem)))
	w.holds(n, NodeMap, count, count)
	if w.types.least(t.key)+w.types.least(t.elem) == 0 {
		return
	}
	for range count {
		e := n.part("")
		w.holds(e, NodeEntry, 0, 2)
		w.read(t.key, e.part(""))
		w.read(t.elem, e.part(""))
	}
}

// held reads what an interface holds.
func (w *walker) held(n *Node) {
	id := w.typeID()
	switch {
	case id == 0:
		n.scalar(NodeNil, "")
	case w.isBoxed(id):
		if w.mention(id, false, n); n != nil {
			n.Type = w.text(id)
		}
	default:
		w.enter()
		w.read(id, n)
		w.depth--
	}
}
