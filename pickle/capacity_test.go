package pickle

//lint:file-ignore U1000 fields are written and read by package pickle

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
)

// told is again, for a pickle that Inspect has to understand, too.
func told[T any](t *testing.T, r *Registry, v T) T {
	t.Helper()
	b, err := Marshal(v, In(r))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Inspect(b); err != nil {
		t.Errorf("inspect: %v", err)
	}
	checkInspect(t, b)
	return again(t, r, v)
}

// TestHidden: what no slice shows by its length, and no pointer leads to, is not in
// the pickle. If something is shown behind it, zeros are in its place.
func TestHidden(t *testing.T) {
	r := testRegistry(t)
	type secrets struct{ p, q point }
	if err := r.Register(reflect.TypeFor[secrets](), "secrets"); err != nil {
		t.Fatal(err)
	}
	r.RegisterUnnamed(reflect.TypeFor[*int]())
	r.RegisterUnnamed(reflect.TypeFor[[][]int]())
	r.RegisterUnnamed(reflect.TypeFor[[]*node]())
	r.RegisterUnnamed(reflect.TypeFor[[]secrets]())
	x := []int{1, 2, 3, 77, 5, 6}
	b := []byte{1, 2, 3, 77, 5, 6}
	n := []*node{{name: "a"}, {name: "covert"}, {name: "c"}}
	s := []secrets{{point{1, 1}, point{77, 77}}, {point{77, 77}, point{4, 77}}}
	for _, c := range []struct {
		name string
		v    any
		want any
		caps []int
	}{
		{"two of nothing", [][]int{x[3:3:5], x[4:4:5]}, [][]int{{}, {}}, []int{0, 0}},
		{"nothing, then something", [][]int{x[3:3:5], x[4:5:5]}, [][]int{{}, {5}}, []int{2, 1}},
		{"something, then nothing", [][]int{x[2:3:5], x[4:4:5]}, [][]int{{3}, {}}, []int{1, 0}},
		{"a gap", [][]int{x[2:3:5], x[4:5:6]}, [][]int{{3}, {5}}, []int{3, 1}},
		{"a gap of bytes", []any{b[2:3:5], b[4:5:6]}, []any{[]byte{3}, []byte{5}}, []int{3, 1}},
		{"an element that a pointer leads to", []any{&x[4], x[2:2:6]}, []any{&x[4], []int{}}, []int{-1, 3}},
		{"pointers in a gap", []any{n[:1:3], n[2:]}, []any{n[:1], n[2:]}, []int{3, 1}},
		{"half an element", []any{s[:0:2], &s[1].q.X, &s[0].p}, []any{s[:0], &s[1].q.X, &s[0].p}, []int{2, -1, -1}},
	} {
		w := reflect.ValueOf(told(t, r, []any{c.v})[0])
		if !reflect.DeepEqual(w.Interface(), c.want) {
			t.Errorf("%s: %v, want %v", c.name, w, c.want)
		}
		for i, most := range c.caps {
			v := w.Index(i)
			if v.Kind() == reflect.Interface {
				v = v.Elem()
			}
			if v.Kind() == reflect.Slice && v.Cap() != most {
				t.Errorf("%s: slice %d has a capacity of %d, want %d", c.name, i, v.Cap(), most)
			}
		}
		p, err := Marshal([]any{c.v}, In(r))
		if err != nil || bytes.Contains(Inside(p), []byte{77}) || bytes.Contains(p, []byte("covert")) {
			t.Errorf("%s: what is hidden is in the pickle: %q, %v", c.name, p, err)
		}
	}
	// What is beside what a pointer leads to is zero, in the element that it is in.
	w := told(t, r, []any{s[:0:2], &s[1].q.X, &s[0].p})
	if got := w[0].([]secrets)[:2]; got[0] != (secrets{p: point{1, 1}}) || got[1] != (secrets{q: point{X: 4}}) || w[1] != any(&got[1].q.X) {
		t.Errorf("%+v", got)
	}
}

// TestShownLater: what is shown only by what hidden memory was thought to lead to is
// found, however far.
func TestShownLater(t *testing.T) {
	r := testRegistry(t)
	type link struct{ all []link }
	if err := r.Register(reflect.TypeFor[link](), "link"); err != nil {
		t.Fatal(err)
	}
	x := make([]link, 12)
	for i := range 10 {
		x[i].all = x[:i+2]
	}
	w := told(t, r, x[:1:12])
	for i := range 10 {
		if len(w[:11][i].all) != i+2 || &w[:11][i].all[0] != &w[0] || cap(w) != 11 {
			t.Fatalf("%d: %d of %d", i, len(w[:11][i].all), cap(w))
		}
	}
}

// TestHalves: an array of which only an empty slice, or none, has all, and pointers
// have parts.
func TestHalves(t *testing.T) {
	r := testRegistry(t)
	type pairs [2]int
	if err := r.Register(reflect.TypeFor[pairs](), "pairs"); err != nil {
		t.Fatal(err)
	}
	r.RegisterUnnamed(reflect.TypeFor[*[2]int]())
	r.RegisterUnnamed(reflect.TypeFor[*[3]int]())
	r.RegisterUnnamed(reflect.TypeFor[*[2]point]())
	x := []int{1, 2, 3, 4, 5}
	front, back := (*[2]int)(x[:2]), (*[2]int)(x[2:4])
	for _, v := range [][]any{
		{x[:0:4], front, back},
		{front, x[:0:4], back},
		{back, front, x[:0:4]},
	} {
		w := told(t, r, v)
		var got []int
		var p [2]*[2]int
		for _, v := range w {
			switch v := v.(type) {
			case []int:
				got = v
			case *[2]int:
				p[v[0]/2] = v
			}
		}
		if cap(got) != 4 || len(got) != 0 || &got[:1][0] != &p[0][0] || &got[:4][2] != &p[1][0] || p[1][1] != 4 {
			t.Errorf("%v: %v of %d, %v", v, got, cap(got), p)
		}
	}
	// A slice that begins in the first half and ends behind the second.
	w := told(t, r, []any{front, x[1:1:5], back})
	if s := w[1].([]int); cap(s) != 3 || &s[:1][0] != &w[0].(*[2]int)[1] || &s[:3][1] != &w[2].(*[2]int)[0] {
		t.Errorf("%v of %d", s, cap(s))
	}
	// Arrays that overlap, and no slice.
	w = told(t, r, []any{front, (*[3]int)(x[1:4]), &x[3]})
	if a, b := w[0].(*[2]int), w[1].(*[3]int); &a[1] != &b[0] || &b[2] != w[2].(*int) || *a != [2]int{1, 2} || *b != [3]int{2, 3, 4} {
		t.Errorf("%v %v", a, b)
	}
	// An array that has a name.
	w = told(t, r, []any{(*pairs)(x[:2]), x[:0:4], back})
	if s := w[1].([]int)[:4]; &s[0] != &w[0].(*pairs)[0] || &s[2] != &w[2].(*[2]int)[0] {
		t.Errorf("%v", w)
	}
	// Elements that hold others.
	y := []point{{1, 2}, {3, 4}, {5, 6}}
	w = told(t, r, []any{&y[0].y, &y[0], y[:0:3], (*[2]point)(y[1:])})
	if s := w[2].([]point)[:3]; w[0].(*int) != &s[0].y || w[1].(*point) != &s[0] || &w[3].(*[2]point)[0] != &s[1] || s[2].y != 6 {
		t.Errorf("%v", w)
	}
}

// TestNamedArray: pointers to elements of an array that has a name.
func TestNamedArray(t *testing.T) {
	type path [3]point
	type walk struct{ path path }
	r := program(t, map[string]any{"point": point{}, "path": path{}, "walk": walk{}})
	p := path{{1, 1}, {2, 2}, {3, 3}}
	w := told(t, r, []any{&p, &p[1]})
	if &w[0].(*path)[1] != w[1].(*point) {
		t.Error("the element is apart from the array")
	}
	k := walk{p}
	w = told(t, r, []any{&k.path[2], &k})
	if &w[1].(*walk).path[2] != w[0].(*point) {
		t.Error("the element is apart from the struct")
	}
}

// TestPartOfArray: pointers to parts of an array that lies in a struct.
func TestPartOfArray(t *testing.T) {
	r := testRegistry(t)
	r.RegisterUnnamed(reflect.TypeFor[*[2]point]())
	r.RegisterUnnamed(reflect.TypeFor[*[4]byte]())
	for _, first := range []bool{false, true} {
		h := &holder{list: [3]point{{1, 1}, {2, 2}, {3, 3}}, buf: [8]byte{1, 2, 3}}
		h.window = h.buf[1:2:4]
		v := []any{h, (*[2]point)(h.list[1:]), (*[4]byte)(h.buf[:4])}
		if first {
			v[0], v[2] = v[2], v[0]
		}
		w := told(t, r, v)
		if first {
			w[0], w[2] = w[2], w[0]
		}
		x, list, buf := w[0].(*holder), w[1].(*[2]point), w[2].(*[4]byte)
		if &x.list[1] != &list[0] || &x.buf[0] != &buf[0] || &x.window[0] != &buf[1] || cap(x.window) != 3 || x.list != h.list {
			t.Errorf("first: %t: %v", first, x)
		}
	}
}

// TestViews: random slices of an array, empty ones too, with pointers to its
// elements and to parts of it, are as they were as far as anything is shown.
func TestViews(t *testing.T) {
	r := NewRegistry()
	for _, u := range []reflect.Type{reflect.TypeFor[*int](), reflect.TypeFor[[]int](), reflect.TypeFor[*[2]int](), reflect.TypeFor[*[3]int]()} {
		r.RegisterUnnamed(u)
	}
	rounds := uint64(20000)
	if testing.Short() {
		rounds = 3000
	}
	for seed := range rounds {
		if err := views(t, r, rand.New(rand.NewPCG(seed, 3))); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// A view is a part of an array: a slice from, to and up to a capacity of elements.
type view struct{ from, to, most int }

func views(t *testing.T, r *Registry, random *rand.Rand) error {
	x := make([]int, 8)
	for i := range x {
		x[i] = 1000 + i
	}
	var all []view
	var v []any
	shown := make([]bool, len(x))
	for range 1 + random.IntN(5) {
		w := view{from: random.IntN(len(x))}
		switch random.IntN(6) {
		case 0:
			w.to = w.from + 1
			v = append(v, &x[w.from])
		case 1:
			w.from = min(w.from, len(x)-2)
			w.to = w.from + 2
			v = append(v, (*[2]int)(x[w.from:]))
		case 2:
			w.from = min(w.from, len(x)-3)
			w.to = w.from + 3
			v = append(v, (*[3]int)(x[w.from:]))
		case 3:
			w.to = w.from
			w.most = w.from + random.IntN(len(x)-w.from+1)
			v = append(v, x[w.from:w.to:w.most])
		default:
			w.to = w.from + random.IntN(len(x)-w.from+1)
			w.most = w.to + random.IntN(len(x)-w.to+1)
			v = append(v, x[w.from:w.to:w.most])
		}
		w.most = max(w.most, w.to)
		for i := w.from; i < w.to; i++ {
			shown[i] = true
		}
		all = append(all, w)
	}
	loaded := told(t, r, v)
	at := make([]*int, len(x))
	for k, w := range all {
		var s []int
		switch v := loaded[k].(type) {
		case *int:
			s = (*[1]int)(reflect.ValueOf(v).UnsafePointer())[:]
		case *[2]int:
			s = v[:]
		case *[3]int:
			s = v[:]
		case []int:
			s = v
		}
		last := w.to
		for i := w.to; i < w.most; i++ {
			if shown[i] {
				last = i + 1
			}
		}
		if len(s) != w.to-w.from || cap(s) < last-w.from || cap(s) > w.most-w.from {
			return fmt.Errorf("%v of %v has %d of %d elements", w, all, len(s), cap(s))
		}
		for i := w.from; i < last; i++ {
			e := &s[:cap(s)][i-w.from]
			if at[i] == nil {
				at[i] = e
			}
			want := 0
			if shown[i] {
				want = 1000 + i
			}
			if *e != want || shown[i] && at[i] != e {
				return fmt.Errorf("%v of %v: element %d is %d, shared: %t", w, all, i, *e, at[i] == e)
			}
		}
	}
	return nil
}
