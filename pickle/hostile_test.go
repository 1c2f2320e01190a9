package pickle

//lint:file-ignore U1000 fields are written and read by package pickle

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// Types that hostile pickles pretend to have.
type (
	ring  struct{ next *ring }
	inner struct{ a, b int }
	outer struct {
		x int
		i inner
		v [2]inner
	}
	vast   [1 << 24]int64
	grid   [1 << 12][1 << 12]int64
	weight struct {
		gained [100]int64
	}
	mood    uint8
	cuckoo  struct{ v any }
	glutton struct{ v []int }
	bomb    struct{ n int }
	speaker interface{ Speak() }
)

// MarshalBinary writes nothing.
func (bomb) MarshalBinary() ([]byte, error) { return nil, nil }

// UnmarshalBinary panics.
func (*bomb) UnmarshalBinary(b []byte) error { panic("boom") }

// EncodeMsgpack writes whatever v is.
func (c cuckoo) EncodeMsgpack(e *msgpack.Encoder) error { return e.Encode(c.v) }

// DecodeMsgpack reads whatever is there.
func (c *cuckoo) DecodeMsgpack(d *msgpack.Decoder) (err error) {
	c.v, err = d.DecodeInterface()
	return err
}

// EncodeMsgpack writes the numbers.
func (g glutton) EncodeMsgpack(e *msgpack.Encoder) error { return e.Encode(g.v) }

// DecodeMsgpack reads numbers.
func (g *glutton) DecodeMsgpack(d *msgpack.Decoder) error { return d.Decode(&g.v) }

// Speak makes it a speaker.
func (*vast) Speak() {}

func hostileRegistry(t testing.TB) *Registry {
	r := testRegistry(t)
	for name, v := range map[string]any{
		"ring": ring{}, "inner": inner{}, "outer": outer{}, "vast": vast{}, "grid": grid{}, "weight": weight{},
		"cuckoo": cuckoo{}, "glutton": glutton{}, "bomb": bomb{},
	} {
		if err := r.Register(reflect.TypeOf(v), name); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Register(reflect.TypeFor[mood](), "mood", States("glad", "sad")); err != nil {
		t.Fatal(err)
	}
	if err := r.RegisterGlobal("nowhere", &ring{}); err != nil {
		t.Fatal(err)
	}
	r.RegisterUnnamed(reflect.TypeFor[[]none]())
	r.RegisterUnnamed(reflect.TypeFor[[]inner]())
	r.RegisterUnnamed(reflect.TypeFor[[]weight]())
	r.RegisterUnnamed(reflect.TypeFor[[]*weight]())
	r.RegisterUnnamed(reflect.TypeFor[map[none]none]())
	r.RegisterUnnamed(reflect.TypeFor[map[any]int]())
	r.RegisterUnnamed(reflect.TypeFor[*[1 << 20]int64]())
	r.RegisterUnnamed(reflect.TypeFor[*[5]inner]())
	r.RegisterUnnamed(reflect.TypeFor[*[5]int]())
	if err := Check(ring{}, In(r)); err != nil { // so that what is measured later is not this
		t.Fatal(err)
	}
	return r
}

// structure is the entry of a struct in the table of types.
func structure(name string, fields ...any) []byte {
	return joined(append([]any{kindStruct, name, 1, len(fields) / 2}, fields...)...)
}

// table makes the table of types of its entries.
func table(entries ...[]byte) []byte {
	return append(joined(len(entries)), bytes.Join(entries, nil)...)
}

const (
	t0 = firstEntry + iota
	t1
	t2
	t3
	t4
	t5
)

// TestHostile: pickles that nobody has marshalled. Each is refused for the reason
// that it says, or accepted if it says none, and neither takes more stack or memory
// than a multiple of its length.
func TestHostile(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(64 << 20))
	r := hostileRegistry(t)
	many := func(n int, b ...any) []byte { return bytes.Repeat(joined(b...), n) }
	innerEntry := structure("inner", "a", kindInt, "b", kindInt)
	deepTypes := func(n int) []byte { // each in the next
		b := joined(n+2, kindArray, 1, kindInt)
		for i := range n {
			b = append(b, joined(kindArray, 1, t0+i)...)
		}
		return append(b, structure("none", "lost", t0+n)...)
	}
	chain := joined(2 * 300_000) // of structs of one name, each of which points to the next
	for i := range 300_000 {
		chain = append(chain, joined(kindPointer, t0+2*i+1, structure("ring", "next", t0+(2*i+2)%600_000))...)
	}
	owned := func(n int) []byte { // types that lie in each other, the last of which owns the first
		b := joined(n + 2)
		for i := range n {
			b = append(b, joined(kindArray, 1, t0+i+1)...)
		}
		return append(b, append(joined(kindOwned, t0), structure("none", "lost", t0)...)...)
	}
	for _, c := range []struct {
		name        string
		types, body []byte
		err         error
	}{
		// Lengths that are not there.
		{"a slice", table(joined(kindSlice, kindInt)), joined(t0, refNew, 1<<30), ErrTruncated},
		{"a slice of bytes", table(joined(kindSlice, kindUint8)), joined(t0, refNew, 1<<30), ErrTruncated},
		{"a slice of 2³² and more", table(joined(kindSlice, t1), structure("none")), joined(t0, refNew, []byte{0xcf, 0, 0, 0, 1, 0, 0, 0, 0}), ErrTruncated},
		{"a slice of nothing", table(joined(kindSlice, t1), structure("none")), joined(t0, refNew, 1<<30), nil},
		{"a string", table(), joined(kindString, []byte{0xdb, 0xff, 0xff, 0xff, 0xff}), ErrTruncated},
		{"a map", table(joined(kindMap, kindString, kindAny)), joined(t0, refNew, 1<<30), ErrTruncated},
		{"a map of nothing", table(joined(kindMap, t1, t1), structure("none")), joined(t0, refNew, 1<<30), ErrTruncated},
		{"the way inside", table(joined(kindPointer, kindInt)), joined(t0, refInside, kindInt, refNew, 1<<30), ErrTruncated},
		{"a table", joined(1 << 30), nil, ErrTruncated},
		{"fields", joined(1, kindStruct, "inner", 1, 1<<30), nil, ErrTruncated},
		{"states", joined(1, kindNamed, "mood", 1, kindUint8, 1<<30), nil, ErrTruncated},
		{"arguments", joined(1, kindStandard, "mood", 1, 1<<30), nil, ErrTruncated},
		{"a negative length", table(joined(kindSlice, kindInt)), joined(t0, refNew, []byte{0xff}), ErrInvalid},
		{"a fraction as a length", table(joined(kindSlice, kindInt)), joined(t0, refNew, []byte{0xca, 0x3f, 0x80, 0, 0}), ErrInvalid},
		{"nil as a length", table(joined(kindSlice, kindInt)), joined(t0, refNew, []byte{0xc0}), ErrInvalid},

		// Memory that is not wanted.
		{"a vast array", table(joined(kindNamed, "vast", 1, t1, 0), joined(kindArray, 1<<24, kindInt64), joined(kindPointer, t0)), joined(t2, refNew), ErrTooLarge},
		{"an array of arrays", table(joined(kindNamed, "grid", 1, t1, 0), joined(kindArray, 1<<12, t2), joined(kindArray, 1<<12, kindInt64), joined(kindPointer, t0)), joined(t3, refNew), ErrTooLarge},
		{"an array of arrays of arrays", table(joined(kindArray, 1<<20, t1), joined(kindArray, 1<<20, t2), joined(kindArray, 1<<20, kindInt)), joined(kindBool, []byte{0xc2}), ErrTooLarge},
		{"a slice of what has gained fields", table(joined(kindSlice, t1), structure("weight")), joined(t0, refNew, 1<<24), ErrTooLarge},
		{"an unnamed array", table(joined(kindPointer, t1), joined(kindArray, 1<<20, kindInt64)), joined(t0, refNew), ErrTooLarge},
		{"many arrays", table(joined(kindSlice, t1), joined(kindPointer, t2), structure("weight")), joined(t0, refNew, 1<<16, many(1<<16, refNew)), ErrTooLarge},
		{"many types", joined(1<<20, many(1<<20, kindPointer, 1)), joined(0), ErrTooLarge},
		{"long names of lost fields", table(structure("none", strings.Repeat("n", 1<<20), t1), joined(kindArray, 1<<17, t2), joined(kindPointer, kindInt)), joined(t0, many(1<<17, refNew)), ErrTruncated},
		{"ghosts", table(structure("none", "n", t1), joined(kindOwnedSlice, t2), joined(kindPointer, kindInt)), joined(t0, 1<<18, many(1<<18, refNew), many(1<<18, kindInt)), nil},

		// Depth.
		{"types in each other", deepTypes(2000), joined(t0 + 2001), ErrTooDeep},
		{"types in each other, inside out", deepTypes(1_000_000), joined(t0+1_000_001, 1), ErrTooDeep},
		{"types that lie in each other and own each other", owned(900), joined(t0+901, many(1<<20, 1)), ErrTooDeep},
		{"interfaces in interfaces", table(), many(1<<22, kindAny), ErrInvalid},
		{"lost interfaces in interfaces", table(structure("none", "lost", kindAny)), joined(t0, many(1<<22, kindAny)), ErrInvalid},
		{"lost interfaces with a name", table(structure("none", "lost", kindAny), joined(kindNamed, "any", 1, kindAny, 0)), joined(t0, many(1<<20, t1)), ErrTooDeep},
		{"a chain of types", chain, joined(t0, refNil), nil},
		{"a type in itself", table(structure("ring", "next", t0)), joined(t0), ErrInvalid},
		{"a name for itself", table(joined(kindNamed, "mood", 1, t0, 0)), joined(t0), ErrInvalid},
		{"an array of itself", table(joined(kindArray, 0, t0)), joined(t0), ErrInvalid},
		{"a pointer to itself", table(joined(kindPointer, t0)), joined(t0), ErrUnknown},
		{"a map to itself twice", table(joined(kindMap, t0, t0)), joined(t0), ErrUnknown},
		{"a million types, twice each", func() []byte {
			b := joined(200)
			for i := range 200 {
				b = append(b, joined(kindMap, t0+min(i+1, 199), t0+min(i+1, 199))...)
			}
			return b
		}(), joined(t0), ErrUnknown},
		{"a type of itself, often", func() []byte {
			return joined(1, kindStandard, "ring", 1, 100, many(100, t0))
		}(), joined(t0), ErrUnknown},
		{"nothing, often, in many elements", table(structure("none", "lost", t1), joined(kindArray, 1<<20, t2), structure("wide", joinFields(100_000, "n", t3)...), structure("nothing")), joined(t0), nil},
		{"nothing beside something, often", table(joined(kindSlice, t1), structure("inner", append(joinFields(200_000, "n", t2), "a", kindInt)...), structure("nothing")), joined(t0, refNew, 1<<20, many(1<<20, 1)), nil},

		// Types that are not as they are called.
		{"a struct by another's name", table(joined(kindNamed, "inner", 1, kindInt, 0)), joined(t0, 1), ErrType},
		{"an alien", table(structure("alien")), joined(t0), ErrUnknown},
		{"a field of another type", table(structure("inner", "a", kindString)), joined(t0, "x"), ErrType},
		{"a field twice", table(structure("inner", "a", kindInt, "a", kindInt)), joined(t0, 1, 2), ErrInvalid},
		{"a lost field twice", table(structure("inner", "lost", kindInt, "lost", kindInt)), joined(t0, 1, 2), nil},
		{"states of another", table(joined(kindNamed, "mood", 1, kindUint8, 0)), joined(t0, 1), ErrType},
		{"no such state", table(joined(kindNamed, "mood", 1, kindUint8, 2, "glad", "sad")), joined(t0, 2), ErrInvalid},
		{"an unknown state", table(joined(kindNamed, "mood", 1, kindUint8, 2, "glad", "mad")), joined(t0, 1), ErrUnknown},
		{"an unknown standard type", table(joined(kindStandard, "inner", 1, 0)), joined(t0), ErrUnknown},
		{"an owned pointer in an interface", table(joined(kindOwned, t0)), joined(t0, many(100, 1)), ErrUnknown},
		{"a newer kind", joined(1, 99, 0), nil, ErrNewer},
		{"a type that is not there", table(joined(kindPointer, t3)), joined(t0), ErrReference},
		{"a root that is not there", table(), joined(t0), ErrReference},
		{"no type", table(joined(kindPointer, 0)), joined(t0, refNew), ErrUnknown},
		{"an unknown function", table(structure("bag", "fn", kindFunc)), joined(t0, "triple"), ErrUnknown},
		{"an unknown global", table(joined(kindPointer, t1), structure("ring")), joined(t0, refGlobal, "somewhere"), ErrUnknown},
		{"a global of another type", table(joined(kindPointer, t1), structure("inner")), joined(t0, refGlobal, "nowhere"), ErrType},
		{"a newer version", table(joined(kindStruct, "inner", 2, 0)), joined(t0), ErrVersion},
		{"too many for int8", table(), joined(kindInt8, 128), ErrType},
		{"a panic", table(joined(kindBinary, "bomb", 1)), joined(t0, ""), ErrInvalid},
		{"more in the body", table(), joined(kindInt, 1, 2), ErrTrailing},
		{"nothing", nil, nil, ErrTruncated},

		// References.
		{"an object to come", table(joined(kindPointer, kindInt)), joined(t0, refOld+1), ErrReference},
		{"an object of another type", table(joined(kindSlice, kindAny), joined(kindPointer, kindInt), joined(kindPointer, t3), innerEntry), joined(t0, refNew, 2, t1, refNew, t2, refOld+2, 1), ErrReference},
		{"a slice as a map", table(joined(kindSlice, kindAny), joined(kindMap, kindString, kindAny)), joined(t0, refNew, 1, t1, refOld+1), ErrReference},
		{"behind the end", table(joined(kindSlice, kindAny), joined(kindSlice, kindInt)), joined(t0, refNew, 2, t1, refNew, 1, t1, refOld+2, 1, 1, 1, 7), ErrReference},
		{"a capacity behind the end", table(joined(kindSlice, kindAny), joined(kindSlice, kindInt)), joined(t0, refNew, 2, t1, refNew, 1, t1, refOld+2, 0, 1, 2, 7), ErrReference},
		{"a length beyond the capacity", table(joined(kindSlice, kindAny), joined(kindSlice, kindInt)), joined(t0, refNew, 2, t1, refNew, 2, t1, refOld+2, 0, 2, 1, 7, 8), ErrReference},
		{"a global slice", table(joined(kindSlice, kindInt)), joined(t0, refGlobal, "nowhere"), ErrInvalid},
		{"part of itself", table(joined(kindPointer, t1), innerEntry), joined(t0, refInside, t1, refOld+1, 0), ErrReference},
		{"part of nothing", table(joined(kindPointer, t1), innerEntry), joined(t0, refInside, t1, refNil, 0), ErrReference},
		{"a step too far", table(joined(kindPointer, kindInt), innerEntry), joined(t0, refInside, t1, refNew, 1, 2, 1, 2), ErrReference},
		{"a step into a number", table(joined(kindPointer, kindInt), innerEntry), joined(t0, refInside, t1, refNew, 2, 0, 0, 1, 2), ErrReference},
		{"an array where one element is", // the array's first elements are what the steps through an element lead to
			table(joined(kindPointer, t1), joined(kindArray, 5, kindInt), joined(kindSlice, t3), innerEntry),
			joined(t0, refInside, t2, refNew, 5, 2, 0, 1, many(10, 1)), ErrReference},
		{"an array in what lies in another",
			table(joined(kindSlice, kindAny), structure("outer", "i", t2), innerEntry, joined(kindPointer, t2), joined(kindPointer, t5), joined(kindArray, 5, kindInt)),
			joined(t0, refNew, 2, t3, refInside, t1, refNew, 1, 0, t4, refInside, t2, refOld+2, 1, 0, 1, 2), ErrReference},
		{"an array behind the end",
			table(joined(kindPointer, t1), joined(kindArray, 5, t3), joined(kindSlice, t3), innerEntry),
			joined(t0, refInside, t2, refNew, 5, 1, 1, many(10, 1)), ErrReference},
		{"a ghost that lies in itself", table(structure("outer", "lost", t1, "x", kindInt), joined(kindPointer, t2), innerEntry, joined(kindSlice, kindAny)),
			joined(t3, refNew, 2, t0, refNew, t1, refOld+3, refInside, t2, refOld+3, 0, 1), ErrReference},
		{"ghosts in ghosts", table(structure("none", "lost", t1), joined(kindOwnedSlice, t2), joined(kindPointer, t3), innerEntry, joined(kindSlice, kindAny)),
			ghostsInGhosts(200_000), ErrTooDeep},

		// Maps.
		{"a key twice", table(joined(kindMap, kindString, kindAny)), joined(t0, refNew, 2, "a", 0, "a", 0), ErrInvalid},
		{"a key that can't be compared", table(joined(kindMap, kindAny, kindInt), joined(kindSlice, kindAny)), joined(t0, refNew, 1, t1, refNil, 1), ErrInvalid},
		{"a struct as a key twice", table(joined(kindMap, kindAny, kindInt), innerEntry), joined(t0, refNew, 2, t1, refNew, 1, t1, refNew, 2, 5, 6, 5, 6), ErrInvalid},
		{"a boxed key as itself twice", table(joined(kindMap, kindAny, kindInt), innerEntry), joined(t0, refNew, 2, t1, refNew, 1, t1, refOld+2, 2, 5, 6), ErrInvalid},
	} {
		if c.name == "many types" && strconv.IntSize == 32 {
			continue // they are small enough there
		}
		err := bounded(t, c.name, craft(c.types, c.body), In(r))
		if !errors.Is(err, c.err) || c.err != nil && err == nil {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
		}
	}
}

func joinFields(n int, name string, typ int) []any {
	all := make([]any, 0, 2*n)
	for range n {
		all = append(all, name, typ)
	}
	return all
}

// ghostsInGhosts are so many objects that a lost field has mentioned, each of which
// lies in the one before; and a pointer to the last.
func ghostsInGhosts(n int) []byte {
	b := joined(t4, refNew, 2, t0, refNew, t4, refNew, 1) // slice 1, struct 2 and slice 3
	b = append(b, joined(n+1, refNew)...)                 // the struct, of which we have lost object 4
	for i := range n {
		b = append(b, joined(refInside, t3, refOld+4+i, 0)...)
	}
	return append(b, joined(t2, refOld+4+n, 1, 2)...)
}

// bounded loads b into an any, and checks that this takes memory within bounds.
// That it takes an end, the test's own deadline checks.
func bounded(t testing.TB, name string, b []byte, options ...Option) error {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Unmarshal[any](b, options...)
	runtime.ReadMemStats(&after)
	readings := 1
	if err != nil {
		readings = 3 // two of them to find the place
	}
	// What lists leave behind as they grow is twice what they are in the end.
	used, most := after.TotalAlloc-before.TotalAlloc, uint64(readings)*uint64(2<<20+3*64*len(b))
	if used > most {
		t.Errorf("%s: %d bytes of memory for %d, at most %d", name, used, len(b), most)
	}
	if err != nil && len(err.Error()) > 10_000 {
		t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
	}
	return err
}

// TestHostileOwnForms: msgpack/v5 believes what lengths say, and follows values
// into each other until the stack is full. A type that reads its own form with it
// is given nothing that could do that.
func TestHostileOwnForms(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(64 << 20))
	r := hostileRegistry(t)
	for _, name := range []string{"cuckoo", "glutton"} {
		types := table(joined(kindBinary, name, 1))
		for _, c := range []struct {
			what string
			form []byte
			err  error
		}{
			{"five bytes that are half a gigabyte", []byte{0xdd, 0x08, 0, 0, 0}, ErrTruncated},
			{"a map", []byte{0xdf, 0x08, 0, 0, 0}, ErrTruncated},
			{"a string", []byte{0xdb, 0x7f, 0, 0, 0}, ErrTruncated},
			{"bytes", []byte{0xc6, 0x7f, 0, 0, 0}, ErrTruncated},
			{"an extension", []byte{0xc9, 0x7f, 0, 0, 0, 1}, ErrTruncated},
			{"deep", bytes.Repeat([]byte{0x91}, 1<<22), ErrTooDeep},
			{"lists that each claim all that is left", bytes.Repeat([]byte{0xdc, 0xff, 0xff}, 300_000), ErrTruncated},
			{"the same, with nothing missing for the first of them", append(bytes.Repeat([]byte{0xdc, 0x40, 0}, 900), make([]byte, 0x4000)...), ErrTruncated},
			{"maps that claim all", append(bytes.Repeat([]byte{0x81, 0xc0, 0xde, 0x20, 0}, 900), make([]byte, 0x4000)...), ErrTruncated},
			{"nothing", nil, ErrInvalid},
		} {
			body := joined(t0, []byte{0xc6}, []byte{byte(len(c.form) >> 24), byte(len(c.form) >> 16), byte(len(c.form) >> 8), byte(len(c.form))}, c.form)
			if err := bounded(t, name+", "+c.what, craft(types, body), In(r)); !errors.Is(err, c.err) {
				t.Errorf("%s, %s: %v", name, c.what, err)
			}
		}
	}
	v := []any{cuckoo{[]any{int8(1), "a", []any{}}}, glutton{[]int{1, 2, 3}}}
	b, err := Marshal(v, In(r))
	if err != nil {
		t.Fatal(err)
	}
	if w, err := Unmarshal[[]any](b, In(r)); err != nil || !reflect.DeepEqual(v, w) {
		t.Errorf("%v, %v", w, err)
	}
}

// TestDamage: a pickle of which any bit has changed, or that is cut short anywhere,
// is refused.
func TestDamage(t *testing.T) {
	r := testRegistry(t)
	a := &node{name: "a"}
	a.next = &node{name: "b", peer: a}
	v := &bag{any: point{1, 2}, m: map[string]*node{"a": a}, ints: []int{1, 2, 3}, raw: []byte("raw"), fn: double, err: errors.New("x")}
	v.more = v.ints[1:]
	b, err := Marshal(v, In(r))
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		if _, err := Unmarshal[*bag](b[:i], In(r)); !errors.Is(err, ErrTruncated) {
			t.Errorf("cut to %d of %d: %v", i, len(b), err)
		}
		for bit := range 8 {
			b[i] ^= 1 << bit
			if _, err := Unmarshal[*bag](b, In(r)); err == nil {
				t.Errorf("bit %d of byte %d does not matter", bit, i)
			}
			if i < len(b)-4 { // behind the checksum, anything can happen but a panic
				_, _ = Unmarshal[*bag](checked(bytes.Clone(b)), In(r))
			}
			b[i] ^= 1 << bit
		}
	}
	if _, err := Unmarshal[*bag](append(b, 0), In(r)); !errors.Is(err, ErrTrailing) {
		t.Errorf("with one byte more: %v", err)
	}
	for _, c := range []struct {
		b   string
		err error
	}{
		{"", ErrTruncated}, {"\xc1SL", ErrTruncated}, {"\xc1SLG\x01", ErrTruncated}, {"GLS\xc1 and so on", ErrNotPickle}, {"x", ErrNotPickle},
		{"\xc1SLG\x02\x00", ErrNewer}, {"\xc1SLG\x01\x02\x00", ErrNewer}, {"\xc1SLG\x00\x00\x00", ErrNotPickle},
		{"\xc1SLG\x01\x00\xcf\xff\xff\xff\xff\xff\xff\xff\xff", ErrInvalid}, {"\xc1SLG\x01\x00\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", ErrTruncated},
	} {
		if _, err := Unmarshal[any]([]byte(c.b)); !errors.Is(err, c.err) {
			t.Errorf("%q: %v, want %v", c.b, err, c.err)
		}
	}
}

// TestPath: an error says where, however far that is from the root.
func TestPath(t *testing.T) {
	r := testRegistry(t)
	var list *node
	for i := range 200_000 {
		list = &node{name: fmt.Sprint(i), next: list}
	}
	b, err := Marshal(list, In(r))
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-8] = 0xc1 // the last node's name
	_, err = Unmarshal[*node](checked(b), In(r))
	var e *Error
	if !errors.As(err, &e) || !strings.HasPrefix(e.Path, "*node.next.next.next") || !strings.Contains(e.Path, "….next") || len(e.Path) > 200 {
		t.Errorf("%v", err)
	}
	// A name that does not end.
	long := strings.Repeat("x", 1<<16)
	err = bounded(t, "a long name", craft(table(structure(long, long, t0+1), joined(kindNamed, long, 1, kindString, 0)), joined(t0, 5)), In(r))
	if !errors.Is(err, ErrUnknown) || len(err.Error()) > 2000 {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}

// TestWordSize: what does not fit into this machine's int is refused.
func TestWordSize(t *testing.T) {
	big := craft(table(), joined(kindInt, []byte{0xd3, 0x7f, 0, 0, 0, 0, 0, 0, 0}))
	_, err := Unmarshal[int](big)
	if strconv.IntSize == 64 && err != nil || strconv.IntSize == 32 && !errors.Is(err, ErrType) {
		t.Errorf("on %d bits: %v", strconv.IntSize, err)
	}
	_, err = Unmarshal[uintptr](craft(table(), joined(kindUintptr, []byte{0xcf, 0x80, 0, 0, 0, 0, 0, 0, 0})))
	if strconv.IntSize == 64 && err != nil || strconv.IntSize == 32 && !errors.Is(err, ErrType) {
		t.Errorf("on %d bits: %v", strconv.IntSize, err)
	}
}
