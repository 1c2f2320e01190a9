package pickle

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// TestOrder: equal maps are written alike, whatever is in their keys.
func TestOrder(t *testing.T) {
	r := testRegistry(t)
	for _, u := range []reflect.Type{
		reflect.TypeFor[map[*node]int](), reflect.TypeFor[map[any]any](), reflect.TypeFor[map[[2]*node]string](),
		reflect.TypeFor[map[*node]*node](), reflect.TypeFor[map[*bag]int](), reflect.TypeFor[[]*node](),
	} {
		r.RegisterUnnamed(u)
	}
	// Each makes a graph anew, and puts so many entries into its map in this order.
	const n = 12
	for name, make := range map[string]func(order []int) any{
		"pointers that were mentioned": func(order []int) any {
			list, m := make([]*node, n), make(map[*node]int)
			for i := range list {
				list[i] = &node{}
			}
			for _, i := range order {
				m[list[i]] = i
			}
			return []any{list, m}
		},
		"pointers by what they lead to": func(order []int) any {
			m := make(map[*node]int)
			for _, i := range order {
				m[&node{name: "x", peer: &node{name: fmt.Sprint(i)}}] = 1
			}
			return m
		},
		"rings": func(order []int) any {
			m := make(map[*node]*node)
			for _, i := range order {
				a := &node{}
				a.next = &node{name: fmt.Sprint(i), next: a}
				m[a] = a.next
			}
			return m
		},
		"by what the map has of them": func(order []int) any {
			m := make(map[*node]int)
			for _, i := range order {
				m[&node{name: strings.Repeat("x", 100)}] = i
			}
			return m
		},
		"interfaces": func(order []int) any {
			m, a := make(map[any]any), &node{name: "a"}
			keys := []any{1, "1", int8(1), celsius(1), point{1, 2}, one{a}, nest{nest{1}}, a, io.EOF, none{}, true, pair2[int, string]{1, "x"}}
			for _, i := range order {
				m[keys[i]] = a
			}
			return m
		},
		"arrays": func(order []int) any {
			m, a := make(map[[2]*node]string), &node{name: "a"}
			for _, i := range order {
				m[[2]*node{a, {name: fmt.Sprint(i)}}] = "x"
			}
			return m
		},
		"all that there is": func(order []int) any {
			m := make(map[*bag]int)
			for _, i := range order {
				b := &bag{ints: []int{1, i}, m: map[string]*node{"n": nil}, byName: map[point]string{}, raw: []byte("raw"), anys: []any{i, "s", nil}}
				if b.fn = double; i%2 == 0 {
					b.fn, b.m, b.err = nil, nil, errors.New("even")
				}
				m[b] = 1
			}
			return m
		},
		"errors": func(order []int) any {
			m := make(map[any]any)
			for _, i := range order {
				m[fmt.Errorf("%d: %w", i, io.EOF)] = 1
			}
			return m
		},
	} {
		var want []byte
		for i := range 20 {
			got, err := Marshal([]any{make(rand.New(rand.NewPCG(uint64(i), 5)).Perm(n))}, In(r))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if want == nil {
				want = got
			}
			if string(got) != string(want) {
				t.Errorf("%s: got\n%q\nwant\n%q", name, got, want)
				break
			}
		}
		again(t, r, []any{make(rand.Perm(n))})
	}
}

// TestKeyPath: the path to what can't be pickled goes through keys that lead back to
// the map that they are in.
func TestKeyPath(t *testing.T) {
	type ring struct {
		m map[*ring]any
	}
	r := program(t, map[string]any{"ring": ring{}})
	r.RegisterUnnamed(reflect.TypeFor[map[point]chan int]())
	x := &ring{m: map[*ring]any{}}
	x.m[x] = make(chan int)
	for v, want := range map[any]string{
		x:                                   "*pickle.ring.m[*pickle.ring]",
		&map[any]any{"k": make(chan int)}:   "*map[interface {}]interface {}[k]",
		&map[any]any{7: make(chan int)}:     "*map[interface {}]interface {}[7]",
		&map[[2]int]any{{1, 2}: stranger{}}: "*map[[2]int]interface {}[[1 2]]",
	} {
		_, err := Marshal(v, In(r))
		var e *Error
		if !errors.As(err, &e) || e.Path != want {
			t.Errorf("%v, want the path %s", err, want)
		}
	}
}

type stranger struct{}
