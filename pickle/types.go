package pickle

import (
	"fmt"
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
	states  []string
	args    []int
	least   int  // bytes that a value takes at the least
	sized   bool // least is known, or being found out
	laidOut bool // a standard type's fields are known
}

type wireField struct {
	name string
	typ  int
}

// wireTypes are the types of a pickle, by number less firstEntry.
type wireTypes struct {
	list     []wireType // first those of the table, then those that standard types are made of
	table    int        // how many the table has
	of       *plans
	byPlan   map[*plan]int // of those that a standard type's layout has added
	maxDepth int
	charge   func(bytes int) // accounts for memory
}

// readTypes reads the table of types.
func (w *wireTypes) read(r *reader) error {
	n, err := r.count(2)
	if err != nil {
		return err
	}
	w.list = make([]wireType, 0, min(n, 1024))
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
		for range number(2) {
			t.fields = append(t.fields, wireField{text(), id()})
			if err != nil {
				return t, err
			}
		}
	case kindNamed:
		t.elem = id()
		for range number(1) {
			if t.states = append(t.states, text()); err != nil {
				return t, err
			}
		}
	case kindStandard:
		for range number(1) {
			if t.args = append(t.args, id()); err != nil {
				return t, err
			}
		}
	}
	return t, err
}

// size finds out how many bytes a value of type id takes at the least, and that
// it does not hold itself.
func (w *wireTypes) size(id, depth int) error {
	if id < firstEntry {
		return nil
	}
	t := &w.list[id-firstEntry]
	if t.sized {
		if t.least < 0 {
			return fmt.Errorf("%w: type %s lies in itself", ErrInvalid, w.name(id))
		}
		return nil
	}
	if depth > w.maxDepth {
		return fmt.Errorf("%w: %d types in each other", ErrTooDeep, depth)
	}
	t.sized, t.least = true, -1
	least := 1
	switch t.kind {
	case kindArray:
		if err := w.size(t.elem, depth+1); err != nil {
			return err
		}
		if least = t.len * w.least(t.elem); t.elem == int(kindUint8) {
			least = 1
		}
	case kindNamed:
		if err := w.size(t.elem, depth+1); err != nil {
			return err
		}
		least = w.least(t.elem)
	case kindStruct:
		least = 0
		for _, f := range t.fields {
			if err := w.size(f.typ, depth+1); err != nil {
				return err
			}
			least += w.least(f.typ)
		}
	}
	if least > 1<<30 || least < 0 {
		return fmt.Errorf("%w: type %s takes %d bytes", ErrTooLarge, w.name(id), least)
	}
	w.list[id-firstEntry].least = least
	return nil
}

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
	if t.version != p.version {
		failf("%w: version %d of standard type %q, this program knows %d", ErrVersion, t.version, t.name, p.version)
	}
	args := make(map[*plan]int)
	for i, a := range p.args {
		args[a] = t.args[i]
	}
	for _, f := range p.elem.fields {
		t.fields = append(t.fields, wireField{f.name, w.typeOf(f.plan, args)})
	}
	w.list[id-firstEntry] = t
}

// typeOf returns the type that the encoder would have entered for p, with the
// arguments in place of what stands for them.
func (w *wireTypes) typeOf(p *plan, args map[*plan]int) int {
	if id, ok := args[p]; ok {
		return id
	}
	if p.kind.basic() {
		return int(p.kind)
	}
	if p.kind == kindUnpicklable {
		return 0
	}
	if id, ok := w.byPlan[p]; ok && len(args) == 0 {
		return id
	}
	id := firstEntry + len(w.list)
	if len(args) == 0 {
		if w.byPlan == nil {
			w.byPlan = make(map[*plan]int)
		}
		w.byPlan[p] = id
	} else {
		args[p] = id // in this layout only
	}
	w.charge(int(unsafe.Sizeof(wireType{})))
	w.list = append(w.list, wireType{kind: p.kind, name: p.name, version: p.version, len: p.len, states: p.states, sized: true, least: 1})
	set := func(f func(t *wireType)) { f(&w.list[id-firstEntry]) }
	switch p.kind {
	case kindPointer, kindSlice, kindOwned, kindOwnedSlice, kindArray, kindNamed:
		elem := w.typeOf(p.elem, args)
		set(func(t *wireType) { t.elem = elem })
	case kindMap:
		key, elem := w.typeOf(p.key, args), w.typeOf(p.elem, args)
		set(func(t *wireType) { t.key, t.elem = key, elem })
	case kindStruct:
		var fields []wireField
		for _, f := range p.fields {
			fields = append(fields, wireField{f.name, w.typeOf(f.plan, args)})
		}
		set(func(t *wireType) { t.fields = fields })
	case kindStandard:
		var ids []int
		for _, a := range p.args {
			ids = append(ids, w.typeOf(a, args))
		}
		set(func(t *wireType) { t.args = ids })
	}
	set(func(t *wireType) { t.sized = false })
	if err := w.size(id, 0); err != nil {
		fail(err)
	}
	return id
}

// name returns type id as it is written for people.
func (w *wireTypes) name(id int) string { return w.nameAt(id, 0) }

func (w *wireTypes) nameAt(id, depth int) string {
	if id == 0 {
		return "nil"
	}
	if id < firstEntry {
		return kind(id).String()
	}
	if depth > 8 {
		return "…"
	}
	t := &w.list[id-firstEntry]
	part := func(id int) string { return w.nameAt(id, depth+1) }
	switch t.kind {
	case kindPointer, kindOwned:
		return "*" + part(t.elem)
	case kindSlice, kindOwnedSlice:
		return "[]" + part(t.elem)
	case kindArray:
		return fmt.Sprintf("[%d]%s", t.len, part(t.elem))
	case kindMap:
		return "map[" + part(t.key) + "]" + part(t.elem)
	}
	if t.name == "" {
		return "struct"
	}
	if len(t.args) == 0 {
		return t.name
	}
	args := make([]string, len(t.args))
	for i, a := range t.args {
		args[i] = part(a)
	}
	return t.name + "[" + strings.Join(args, ", ") + "]"
}

// boxed and compact are the same as the plan's methods of those names.
func (w *wireTypes) boxed(id int) bool {
	switch t := w.get(id); t.kind {
	case kindNamed:
		return w.boxed(t.elem)
	case kindStruct, kindStandard, kindArray:
		return !w.compact(id)
	}
	return false
}

func (w *wireTypes) compact(id int) bool {
	switch t := w.get(id); t.kind {
	case kindNone, kindPointer, kindMap, kindFunc:
		return true
	case kindNamed:
		return w.compact(t.elem)
	case kindArray:
		return t.len == 0 || t.len == 1 && w.compact(t.elem)
	case kindStruct:
		return len(t.fields) == 0 || len(t.fields) == 1 && w.compact(t.fields[0].typ)
	}
	return false
}
