package pickle

import "unsafe"

// A ghost is an object that only fields that the program has lost have mentioned
// so far. It is passed over, and read later if somebody mentions it after all.
type ghost struct {
	wire    int
	content bool // it is the array under a slice or the content of a map of that type
	n       int
	passed  bool
	at      int // where its row begins; if it is placed, where the way to it is
	next    int // the number of the first new object from there
}

// haunt makes a ghost.
func (d *decoder) haunt(g ghost) {
	number, known := d.fresh(object{n: uint32(g.n)})
	if known {
		return
	}
	d.charge(64 + int(unsafe.Sizeof(g)))
	if d.ghosts == nil {
		d.ghosts = make(map[int]*ghost)
	}
	d.ghosts[number] = &g
}

// materialize makes the object of a ghost that somebody wants after all.
func (d *decoder) materialize(r *reading, number int) unsafe.Pointer {
	g := d.ghosts[number]
	content := r.kind == kindContent || r.kind == kindArrayOfSlice && d.types.get(r.wire).kind == kindSlice
	if g == nil || g.content != content || !d.types.same(g.wire, r.wire) || r.plan.kind == kindUnpicklable {
		failf("%w: object %d is not a %v", ErrReference, number, r.plan.typ)
	}
	if r.kind == kindArrayOfSlice && !content && g.n != placed {
		g.n = d.types.get(r.wire).len
	}
	if g.n == placed {
		// What it lies in may be a ghost that lies in another, but not in itself.
		d.objects.set(number, object{nil, r.index, placed})
		at, replay := d.at, d.replay
		d.at, d.replay = g.at, g.next
		d.enter()
		to := d.insidePointer(r)
		d.depth--
		d.objects.set(number, object{to, r.index, placed})
		d.at, d.replay = at, replay
		return to
	}
	to := d.object(r, g.n)
	d.objects.set(number, object{to, r.index, uint32(g.n)})
	if g.passed {
		d.again = append(d.again, number)
	}
	return to
}

// passOver reads the row of a ghost.
func (d *decoder) passOver(number int) {
	g := d.ghosts[number]
	if g.n == placed { // it is written with what it lies in
		return
	}
	g.passed, g.at, g.next = true, d.at, d.objects.len+1
	switch t := d.types.get(g.wire); {
	case g.content && t.kind == kindSlice:
		d.skipElements(t.elem, g.n)
	case g.content:
		least := d.types.least(t.key) + d.types.least(t.elem)
		if n := d.length(); least > 0 || n > 1 {
			if n > d.left()/max(least, 1) {
				failf("%w: %d entries of %d bytes or more, %d bytes are left", ErrTruncated, n, least, d.left())
			}
			for range n {
				d.skip(t.key)
				d.skip(t.elem)
			}
		}
	default:
		d.skip(g.wire)
	}
}

// skip passes over a value of a type that the program has lost. Objects that it
// mentions become ghosts.
func (d *decoder) skip(id int) {
	// What lies in each other is not deep, nor is what owns each other. Both may be.
	if d.levels++; d.levels > 16*d.limits.Depth {
		failf("%w: %d values in each other", ErrTooDeep, d.levels)
	}
	d.skipValue(id)
	d.levels--
}

func (d *decoder) skipValue(id int) {
	t := d.types.get(id)
	switch t.kind {
	case kindNone:
		d.code(0xc0)
		d.at++
	case kindBool:
		d.bool()
	case kindInt, kindInt8, kindInt16, kindInt32, kindInt64:
		d.int()
	case kindUint, kindUint8, kindUint16, kindUint32, kindUint64, kindUintptr:
		d.uint()
	case kindFloat32:
		d.float32()
	case kindFloat64:
		d.float64()
	case kindComplex64:
		d.float32()
		d.float32()
	case kindComplex128:
		d.float64()
		d.float64()
	case kindString, kindTime, kindBinary:
		must(d.bytes())
	case kindFunc:
		if d.left() > 0 && d.b[d.at] == 0xc0 {
			d.at++
			return
		}
		must(d.bytes())
	case kindAny:
		if held := d.typeID(); held != 0 {
			if held == int(kindAny) {
				failf("%w: an interface in an interface", ErrInvalid)
			}
			if d.types.boxed(held) {
				d.skipMention(held, false)
			} else {
				d.skip(held)
			}
		}
	case kindPointer:
		d.skipMention(t.elem, false)
	case kindMap, kindSlice:
		d.skipMention(id, true)
	case kindArray:
		d.skipElements(t.elem, t.len)
	case kindNamed:
		d.skip(t.elem)
	case kindStruct, kindStandard:
		for _, f := range t.full {
			d.skip(f.typ)
		}
	case kindOwned:
		if d.length() != 0 {
			d.enter()
			d.skip(t.elem)
			d.depth--
		}
	case kindOwnedSlice:
		n := must(d.count(d.leastOf(t.elem)))
		d.enter()
		d.skipElements(t.elem, n)
		d.depth--
	}
}

func (d *decoder) skipElements(id, n int) {
	if id == int(kindUint8) {
		must(d.bytes())
		return
	}
	if d.types.least(id) == 0 {
		return
	}
	for range n {
		d.skip(id)
	}
}

// skipMention passes over the mention of an object: of type id, or the content of
// a map or the array under a slice of that type.
func (d *decoder) skipMention(id int, content bool) {
	isSlice := content && d.types.get(id).kind == kindSlice
	switch ref := d.length(); ref {
	case refNil:
	case refGlobal:
		must(d.bytes())
	case refNew:
		n := 0
		if isSlice {
			n = d.skipCount(id)
		}
		d.haunt(ghost{wire: id, content: content, n: n})
	case refInside:
		if !isSlice {
			d.haunt(ghost{wire: id, n: placed, at: d.at, next: d.objects.len + 2})
		}
		holder := d.typeID()
		holderSlice := d.types.get(holder).kind == kindSlice
		if ref := d.length(); ref != refNew {
			d.number(ref)
		} else {
			n := 0
			if holderSlice {
				n = d.skipCount(holder)
			}
			d.haunt(ghost{wire: holder, content: holderSlice, n: n})
		}
		for range must(d.count(1)) {
			d.length()
		}
		if isSlice {
			d.skipPart()
		}
	default:
		d.number(ref)
		if isSlice {
			d.skipPart()
		}
	}
}

func (d *decoder) skipPart() {
	d.length()
	d.length()
	d.length()
}

// skipCount reads how many elements the array under a slice of type id has.
func (d *decoder) skipCount(id int) int {
	n := d.length()
	if uint64(n) >= placed {
		failf("%w: %d elements", ErrTooLarge, n)
	}
	return n
}
