package pickle

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// program makes the registry of a program at some time.
func program(t testing.TB, types map[string]any, more ...func(r *Registry) error) *Registry {
	t.Helper()
	r := NewRegistry()
	for name, v := range types {
		if err := r.Register(reflect.TypeOf(v), name); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range more {
		if err := f(r); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// registered registers T with options.
func registered[T any](name string, options ...TypeOption) func(*Registry) error {
	return func(r *Registry) error { return r.Register(reflect.TypeFor[T](), name, options...) }
}

// later pickles v with the program of then and loads it with that of now.
func later[T any](t testing.TB, v any, then, now *Registry) (T, error) {
	t.Helper()
	b, err := Marshal(v, In(then))
	if err != nil {
		t.Fatal(err)
	}
	return Unmarshal[T](b, In(now))
}

func mustLater[T any](t testing.TB, v any, then, now *Registry) T {
	t.Helper()
	w, err := later[T](t, v, then, now)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// A vertex as it was: it has lost what is called so.
type vertexThen struct {
	LostA any
	LostI *int
	LostS []vertexThen
	LostP *vertexThen
	LostM map[string]*vertexThen
	LostN []int
	LostV [2]*vertexThen
	LostF struct {
		P *vertexThen
		N []int
	}
	LostR *[4]vertexThen
	Name  string
	P     *vertexThen
	I     *int
	S     []vertexThen
	M     map[string]*vertexThen
	A     any
	N     []int
	In    int
	Array [3]int
}

// A vertex as it is: the order has changed, and it has gained a field.
type vertexNow struct {
	Array  [3]int
	In     int
	Gained map[string]int
	N      []int
	A      any
	M      map[string]*vertexNow
	S      []vertexNow
	I      *int
	P      *vertexNow
	Name   string
}

// randomGraph makes a graph of vertices of type v, which is the same for a seed as
// far as v has fields for it.
func randomGraph(v reflect.Type, seed uint64) any {
	r := rand.New(rand.NewPCG(seed, 7))
	var vertices, boxed, arrays, ints, maps []reflect.Value
	name := 0
	note := func(p reflect.Value) {
		name++
		p.Elem().FieldByName("Name").SetString(fmt.Sprint("v", name))
		vertices = append(vertices, p)
		ints = append(ints, p.Elem().FieldByName("In").Addr(), p.Elem().FieldByName("Array").Index(r.IntN(3)).Addr())
	}
	for range 1 + r.IntN(4) {
		note(reflect.New(v))
	}
	for range r.IntN(3) {
		a := reflect.MakeSlice(reflect.SliceOf(v), 4, 4)
		arrays = append(arrays, a)
		for i := range 4 {
			note(a.Index(i).Addr())
		}
	}
	var numbers []reflect.Value
	for range r.IntN(3) {
		a := reflect.MakeSlice(reflect.TypeFor[[]int](), 5, 5)
		numbers = append(numbers, a)
		for i := range 5 {
			a.Index(i).SetInt(r.Int64N(100))
		}
		ints = append(ints, a.Index(r.IntN(5)).Addr())
	}
	for range r.IntN(3) {
		maps = append(maps, reflect.MakeMap(reflect.MapOf(reflect.TypeFor[string](), reflect.PointerTo(v))))
	}
	pick := func(list []reflect.Value) reflect.Value {
		if len(list) == 0 {
			return reflect.Value{}
		}
		return list[r.IntN(len(list))]
	}
	part := func(s reflect.Value) reflect.Value {
		if !s.IsValid() {
			return s
		}
		from := r.IntN(s.Len())
		to := from + 1 + r.IntN(s.Len()-from)
		most := to + r.IntN(s.Len()-to+1)
		return s.Slice3(from, to, most)
	}
	numbersOf := func() reflect.Value {
		if r.IntN(2) == 0 {
			return part(pick(vertices).Elem().FieldByName("Array"))
		}
		return part(pick(numbers))
	}
	anything := func() reflect.Value {
		switch r.IntN(8) {
		case 0:
			return pick(vertices)
		case 1:
			return pick(boxed)
		case 2:
			return part(pick(arrays))
		case 3:
			return pick(maps)
		case 4:
			return numbersOf()
		case 5:
			return pick(ints)
		case 6:
			b := reflect.New(v).Elem()
			b.FieldByName("P").Set(pick(vertices))
			b.FieldByName("Name").SetString("boxed")
			held := reflect.New(reflect.TypeFor[any]()).Elem()
			held.Set(b)
			boxed = append(boxed, held)
			return held
		}
		return reflect.ValueOf(r.IntN(100))
	}
	for range 2 + r.IntN(30) {
		of := pick(vertices).Elem()
		prefix := []string{"", "Lost"}[r.IntN(2)]
		field := []string{"P", "I", "S", "M", "A", "N", "V", "F.P", "F.N", "R"}[r.IntN(10)]
		var to reflect.Value
		switch field {
		case "P", "F.P":
			to = pick(vertices)
		case "I":
			to = pick(ints)
		case "S":
			to = part(pick(arrays))
		case "M":
			to = pick(maps)
		case "A":
			to = anything()
		case "N", "F.N":
			to = numbersOf()
		case "V":
			a := reflect.New(reflect.ArrayOf(2, reflect.PointerTo(v))).Elem()
			a.Index(0).Set(pick(vertices))
			a.Index(1).Set(pick(vertices))
			to = a
		case "R":
			if to = pick(arrays); to.IsValid() {
				to = to.Convert(reflect.PointerTo(reflect.ArrayOf(4, v)))
			}
		}
		if len(field) > 1 || field == "V" || field == "R" {
			prefix = "Lost"
		}
		for _, f := range strings.Split(prefix+field, ".") {
			if of = of.FieldByName(f); !of.IsValid() {
				break
			}
		}
		if of.IsValid() && to.IsValid() {
			of.Set(to)
		}
	}
	for i, m := range maps {
		for range r.IntN(3) {
			m.SetMapIndex(reflect.ValueOf(fmt.Sprint(i, r.IntN(5))), pick(vertices))
		}
	}
	root := []any{}
	for range 1 + r.IntN(3) {
		if v := anything(); v.IsValid() {
			root = append(root, v.Interface())
		}
	}
	root = append(root, pick(vertices).Interface())
	return root
}

func vertexPrograms(t testing.TB) (then, now *Registry) {
	then = program(t, map[string]any{"vertex": vertexThen{}})
	now = program(t, map[string]any{"vertex": vertexNow{}})
	then.RegisterUnnamed(reflect.TypeFor[[]vertexThen]())
	then.RegisterUnnamed(reflect.TypeFor[*int]())
	then.RegisterUnnamed(reflect.TypeFor[[]int]())
	now.RegisterUnnamed(reflect.TypeFor[[]vertexNow]())
	now.RegisterUnnamed(reflect.TypeFor[[]int]())
	return then, now
}

// sameLater reports whether a random graph is, later, what it would have been had
// the vertices never had the fields that they have lost.
func sameLater(t *testing.T, then, now *Registry, seed uint64) bool {
	t.Helper()
	for _, c := range []struct {
		a, b     reflect.Type
		from, to *Registry
	}{
		{reflect.TypeFor[vertexThen](), reflect.TypeFor[vertexNow](), then, now}, // loses and gains
		{reflect.TypeFor[vertexNow](), reflect.TypeFor[vertexNow](), now, now},   // nothing happens
		{reflect.TypeFor[vertexThen](), reflect.TypeFor[vertexThen](), then, then},
	} {
		old := randomGraph(c.a, seed)
		b, err := Marshal(old, In(c.from))
		if err != nil {
			continue
		}
		want, err := Marshal(randomGraph(c.b, seed), In(c.to))
		if err != nil {
			continue
		}
		loaded, err := Unmarshal[any](b, In(c.to))
		if err != nil {
			if c.a != c.b && errors.Is(err, ErrType) && strings.Contains(err.Error(), "no longer has") {
				continue // it leads into what was lost
			}
			t.Errorf("seed %d, %v to %v: %v\n%q", seed, c.a, c.b, err, b)
			return false
		}
		got, err := Marshal(loaded, In(c.to))
		if err != nil || string(got) != string(want) {
			t.Errorf("seed %d, %v to %v: %v\ngot  %q\nwant %q", seed, c.a, c.b, err, got, want)
			return false
		}
	}
	return true
}

// TestLostFields: what only lost fields have mentioned first is found when a field
// that is left leads to it, be it inside something else.
func TestLostFields(t *testing.T) {
	then, now := vertexPrograms(t)
	n := uint64(5000)
	if testing.Short() {
		n = 1000
	}
	failed := 0
	for seed := range n {
		if !sameLater(t, then, now, seed) {
			if failed++; failed > 3 {
				return
			}
		}
	}
}
