package pickle

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"unsafe"
)

// A Document is a pickle as it describes itself. Types and sizes are read at once;
// what the objects hold is read when [Document.Value] asks for it, so that the
// Document of a large pickle is small. It keeps the bytes that it was made of, and
// is used by one goroutine at a time.
type Document struct {
	Format int    // version of the format; 0 if there is none
	Size   int    // bytes, in all
	Seal   Seal   // whether it is sealed, and if that was checked, the outcome
	KeyID  string // tells the key that sealed it from others, in hexadecimal
	Header Section
	Table  Section // the table of types
	Body   Section // the root and the objects
	// Types are those of the table, in its order, then those of objects that need
	// no entry in it.
	Types []Type

	walker *walker
	index  map[int]int // of types, by the number they have in the walker
}

// A Seal says what is known of a pickle's seal.
type Seal string

// What can be known of a seal.
const (
	SealNone      Seal = "none"
	SealUnchecked Seal = "unchecked" // there is one, and no key was given
	SealGood      Seal = "good"
	SealWrong     Seal = "wrong" // of another key, or of other bytes
)

// A Section is a part of a pickle, in bytes.
type Section struct {
	Offset int `json:"offset"`
	Size   int `json:"size"`
}

// A Type is a type of a pickle.
type Type struct {
	// Number is by what the pickle refers to the type; 0 if it is not in the table.
	Number  int      `json:"number"`
	Text    string   `json:"text"`           // as Go writes it, with registered names
	Name    string   `json:"name,omitempty"` // that it is registered by
	Kind    string   `json:"kind"`           // "struct", "pointer", "standard" and so on
	Version int      `json:"version,omitempty"`
	Of      string   `json:"of,omitempty"` // what a named type is made of
	Fields  []Field  `json:"fields,omitempty"`
	States  []string `json:"states,omitempty"`
	Objects int      `json:"objects"` // of this type
	Bytes   int      `json:"bytes"`   // that their rows take
}

// A Field is a field of a struct.
type Field struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// An Object is what can be referred to: what a pointer points to, the array under
// slices, a map, a struct in an interface.
type Object struct {
	Number int    `json:"number"` // from 1; 0 is the root
	Type   string `json:"type"`   // of an array under slices or a map: the slice's or the map's
	// Index is the type's in [Document.Types], -1 if it is not there.
	Index int `json:"-"`
	// Offset is where its row begins, -1 if damage kept it from being found.
	Offset int `json:"offset"`
	Size   int `json:"size"`
	// Holder and Way say where an object is that lies in another: it has no row.
	Holder int    `json:"holder,omitempty"`
	Way    string `json:"way,omitempty"` // as in ".jobs[3]"
}

// Inspect reads a pickle without the program that wrote it: nothing is made of
// what it tells of. The types of this module's packages are known if they are
// linked, all others the pickle describes.
//
// If there is an error, which is an [*Error], the Document has what could be read
// in spite of it. That includes a pickle that is cut short, whose bytes have
// changed, or whose seal is wrong: beware of what such a Document says. It may be
// given bytes from anywhere, like [Unmarshal]; Limits.Memory bounds the Document,
// and each value that it is asked for, whose default is twice as large.
func Inspect(pickle []byte, options ...Option) (*Document, error) {
	var c config
	c.apply(options)
	d := &Document{Size: len(pickle), Seal: SealNone, index: make(map[int]int)}
	d.walker = &walker{budget: c.limits.Memory}
	w := d.walker
	w.limits, w.memory = c.limits, c.limits.Memory
	if w.memory == 0 {
		w.memory = 1<<20 + 64*min(len(pickle), math.MaxInt/256)
		w.budget = 2 * w.memory
	}
	w.vocabulary = newVocabulary(c.registry.snapshot(), c.limits.Depth)
	w.types.charge = w.charge

	at, _, err := open(pickle, &c)
	var outside *Error
	if err != nil {
		outside = &Error{Op: "inspect", Offset: at, Err: err}
	}
	known := d.header(pickle, len(c.keys) > 0, err)
	if !known || errors.Is(err, ErrTooLarge) {
		if outside == nil { // a format that open knows and this does not
			outside = &Error{Op: "inspect", Offset: len(magic), Err: ErrNewer}
		}
		return d, outside
	}
	inside := d.read(pickle)
	switch {
	case outside == nil && inside == nil:
		return d, nil
	case outside == nil:
		return d, inside
	case inside != nil:
		where := "the types"
		if inside.Path != "" {
			where = inside.Path
		}
		outside.Err = fmt.Errorf("%w; it can be read up to byte %d, %s: %w", outside.Err, inside.Offset, where, inside.Err)
	}
	return d, outside
}

// header notes what the outside of a pickle says, as far as it is there. It
// reports whether there is something inside that this program can read. Err is
// what [open] had against it.
func (d *Document) header(b []byte, keys bool, err error) (known bool) {
	d.Header.Size = min(len(b), len(magic)+2)
	if len(b) < len(magic)+2 || !strings.HasPrefix(string(b[:len(magic)]), magic) {
		return false
	}
	d.Format = int(b[len(magic)])
	flags := b[len(magic)+1]
	if d.Format != formatVersion || flags&^flagSealed != 0 {
		return false
	}
	r := reader{b: b, at: len(magic) + 2}
	length, lengthErr := r.length()
	if lengthErr != nil {
		return false
	}
	d.Header.Size = r.at
	end := len(b)
	if length < uint64(end-r.at) {
		end = r.at + int(length)
	}
	d.Body = Section{r.at, end - r.at}
	if flags&flagSealed != 0 {
		switch {
		case errors.Is(err, ErrSeal) || errors.Is(err, ErrKey):
			d.Seal = SealWrong
		case !keys || errors.Is(err, ErrTruncated):
			d.Seal = SealUnchecked
		default:
			d.Seal = SealGood
		}
		if at := end + checksumSize; at+keyIDSize <= len(b) {
			d.KeyID = hex.EncodeToString(b[at : at+keyIDSize])
		}
	}
	return true
}

// read reads the types and the body.
func (d *Document) read(b []byte) *Error {
	w := d.walker
	w.b, w.at = b[:d.Body.Offset+d.Body.Size], d.Body.Offset
	err := try(w.readTypes)
	d.Table = Section{d.Body.Offset, w.at - d.Body.Offset}
	d.Body.Offset, d.Body.Size = w.at, len(w.b)-w.at
	if err == nil {
		err = try(w.readBody)
	}
	w.stop = w.at
	failed := &Error{Op: "inspect", Offset: w.at, Err: err}
	if full := try(d.listTypes); err == nil && full != nil {
		failed.Err = full
	}
	switch {
	case failed.Err == nil && w.flaw == nil:
		return nil
	case failed.Err == nil:
		return w.flaw
	case err != nil && len(w.rows) > 0:
		failed.Path = d.title(w.current) + d.Value(w.current, 0).broken()
	}
	return failed
}

// listTypes makes the list of types, and counts the objects of each.
func (d *Document) listTypes() {
	w := d.walker
	type kindAndText struct {
		kind kind
		text string
	}
	like := make(map[kindAndText]int) // where the first such type stands
	enter := func(id, number int) int {
		i := len(d.Types)
		w.charge(2 * int(unsafe.Sizeof(Type{})))
		d.Types = append(d.Types, w.describe(id, number))
		if k := (kindAndText{w.types.raw(id).kind, w.text(id)}); like[k] == 0 {
			like[k] = i + 1
		}
		d.index[id] = i
		return i
	}
	// Of a table that is broken off, types may refer to some that are not there.
	for i := range min(w.types.table, len(w.types.list)) {
		enter(firstEntry+i, firstEntry+i)
	}
	for number := 1; number < len(w.rows); number++ {
		id := int(w.rows[number].wire)
		i, ok := d.index[id]
		if !ok {
			if i = like[kindAndText{w.types.raw(id).kind, w.text(id)}] - 1; i >= 0 {
				d.index[id] = i
			} else {
				i = enter(id, 0)
			}
		}
		d.Types[i].Objects++
		d.Types[i].Bytes += w.size(number)
	}
}

// Len returns how many objects the pickle has, or mentions as far as it could be
// read.
func (d *Document) Len() int { return max(len(d.walker.rows)-1, 0) }

// Object returns an object; number 0 is the root. It panics if there is none of
// that number.
func (d *Document) Object(number int) Object {
	w := d.walker
	if number == 0 && len(w.rows) == 0 {
		return Object{Type: "nil", Index: -1, Offset: -1}
	}
	r := &w.rows[number]
	o := Object{Number: number, Type: w.text(int(r.wire)), Index: -1, Offset: r.at, Size: w.size(number)}
	if i, ok := d.index[int(r.wire)]; ok && number > 0 {
		o.Index = i
	}
	if number == 0 && o.Offset >= 0 {
		o.Size += o.Offset - d.Body.Offset // its type
		o.Offset = d.Body.Offset
	}
	if way, ok := w.ways[number]; ok {
		o.Holder, o.Way = way.holder, w.wayText(way)
	}
	return o
}

// Value returns what an object holds; number 0 is the root. Of lists and maps it
// has the first most elements, all if most is 0; of strings and bytes 64 times as
// many bytes. What could not be read is [NodeUnread].
func (d *Document) Value(number, most int) Node {
	var n Node
	w := d.walker
	if number == 0 && len(w.rows) == 0 {
		return n
	}
	w.memory, w.most = w.budget, most
	w.at, w.replay, w.depth, w.level = w.rows[number].at, int(w.rows[number].next), 0, 0
	if w.at >= 0 {
		// What fails has failed before, and has been reported.
		_ = try(func() { w.readRow(number, &n) })
	}
	return n
}

// title names an object in messages.
func (d *Document) title(number int) string {
	if number == 0 {
		return "the root"
	}
	return fmt.Sprintf("#%d, %s", number, d.walker.text(int(d.walker.rows[number].wire)))
}

// try returns what f fails with.
func try(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			err = r.err
		default:
			err = fmt.Errorf("%w: panic: %v", ErrInvalid, r)
		}
	}()
	f()
	return nil
}
