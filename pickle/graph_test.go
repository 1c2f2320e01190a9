package pickle

//lint:file-ignore U1000 fields are written and read by package pickle

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// The types of the graphs that the tests pickle.
type (
	point struct{ X, y int }

	basics struct {
		b   bool
		i   int
		i8  int8
		i16 int16
		i32 int32
		i64 int64
		u   uint
		u8  uint8
		u16 uint16
		u32 uint32
		u64 uint64
		f32 float32
		f64 float64
		c64 complex64
		c   complex128
		s   string
		t   time.Time
		d   time.Duration
	}

	node struct {
		name string
		next *node
		peer *node
	}

	holder struct {
		point
		first  point
		list   [3]point
		buf    [8]byte
		window []byte
		to     *point
		elem   *point
		number *int
	}

	bag struct {
		any    any
		err    error
		m      map[string]*node
		ints   []int
		more   []int
		nilly  []int
		empty  []int
		byName map[point]string
		anys   []any
		fn     func(int) int
		array  [2]*node
		raw    []byte
		anon   struct{ A, b int }
	}

	celsius         float64
	pair2[A, B any] struct {
		a A
		b B
	}
	nest struct{ inner any }
	one  struct{ p *node }
	none struct{}
)

func double(n int) int { return 2 * n }

func testRegistry(t testing.TB) *Registry {
	t.Helper()
	r := NewRegistry()
	for name, v := range map[string]any{
		"point": point{}, "basics": basics{}, "node": node{}, "holder": holder{}, "bag": bag{},
		"celsius": celsius(0), "pair": pair2[int, string]{}, "url": url.URL{}, "nest": nest{}, "one": one{}, "none": none{},
	} {
		if err := r.Register(reflect.TypeOf(v), name); err != nil {
			t.Fatal(err)
		}
	}
	r.RegisterUnnamed(reflect.TypeFor[*[3]point]())
	r.RegisterUnnamed(reflect.TypeFor[[]point]())
	if err := r.RegisterFunc("double", double); err != nil {
		t.Fatal(err)
	}
	return r
}

// again pickles v and loads it, and checks that pickling what was loaded gives
// the same bytes.
func again[T any](t *testing.T, r *Registry, v T) T {
	t.Helper()
	b, err := Marshal(v, In(r))
	if err != nil {
		t.Fatal(err)
	}
	w, err := Unmarshal[T](b, In(r))
	if err != nil {
		t.Fatalf("%v\n%x", err, b)
	}
	b2, err := Marshal(w, In(r))
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != string(b2) {
		t.Errorf("pickled again it is different:\n%q\n%q", b, b2)
	}
	return w
}

func TestBasics(t *testing.T) {
	r := testRegistry(t)
	at := time.Date(2026, 11, 24, 1, 2, 3, 4, time.UTC)
	for _, v := range []basics{
		{},
		{true, -1, -2, -3, -4, -5, 1, 2, 3, 4, 5, 1.5, -2.5, 1 + 2i, -3i, "grüß", at, time.Hour},
		{i: math.MinInt, i8: math.MinInt8, i16: math.MinInt16, i32: math.MinInt32, i64: math.MinInt64},
		{i: math.MaxInt, i8: math.MaxInt8, i16: math.MaxInt16, i32: math.MaxInt32, i64: math.MaxInt64,
			u: math.MaxUint, u8: math.MaxUint8, u16: math.MaxUint16, u32: math.MaxUint32, u64: math.MaxUint64},
		{f32: float32(math.Inf(1)), f64: math.Copysign(0, -1), s: strings.Repeat("x", 70000)},
	} {
		w := again(t, r, v)
		if !w.t.Equal(v.t) {
			t.Errorf("time %v, want %v", w.t, v.t)
		}
		w.t = v.t
		if w != v {
			t.Errorf("%+v, want %+v", w, v)
		}
	}
	for _, v := range []any{nil, true, 1, int8(2), uint64(3), 2.5, "s", []any{1, "a", nil, []any{}}, map[string]any{"a": 1, "b": []byte("x")},
		point{1, 2}, &point{3, 4}, celsius(21), time.Duration(5), pair2[int, string]{1, "b"}, io.EOF, nest{nest{nest{3}}}, none{}, nest{none{}}, nest{one{}}} {
		if d, ok := v.(time.Duration); ok {
			_, err := Marshal([]any{d}, In(r))
			if !errors.Is(err, ErrUnregistered) {
				t.Errorf("an unregistered named type in an interface: %v", err)
			}
			continue
		}
		w := again(t, r, []any{v})
		if !reflect.DeepEqual(w, []any{v}) {
			t.Errorf("%#v, want %#v", w, v)
		}
	}
}

func TestSharing(t *testing.T) {
	r := testRegistry(t)
	a := &node{name: "a"}
	b := &node{name: "b", next: a, peer: a}
	a.next, a.peer = b, a
	w := again(t, r, a)
	if w.next.next != w || w.next.peer != w || w.peer != w || w.next.name != "b" {
		t.Error("the cycle is not as it was")
	}

	u := &url.URL{Scheme: "https", Host: "example.org", Path: "/x"}
	m := map[string]*node{"a": a, "b": b, "nil": nil}
	v := &bag{any: m, m: m, ints: []int{1, 2, 3, 4, 5}, empty: []int{}, err: fmt.Errorf("at %d: %w", 3, io.EOF),
		byName: map[point]string{{1, 2}: "p", {0, 0}: "o"}, fn: double, array: [2]*node{b, nil}, raw: []byte("raw")}
	v.more = v.ints[1:3:4]
	v.anys = []any{v, one{a}, u, v.ints[4:], v.fn == nil}
	v.anon.A, v.anon.b = 1, 2
	x := again(t, r, v)
	if x.any.(map[string]*node)["a"] != x.m["a"] || x.m["b"] != x.array[0] || x.anys[1].(one).p != x.m["a"] {
		t.Error("nodes are not shared")
	}
	x.any.(map[string]*node)["new"] = nil
	if len(x.m) != 4 {
		t.Error("the map is not shared")
	}
	x.ints[2], x.ints[4] = 30, 50
	if x.more[1] != 30 || len(x.more) != 2 || cap(x.more) != 3 || x.anys[3].([]int)[0] != 50 {
		t.Errorf("slices do not share: %v %v %v", x.ints, x.more, x.anys[3])
	}
	if x.nilly != nil || x.empty == nil || !errors.Is(x.err, io.EOF) || x.err.Error() != "at 3: EOF" || x.fn(4) != 8 {
		t.Errorf("%+v", x)
	}
	if *x.anys[2].(*url.URL) != *u || x.anys[0] != any(x) || x.byName[point{1, 2}] != "p" || x.anon != v.anon {
		t.Errorf("%+v", x)
	}
}

// TestInside: pointers to fields and elements, slices of arrays in structs.
func TestInside(t *testing.T) {
	r := testRegistry(t)
	for _, first := range []string{"outer", "inner"} {
		h := &holder{first: point{1, 2}, list: [3]point{{1, 1}, {2, 2}, {3, 3}}, buf: [8]byte{1, 2, 3, 4}}
		h.window, h.to, h.elem, h.number = h.buf[1:3], &h.first, &h.list[2], &h.point.y
		root := []any{h, h.elem, h.to, h.number, &h.list, h.list[1:], &h.point}
		if first == "inner" {
			root = []any{&h.point, h.list[1:], &h.list, h.number, h.to, h.elem, h}
		}
		w := again(t, r, root)
		if first == "inner" {
			for i := range 3 {
				w[i], w[6-i] = w[6-i], w[i]
			}
		}
		x := w[0].(*holder)
		x.first.X, x.list[2].y, x.buf[2], x.point.y, x.list[1].X = 10, 20, 30, 40, 50
		if x.to != &x.first || x.elem != &x.list[2] || x.window[1] != 30 || cap(x.window) != 7 || *x.number != 40 ||
			w[4].(*[3]point) != &x.list || w[5].([]point)[0].X != 50 || w[6].(*point) != &x.point {
			t.Errorf("%s first: %+v", first, x)
		}
	}
	// Pointers to elements of a slice, whose owner comes last.
	s := []point{{1, 1}, {2, 2}, {3, 3}}
	w := again(t, r, []any{&s[1], s[2:], s[:2], &s[0].y})
	all := w[2].([]point)
	if w[0].(*point) != &all[1] || &w[1].([]point)[0] != &all[:3][2] || w[3].(*int) != &all[0].y {
		t.Error("elements are not where they were")
	}
	// A slice, a longer one of the same array, and a slice of no elements of it.
	n := []int{1, 2, 3, 4}
	v := again(t, r, [][]int{n[:1], n[:3], n[:0], n[1:2:2], {}, nil})
	v[1][0], v[1][1] = 10, 20
	if v[0][0] != 10 || v[3][0] != 20 || &v[2][:1][0] != &v[1][0] || v[4] == nil || v[5] != nil || cap(v[3]) != 1 {
		t.Error(v)
	}
}

// TestLong: a list of a million nodes needs no stack.
func TestLong(t *testing.T) {
	r := testRegistry(t)
	n := 1_000_000
	if testing.Short() {
		n = 100_000
	}
	defer debug.SetMaxStack(debug.SetMaxStack(1 << 20))
	var list *node
	for range n {
		list = &node{next: list}
	}
	w := again(t, r, list)
	for ; w != nil; w = w.next {
		n--
	}
	if n != 0 {
		t.Errorf("%d nodes are missing", n)
	}
	var deep any
	for range 100_000 {
		deep = nest{deep}
	}
	again(t, r, []any{deep})
}

func TestRefused(t *testing.T) {
	r := testRegistry(t)
	type unknown struct{ n int }
	if err := r.Register(reflect.TypeFor[pair2[any, error]](), "any pair"); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range []struct {
		v    any
		path string
		err  error
	}{
		{make(chan int), "chan int", ErrUnpicklable},
		{&bag{m: map[string]*node{}, any: &pair2[any, error]{a: []any{1, os.Stdout}}}, `*pickle.bag.any.(*pickle.pair2[interface {},error]).a.([]interface {})[1]`, ErrUnregistered},
		{&bag{fn: func(i int) int { return i + n }}, "*pickle.bag.fn", ErrUnregistered},
		{[]any{unknown{}}, "[]interface {}[0]", ErrUnregistered},
		{map[string]any{"k": &unknown{}}, "map[string]interface {}[k]", ErrUnregistered},
		{[]any{struct{ A int }{}}, "[]interface {}[0]", ErrUnregistered},
	} {
		_, err := Marshal(c.v, In(r))
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, c.err) || e.Path != c.path {
			t.Errorf("%T: %v", c.v, err)
		}
		if again := Check(c.v, In(r)); again == nil || again.Error() != err.Error() {
			t.Errorf("Check says %v", again)
		}
	}
}

// TestLongPath: a path that is long is shown by its ends, and found in no time.
func TestLongPath(t *testing.T) {
	r := NewRegistry()
	type link struct {
		next *link
		c    any
	}
	if err := r.Register(reflect.TypeFor[link](), "link"); err != nil {
		t.Fatal(err)
	}
	list := &link{c: []any{one{}}}
	for range 100_000 {
		list = &link{next: list}
	}
	_, err := Marshal(list, In(r))
	var e *Error
	want := "*pickle.link" + strings.Repeat(".next", 5) + "…" + strings.Repeat(".next", 17) + ".c.([]interface {})[0]"
	if !errors.As(err, &e) || e.Path != want {
		t.Errorf("%v", err)
	}
}

// TestRegionsSettle: what is known of a region does not go away with the pass that
// makes use of it.
func TestRegionsSettle(t *testing.T) {
	r := testRegistry(t)
	h := &holder{buf: [8]byte{1, 2, 3}}
	w := again(t, r, append(make([]any, 0, 4), h.buf[:], h))
	w[0].([]byte)[1] = 20
	if w[1].(*holder).buf[1] != 20 {
		t.Error("the slice and the array are apart")
	}
}

// handle is a pointer and nothing else, which an interface holds itself.
type handle struct {
	e none
	p *node
}

// TestDirect: what an interface holds itself, though it has a field beside.
func TestDirect(t *testing.T) {
	r := testRegistry(t)
	if err := r.Register(reflect.TypeFor[handle](), "handle"); err != nil {
		t.Fatal(err)
	}
	n := &node{name: "n"}
	w := again(t, r, []any{handle{p: n}, n, nest{handle{}}})
	if w[0].(handle).p != w[1].(*node) {
		t.Error("the node is not shared")
	}
}
