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
	full     []readField // those that take bytes, or have something to be done
	complete bool        // every field of the program's is read
	active   bool        // there is something to do for values even if they take no bytes

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

// unnamed returns how what a named type is made of is read.
func (r *reading) unnamed() *reading {
	for r.kind == kindNamed {
		r = r.elem
	}
	return r
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
	r := d.matchOne(p, id)
	for len(d.unpaired) > 0 {
		last := len(d.unpaired) - 1
		u := d.unpaired[last]
		d.unpaired = d.unpaired[:last]
		*u.into = d.matchOne(u.plan, u.wire)
	}
	return r
}

// An unpaired is an element's type that is yet to be matched.
type unpaired struct {
	into **reading
	pair
}

// matchLevels is how deep types are matched by recursion. Below that, what pointers,
// slices and maps lead to has to wait: a pickle can have longer chains of types
// than the program.
const matchLevels = 200

// matchPart matches the type of what is referred to.
func (d *decoder) matchPart(into **reading, p *plan, id int) {
	if d.levels > matchLevels {
		d.charge(int(unsafe.Sizeof(unpaired{})))
		d.unpaired = append(d.unpaired, unpaired{into, pair{p, id}})
		return
	}
	*into = d.matchOne(p, id)
}

func (d *decoder) matchOne(p *plan, id int) *reading {
	if r := d.pairs[pair{p, id}]; r != nil {
		return r
	}
	d.levels++
	defer func() { d.levels-- }()
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
		d.matchPart(&r.elem, p.elem, t.elem)
	case kindSlice:
		a := d.enterReading(&reading{kind: kindArrayOfSlice, plan: p.target, wire: id})
		r.elem = a
		d.matchPart(&a.elem, p.elem, t.elem)
	case kindMap:
		c := d.enterReading(&reading{kind: kindContent, plan: p.target, wire: id})
		r.elem = c
		d.matchPart(&c.key, p.key, t.key)
		d.matchPart(&c.elem, p.elem, t.elem)
	case kindArray:
		if t.len != p.len {
			mismatch()
		}
		r.elem = d.matchOne(p.elem, t.elem)
		r.active = r.elem.active
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
	r.elem = d.matchOne(p.elem, t.elem)
	r.active = r.elem.active
	if (len(p.states) > 0) != (len(t.states) > 0) {
		failf("%w: only one of the pickle's and the program's %q has named states", ErrType, p.name)
	}
	d.chargeFor(len(t.states), 8)
	r.states = make([]int, 0, len(t.states))
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
			r.active = true
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
		r.active = true
	}
	d.matchFields(r, of, t)
}

// matchFields matches the pickle's fields with those of p, by name.
func (d *decoder) matchFields(r *reading, p *plan, t *wireType) {
	d.chargeFor(2*len(t.fields), int(unsafe.Sizeof(readField{})))
	r.fields = make([]readField, 0, len(t.fields))
	r.full = make([]readField, 0, len(t.full))
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
			r.active = r.active || rf.reading.active
		}
		r.fields = append(r.fields, rf)
		if d.types.least(f.typ) > 0 || rf.reading != nil && rf.reading.active {
			r.full = append(r.full, rf)
		}
	}
	r.complete = found == len(p.fields)
}

// matchField matches a field, and says which one if it can't.
func (d *decoder) matchField(p, of *plan, f wireField) *reading {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			if e, ok := r.err.(*fieldError); !ok || !e.inner {
				r.err = &fieldError{f.name, p.typ, r.err, p.typ.Name() != ""}
			}
			panic(r)
		default:
			panic(r)
		}
	}()
	return d.matchOne(of, f.typ)
}

// A fieldError says which field's type can't be matched. Where that is of a type
// with a name, those outside are not told.
type fieldError struct {
	name  string
	of    reflect.Type
	err   error
	inner bool
}

func (e *fieldError) Error() string { return fmt.Sprintf("field %s of %v: %v", e.name, e.of, e.err) }
func (e *fieldError) Unwrap() error { return e.err }

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
	if p.typ.Kind() == reflect.Interface {
		failf("%w: an interface in an interface", ErrInvalid)
	}
	r := d.match(p, id)
	word := p.word
	if iface.typ.NumMethod() > 0 {
		d.chargeFor(2, int(p.size))
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

// resolveAt is resolve for a type so deep in others. Each type is resolved once: as
// parts of each other there can be more of them than can be counted.
func (ps *plans) resolveAt(w *wireTypes, id, depth int) *plan {
	if id < firstEntry {
		return ps.resolveBasic(kind(id))
	}
	t := w.raw(id)
	if t.resolved || depth > 100 {
		return t.plan
	}
	t.resolved = true // to none, for those that it is made of
	c := composite{kind: t.kind, len: t.len}
	switch t.kind {
	case kindStruct, kindNamed, kindBinary:
		if n := ps.names[t.name]; n != nil {
			t.plan = ps.of[n.typ]
		} else {
			t.plan = ps.images[t.name]
		}
		return t.plan
	case kindStandard:
		args := make([]*plan, len(t.args))
		for i, a := range t.args {
			if args[i] = ps.resolveAt(w, a, depth+1); args[i] == nil {
				return nil
			}
		}
		for _, p := range ps.instances[t.name] {
			if slices.Equal(p.args, args) {
				t.plan = p
			}
		}
		return t.plan
	case kindPointer, kindSlice, kindArray:
	case kindMap:
		if c.key = ps.resolveAt(w, t.key, depth+1); c.key == nil {
			return nil
		}
	default:
		return nil
	}
	if c.elem = ps.resolveAt(w, t.elem, depth+1); c.elem != nil {
		t.plan = ps.composite[c]
	}
	return t.plan
}

func (ps *plans) resolveBasic(k kind) *plan {
	for _, b := range predeclared {
		if p := ps.of[b]; p.kind == k {
			return p
		}
	}
	if k == kindAny {
		return ps.of[anyType]
	}
	return nil
}
