package pickle

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/url"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// tell writes what a pickle says, one object a line.
func tell(d *Document) string {
	var b strings.Builder
	for i := range d.Len() + 1 {
		o := d.Object(i)
		fmt.Fprintf(&b, "#%d %s", i, o.Type)
		if o.Holder > 0 {
			fmt.Fprintf(&b, " in #%d%s", o.Holder, o.Way)
		}
		fmt.Fprintf(&b, ": %s\n", show(d.Value(i, 0)))
	}
	return b.String()
}

func show(n Node) string {
	var b strings.Builder
	switch n.Kind {
	case NodeNil, NodeUnread:
		return n.Kind.String()
	case NodeReference:
		return fmt.Sprintf("%s #%d%s", n.Type, n.Object, n.Text)
	case NodeString:
		return fmt.Sprintf("%q", n.Text)
	case NodeStruct, NodeList, NodeMap:
		b.WriteString("{")
		for i, p := range n.Parts {
			if i > 0 {
				b.WriteString(", ")
			}
			if p.Kind == NodeEntry {
				b.WriteString(show(p.Parts[0]) + ": ")
				p = p.Parts[1]
			}
			if p.Name != "" {
				b.WriteString(p.Name + ": ")
			}
			b.WriteString(show(p))
		}
		if n.Len > len(n.Parts) {
			fmt.Fprintf(&b, " of %d", n.Len)
		}
		b.WriteString("}")
		return b.String()
	case NodeBytes, NodeNumber, NodeBool, NodeTime:
		return n.Text
	}
	return fmt.Sprintf("%v %s", n.Kind, n.Text)
}

type phase uint8

type machine struct {
	at    phase
	next  []machine      `pickle:",owned"`
	last  *time.Duration `pickle:",owned"`
	parts []string       `pickle:"bits,owned"`
	slots []struct{}
	words []string
	wide  map[phase]any
}

func inspectRegistry(t testing.TB) *Registry {
	r := testRegistry(t)
	for _, err := range []error{
		r.Register(reflect.TypeFor[phase](), "phase", States("idle", "busy")),
		r.Register(reflect.TypeFor[machine](), "machine", Version(3)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func TestInspect(t *testing.T) {
	r := inspectRegistry(t)
	a := &node{name: "a"}
	a.next, a.peer = &node{name: "b", next: a}, a
	h := &holder{first: point{1, 2}, list: [3]point{{1, 1}, {2, 2}, {3, 3}}, buf: [8]byte{1, 2, 3, 4}}
	h.window, h.to, h.elem, h.number = h.buf[1:3], &h.first, &h.list[2], &h.point.y
	points := []point{{1, 1}, {2, 2}, {3, 3}, {4, 4}}
	ints := []int{1, 2, 3, 4, 5}
	at := time.Date(2026, 11, 24, 1, 2, 3, 4, time.UTC)
	for _, c := range []struct {
		name string
		v    any
		want string
	}{
		{"nil", nil, "#0 nil: nil\n"},
		{"basics", basics{true, -1, -2, -3, -4, -5, 1, 2, 3, 4, 5, 1.5, -2.5, 1 + 2i, -3i, "grüß", at, time.Hour},
			"#0 basics: {b: true, i: -1, i8: -2, i16: -3, i32: -4, i64: -5, u: 1, u8: 2, u16: 3, u32: 4, u64: 5, f32: 1.5, f64: -2.5, " +
				"c64: (1+2i), c: (0-3i), s: \"grüß\", t: 2026-11-24T01:02:03.000000004Z, d: 3600000000000}\n"},
		{"a cycle", a, "#0 *node: *node #1\n#1 node: {name: \"a\", next: *node #2, peer: *node #1}\n" +
			"#2 node: {name: \"b\", next: *node #1, peer: nil}\n"},
		{"inside", h, "#0 *holder: *holder #1\n" +
			"#1 holder: {point: {X: 0, y: 0}, first: {X: 1, y: 2}, list: {{X: 1, y: 1}, {X: 2, y: 2}, {X: 3, y: 3}}, " +
			"buf: 0102030400000000, window: []uint8 #1.buf[1:3], to: *point #2, elem: *point #3, number: *int #4}\n" +
			"#2 point in #1.first: {X: 1, y: 2}\n#3 point in #1.list[2]: {X: 3, y: 3}\n#4 int in #1.point.y: 0\n"},
		{"parts of a slice", []any{&points[1], points[2:], points[:2:3], &points[0].y, points, (*[3]point)(points[1:])},
			"#0 []any: []any #1\n" +
				"#1 []any: {*point #2, []point #3[2:4], []point #3[0:2:3], *int #4, []point #3, *[3]point #5}\n" +
				"#2 point in #3[1]: {X: 2, y: 2}\n#3 []point: {{X: 1, y: 1}, {X: 2, y: 2}, {X: 3, y: 3}, {X: 4, y: 4}}\n" +
				"#4 int in #3[0].y: 1\n#5 [3]point in #3[1]: {{X: 2, y: 2}, {X: 3, y: 3}, {X: 4, y: 4}}\n"},
		{"a bag", &bag{err: io.EOF, m: map[string]*node{"k": nil}, ints: ints, more: ints[1:3:4], empty: []int{}, fn: double,
			byName: map[point]string{{1, 2}: "p"}, raw: []byte("raw"), anys: []any{nest{2.5}, none{}, one{}, celsius(21), "s", int8(3)}},
			"#0 *bag: *bag #1\n" +
				"#1 bag: {any: nil, err: global io.EOF, m: map[string]*node #2, ints: []int #3, more: []int #3[1:3:4], nilly: nil, " +
				"empty: []int #4, byName: map[point]string #5, anys: []any #6, fn: func double, array: {nil, nil}, raw: []uint8 #7, anon: {A: 0, b: 0}}\n" +
				"#2 map[string]*node: {\"k\": nil}\n#3 []int: {1, 2, 3, 4, 5}\n#4 []int: {}\n#5 map[point]string: {{X: 1, y: 2}: \"p\"}\n" +
				"#6 []any: {nest #8, {}, {p: nil}, 21, \"s\", 3}\n#7 []uint8: \"raw\"\n#8 nest: {inner: 2.5}\n"},
		{"owned", &machine{at: 1, last: new(time.Duration), next: []machine{{parts: []string{"x", "y"}}}, slots: make([]struct{}, 1e6), words: []string{"\xff", ""}, wide: map[phase]any{1: phase(0)}},
			"#0 *machine: *machine #1\n" +
				"#1 machine: {at: state busy, next: {{at: state idle, next: {}, last: nil, bits: {\"x\", \"y\"}, slots: nil, words: nil, wide: nil}}, last: 0, " +
				"bits: {}, slots: []struct{} #2, words: []string #3, wide: map[phase]any #4}\n" +
				"#2 []struct{}: { of 1000000}\n#3 []string: {ff, \"\"}\n#4 map[phase]any: {state busy: state idle}\n"},
	} {
		b, err := Marshal(c.v, In(r))
		if err != nil {
			t.Fatal(c.name, err)
		}
		d, err := Inspect(b) // in a registry that knows none of this
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := tell(d); got != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want)
		}
		checkSizes(t, d, len(b))
	}
}

// checkSizes checks that the parts of a sound pickle are all of it.
func checkSizes(t *testing.T, d *Document, size int) {
	t.Helper()
	all := d.Header.Size + d.Table.Size + d.Body.Size + checksumSize
	if d.Seal != SealNone {
		all += sealSize
	}
	if d.Size != size || all != size || d.Table.Offset != d.Header.Size || d.Body.Offset != d.Header.Size+d.Table.Size {
		t.Errorf("%d bytes, header %v, types %v, body %v", size, d.Header, d.Table, d.Body)
	}
	rows, objects, bytes := 0, 0, 0
	for i := range d.Len() + 1 {
		o := d.Object(i)
		if rows += o.Size; o.Offset+o.Size > d.Body.Offset+rows {
			t.Errorf("object %d is at %d, %d bytes", i, o.Offset, o.Size)
		}
	}
	for _, typ := range d.Types {
		objects, bytes = objects+typ.Objects, bytes+typ.Bytes
	}
	if root := d.Object(0); rows != d.Body.Size || objects != d.Len() || bytes+root.Size != rows {
		t.Errorf("%d objects of %d, %d bytes in rows, %d by type and %d of the root, of %d", objects, d.Len(), rows, bytes, root.Size, d.Body.Size)
	}
}

func TestInspectTypes(t *testing.T) {
	r := inspectRegistry(t)
	b, err := Marshal([]any{&machine{}, &machine{}, new(int), pair2[int, string]{}, celsius(1), &url1}, In(r))
	if err != nil {
		t.Fatal(err)
	}
	d, err := Inspect(b)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(d.Types)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"text":"machine","name":"machine","kind":"struct","version":3,"fields":[{"name":"at","type":"phase"},{"name":"next","type":"[]machine"},{"name":"last","type":"*int64"},` +
			`{"name":"bits","type":"[]string"},{"name":"slots","type":"[]struct{}"},{"name":"words","type":"[]string"},{"name":"wide","type":"map[phase]any"}],"objects":2,`,
		`"text":"phase","name":"phase","kind":"named","version":1,"of":"uint8","states":["idle","busy"],"objects":0,"bytes":0}`,
		`"text":"celsius","name":"celsius","kind":"named","version":1,"of":"float64","objects":0,"bytes":0}`,
		`{"number":0,"text":"int","kind":"int","objects":1,"bytes":1}`,
		`"text":"url","name":"url","kind":"binary","version":1,"objects":1,"bytes":23}`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

func TestInspectSeal(t *testing.T) {
	r := inspectRegistry(t)
	key, other := []byte("one"), []byte("another")
	b, err := Marshal(&node{name: "n"}, In(r), WithKey(key))
	if err != nil {
		t.Fatal(err)
	}
	plain, _ := Marshal(&node{name: "n"}, In(r))
	changed := bytes.Clone(b)
	changed[len(b)-sealSize-checksumSize-1] ^= 1
	for _, c := range []struct {
		name string
		b    []byte
		o    []Option
		seal Seal
		err  error
	}{
		{"no key", b, nil, SealUnchecked, nil},
		{"the key", b, []Option{WithKey(other), WithKey(key)}, SealGood, nil},
		{"another key", b, []Option{WithKey(other)}, SealWrong, ErrKey},
		{"changed", changed, []Option{WithKey(key)}, SealWrong, ErrSeal},
		{"changed, no key", changed, nil, SealUnchecked, ErrChecksum},
		{"no seal", plain, []Option{WithKey(key)}, SealNone, ErrUnsealed},
	} {
		d, err := Inspect(c.b, c.o...)
		if !errors.Is(err, c.err) || d.Seal != c.seal || (d.KeyID == "") != (c.seal == SealNone) {
			t.Errorf("%s: seal %s of key %q, %v", c.name, d.Seal, d.KeyID, err)
		}
		if d.Len() < 1 {
			t.Errorf("%s: %d objects", c.name, d.Len())
		}
	}
}

// TestInspectDamage: whatever has happened to the bytes, what can be read is.
func TestInspectDamage(t *testing.T) {
	for name, b := range graphs(t) {
		for i := range b {
			checkInspect(t, b[:i])
			if _, err := Inspect(b[:i]); err == nil {
				t.Errorf("%s: %d bytes of %d are a pickle", name, i, len(b))
			}
			for bit := range 8 {
				c := bytes.Clone(b)
				c[i] ^= 1 << bit
				d := checkInspect(t, c)
				if _, err := Inspect(c); err == nil {
					t.Errorf("%s: bit %d of byte %d is changed and nobody sees it", name, bit, i)
				}
				if i >= d.Header.Size && i < len(b)-checksumSize {
					checkInspect(t, checked(c))
				}
			}
		}
	}
}

// checked gives a pickle without a seal the checksum that it should have.
func checked(b []byte) []byte {
	b = bytes.Clone(b)
	end := len(b) - checksumSize
	binary.BigEndian.PutUint32(b[end:], crc32.Checksum(b[:end], castagnoli))
	return b
}

// graphs are pickles of many kinds of graph.
func graphs(t testing.TB) map[string][]byte {
	r := inspectRegistry(t)
	h := &holder{first: point{1, 2}}
	h.window, h.to, h.number = h.buf[1:3], &h.first, &h.point.y
	ints := []int{1, 2, 300}
	a := &node{name: "a"}
	a.next = &node{name: "b", next: a}
	all := make(map[string][]byte)
	for name, v := range map[string]any{
		"holder":  h,
		"cycle":   a,
		"basics":  basics{c: 1, s: "s"},
		"machine": &machine{next: []machine{{at: 1}, {}}, last: new(time.Duration), words: []string{"w"}, wide: map[phase]any{1: nest{nest{1}}}},
		"bag": &bag{any: one{a}, err: fmt.Errorf("x: %w", io.EOF), m: map[string]*node{"a": a}, ints: ints, more: ints[:1],
			byName: map[point]string{{}: "x"}, anys: []any{1, &url1, none{}, &ints[1]}, fn: double, raw: []byte{1, 2}},
	} {
		b, err := Marshal(v, In(r))
		if err != nil {
			t.Fatal(name, err)
		}
		all[name] = b
	}
	return all
}

var url1 = url.URL{Scheme: "https", Host: "example.org", Path: "/x"}

// checkInspect inspects bytes from anywhere, looks at all there is, and checks
// what must be so in any case.
func checkInspect(t testing.TB, b []byte) *Document {
	t.Helper()
	d, err := Inspect(b)
	if d == nil {
		t.Fatal("no document")
	}
	if err != nil {
		var e *Error
		if !errors.As(err, &e) || e.Op != "inspect" || e.Offset < 0 || e.Offset > len(b) {
			t.Fatalf("%#v of %d bytes", err, len(b))
		}
		if strings.Contains(err.Error(), "panic") {
			t.Fatalf("%v\n%x", err, b)
		}
	}
	for _, typ := range d.Types {
		if len(typ.Text) > 10*maxText {
			t.Fatalf("%d bytes tell a type", len(typ.Text))
		}
	}
	for i := range d.Len() + 1 {
		o := d.Object(i)
		v := d.Value(i, 3)
		if err == nil && unread(v) {
			t.Fatalf("no error, and object %d is not read: %v\n%x", i, show(v), b)
		}
		if o.Offset > len(b) || o.Size < 0 {
			t.Fatalf("object %+v in %d bytes", o, len(b))
		}
	}
	return d
}

// unread reports whether something in n could not be read.
func unread(n Node) bool {
	if n.Kind == NodeUnread {
		return true
	}
	for _, p := range n.Parts {
		if unread(p) {
			return true
		}
	}
	return false
}

// craft makes a pickle of any table of types and any body.
func craft(types, body []byte) []byte {
	b := append([]byte(magic), formatVersion, 0)
	var length bytes.Buffer
	if err := msgpack.NewEncoder(&length).EncodeUint(uint64(len(types) + len(body))); err != nil {
		panic(err)
	}
	b = append(append(append(b, length.Bytes()...), types...), body...)
	return checked(append(b, 0, 0, 0, 0))
}

func joined(parts ...any) []byte {
	var b bytes.Buffer
	e := msgpack.NewEncoder(&b)
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			_ = e.EncodeUint(uint64(p))
		case kind:
			_ = e.EncodeUint(uint64(p))
		case string:
			_ = e.EncodeString(p)
		case []byte:
			b.Write(p)
		}
	}
	return b.Bytes()
}

// TestInspectHostile: pickles that nobody has marshalled.
func TestInspectHostile(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(64 << 20))
	// Types that are made of many of the next.
	wide := []byte{100}
	for i := range 100 {
		wide = append(wide, joined(kindStandard, "s", 1, 50)...)
		for range 50 {
			wide = append(wide, joined(firstEntry+min(i+1, 99))...)
		}
	}
	// Structs of many structs of nothing.
	empty := []byte{10}
	for i := range 9 {
		empty = append(empty, joined(kindStruct, "e", 1, 100)...)
		for range 100 {
			empty = append(empty, joined("f", firstEntry+i+1)...)
		}
	}
	empty = append(empty, joined(kindStruct, "e", 1, 0)...)
	// A struct in a struct and so on, the last of which owns the first.
	deep := joined(900)
	for i := range 899 {
		deep = append(deep, joined(kindStruct, "d", 1, 1, "f", firstEntry+i+1)...)
	}
	deep = append(deep, joined(kindOwned, firstEntry)...)
	// One byte each, and each would be many nodes.
	slice := []byte{3}
	slice = append(slice, joined(kindSlice, firstEntry+1)...)
	slice = append(slice, joined(kindStruct, "m", 1, 1001, "n", kindInt)...)
	for range 1000 {
		slice = append(slice, joined("f", firstEntry+2)...)
	}
	slice = append(slice, joined(kindStruct, "e", 1, 0)...)

	for _, c := range []struct {
		name string
		b    []byte
		err  error
	}{
		{"wide types", craft(wide, []byte{0}), nil},
		{"wide types, which are unknown", craft(wide, []byte{firstEntry}), ErrUnknown},
		{"nothing, often", craft(empty, []byte{firstEntry}), nil},
		{"deep", craft(deep, joined(firstEntry, bytes.Repeat([]byte{1}, 1<<20))), ErrTooDeep},
		{"an interface in an interface", craft([]byte{0}, bytes.Repeat([]byte{byte(kindAny)}, 1<<22)), ErrTooDeep},
		{"many types", craft(joined(1<<20, bytes.Repeat(joined(kindPointer, 1), 1<<20)), []byte{0}), ErrTooLarge},
		{"many nodes", craft(slice, joined(firstEntry, 1, 1<<20, bytes.Repeat([]byte{7}, 1<<20))), nil},
		{"many objects", craft(joined(2, kindSlice, firstEntry+1, kindPointer, 1), joined(firstEntry, 1, 1<<20, bytes.Repeat([]byte{1}, 1<<20), bytes.Repeat([]byte{0xc2}, 1<<20))), nil},
		{"a slice that is not there", craft(joined(1, kindSlice, 2), joined(firstEntry, 1, 1<<31-1)), ErrTruncated},
		{"no such object", craft(joined(1, kindPointer, 2), joined(firstEntry, 9)), ErrReference},
		{"another type", craft(joined(3, kindStruct, "s", 1, 2, "a", firstEntry+1, "b", firstEntry+2, kindPointer, kindInt, kindPointer, kindBool), joined(firstEntry, 1, 4, 1)), ErrReference},
		{"no such state", craft(joined(1, kindNamed, "s", 1, kindInt, 1, "on"), joined(firstEntry, 1)), ErrInvalid},
		{"too large for its type", craft([]byte{0}, joined(kindUint8, 300)), ErrType},
		{"a type in itself", craft(joined(1, kindStruct, "s", 1, 1, "f", firstEntry), joined(0)), ErrInvalid},
		{"more", craft([]byte{0}, joined(0, 0)), ErrTrailing},
		{"a newer kind", craft(joined(2, kindPointer, 1, 99), joined(0)), ErrNewer},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d, err := Inspect(c.b)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", c.name, err)
		}
		checked := min(d.Len(), 10)
		for i := range checked + 1 {
			d.Value(i, 0)
		}
		runtime.ReadMemStats(&after)
		// The limit of the document, of the values, and what is left behind as lists grow.
		if used, most := after.TotalAlloc-before.TotalAlloc, uint64(8<<20+(2*64+128*(checked+2))*len(c.b)); used > most {
			t.Errorf("%s: %d bytes of memory for %d, at most %d", c.name, used, len(c.b), most)
		}
	}
}

// TestInspectLimits: a document and its values stay within the memory they may
// have, and lists are cut rather than refused.
func TestInspectLimits(t *testing.T) {
	r := inspectRegistry(t)
	b, err := Marshal([]any{make([]int, 1e5), strings.Repeat("x", 1e5), bytes.Repeat([]byte{1}, 1e5)}, In(r))
	if err != nil {
		t.Fatal(err)
	}
	d, err := Inspect(b, WithLimits(Limits{Memory: 20_000}))
	if err != nil {
		t.Fatal(err)
	}
	if v := d.Value(2, 0); v.Len != 1e5 || len(v.Parts) == 0 || len(v.Parts)*nodeSize > 20_000 {
		t.Errorf("%d of %d", len(v.Parts), v.Len)
	}
	if v := d.Value(1, 2).Parts; len(v) != 2 || v[1].Len != 1e5 || v[1].Text != strings.Repeat("x", 128) {
		t.Errorf("%+v", v)
	}
	if v := d.Value(3, 2); v.Len != 1e5 || v.Text != strings.Repeat("01", 128) {
		t.Errorf("%+v", v)
	}
	if _, err := Inspect(b, WithLimits(Limits{Memory: 100})); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	if d, err := Inspect(b, WithLimits(Limits{Bytes: 100})); !errors.Is(err, ErrTooLarge) || d.Format != formatVersion {
		t.Error(err)
	}
}

func TestInspectErrorsSayWhere(t *testing.T) {
	table := joined(2, kindStruct, "worker", 1, 2, "n", kindInt, "jobs", firstEntry+1, kindSlice, kindString)
	b := craft(table, joined(firstEntry, 7, 1, 2, "fine", []byte{0xc1}))
	_, err := Inspect(b)
	want := fmt.Sprintf("pickle: inspect at byte %d, #1, []string[1]: invalid pickle", len(b)-checksumSize-1)
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	b = b[:len(b)-checksumSize-1]
	_, err = Inspect(b)
	want = fmt.Sprintf("pickle: inspect at byte %d: truncated: %[1]d bytes, it says that it has %d; it can be read up to byte %[1]d, #1, []string[1]: truncated", len(b), len(b)+5)
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func FuzzInspect(f *testing.F) {
	for _, b := range graphs(f) {
		f.Add(b)
	}
	f.Add(craft([]byte{0}, []byte{0}))
	f.Fuzz(func(t *testing.T, b []byte) {
		checkInspect(t, b)
		if len(b) > len(magic)+2+checksumSize {
			checkInspect(t, checked(b))
		}
	})
}
