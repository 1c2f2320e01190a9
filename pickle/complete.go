package pickle

import (
	"fmt"
	"reflect"
	"slices"
	"unsafe"
)

// Some things can be done only when everything has been read: an upgrade may look
// at what the old value leads to, a map finds its keys by what is in them, and an
// image is loaded when its parts are right. Such a completion belongs to the row,
// or the root, in which it was met. It is done after those in what it leads to
// and in what lies in it.

// A completion is one of lateUpgrade, lateMap, lateImage or lateWord, and where it
// was met.
type completion struct {
	row int
	do  interface{ complete(d *decoder) error }
}

// A lateUpgrade makes of n old values, one behind the other, the program's.
type lateUpgrade struct {
	reading  *reading
	old, new unsafe.Pointer
	n        int
}

// A lateMap is the entries of a map whose keys or elements were not complete.
type lateMap struct {
	reading *reading
	of      unsafe.Pointer
	entries []lateEntry
}

type lateEntry struct{ key, elem reflect.Value }

// A lateImage is an image in which something was to be completed first.
type lateImage struct {
	image    *Image
	of, from unsafe.Pointer
}

// A lateWord is what an interface is to hold itself, of a type that is nothing but a
// pointer now, and had more in the pickle: there it is an object, whose row is yet to
// come. It is known when all has been read, unless it is upgraded.
type lateWord struct {
	words *[2]unsafe.Pointer // of the interface
	of    unsafe.Pointer     // the object
}

func (w *lateWord) complete(*decoder) error {
	w.words[1] = *(*unsafe.Pointer)(w.of)
	return nil
}

// words does all lateWords.
func (d *decoder) words() {
	if !d.shrunk {
		return
	}
	for _, c := range d.completions {
		if w, ok := c.do.(*lateWord); ok {
			_ = w.complete(d)
		}
	}
}

// completionSize is about what a completion takes.
const completionSize = 64

// complete does what had to wait until everything was read.
//
// What interfaces are to hold comes first, as what else is done may look at it; in
// order, if it was upgraded; and last, if the upgrade came later as it leads there.
func (d *decoder) complete() error {
	d.words()
	for _, c := range d.inOrder() {
		d.current = c.row
		if err := c.do.complete(d); err != nil {
			return err
		}
	}
	d.words()
	for _, c := range d.loading.checks {
		if at, err := c.run(); err != nil {
			d.current = at.row
			return err
		}
	}
	return nil
}

// late inserts a completion before those that were met in its value, which began
// when there were so many.
func (d *decoder) late(begin int, do interface{ complete(d *decoder) error }) {
	d.charge(completionSize)
	d.completions = slices.Insert(d.completions, begin, completion{d.current, do})
}

func (u *lateUpgrade) complete(*decoder) error {
	r := u.reading
	for i := range uintptr(u.n) {
		from := unsafe.Add(u.old, i*r.old.plan.size)
		for k, step := range r.chain {
			to := unsafe.Add(u.new, i*r.plan.size)
			if k+1 < len(r.chain) {
				to = reflect.New(step.new).UnsafePointer()
			}
			if err := step.apply(from, to); err != nil {
				return fmt.Errorf("upgrade from version %d to %v: %w", step.from, step.new, err)
			}
			from = to
		}
	}
	return nil
}

// upgrade reads n values of an old version, which are upgraded when all has been
// read.
func (d *decoder) upgrade(r *reading, at unsafe.Pointer, n int) {
	begin := len(d.completions)
	var old unsafe.Pointer
	if n == 1 {
		old = d.alloc(r.old.plan)
		d.structure(r.old, old)
	} else {
		if r.empty {
			d.chargeFor(n, completionSize) // they take no bytes, and time
		}
		old = d.allocArray(reflect.SliceOf(r.old.plan.typ), r.old.plan, n)
		d.elements(r.old, old, n)
	}
	d.late(begin, &lateUpgrade{r, old, at, n})
}

func (m *lateMap) complete(d *decoder) error {
	for _, e := range m.entries {
		d.insert(m.reading, m.of, e.key, e.elem)
	}
	return nil
}

func (m *lateImage) complete(d *decoder) error { return m.image.load(&d.loading, m.of, m.from) }

// A mention is a row and an object that it mentions.
type mention struct{ from, to uint32 }

// mentions notes that the row that is read mentions an object, if that matters: if
// something is to be upgraded after what it leads to.
func (d *decoder) mentions(number int) {
	if d.ordered {
		d.charge(int(unsafe.Sizeof(mention{})))
		d.mentioned = append(d.mentioned, mention{uint32(d.current), uint32(number)})
	}
}

// upgrades reports whether the pickle has a type in a version that the program
// has an upgrade from.
func (d *decoder) upgrades() bool {
	for i := range d.types.list {
		t := &d.types.list[i]
		if n := d.of.names[t.name]; n != nil && t.kind == kindStruct && t.version < n.version && len(n.upgrades) > 0 {
			return true
		}
	}
	return false
}

// inOrder returns the completions in the order in which they are to be done: a
// row's after those of the rows that it leads to, unless they lead back to it, and
// in a row the inner before the outer.
func (d *decoder) inOrder() []completion {
	all := d.completions
	if !d.ordered || len(all) < 2 {
		slices.Reverse(all)
		return all
	}
	d.charge(len(all)*int(unsafe.Sizeof(completion{})) + 24*(d.objects.len+2))
	of := make([]uint32, d.objects.len+1) // behind a row's last; those of a row were met together
	for i, c := range all {
		of[c.row] = uint32(i + 1)
	}
	// Depth first, without recursion: next is the mention at which a row goes on.
	first := d.sortMentions()
	next := slices.Clone(first[:len(first)-1])
	seen := make([]bool, len(next))
	ordered := make([]completion, 0, len(all))
	var stack []uint32
	for i := range all {
		root := all[i].row
		if seen[root] {
			continue
		}
		seen[root] = true
		stack = append(stack, uint32(root))
		for len(stack) > 0 {
			row := stack[len(stack)-1]
			if next[row] < first[row+1] {
				to := d.mentioned[next[row]].to
				next[row]++
				if !seen[to] {
					seen[to] = true
					stack = append(stack, to)
				}
				continue
			}
			stack = stack[:len(stack)-1]
			for i := int(of[row]) - 1; i >= 0 && all[i].row == int(row); i-- {
				ordered = append(ordered, all[i])
			}
		}
	}
	return ordered
}

// sortMentions sorts the mentions by row, and returns where each row's begin.
func (d *decoder) sortMentions() (first []uint32) {
	slices.SortStableFunc(d.mentioned, func(a, b mention) int { return int(a.from) - int(b.from) })
	first = make([]uint32, d.objects.len+2)
	for _, m := range d.mentioned {
		first[m.from+1]++
	}
	for i := range first[1:] {
		first[i+1] += first[i]
	}
	return first
}
