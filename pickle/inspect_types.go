package pickle

import (
	"fmt"
	"strings"
	"unsafe"
)

// maxText is about how long the text of a type is at the most: types that name
// each other can be written in a few bytes and read for ever.
const maxText = 200

// readTypes reads the table of types.
func (w *walker) readTypes() {
	ahead := reader{b: w.b, at: w.at}
	n := must(ahead.count(2))
	w.charge(n * int(unsafe.Sizeof(wireType{})))
	if err := w.types.read(&w.reader); err != nil {
		w.types.table = len(w.types.list)
		fail(err)
	}
}

// describe returns type id for people.
func (w *walker) describe(id, number int) Type {
	t := w.types.raw(id)
	if t.kind == kindStandard {
		// A program that does not link it knows only its name.
		_ = try(func() { t = w.types.get(id) })
	}
	d := Type{Number: number, Text: w.text(id), Name: t.name, Kind: t.kind.String(), Version: t.version, States: t.states}
	if t.kind == kindNamed {
		d.Of = w.text(t.elem)
	}
	w.charge(len(d.Text) + len(d.Of))
	for _, f := range t.fields {
		text := w.text(f.typ)
		w.charge(2*int(unsafe.Sizeof(Field{})) + len(text))
		d.Fields = append(d.Fields, Field{f.name, text})
	}
	return d
}

// text returns type id as Go would write it, with registered names.
func (w *walker) text(id int) string {
	if id < len(w.texts) && w.texts[id] != "" {
		return w.texts[id]
	}
	var b strings.Builder
	w.write(&b, id)
	s := b.String()
	if id < firstEntry+len(w.types.list) {
		if n := firstEntry + len(w.types.list) - len(w.texts); n > 0 {
			w.texts = append(w.texts, make([]string, n)...)
		}
		w.texts[id] = s
	}
	return s
}

// write writes type id. It writes something before it goes on to another type, so
// that it comes to an end.
func (w *walker) write(b *strings.Builder, id int) {
	switch {
	case b.Len() > maxText || id >= firstEntry+len(w.types.list):
		b.WriteString("…")
		return
	case id == 0:
		b.WriteString("nil")
		return
	case id < firstEntry:
		b.WriteString(kind(id).String())
		return
	}
	t := w.types.raw(id)
	switch t.kind {
	case kindPointer, kindOwned:
		b.WriteString("*")
		w.write(b, t.elem)
	case kindSlice, kindOwnedSlice:
		b.WriteString("[]")
		w.write(b, t.elem)
	case kindArray:
		fmt.Fprintf(b, "[%d]", t.len)
		w.write(b, t.elem)
	case kindMap:
		b.WriteString("map[")
		w.write(b, t.key)
		b.WriteString("]")
		w.write(b, t.elem)
	case kindStruct:
		if t.name != "" {
			b.WriteString(clip(t.name, maxText))
			return
		}
		b.WriteString("struct{")
		for i, f := range t.fields {
			if b.Len() > maxText {
				b.WriteString("…")
				break
			}
			if i > 0 {
				b.WriteString("; ")
			}
			b.WriteString(clip(f.name, maxText))
		}
		b.WriteString("}")
	default:
		b.WriteString(clip(t.name, maxText))
		for i, a := range t.args {
			b.WriteString([]string{"[", ", "}[min(i, 1)])
			w.write(b, a)
			if b.Len() > maxText {
				break
			}
		}
		if len(t.args) > 0 {
			b.WriteString("]")
		}
	}
}

// same reports whether two types are the same: what standard types are made of
// has other numbers than what the table lists.
func (w *walker) same(x, y int) bool {
	fuel := 100
	return w.alike(x, y, &fuel)
}

// alike is same. When its fuel is used up, it takes the rest on trust.
func (w *walker) alike(x, y int, fuel *int) bool {
	if *fuel--; x == y || *fuel < 0 {
		return true
	}
	a, b := w.types.raw(x), w.types.raw(y)
	if a.kind != b.kind || a.name != b.name || a.len != b.len || len(a.args) != len(b.args) {
		return false
	}
	switch a.kind {
	case kindPointer, kindSlice, kindArray, kindOwned, kindOwnedSlice:
		return w.alike(a.elem, b.elem, fuel)
	case kindMap:
		return w.alike(a.key, b.key, fuel) && w.alike(a.elem, b.elem, fuel)
	case kindStandard:
		for i := range a.args {
			if !w.alike(a.args[i], b.args[i], fuel) {
				return false
			}
		}
	case kindStruct:
		if a.name != "" {
			return true
		}
		if len(a.fields) != len(b.fields) {
			return false
		}
		for i := range a.fields {
			if a.fields[i].name != b.fields[i].name || !w.alike(a.fields[i].typ, b.fields[i].typ, fuel) {
				return false
			}
		}
	}
	return true
}

// isBoxed reports whether a value of type id in an interface is an object.
func (w *walker) isBoxed(id int) bool {
	if id < firstEntry {
		return false
	}
	boxed, ok := w.boxes[id]
	if !ok {
		boxed = w.types.boxed(id)
		w.charge(32)
		if w.boxes == nil {
			w.boxes = make(map[int]bool)
		}
		w.boxes[id] = boxed
	}
	return boxed
}

// skipping is how values of a type are passed over: without visiting what is
// written as nothing, nor each of a thousand structs that have one field. So the
// time that it takes grows with the bytes alone.
type skipping struct {
	core  uint32      // the type that is written in the same way, 0 if that is not known
	solid []wireField // of a struct that is its own core: the fields that are written
}

func (w *walker) skipping(id int) *skipping {
	if n := firstEntry + len(w.types.list) - len(w.skips); n > 0 {
		w.charge(n * int(unsafe.Sizeof(skipping{})))
		w.skips = append(w.skips, make([]skipping, n)...)
	}
	return &w.skips[id]
}

// core returns the type whose values are written as those of type id are.
func (w *walker) core(id int) int {
	if id < firstEntry {
		return id
	}
	if s := w.skipping(id); s.core != 0 {
		return int(s.core)
	}
	core := id
	switch t := w.types.raw(id); t.kind {
	case kindNamed:
		if t.states == nil {
			core = w.core(t.elem)
		}
	case kindArray:
		if t.len == 1 && t.elem != int(kindUint8) {
			core = w.core(t.elem)
		}
	case kindStruct:
		if solid := w.solid(id, t); len(solid) == 1 {
			core = w.core(solid[0].typ)
		}
	}
	w.skipping(id).core = uint32(core)
	return core
}

// solid returns the fields of a struct that are written as something.
func (w *walker) solid(id int, t *wireType) []wireField {
	if s := w.skipping(id).solid; s != nil || len(t.fields) == 0 {
		return s
	}
	solid := make([]wireField, 0, 4)
	for _, f := range t.fields {
		if w.types.least(f.typ) > 0 {
			solid = append(solid, f)
		}
	}
	if len(solid) == len(t.fields) {
		solid = t.fields
	} else {
		w.charge(2 * cap(solid) * int(unsafe.Sizeof(wireField{})))
	}
	w.skipping(id).solid = solid
	return solid
}
