package pickle

import "slices"

// This file has what can be told of a type from what it is made of.

// empty reports whether values of p are written as nothing at all.
func (p *plan) empty() bool {
	switch p.kind {
	case kindStruct:
		if p.image != nil {
			return p.elem.empty()
		}
		return !slices.ContainsFunc(p.fields, func(f field) bool { return !f.plan.empty() })
	case kindArray:
		return p.elem.kind != kindUint8 && (p.len == 0 || p.elem.empty())
	case kindNamed:
		return p.elem.empty()
	}
	return false
}

// refers reports whether values of p can mention objects or types.
func (p *plan) refers() bool {
	switch p.kind {
	case kindPointer, kindSlice, kindMap, kindAny, kindOwned, kindOwnedSlice, kindStandard, kindUnpicklable:
		return true
	case kindNamed, kindArray:
		return p.elem.refers()
	case kindStruct:
		return p.image != nil || slices.ContainsFunc(p.fields, func(f field) bool { return f.plan.refers() })
	}
	return false
}

// boxed reports whether a value of p in an interface is an object: a struct or an
// array is, unless it is nothing but a pointer or nothing at all.
func (p *plan) boxed() bool {
	switch p.kind {
	case kindNamed:
		return p.elem.boxed()
	case kindStruct, kindStandard, kindArray:
		return !p.compact()
	}
	return false
}

// compact reports whether p is nothing but a pointer, or nothing at all. What Go
// keeps in an interface itself, instead of a pointer to it, is always compact.
func (p *plan) compact() bool {
	switch p.kind {
	case kindPointer, kindMap, kindFunc, kindUnpicklable:
		return true
	case kindNamed:
		return p.elem.compact()
	case kindArray:
		return p.len == 0 || p.len == 1 && p.elem.compact()
	case kindStruct:
		if p.image != nil {
			return p.elem.compact()
		}
		full := 0
		for _, f := range p.fields {
			if f.plan.empty() {
				continue
			}
			if full++; full > 1 || !f.plan.compact() {
				return false
			}
		}
		return true
	}
	return false
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
		full := 0
		for _, f := range t.fields {
			if w.least(f.typ) == 0 {
				continue
			}
			if full++; full > 1 || !w.compact(f.typ) {
				return false
			}
		}
		return true
	}
	return false
}

// nameable reports whether p can be told by what a pickle says of it: by a name
// that it is registered by, or as made of such types.
func (p *plan) nameable() bool {
	switch p.kind {
	case kindUnpicklable, kindFunc:
		return false
	case kindStruct, kindNamed, kindBinary:
		return p.name != ""
	case kindStandard:
		return !slices.ContainsFunc(p.args, func(a *plan) bool { return !a.nameable() })
	case kindPointer, kindSlice, kindArray:
		return p.typ.Name() == "" && p.elem.nameable()
	case kindMap:
		return p.typ.Name() == "" && p.key.nameable() && p.elem.nameable()
	case kindAny:
		return p.typ == anyType
	}
	return p.typ.PkgPath() == "" || p.kind == kindTime
}

// holds reports whether a value of p has a value of q in its memory.
func (p *plan) holds(q *plan) bool {
	if !p.holder {
		return false
	}
	if p.kind == kindStruct {
		for _, f := range p.fields {
			if f.plan == q || f.plan.holds(q) {
				return true
			}
		}
		return false
	}
	return p.elem == q || p.elem.holds(q)
}

// holdsArray reports whether a value of p has an array of elem in its memory.
func (p *plan) holdsArray(elem *plan) bool {
	switch p.kind {
	case kindArray:
		return p.elem == elem || p.elem.holdsArray(elem)
	case kindArrayOfSlice:
		return p.elem.holdsArray(elem)
	case kindNamed:
		return p.elem.holdsArray(elem)
	}
	return slices.ContainsFunc(p.fields, func(f field) bool { return f.plan.holdsArray(elem) })
}

// elements returns what values of p have one behind the other: of an array, be it
// under slices or one that has a name, its elements. Of others and of elements that
// take no memory it returns nil.
func (p *plan) elements() *plan {
	for p.kind == kindNamed {
		p = p.elem
	}
	if (p.kind == kindArray || p.kind == kindArrayOfSlice) && p.elem.size > 0 {
		return p.elem
	}
	return nil
}

// length returns how many elements an array has.
func (p *plan) length() int {
	for p.kind == kindNamed {
		p = p.elem
	}
	return p.len
}

// rank orders plans of objects that begin and end together: the holder first.
func rank(p *plan) int {
	switch p.kind {
	case kindStruct:
		if len(p.fields) == 0 {
			return 0
		}
		least := 0
		for _, f := range p.fields {
			least = min(least, rank(f.plan))
		}
		return least - 1
	case kindArray:
		return rank(p.elem)*4 - 2
	case kindArrayOfSlice:
		return rank(p.elem)*4 - 1
	case kindNamed:
		return rank(p.elem) - 1
	}
	return 0
}
