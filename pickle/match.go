package pickle

import (
	"fmt"
	"reflect"
	"slices"
	"unsafe"
)

// A reading is how values of a pickle's type become values of a program's type.
type reading struct {
	kind  kind
	plan  *plan
	wire  int
	index uint32
	elem  *reading // as the plan's; of a slice or map: the array or content
	key   *reading
	empty bool // values take no bytes
	boxed bool // in an interface, a value is an object

	fields   []readField // of a struct, in the pickle's order
	complete bool        // every field of the program's is read
	late     bool        // values are complete only at the end: something in them is upgraded

	states  []int // of a named type: the program's number of each of the pickle's states; -1 if it has none
	old     *reading
	chain   []upgrade      // from old to plan
	scratch unsafe.Pointer // memory for an image

	// What an interface held last.
	heldID   int
	heldAs   *reading
	heldWord unsafe.Pointer
	held     map[int]heldType
}

type readField struct {
	name    string
	offset  uintptr
	reading *reading // nil if the program has lost the field
	wire    int
}

type heldType struct {
	reading *reading
	word    unsafe.Pointer
}

type pair struct {
	plan *plan
	wire int
}

// match returns how type id becomes p, or fails with ErrType.
func (d *decoder) match(p *plan, id int) *reading {
	if r := d.pairs[pair{p, id}]; r != nil {
		return r
	}
	t := d.types.get(id)
	r := d.enterReading(&reading{kind: p.kind, plan: p, wire: id, empty: d.types.least(id) == 0})
	d.pairs[pair{p, id}] = r
	mismatch := func() {
		failf("%w: the pickle has %s, the program %v", ErrType, d.types.name(id), p.typ)
	}
	if p.kind == kindUnpicklable {
		if id != 0 {
			mismatch()
		}
		return r
	}
	if t.kind != p.kind || t.name != p.name {
		mismatch()
	}
	if t.version > p.version {
		failf("%w: version %d of %q, the program knows %d", ErrVersion, t.version, t.name, p.version)
	}
	switch p.kind {
	case kindPointer, kindOwned, kindOwnedSlice:
		r.elem = d.match(p.elem, t.elem)
	case kindSlice:
		a := d.enterReading(&reading{kind: kindArrayOfSlice, plan: p.target, wire: id})
		r.elem = a
		a.elem = d.match(p.elem, t.elem)
	case kindMap:
		c := d.enterReading(&reading{kind: kindContent, plan: p.target, wire: id})
		r.elem = c
		c.key = d.match(p.key, t.key)
		c.elem = d.match(p.elem, t.elem)
	case kindArray:
		if t.len != p.len {
			mismatch()
		}
		r.elem = d.match(p.elem, t.elem)
		r.late = r.elem.late
	case kindNamed:
		d.matchNamed(r, t)
	case kindStruct, kindStandard:
		d.matchStruct(r, t)
	}
	r.boxed = d.types.boxed(id)
	return r
}

func (d *decoder) enterReading(r *reading) *reading {
	d.charge(int(unsafe.Sizeof(*r)))
	r.index = uint32(len(d.readings))
	d.readings = append(d.readings, r)
	return r
}

func (d *decoder) matchNamed(r *reading, t *wireType) {
	p := r.plan
	r.elem = d.match(p.elem, t.elem)
	r.late = r.elem.late
	if (p.states != nil) != (t.states != nil) {
		failf("%w: only one of the pickle's and the program's %q has named states", ErrType, p.name)
	}
	for _, s := range t.states {
		r.states = append(r.states, slices.Index(p.states, s))
	}
}

func (d *decoder) matchStruct(r *reading, t *wireType) {
	p := r.plan
	if p.kind == kindStandard && len(t.args) != len(p.args) {
		failf("%w: %q of %d types, the program's is of %d", ErrType, p.name, len(t.args), len(p.args))
	}
	if p.reg != nil && t.version < p.version {
		i := slices.IndexFunc(p.reg.upgrades, func(u upgrade) bool { return u.from >= t.version })
		if i >= 0 {
			r.late = true
			r.chain = p.reg.upgrades[i:]
			old := d.of.oldPlan(p, r.chain[0].old)
			r.old = d.enterReading(&reading{kind: kindStruct, plan: old, wire: r.wire})
			d.matchFields(r.old, old, t)
			return
		}
	}
	of := p
	if p.image != nil {
		of = p.elem
	}
	d.matchFields(r, of, t)
}

// matchFields matches the pickle's fields with those of p, by name.
func (d *decoder) matchFields(r *reading, p *plan, t *wireType) {
	found := 0
	for i, f := range t.fields {
		rf := readField{name: f.name, wire: f.typ}
		j := slices.IndexFunc(p.fields, func(g field) bool { return g.name == f.name })
		if j >= 0 {
			found++
			if slices.ContainsFunc(t.fields[:i], func(g wireField) bool { return g.name == f.name }) {
				failf("%w: %q has two fields %s", ErrInvalid, t.name, f.name)
			}
			rf.offset = p.fields[j].offset
			rf.reading = d.matchField(p, p.fields[j].plan, f)
			r.late = r.late || rf.reading.late
		}
		r.fields = append(r.fields, rf)
	}
	r.complete = found == len(p.fields)
}

// matchField matches a field, and says which one if it can't.
func (d *decoder) matchField(p, of *plan, f wireField) *reading {
	defer func() {
		if e, ok := recover().(failure); ok {
			fail(fmt.Errorf("field %s of %v: %w", f.name, p.typ, e.err))
		}
	}()
	return d.match(of, f.typ)
}

// oldPlan returns the plan of a struct that has the fields of an old version of p.
func (ps *plans) oldPlan(p *plan, t reflect.Type) *plan {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if o := ps.old[t]; o != nil {
		return o
	}
	o := &plan{typ: t, index: ps.count, kind: kindStruct, size: t.Size(), name: p.name}
	ps.count++
	ps.compileFields(o, func(t reflect.Type) *plan { return ps.compile(t, false) })
	ps.old[t] = o
	return o
}

// held returns how type id is read into an interface, and the word by which the
// interface says what it holds.
func (d *decoder) held(r *reading, id int) (*reading, unsafe.Pointer) {
	if r.heldID == id && id != 0 {
		return r.heldAs, r.heldWord
	}
	h, ok := r.held[id]
	if !ok {
		h = d.hold(r.plan, id)
		if r.held == nil {
			r.held = make(map[int]heldType)
		}
		r.held[id] = h
	}
	r.heldID, r.heldAs, r.heldWord = id, h.reading, h.word
	return h.reading, h.word
}

func (d *decoder) hold(iface *plan, id int) heldType {
	p := d.of.resolve(&d.types, id)
	if p == nil {
		failf("%w: type %s", ErrUnknown, d.types.name(id))
	}
	if !p.typ.Implements(iface.typ) {
		failf("%w: %v is no %v", ErrType, p.typ, iface.typ)
	}
	r := d.match(p, id)
	if r.boxed && p.direct {
		failf("%w: the pickle's %s is an object, the program's a pointer", ErrType, d.types.name(id))
	}
	word := p.word
	if iface.typ.NumMethod() > 0 {
		v := reflect.New(iface.typ)
		v.Elem().Set(reflect.Zero(p.typ))
		word = *(*unsafe.Pointer)(v.UnsafePointer())
	}
	return heldType{r, word}
}

// resolve returns the program's type for type id, nil if it has none.
func (ps *plans) resolve(w *wireTypes, id int) *plan {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	return ps.resolveAt(w, id, 0)
}

func (ps *plans) resolveAt(w *wireTypes, id, depth int) *plan {
	if depth > 100 {
		return nil
	}
	t := w.raw(id)
	c := composite{kind: t.kind, len: t.len}
	switch t.kind {
	case kindStruct, kindNamed, kindBinary:
		if n := ps.names[t.name]; n != nil {
			return ps.of[n.typ]
		}
		return ps.images[t.name]
	case kindStandard:
		args := make([]*plan, len(t.args))
		for i, a := range t.args {
			args[i] = ps.resolveAt(w, a, depth+1)
		}
		for _, p := range ps.instances[t.name] {
			if slices.Equal(p.args, args) {
				return p
			}
		}
		return nil
	case kindPointer, kindSlice, kindArray:
		c.elem = ps.resolveAt(w, t.elem, depth+1)
	case kindMap:
		c.key, c.elem = ps.resolveAt(w, t.key, depth+1), ps.resolveAt(w, t.elem, depth+1)
		if c.key == nil {
			return nil
		}
	default:
		for _, b := range predeclared {
			if p := ps.of[b]; p.kind == t.kind {
				return p
			}
		}
		if t.kind == kindAny {
			return ps.of[anyType]
		}
		return nil
	}
	if c.elem == nil {
		return nil
	}
	return ps.composite[c]
}
