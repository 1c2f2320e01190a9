package pickle

import (
	"cmp"
	"reflect"
	"slices"
	"unsafe"
)

// Objects can lie inside each other: a pointer leads to a field of a struct that
// another pointer leads to, two slices share an array, a slice is of an array in
// a struct. Such memory is one region. It belongs to the object that holds all of
// it, the region's own; the others are written as the way to them from there.
//
// Of an array under slices, a region has what lies between the first element that
// something shows and the last: a slice shows its elements, but not what it has
// room for, a pointer what it leads to. What nothing shows in between is hidden. It
// is what the program has left behind there, and is written as zeros.

// A span is a slice that shows its array to be longer than its elements.
type span struct {
	slice sliceHeader
	plan  *plan // the array's
}

// A region is memory that an object shares with others inside it.
type region struct {
	start, end uintptr
	at         unsafe.Pointer
	plan       *plan  // of the object that holds it all
	n          uint32 // if that is the array under slices: elements
	hidden     []gap  // if so: what nothing shows, in order
}

// A gap is memory from start to end.
type gap struct{ start, end uintptr }

func (r region) equal(q region) bool {
	return r.start == q.start && r.end == q.end && r.at == q.at && r.plan == q.plan && r.n == q.n && slices.Equal(r.hidden, q.hidden)
}

// An extent is the memory of an object.
type extent struct {
	start, end uintptr // end: of what is seen of it
	most       uintptr // end of what it is known to have
	at         unsafe.Pointer
	plan       *plan
}

// findRegions finds the regions of what was just written. It reports whether they
// are other than those that the encoder knew of.
func (e *encoder) findRegions() bool {
	if !e.mayOverlap() {
		return false
	}
	extents := e.extents()
	slices.SortFunc(extents, func(a, b extent) int {
		if c := cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.most, a.most)); c != 0 {
			return c
		}
		return cmp.Or(rank(a.plan)-rank(b.plan), cmp.Compare(b.end, a.end))
	})
	var found []region
	for i := 0; i < len(extents); {
		x := extents[i]
		shared := false
		nothing := ^uintptr(0) // where the first slice of nothing begins that may be outside
		shown := x.end         // all up to there is shown or hidden
		var hidden []gap
		for i++; i < len(extents) && extents[i].start < x.most; i++ {
			y := extents[i]
			switch {
			case y.plan == x.plan && y.start == x.start:
				// The same slice again, or with another length.
				shared = shared || y.end != x.end
			case y.end == y.start:
				nothing = min(nothing, y.start)
			default:
				shared = true
			}
			e.absorb(&x, y)
			if y.end == y.start {
				continue // it shows nothing
			}
			if y.start > shown {
				hidden = append(hidden, gap{shown, y.start})
			}
			shown = max(shown, y.end)
		}
		if x.end == x.start || !shared && nothing >= x.end {
			continue
		}
		r := region{start: x.start, end: x.end, at: x.at, plan: x.plan}
		if x.plan.kind == kindArrayOfSlice {
			r.n = uint32((x.end - x.start) / x.plan.elem.size)
			if r.hidden = hidden; shown < x.end { // the rest of an element
				r.hidden = append(r.hidden, gap{shown, x.end})
			}
		}
		found = append(found, r)
	}
	again := !slices.EqualFunc(found, e.regions, region.equal)
	e.regions = found
	if !again && e.short {
		failf("a slice of which not all elements are seen: %w", ErrUnpicklable)
	}
	return again
}

// absorb makes y part of x, or fails if x can't hold it. Arrays of the same elements
// are parts of one that has all, which is an array under slices.
func (e *encoder) absorb(x *extent, y extent) {
	if x.beside(&y) {
		x.most = max(x.most, y.most)
		if x.plan.kind != kindArrayOfSlice {
			x.plan = e.of.plan(reflect.SliceOf(x.plan.elements().typ)).target
		}
	}
	n, end := uint32(0), y.end
	if x.plan.kind == kindArrayOfSlice {
		if y.end > y.start {
			x.end = max(x.end, min(y.end, x.most))
		}
		size := x.plan.elem.size
		x.end = x.start + (x.end-x.start+size-1)/size*size
		n = uint32((x.end - x.start) / size)
	}
	if y.plan.kind == kindArrayOfSlice {
		end = min(end, x.end) // it may show more than there is to hold it
	}
	if _, ok := way(x.plan, n, y.start-x.start, y.plan); !ok || end > x.end {
		failf("memory that is both %v and part of %v: %w", y.plan.typ, x.plan.typ, ErrUnpicklable)
	}
}

// beside reports whether x and y are arrays of the same elements, or such an array
// and a part of it.
func (x *extent) beside(y *extent) bool {
	elem := x.plan.elements()
	return elem != nil && elem == y.plan.elements() && (y.start-x.start)%elem.size == 0
}

// mayOverlap reports whether objects of the plans that were met can lie inside
// each other at all. Mostly they can't, and nothing needs to be looked at.
func (e *encoder) mayOverlap() bool {
	if len(e.spans) > 0 {
		return true
	}
	for _, p := range e.met {
		elem := p.elements()
		if elem != nil && e.notes[p.index].count > 1 {
			return true
		}
		if !p.holder {
			continue
		}
		for _, q := range e.met {
			if p == q {
				continue
			}
			if of := q.elements(); p.holds(q) || of != nil && p.holdsArray(of) {
				return true
			}
		}
	}
	return false
}

// extents returns the memory of all objects that could share it.
func (e *encoder) extents() []extent {
	all := make([]extent, 0, e.objects.len+len(e.spans))
	for i := 1; i <= e.objects.len; i++ {
		o := e.objects.get(i)
		p := e.notes[o.plan].plan
		size := p.size
		switch p.kind {
		case kindContent:
			continue
		case kindArrayOfSlice:
			size = p.elem.size * uintptr(o.n)
			if r := e.regionOf(o.at); r != nil && r.holder(p, o.at) {
				// It shows nothing by itself: all slices into it are among the spans.
				all = append(all, extent{r.start, r.start, r.end, o.at, p})
				continue
			}
		}
		if start := uintptr(o.at); size > 0 {
			all = append(all, extent{start, start + size, start + size, o.at, p})
		}
	}
	for _, s := range e.spans {
		start, size := uintptr(s.slice.at), s.plan.elem.size
		all = append(all, extent{start, start + uintptr(s.slice.len)*size, start + uintptr(s.slice.cap)*size, s.slice.at, s.plan})
	}
	return all
}

// regionOf returns the region that an address lies in, nil if in none.
func (e *encoder) regionOf(at unsafe.Pointer) *region {
	i, found := slices.BinarySearchFunc(e.regions, uintptr(at), func(r region, a uintptr) int { return cmp.Compare(r.start, a) })
	if !found {
		i--
	}
	if i < 0 || uintptr(at) >= e.regions[i].end {
		return nil
	}
	return &e.regions[i]
}

// holder reports whether an object is the one that holds the region.
func (r *region) holder(p *plan, at unsafe.Pointer) bool { return r.at == at && r.plan == p }

// inside mentions an object, for the first time, as part of the region that it
// lies in. It reports false if it is in none, or holds it.
func (e *encoder) inside(target *plan, to unsafe.Pointer, number int) bool {
	r := e.regionOf(to)
	if r == nil || target.kind == kindContent || r.holder(target, to) {
		return false
	}
	steps, ok := way(r.plan, r.n, uintptr(to)-r.start, target)
	if !ok {
		return false // a zero-size object beside the region, say
	}
	e.objects.setN(number, placed)
	e.uint(refInside)
	e.holder(r)
	e.steps(steps)
	return true
}

// insideSlice mentions a slice whose array lies in a region.
func (e *encoder) insideSlice(p *plan, s sliceHeader) bool {
	r := e.regionOf(s.at)
	if r == nil {
		return false
	}
	steps, ok := way(r.plan, r.n, uintptr(s.at)-r.start, p.target)
	if !ok {
		return false
	}
	from, n := steps[len(steps)-1], 0
	if inner := follow(r.plan, steps[:len(steps)-1]); inner.kind == kindArray {
		n = inner.len
	} else {
		n = int(r.n)
	}
	// The region is known only by the slices into it, this one too.
	e.spans = append(e.spans, span{s, p.target})
	if s.len > n-from { // it has not been seen whole yet, and is in the next pass
		e.short = true
		s.len = n - from
	}
	e.uint(refInside)
	e.holder(r)
	e.steps(steps[:len(steps)-1])
	e.part(from, s, n)
	return true
}

// holder mentions the object that holds a region, with its type.
func (e *encoder) holder(r *region) {
	p := r.plan
	if p.kind == kindArrayOfSlice {
		p = e.of.plan(p.typ)
	}
	e.uint(uint64(e.typeID(p)))
	number, isNew := e.put(r.plan, r.at, r.n)
	if !isNew {
		e.uint(uint64(refOld + number))
		return
	}
	e.uint(refNew)
	if r.plan.kind == kindArrayOfSlice {
		e.uint(uint64(r.n))
	}
}

func (e *encoder) steps(steps []int) {
	e.uint(uint64(len(steps)))
	for _, s := range steps {
		e.uint(uint64(s))
	}
}

// way returns the steps from a value of p, of n elements if it is the array under
// slices, to the target at an offset in it: the number of a field or an element
// each. The last step to the array under a slice is its first element.
func way(p *plan, n uint32, offset uintptr, target *plan) (steps []int, ok bool) {
	for {
		if p == target && offset == 0 && p.kind != kindArrayOfSlice {
			return steps, true
		}
		switch p.kind {
		case kindArray, kindArrayOfSlice:
			size := p.elem.size
			if size == 0 {
				return nil, false
			}
			i := int(offset / size)
			steps = append(steps, i)
			if target.kind == kindArrayOfSlice && target.elem == p.elem && offset%size == 0 {
				return steps, true
			}
			has := int(n)
			if p.kind == kindArray {
				has = p.len
			}
			if target.elements() == p.elem && offset%size == 0 && i+target.length() <= has {
				return steps, true // a part of it seen as an array
			}
			p, offset = p.elem, offset%size
		case kindNamed:
			p = p.elem
		case kindStruct:
			i := slices.IndexFunc(p.fields, func(f field) bool {
				return f.offset <= offset && offset < f.offset+f.plan.size
			})
			if i < 0 {
				return nil, false
			}
			steps = append(steps, i)
			p, offset = p.fields[i].plan, offset-p.fields[i].offset
		default:
			return nil, false
		}
	}
}

// follow returns the plan to which steps lead from p.
func follow(p *plan, steps []int) *plan {
	for {
		if p.kind == kindNamed {
			p = p.elem
			continue
		}
		if len(steps) == 0 {
			return p
		}
		if p.kind == kindStruct {
			p = p.fields[steps[0]].plan
		} else {
			p = p.elem
		}
		steps = steps[1:]
	}
}
