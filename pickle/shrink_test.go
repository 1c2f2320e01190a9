package pickle

import (
	"fmt"
	"reflect"
	"testing"
)

// What an interface holds itself: structs that are nothing but a pointer now, and
// had more before.
type (
	tip     struct{ n int }
	twoThen struct {
		To   *tip
		Lost string
	}
	twoNow  struct{ To *tip }
	mapThen struct {
		Lost [2]int
		M    map[string]int
	}
	mapNow   struct{ M map[string]int }
	arrayNow struct {
		In [1]twoNow
	}
	arrayThen struct {
		In [1]twoThen
	}
	deepThen struct{ in any }
	deepNow  struct{ in any }
	caseThen struct {
		List []any
		Keys map[any]int
		Elem map[string]any
		Same *tip
	}
	caseNow struct {
		Keys map[any]int
		Elem map[string]any
		List []any
		Same *tip
	}
)

func shrinkPrograms(t testing.TB) (then, now *Registry) {
	return program(t, map[string]any{"tip": tip{}, "two": twoThen{}, "map": mapThen{}, "array": arrayThen{}, "deep": deepThen{}, "case": caseThen{}}),
		program(t, map[string]any{"tip": tip{}, "two": twoNow{}, "map": mapNow{}, "array": arrayNow{}, "deep": deepNow{}, "case": caseNow{}})
}

// TestShrunk: a struct in an interface that has lost all but a pointer, and one that
// was a pointer and has gained something.
func TestShrunk(t *testing.T) {
	then, now := shrinkPrograms(t)
	a, b := &tip{1}, &tip{2}
	was := &caseThen{
		List: []any{twoThen{a, "x"}, mapThen{[2]int{1, 2}, map[string]int{"k": 3}}, arrayThen{[1]twoThen{{b, "y"}}}, twoThen{nil, ""}},
		Keys: map[any]int{twoThen{a, "z"}: 4, deepThen{twoThen{b, "z"}}: 5},
		Elem: map[string]any{"e": twoThen{b, "w"}, "p": &twoThen{a, "v"}},
		Same: a,
	}
	is := mustLater[*caseNow](t, was, then, now)
	if is.List[0].(twoNow).To != is.Same || is.Same.n != 1 || is.List[1].(mapNow).M["k"] != 3 || is.List[3] != any(twoNow{}) {
		t.Errorf("%v", is.List)
	}
	other := is.List[2].(arrayNow).In[0].To
	if other == nil || other.n != 2 || is.Elem["e"] != any(twoNow{other}) || is.Elem["p"].(*twoNow).To != is.Same {
		t.Errorf("%v", is.Elem)
	}
	if is.Keys[twoNow{is.Same}] != 4 || is.Keys[deepNow{twoNow{other}}] != 5 || len(is.Keys) != 2 {
		t.Errorf("%v", is.Keys)
	}
	again(t, now, is)

	back := mustLater[*caseThen](t, is, now, then)
	if back.List[0].(twoThen).To != back.Same || back.Same.n != 1 || back.List[1].(mapThen).M["k"] != 3 || back.List[3] != any(twoThen{}) {
		t.Errorf("%v", back.List)
	}
	other = back.List[2].(arrayThen).In[0].To
	if other == nil || other.n != 2 || back.Elem["e"] != any(twoThen{To: other}) || back.Elem["p"].(*twoThen).To != back.Same {
		t.Errorf("%v", back.Elem)
	}
	if back.Keys[twoThen{To: back.Same}] != 4 || back.Keys[deepThen{twoThen{To: other}}] != 5 || len(back.Keys) != 2 {
		t.Errorf("%v", back.Keys)
	}
	// The root is not an object.
	if v, err := later[any](t, twoThen{a, "x"}, then, now); err != nil || v.(twoNow).To.n != 1 {
		t.Errorf("%v, %v", v, err)
	}
}

// TestShrunkRing: a key that leads back to the map that it is in.
func TestShrunkRing(t *testing.T) {
	type then struct {
		All  map[any]int
		In   any
		Lost int
	}
	type now struct {
		In  any
		All map[any]int
	}
	type keyThen struct {
		To   *then
		Lost int
	}
	type keyNow struct{ To *now }
	r := program(t, map[string]any{"v": then{}, "key": keyThen{}, "deep": deepThen{}})
	s := program(t, map[string]any{"v": now{}, "key": keyNow{}, "deep": deepNow{}})
	for _, first := range []bool{false, true} {
		v := &then{All: map[any]int{}}
		key := keyThen{v, 1}
		v.All[deepThen{deepThen{key}}] = 1
		v.All[key] = 2
		if first {
			v.In = deepThen{deepThen{key}}
		}
		w := mustLater[*now](t, v, r, s)
		if w.All[deepNow{deepNow{keyNow{w}}}] != 1 || w.All[keyNow{w}] != 2 {
			t.Errorf("first: %t: %v", first, len(w.All))
		}
	}
}

// TestShrunkUpgrade: a struct that an upgrade makes a single pointer, and what
// looks at one in an upgrade of its own.
func TestShrunkUpgrade(t *testing.T) {
	type box1 struct {
		N    int
		Next any
	}
	type box struct{ N *int }
	type crate1 struct{ In any }
	type crate struct {
		In  any
		Sum int
	}
	then := program(t, map[string]any{"box": box1{}, "crate": crate1{}})
	now := program(t, nil,
		registered[box]("box", Version(2), Upgrade(1, func(old *box1, new *box) error {
			new.N = &old.N
			return nil
		})),
		registered[crate]("crate", Version(2), Upgrade(1, func(old *crate1, new *crate) error {
			b, ok := old.In.(box)
			if !ok || b.N == nil {
				return fmt.Errorf("%v is not complete", old.In)
			}
			*new = crate{b, *b.N}
			return nil
		})))
	w := mustLater[[]any](t, []any{box1{7, nil}, &crate1{box1{8, nil}}, map[string]any{"k": box1{N: 9}}}, then, now)
	c := w[1].(*crate)
	if *w[0].(box).N != 7 || c.Sum != 8 || *c.In.(box).N != 8 || *w[2].(map[string]any)["k"].(box).N != 9 {
		t.Errorf("%v", w)
	}
	// One that leads to itself.
	b := &box1{N: 1}
	b.Next = []any{box1{2, b}, b}
	x := mustLater[[]any](t, []any{b, box1{3, b}, b.Next}, then, now)
	if *x[0].(*box).N != 1 || *x[1].(box).N != 3 || *x[2].([]any)[0].(box).N != 2 || x[2].([]any)[1] != x[0] {
		t.Errorf("%v", x)
	}
}

// TestShrunkDirect: the types of these tests are what an interface holds itself.
func TestShrunkDirect(t *testing.T) {
	then, now := shrinkPrograms(t)
	for _, v := range []any{twoNow{}, mapNow{}, arrayNow{}} {
		if p := now.snapshot().plan(reflect.TypeOf(v)); !p.direct {
			t.Errorf("%T", v)
		}
	}
	for _, v := range []any{twoThen{}, mapThen{}, arrayThen{}} {
		if p := then.snapshot().plan(reflect.TypeOf(v)); p.direct || !p.boxed() {
			t.Errorf("%T", v)
		}
	}
}
