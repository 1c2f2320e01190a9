package pickle

//lint:file-ignore U1000 fields are written and read by package pickle

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// An account in three versions: from a whole amount to cents, then to a list.
type (
	accountOne struct {
		Owner  string
		Amount int
		Peer   *accountOne
	}
	accountTwo struct {
		Owner string
		Cents int
		Peer  *accountThree
	}
	accountThree struct {
		Owner string
		Parts []int
		Peer  *accountThree
		Seen  int // the parts that the peer had when this was upgraded
	}
	// accountOld has the fields of version 1 as today's program sees them.
	accountOld struct {
		Owner  string
		Amount int
		Peer   *accountThree
	}
	bankThen struct {
		ByName  map[string]accountOne
		ByValue map[accountKeyThen]int
		ByAny   map[any]int
		List    []accountOne
		Any     any
		Inside  struct{ A [2]accountOne }
		P       *accountOne
		Frozen  frozenThen
	}
	bankNow struct {
		ByName  map[string]accountThree
		ByValue map[accountKeyNow]int
		ByAny   map[any]int
		List    []accountThree
		Any     any
		Inside  struct{ A [2]accountThree }
		P       *accountThree
		Frozen  frozenNow
	}
	accountKeyThen struct{ N int }
	accountKeyNow  struct{ Text string }
	frozenThen     struct{ with []accountOne }
	frozenNow      struct{ owners, parts string }
	frozenImageA   struct {
		With []accountOne `pickle:",owned"`
	}
	frozenImageB struct {
		With []accountThree `pickle:",owned"`
	}
)

// PickleImage says that it is written as its accounts.
func (*frozenThen) PickleImage() Image {
	return NewImage("frozen", 1,
		func(f *frozenThen, i *frozenImageA) error { i.With = f.with; return nil },
		func(_ *Loading, f *frozenThen, i *frozenImageA) error { f.with = i.With; return nil }, nil)
}

// PickleImage says that of the accounts it keeps only what it can see at once.
func (*frozenNow) PickleImage() Image {
	return NewImage("frozen", 1,
		func(*frozenNow, *frozenImageB) error { return errors.New("not today") },
		func(_ *Loading, f *frozenNow, i *frozenImageB) error {
			for _, a := range i.With {
				f.owners += a.Owner
				for range a.Parts {
					f.parts += "|"
				}
			}
			return nil
		}, nil)
}

func accountPrograms(t *testing.T) (then, now *Registry) {
	then = program(t, map[string]any{"account": accountOne{}, "bank": bankThen{}, "key": accountKeyThen{}})
	now = program(t, map[string]any{"bank": bankNow{}},
		registered[accountThree]("account", Version(3),
			Upgrade(1, func(old *accountOld, two *accountTwo) error {
				if old.Amount < 0 {
					return errors.New("in debt")
				}
				*two = accountTwo{old.Owner, 100 * old.Amount, old.Peer}
				return nil
			}),
			Upgrade(2, func(two *accountTwo, three *accountThree) error {
				*three = accountThree{Owner: two.Owner, Parts: []int{two.Cents}, Peer: two.Peer}
				if two.Peer != nil {
					three.Seen = len(two.Peer.Parts)
				}
				return nil
			})),
		registered[accountKeyNow]("key", Version(2), Upgrade(1, func(old *accountKeyThen, key *accountKeyNow) error {
			key.Text = strings.Repeat("I", old.N)
			return nil
		})))
	return then, now
}

// TestUpgrade: two upgrades in a row, wherever a value can be, each of which finds
// what its value leads to complete.
func TestUpgrade(t *testing.T) {
	then, now := accountPrograms(t)
	last := &accountOne{Owner: "z", Amount: 9}
	a := func(owner string, amount int) accountOne { return accountOne{owner, amount, last} }
	v := &bankThen{
		ByName: map[string]accountOne{"a": a("a", 1), "b": a("b", 2)}, ByValue: map[accountKeyThen]int{{1}: 1, {2}: 2},
		ByAny: map[any]int{accountKeyThen{3}: 3, accountKeyThen{4}: 4, "s": 5},
		List:  []accountOne{a("c", 3), a("d", 4)}, Any: a("e", 5), P: last,
		Frozen: frozenThen{[]accountOne{a("f", 6), a("g", 7)}},
	}
	v.Inside.A = [2]accountOne{a("h", 8), {Owner: "i"}}
	for _, root := range []any{[]any{last, v}, []any{v, last}} { // whichever comes first
		var w *bankNow
		for _, x := range mustLater[[]any](t, root, then, now) {
			if b, ok := x.(*bankNow); ok {
				w = b
			}
		}
		check := func(where string, got accountThree, owner string, cents int) {
			t.Helper()
			if got.Owner != owner || len(got.Parts) != 1 || got.Parts[0] != cents || got.Peer != w.P || got.Seen != 1 {
				t.Errorf("%s: %+v", where, got)
			}
		}
		check("a map", w.ByName["a"], "a", 100)
		check("a map", w.ByName["b"], "b", 200)
		check("a list", w.List[0], "c", 300)
		check("a list", w.List[1], "d", 400)
		check("an interface", w.Any.(accountThree), "e", 500)
		check("an array", w.Inside.A[0], "h", 800)
		if w.ByValue[accountKeyNow{"I"}] != 1 || w.ByValue[accountKeyNow{"II"}] != 2 || len(w.ByValue) != 2 {
			t.Errorf("keys: %v", w.ByValue)
		}
		if w.ByAny[accountKeyNow{"III"}] != 3 || w.ByAny[accountKeyNow{"IIII"}] != 4 || w.ByAny["s"] != 5 || len(w.ByAny) != 3 {
			t.Errorf("keys in interfaces: %v", w.ByAny)
		}
		if w.P.Parts[0] != 900 || w.Frozen != (frozenNow{"fg", "||"}) {
			t.Errorf("%+v, %+v", w.P, w.Frozen)
		}
	}

	// A ring of accounts, of which one has to be first, and a long list of them.
	x, y := &accountOne{Owner: "x", Amount: 1}, &accountOne{Owner: "y", Amount: 2}
	x.Peer, y.Peer = y, x
	r := mustLater[*accountThree](t, x, then, now)
	if r.Peer.Peer != r || r.Parts[0] != 100 || r.Peer.Parts[0] != 200 || r.Seen+r.Peer.Seen != 1 {
		t.Errorf("a ring: %+v, %+v", r, r.Peer)
	}
	for range 100_000 {
		last = &accountOne{Owner: "somebody", Amount: 1, Peer: last}
	}
	n := 0
	for w := mustLater[*accountThree](t, last, then, now); w != nil; w = w.Peer {
		if w.Peer != nil && w.Seen != 1 {
			t.Fatalf("account %d was upgraded before its peer", n)
		}
		n++
	}
	if n != 100_001 {
		t.Errorf("%d accounts", n)
	}

	_, err := later[*accountThree](t, &accountOne{Amount: 1, Peer: &accountOne{Amount: -1}}, then, now)
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(err.Error(), "in debt") || !strings.Contains(err.Error(), "version 1") || e.Path != "*account.Peer" {
		t.Errorf("%v", err)
	}
	if _, err := later[*accountOne](t, r, now, then); !errors.Is(err, ErrVersion) {
		t.Errorf("a newer version: %v", err)
	}
	b, err := Marshal(r, In(now))
	if err != nil {
		t.Fatal(err)
	}
	if w, err := Unmarshal[*accountThree](b, In(now)); err != nil || !reflect.DeepEqual(w, r) {
		t.Errorf("the present version: %+v, %v", w, err)
	}
}

// TestUpgradeOfNothing: a version without fields is upgraded, too.
func TestUpgradeOfNothing(t *testing.T) {
	type then struct{}
	type now struct{ n int }
	a := program(t, nil, registered[then]("t"))
	b := program(t, nil, registered[now]("t", Version(2), Upgrade(1, func(_ *then, n *now) error {
		n.n = 7
		return nil
	})))
	a.RegisterUnnamed(reflect.TypeFor[[]then]())
	for _, n := range mustLater[[]now](t, make([]then, 3), a, b) {
		if n.n != 7 {
			t.Error("an element was not upgraded")
		}
	}
	if v := mustLater[[2]now](t, [2]then{}, a, b); v[1].n != 7 {
		t.Error("an element of an array was not upgraded")
	}
}

// TestUpgradeInside: a pointer into what is upgraded has nowhere to lead.
func TestUpgradeInside(t *testing.T) {
	then, now := accountPrograms(t)
	then.RegisterUnnamed(reflect.TypeFor[*int]())
	now.RegisterUnnamed(reflect.TypeFor[*int]())
	x := &accountOne{Amount: 1}
	if _, err := later[[]any](t, []any{x, &x.Amount}, then, now); !errors.Is(err, ErrType) || !strings.Contains(err.Error(), "upgraded") {
		t.Errorf("%v", err)
	}
}

type (
	phaseThen uint8
	phaseNow  int16
)

// TestChange: what may change without a version, and what may not.
func TestChange(t *testing.T) {
	type colorThen struct {
		Red, Green int
		Old        string `pickle:"name"`
		Gone       []*int
	}
	type colorNow struct {
		New   string `pickle:"name"`
		Green int
		Blue  int
		Red   int
		cache map[string]int `pickle:"-"`
	}
	type colorBad struct{ Red string }
	then := program(t, map[string]any{"color": colorThen{}}, registered[phaseThen]("phase", States("one", "three")))
	now := program(t, map[string]any{"color": colorNow{}}, registered[phaseNow]("phase", States("zero", "one", "two", "three")))
	then.RegisterUnnamed(reflect.TypeFor[[]phaseThen]())
	n := 5
	c := mustLater[colorNow](t, colorThen{1, 2, "teal", []*int{&n, nil, &n}}, then, now)
	if !reflect.DeepEqual(c, colorNow{New: "teal", Green: 2, Red: 1}) {
		t.Errorf("%+v", c)
	}
	_, err := later[colorBad](t, colorThen{Red: 1}, then, program(t, map[string]any{"color": colorBad{}}))
	if !errors.Is(err, ErrType) || !strings.Contains(err.Error(), "field Red of pickle.colorBad: type has changed: the pickle has int, the program string") {
		t.Errorf("%v", err)
	}

	// The kind beneath a state is part of its type.
	if _, err := later[[]phaseNow](t, []phaseThen{0, 1}, then, now); !errors.Is(err, ErrType) {
		t.Errorf("%v", err)
	}
	inserted := program(t, nil, registered[phaseThen]("phase", States("zero", "one", "two", "three")))
	if p := mustLater[[]phaseThen](t, []phaseThen{0, 1}, then, inserted); p[0] != 1 || p[1] != 3 {
		t.Errorf("states: %v", p)
	}
	removed := program(t, nil, registered[phaseThen]("phase", States("three")))
	if p := mustLater[[]phaseThen](t, []phaseThen{1}, then, removed); p[0] != 0 {
		t.Errorf("states: %v", p)
	}
	if _, err := later[[]phaseThen](t, []phaseThen{0}, then, removed); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), `"one"`) {
		t.Errorf("%v", err)
	}
}

// TestLostTypes: what a program needs no more it need not know, and what it needs
// from the midst of that it gets.
func TestLostTypes(t *testing.T) {
	type item struct{ N int }
	type minutes int
	type crate struct{ items [2]item }
	type shelfThen struct {
		Crate  *crate
		All    []item
		Times  []minutes
		Table  map[crate]*item
		Held   any
		First  *item
		Time   *minutes
		Some   []item
		Bytes  []byte
		Window []byte
	}
	type shelfNow struct {
		First  *item
		Time   *minutes
		Some   []item
		Window []byte
	}
	type shelfTight struct {
		First *item
		Time  *minutes
	}
	then := program(t, map[string]any{"item": item{}, "shelf": shelfThen{}, "crate": crate{}})
	v := &shelfThen{All: []item{{1}, {2}, {3}}, Times: []minutes{10, 20}, Held: crate{}, Bytes: []byte("hello")}
	v.Table = map[crate]*item{{}: &v.All[2]}
	v.First, v.Time, v.Some, v.Window = &v.All[1], &v.Times[1], v.All[1:2], v.Bytes[1:3]
	now := program(t, map[string]any{"item": item{}, "shelf": shelfNow{}})
	w := mustLater[*shelfNow](t, v, then, now)
	if w.First.N != 2 || &w.Some[0] != w.First || w.Some[:2][1].N != 3 || *w.Time != 20 || string(w.Window) != "el" {
		t.Errorf("%+v", w)
	}
	tight := program(t, map[string]any{"item": item{}, "shelf": shelfTight{}})
	if w := mustLater[*shelfTight](t, v, then, tight); w.First.N != 2 || *w.Time != 20 {
		t.Errorf("%+v", w)
	}
	// In a type that is lost itself, it is lost.
	v.Crate = &crate{}
	v.First = &v.Crate.items[1]
	if _, err := later[*shelfNow](t, v, then, now); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "crate") {
		t.Errorf("%v", err)
	}
}

// TestKeys: a map finds its keys by what is in them, which may come later.
func TestKeys(t *testing.T) {
	r := testRegistry(t)
	r.RegisterUnnamed(reflect.TypeFor[map[any]int]())
	r.RegisterUnnamed(reflect.TypeFor[map[none]int]())
	v := map[any]int{point{1, 2}: 1, point{3, 4}: 2, "a": 3, 4: 4, none{}: 5, [2]point{{1, 1}, {2, 2}}: 6, nest{point{5, 6}}: 7, true: 8}
	r.RegisterUnnamed(reflect.TypeFor[[2]point]())
	b, err := Marshal(v, In(r))
	if err != nil {
		t.Fatal(err)
	}
	w, err := Unmarshal[map[any]int](b, In(r))
	if err != nil || !reflect.DeepEqual(v, w) {
		t.Errorf("%v, %v", w, err)
	}
	for k := range v {
		if w[k] != v[k] {
			t.Errorf("%v: %d", k, w[k])
		}
	}
	again(t, r, map[none]int{{}: 1})
	again(t, r, []any{map[none]int{{}: 1}})
	type nothing = map[none]none
	r.RegisterUnnamed(reflect.TypeFor[nothing]())
	again(t, r, nothing{{}: {}})
}

// TestNames: pointers into a named array and a slice of elements without a name.
func TestNames(t *testing.T) {
	type board [3]int
	type minutes int
	type game struct {
		b     *board
		raw   *[3]int
		cell  *int
		times []minutes
		some  []minutes
		one   *minutes
	}
	r := program(t, map[string]any{"board": board{}, "game": game{}})
	g := &game{b: &board{1, 2, 3}, times: []minutes{1, 2, 3, 4}}
	g.raw, g.cell, g.some, g.one = (*[3]int)(g.b), &g.b[1], g.times[1:3:3], &g.times[2]
	w := again(t, r, []*game{g})[0]
	if w.raw != (*[3]int)(w.b) || w.cell != &w.b[1] || &w.some[0] != &w.times[1] || w.one != &w.times[2] {
		t.Errorf("%+v", w)
	}
	g.times, g.some, g.one = g.times[:1], g.times[1:], &g.times[2]
	w = again(t, r, []*game{g})[0]
	if w.one != &w.some[1] || len(w.times) != 1 || &w.times[:2][1] != &w.some[0] {
		t.Errorf("%+v", w)
	}
}
