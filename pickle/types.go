package pickle

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unsafe"
)

// The table of types lists each type of a pickle once: its kind, then
//
//	pointer, slice, owned, owned slice   the element's type
//	array                                length, the element's type
//	map                                  the key's type, the element's type
//	struct                               name, version, number of fields, for each its name and type
//	named                                name, version, the type it is made of, number of states, their names
//	binary                               name, version
//	standard                             name, version, number of arguments, their types
//
// A type is referred to by its number: a kind below firstEntry for itself, 0 for
// what only nil can be written of, from firstEntry on its position in the table.

// writeTypes writes the table of types.
func (e *encoder) writeTypes() {
	e.write(&e.entries)
	for i := 0; i < len(e.table); i++ { // an entry can add those of its parts
		e.entry(e.table[i])
	}
	e.write(&e.types)
	e.uint(uint64(len(e.table)))
	e.entries.writeTo(&e.types)
}

func (e *encoder) entry(p *plan) {
	id := func(p *plan) { e.uint(uint64(e.typeID(p))) }
	text := func(s string) { e.check(e.mp.EncodeString(s)) }
	e.uint(uint64(p.kind))
	switch p.kind {
	case kindPointer, kindSlice, kindOwned, kindOwnedSlice:
		id(p.elem)
		return
	case kindArray:
		e.uint(uint64(p.len))
		id(p.elem)
		return
	case kindMap:
		id(p.key)
		id(p.elem)
		return
	}
	text(p.name)
	e.uint(uint64(p.version))
	switch p.kind {
	case kindStruct:
		fields := p.fields
		if p.image != nil {
			fields = p.elem.fields
		}
		e.uint(uint64(len(fields)))
		for _, f := range fields {
			text(f.name)
			id(f.plan)
		}
	case kindNamed:
		id(p.elem)
		e.uint(uint64(len(p.states)))
		for _, s := range p.states {
			text(s)
		}
	case kindStandard:
		e.uint(uint64(len(p.args)))
		for _, a := range p.args {
			id(a)
		}
	}
}

// A wireType is a type as a pickle tells of it.
type wireType struct {
	kind    kind
	name    string
	version int
	elem    int
	key     int
	len     int
	fields  []wireField
	full    []wireField // those that take bytes, of which alone there are as many as is said
	states  []string
	args    []int
	least   int  // bytes that a value takes at the least
	sized   bool // least is known, or being found out
	deep    int  // types in each other, it and those that lie in it
	laidOut bool // a standard type's fields are known

	resolved bool
	plan     *plan // the program's, once it is resolved
}

type wireField struct {
	name string
	typ  int
}

// planOf is a plan as a version of the standard types has it.
type planOf struct {
	plan    *plan
	version int
}

// wireTypes are the types of a pickle, by number less firstEntry.
type wireTypes struct {
	list     []wireType // first those of the table, then those that standard types are made of
	table    int        // how many the table has
	of       *plans
	byPlan   map[planOf]int // of those that a standard type's layout has added
	maxDepth int
	charge   func(bytes int) // accounts for memory
}

// read reads the table of types.
func (w *wireTypes) read(r *reader) error {
	n, err := r.count(2)
	if err != nil {
		return err
	}
	w.make(n, unsafe.Sizeof(wireType{}))
	w.list = make([]wireType, 0, n)
	for range n {
		t, err := w.entry(r, n)
		if err != nil {
			return err
		}
		w.list = append(w.list, t)
	}
	w.table = n
	for i := range w.list {
		if err := w.size(firstEntry+i, 0); err != nil {
			return err
		}
	}
	return nil
}

// entry reads the entry of one of n types.
func (w *wireTypes) entry(r *reader, n int) (t wireType, err error) {
	id := func() int {
		v, e := r.length()
		if err == nil {
			err = e
		}
		if err == nil && v != 0 && !kind(min(v, 255)).basic() && (v < firstEntry || v >= uint64(firstEntry+n)) {
			err = fmt.Errorf("%w: type %d of %d", ErrReference, v, n)
		}
		return int(v)
	}
	text := func() string {
		s, e := r.text()
		if err == nil {
			err = e
		}
		return s
	}
	number := func(least int) int {
		v, e := r.count(least)
		if err == nil {
			err = e
		}
		return v
	}
	k, err := r.length()
	if err != nil {
		return t, err
	}
	t.kind = kind(min(k, 255))
	switch t.kind {
	case kindPointer, kindSlice, kindOwned, kindOwnedSlice:
		t.elem = id()
		return t, err
	case kindArray:
		length, e := r.length()
		if e != nil {
			return t, e
		}
		if length > 1<<31-1 {
			return t, fmt.Errorf("%w: an array of %d elements", ErrTooLarge, length)
		}
		t.len, t.elem = int(length), id()
		return t, err
	case kindMap:
		t.key, t.elem = id(), id()
		return t, err
	case kindStruct, kindNamed, kindBinary, kindStandard:
	default:
		return t, fmt.Errorf("%w: a type of kind %d", ErrNewer, k)
	}
	t.name = text()
	version, e := r.length()
	if e != nil {
		return t, e
	}
	if version > 1<<31-1 {
		return t, fmt.Errorf("%w: version %d of type %q", ErrVersion, version, t.name)
	}
	t.version = int(version)
	switch t.kind {
	case kindStruct:
		n := number(2)
		w.make(n, unsafe.Sizeof(wireField{}))
		t.fields = make([]wireField, 0, n)
		for range n {
			t.fields = append(t.fields, wireField{text(), id()})
			if err != nil {
				return t, err
			}
		}
	case kindNamed:
		t.elem = id()
		n := number(1)
		w.make(n, unsafe.Sizeof(""))
		if n > 0 {
			t.states = make([]string, 0, n)
		}
		for range n {
			if t.states = append(t.states, text()); err != nil {
				return t, err
			}
		}
	case kindStandard:
		n := number(1)
		w.make(n, unsafe.Sizeof(0))
		t.args = make([]int, 0, n)
		for range n {
			if t.args = append(t.args, id()); err != nil {
				return t, err
			}
		}
	}
	return t, err
}

// make accounts for n things of so many bytes each, of which each takes a byte of
// the pickle at the least.
func (w *wireTypes) make(n int, size uintptr) {
	w.charge(int(min(uint64(n)*uint64(size), math.MaxInt)))
}

// size finds out how many bytes a value of type id takes at the least, that it
// does not hold itself, and that types do not lie too deep in each other.
func (w *wireTypes) size(id, depth int) error {
	if id < firstEntry {
		return nil
	}
	t := &w.list[id-firstEntry]
	switch {
	case !t.sized:
	case t.least < 0:
		return fmt.Errorf("%w: type %s lies in itself", ErrInvalid, w.name(id))
	case depth+t.deep > w.maxDepth:
		return fmt.Errorf("%w: %d types in each other", ErrTooDeep, depth+t.deep)
	default:
		return nil
	}
	if depth > w.maxDepth {
		return fmt.Errorf("%w: %d types in each other", ErrTooDeep, depth)
	}
	t.sized, t.least = true, -1
	least, deep := int64(1), 0
	part := func(id int) (int64, error) {
		if err := w.size(id, depth+1); err != nil {
			return 0, err
		}
		if id >= firstEntry {
			deep = max(deep, w.list[id-firstEntry].deep)
		}
		return int64(w.least(id)), nil
	}
	var err error
	switch t.kind {
	case kindArray:
		if least, err = part(t.elem); t.elem == int(kindUint8) {
			break // bytes come as one
		}
		least *= int64(t.len)
	case kindNamed:
		least, err = part(t.elem)
	case kindStruct:
		least = 0
		empty := false
		for _, f := range t.fields {
			var n int64
			if n, err = part(f.typ); err != nil {
				return err
			}
			empty = empty || n == 0
			least = min(least+n, mostLeast+1)
		}
		if t.full = t.fields; empty {
			w.make(len(t.fields), unsafe.Sizeof(wireField{}))
			t.full = slices.DeleteFunc(slices.Clone(t.fields), func(f wireField) bool { return w.least(f.typ) == 0 })
		}
	}
	if err != nil {
		return err
	}
	if least > mostLeast {
		return fmt.Errorf("%w: type %s takes %d bytes or more", ErrTooLarge, w.name(id), least)
	}
	w.list[id-firstEntry].least, w.list[id-firstEntry].deep = int(least), deep+1
	return nil
}

// mostLeast is more than a value can take.
const mostLeast = 1 << 30

// least returns how many bytes a value of type id takes at the least.
func (w *wireTypes) least(id int) int {
	if id >= firstEntry {
		return w.list[id-firstEntry].least
	}
	if k := kind(id); k == kindComplex64 || k == kindComplex128 {
		return 2
	}
	return 1
}

// get returns type id; a basic one has nothing but its kind.
func (w *wireTypes) get(id int) *wireType {
	t := w.raw(id)
	if t.kind == kindStandard && !t.laidOut {
		w.layOut(id)
		t = &w.list[id-firstEntry]
	}
	return t
}

// raw is get without the fields of a standard type.
func (w *wireTypes) raw(id int) *wireType {
	if id < firstEntry {
		return &basicTypes[id]
	}
	return &w.list[id-firstEntry]
}

var basicTypes = func() (all [firstEntry]wireType) {
	for i := range all {
		all[i] = wireType{kind: kind(i)}
	}
	return all
}()

// layOut gives a standard type the fields that the format says it has.
func (w *wireTypes) layOut(id int) {
	t := w.list[id-firstEntry]
	t.laidOut = true
	p := w.of.standard[t.name]
	if p == nil || len(p.args) != len(t.args) {
		failf("%w: standard type %q of %d arguments", ErrUnknown, t.name, len(t.args))
	}
	if t.version > p.version {
		failf("%w: version %d of standard type %q, this program knows %d", ErrVersion, t.version, t.name, p.version)
	}
	args := make(map[*plan]int)
	for i, a := range p.args {
		args[a] = t.args[i]
	}
	w.make(len(p.elem.fields), unsafe.Sizeof(wireField{}))
	t.fields = w.fieldsOf(p.elem, t.version, args)
	t.full = t.fields
	w.list[id-firstEntry] = t
}

// fieldsOf returns the fields that a version of the standard types has of p.
func (w *wireTypes) fieldsOf(p *plan, version int, args map[*plan]int) (fields []wireField) {
	for _, f := range p.fields {
		if f.since <= version {
			fields = append(fields, wireField{f.name, w.typeOf(f.plan, version, args)})
		}
	}
	return fields
}

// typeOf returns the type that the encoder would have entered for p in a version of
// the standard types, with the arguments in place of what stands for them.
func (w *wireTypes) typeOf(p *plan, version int, args map[*plan]int) int {
	if id, ok := args[p]; ok {
		return id
	}
	if p.kind.basic() {
		return int(p.kind)
	}
	if p.kind == kindUnpicklable {
		return 0
	}
	if id, ok := w.byPlan[planOf{p, version}]; ok && len(args) == 0 {
		return id
	}
	id := firstEntry + len(w.list)
	if len(args) == 0 {
		if w.byPlan == nil {
			w.byPlan = make(map[planOf]int)
		}
		w.byPlan[planOf{p, version}] = id
	} else {
		args[p] = id // in this layout only
	}
	w.charge(int(unsafe.Sizeof(wireType{})))
	w.list = append(w.list, wireType{kind: p.kind, name: p.name, version: versionOf(p, version), len: p.len, states: p.states, sized: true, least: 1})
	set := func(f func(t *wireType)) { f(&w.list[id-firstEntry]) }
	switch p.kind {
	case kindPointer, kindSlice, kindOwned, kindOwnedSlice, kindArray, kindNamed:
		elem := w.typeOf(p.elem, version, args)
		set(func(t *wireType) { t.elem = elem })
	case kindMap:
		key, elem := w.typeOf(p.key, version, args), w.typeOf(p.elem, version, args)
		set(func(t *wireType) { t.key, t.elem = key, elem })
	case kindStruct:
		fields := w.fieldsOf(p, version, args)
		set(func(t *wireType) { t.fields = fields })
	case kindStandard:
		var ids []int
		for _, a := range p.args {
			ids = append(ids, w.typeOf(a, version, args))
		}
		set(func(t *wireType) { t.args = ids })
	}
	set(func(t *wireType) { t.sized = false })
	if err := w.size(id, 0); err != nil {
		fail(err)
	}
	return id
}

// versionOf returns the version of p where the standard types have the given one.
func versionOf(p *plan, standard int) int {
	if p.kind == kindStandard {
		return standard
	}
	return p.version
}

// same reports whether two types are the same, or slices or maps of the same: a
// type that has a name in the program but not in pickles has an entry of its own.
func (w *wireTypes) same(x, y int) bool {
	if x == y {
		return true
	}
	a, b := w.raw(x), w.raw(y)
	return a.kind == b.kind && (a.kind == kindSlice || a.kind == kindMap) && a.elem == b.elem && a.key == b.key
}

// name returns type id as it is written for people. Types can be written in a few
// bytes that would be read for ever, so it stops somewhere.
func (w *wireTypes) name(id int) string {
	var b strings.Builder
	w.writeName(&b, id, 0)
	return b.String()
}

// mostOfType is about how long the name of a type gets.
const mostOfType = 200

func (w *wireTypes) writeName(b *strings.Builder, id, depth int) {
	switch {
	case id == 0:
		b.WriteString("nil")
		return
	case id < firstEntry:
		b.WriteString(kind(id).String())
		return
	case depth > 8 || b.Len() > mostOfType || id >= firstEntry+len(w.list):
		b.WriteString("…")
		return
	}
	t := &w.list[id-firstEntry]
	part := func(before string, id int) {
		b.WriteString(before)
		w.writeName(b, id, depth+1)
	}
	switch t.kind {
	case kindPointer, kindOwned:
		part("*", t.elem)
		return
	case kindSlice, kindOwnedSlice:
		part("[]", t.elem)
		return
	case kindArray:
		part(fmt.Sprintf("[%d]", t.len), t.elem)
		return
	case kindMap:
		part("map[", t.key)
		part("]", t.elem)
		return
	}
	if t.name == "" {
		b.WriteString("struct")
		return
	}
	b.WriteString(t.name[:min(len(t.name), mostOfType)])
	for i, a := range t.args {
		if b.Len() > mostOfType {
			b.WriteString("…")
			break
		}
		part([]string{"[", ", "}[min(i, 1)], a)
	}
	if len(t.args) > 0 {
		b.WriteString("]")
	}
}
