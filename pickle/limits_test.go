package pickle

import (
	"errors"
	"reflect"
	"testing"
)

// A matryoshka owns the next smaller one.
type matryoshka struct{ inner *matryoshka }

type matryoshkaImage struct {
	Inner []matryoshkaOwned `pickle:",owned"`
}

// matryoshkaOwned is a shell in an image.
type matryoshkaOwned struct {
	Next []matryoshkaOwned `pickle:",owned"`
}

// PickleImage writes the shells in place.
func (*matryoshka) PickleImage() Image {
	return NewImage("matryoshka", 1, func(m *matryoshka, into *matryoshkaImage) error {
		into.Inner = nil
		for ; m != nil; m = m.inner {
			into.Inner = []matryoshkaOwned{{into.Inner}}
		}
		return nil
	}, func(_ *Loading, m *matryoshka, from *matryoshkaImage) error {
		for o := from.Inner[0].Next; len(o) > 0; o = o[0].Next {
			m.inner = &matryoshka{}
			m = m.inner
		}
		return nil
	}, nil)
}

// TestLimits: what the limits allow is read, and nothing beyond.
func TestLimits(t *testing.T) {
	r := testRegistry(t)
	if err := r.Register(reflect.TypeFor[matryoshkaOwned](), "matryoshka.owned"); err != nil {
		t.Fatal(err)
	}
	numbers, err := Marshal(make([]int64, 10_000))
	if err != nil {
		t.Fatal(err)
	}
	shells := func(n int) []byte {
		m := &matryoshka{}
		for range n {
			m = &matryoshka{m}
		}
		b, err := Marshal([]*matryoshka{m}, In(r))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	load := func(b []byte, l Limits) error {
		_, err := Unmarshal[[]*matryoshka](b, In(r), WithLimits(l))
		return err
	}
	sum := func(l Limits) error {
		_, err := Unmarshal[[]int64](numbers, WithLimits(l))
		return err
	}
	for _, c := range []struct {
		name string
		got  error
		want error
	}{
		{"as many bytes", sum(Limits{Bytes: len(numbers)}), nil},
		{"one byte less", sum(Limits{Bytes: len(numbers) - 1}), ErrTooLarge},
		{"memory enough", sum(Limits{Memory: 85_000}), nil},
		{"not enough memory", sum(Limits{Memory: 80_000}), ErrTooLarge},
		{"no memory", sum(Limits{Memory: 1}), ErrTooLarge},
		{"not too deep", load(shells(900), Limits{}), nil},
		{"deep", load(shells(20), Limits{Depth: 10}), ErrTooDeep},
		{"as deep", load(shells(20), Limits{Depth: 30}), nil},
		{"many, of which none is deep", load(shells(5), Limits{Depth: 10}), nil},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v", c.name, c.got)
		}
	}
	m := &matryoshka{}
	for range 2000 {
		m = &matryoshka{m}
	}
	if _, err := Marshal([]*matryoshka{m}, In(r)); !errors.Is(err, ErrTooDeep) {
		t.Errorf("what can't be read is written: %v", err)
	}
}

// TestMemory: what Marshal writes is never larger than the limits by themselves
// allow.
func TestMemory(t *testing.T) {
	r := testRegistry(t)
	const n = 100_000
	for name, v := range map[string]any{
		"pointers to themselves": func() any {
			all := make([]*node, n)
			for i := range all {
				all[i] = &node{}
				all[i].next = all[i]
			}
			return all
		}(),
		"empty slices": make([][]int, n),
		"slices of nothing": func() any {
			all := make([][]string, n)
			for i := range all {
				all[i] = []string{""}
			}
			return all
		}(),
		"maps": func() any {
			all := make([]map[string]int, n)
			for i := range all {
				all[i] = map[string]int{"": i}
			}
			return all
		}(),
		"interfaces": func() any {
			all := make([]any, n)
			for i := range all {
				all[i] = nest{}
			}
			return all
		}(),
		"structs of empty strings": make([]bag, n/10),
		"keys": func() any {
			m := make(map[int]bool)
			for i := range n {
				m[i] = true
			}
			return m
		}(),
	} {
		b, err := Marshal(v, In(r))
		if err != nil {
			t.Fatal(name, err)
		}
		if err := decode(b, &config{registry: r, limits: Limits{1 << 30, 0, 1000}}, reflect.TypeOf(v), reflect.New(reflect.TypeOf(v)).UnsafePointer()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
