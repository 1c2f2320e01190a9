package pickle

import (
	"maps"
	"reflect"
	"testing"
)

// Types that have a name in the program but not in pickles.
type (
	index   map[string]int
	catalog map[string]catalog
	indexes struct {
		Named index
		Plain map[string]int
		Trees map[string]catalog
		Tree  catalog
		Known ledger
	}
	ledger map[string]int // which is registered
)

func indexRegistry(t testing.TB) *Registry {
	t.Helper()
	r := testRegistry(t)
	for name, v := range map[string]any{"indexes": indexes{}, "ledger": ledger{}} {
		if err := r.Register(reflect.TypeOf(v), name); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// TestOneMap: a map that is held as a named type and as the plain one, or as two
// named ones, is one map.
func TestOneMap(t *testing.T) {
	r := indexRegistry(t)
	m := map[string]int{"a": 1}
	tree := catalog{"a": nil, "b": {}}
	tree["c"] = tree
	for name, v := range map[string]any{
		"pointer": &indexes{m, m, tree, tree, m},
		"plain":   []any{m, &indexes{m, m, tree, tree, m}, ledger(m)},
	} {
		w := told(t, r, []any{v})[0]
		all, ok := w.([]any)
		if ok {
			w = all[1]
		}
		x := w.(*indexes)
		x.Named["b"] = 2
		x.Tree["d"] = nil
		want := map[string]int{"a": 1, "b": 2}
		if !maps.Equal(x.Plain, want) || !maps.Equal(x.Known, want) || len(x.Trees) != 4 || len(x.Tree["c"]) != 4 {
			t.Errorf("%s: %v %v, %d %d", name, x.Plain, x.Known, len(x.Trees), len(x.Tree["c"]))
		}
		if ok && (!maps.Equal(all[0].(map[string]int), want) || !maps.Equal(all[2].(ledger), want)) {
			t.Errorf("%s: %v %v", name, all[0], all[2])
		}
	}
}

// TestOneMapLater: the map is found, too, if a field mentions it first that the
// program has lost.
func TestOneMapLater(t *testing.T) {
	type then struct {
		Lost  index
		Plain map[string]int
		Named index
	}
	type now struct {
		Named index
		Plain map[string]int
	}
	m := index{"a": 1}
	x := mustLater[*now](t, &then{m, m, m}, program(t, map[string]any{"holder": then{}}), program(t, map[string]any{"holder": now{}}))
	x.Named["b"] = 2
	if len(x.Plain) != 2 {
		t.Errorf("%v", x)
	}
}
