package pickle

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"weak"
)

// A link of a chain, whose types make a vocabulary of some size.
type link struct {
	Name string
	Next *link
	Any  any
	Held []int
	Map  map[string]int
}

func linksRegistry(t testing.TB) *Registry {
	t.Helper()
	r := NewRegistry()
	if err := r.Register(reflect.TypeFor[link](), "test.link"); err != nil {
		t.Fatal(err)
	}
	return r
}

func (vs *vocabularies) len() int {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	return len(vs.all)
}

// TestVocabularyIsUsedAgain: of pickles with the same types, those after the first take
// much less, whatever is in them, and are what they are.
func TestVocabularyIsUsedAgain(t *testing.T) {
	r := linksRegistry(t)
	pickles := make([][]byte, 20)
	for i := range pickles {
		l := &link{Name: fmt.Sprint(i), Next: &link{Name: "next"}, Any: i, Held: []int{i}}
		l.Next.Next = l
		b, err := Marshal(l, In(r))
		if err != nil {
			t.Fatal(err)
		}
		pickles[i] = b
	}
	read := func(i int) {
		l, err := Unmarshal[*link](pickles[i], In(r))
		if err != nil || l.Name != fmt.Sprint(i) || l.Next.Next != l || l.Any != i || l.Held[0] != i {
			t.Fatalf("%d: %+v, %v", i, l, err)
		}
	}
	first := testing.AllocsPerRun(1, func() {
		r.snapshot().vocabularies.all = nil
		read(0)
	})
	later := testing.AllocsPerRun(10, func() { read(7) })
	if n := r.snapshot().vocabularies.len(); n != 1 || later > first/2 {
		t.Errorf("%d vocabularies; %v allocations, then %v", n, first, later)
	}
	for i := range pickles {
		read(i)
	}
}

// TestVocabularyOfDamaged: a pickle that can't be read leaves nothing that others could
// stumble over, wherever it is damaged or cut.
func TestVocabularyOfDamaged(t *testing.T) {
	r := linksRegistry(t)
	b, err := Marshal(&link{Name: "a", Next: &link{Name: "b"}, Map: map[string]int{"x": 1}}, In(r))
	if err != nil {
		t.Fatal(err)
	}
	intact := func() {
		l, err := Unmarshal[*link](b, In(r))
		if err != nil || l.Name != "a" || l.Next.Name != "b" || l.Map["x"] != 1 {
			t.Fatalf("%+v, %v", l, err)
		}
	}
	for i := range b {
		intact()
		if _, err := Unmarshal[*link](b[:i], In(r)); err == nil {
			t.Errorf("cut at %d, it was read", i)
		}
		intact()
		for _, x := range []byte{1, 0x80} {
			damaged := append([]byte(nil), b...)
			damaged[i] ^= x
			_, fresh := Unmarshal[*link](damaged, In(linksRegistry(t)))
			_, again := Unmarshal[*link](damaged, In(r))
			if (fresh == nil) != (again == nil) || fresh != nil && fresh.Error() != again.Error() {
				t.Errorf("byte %d: %v; by those who have read the intact one: %v", i, fresh, again)
			}
		}
	}
	intact()
}

// TestVocabularyKeepsLimits: types that were read under other limits are not excused.
func TestVocabularyKeepsLimits(t *testing.T) {
	b, err := Marshal([1][1][1][1]int{{{{7}}}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := Unmarshal[[1][1][1][1]int](b); err != nil {
			t.Fatal(err)
		}
		if _, err := Unmarshal[[1][1][1][1]int](b, WithLimits(Limits{Depth: 2})); !errors.Is(err, ErrTooDeep) {
			t.Fatal(err)
		}
	}
}

// TestVocabularyOfAnotherTime: what is registered later is known.
func TestVocabularyOfAnotherTime(t *testing.T) {
	type late struct{ N int }
	r, all := linksRegistry(t), linksRegistry(t)
	if err := all.Register(reflect.TypeFor[late](), "test.late"); err != nil {
		t.Fatal(err)
	}
	b, err := Marshal(&link{Any: &late{7}}, In(all))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Unmarshal[*link](b, In(r)); !errors.Is(err, ErrUnknown) {
		t.Fatal(err)
	}
	if err := r.Register(reflect.TypeFor[late](), "test.late"); err != nil {
		t.Fatal(err)
	}
	if l, err := Unmarshal[*link](b, In(r)); err != nil || l.Any.(*late).N != 7 {
		t.Fatal(l, err)
	}
}

// TestVocabulariesAreBounded: tables from anywhere do not fill the memory, nor does what
// was read stay in it.
func TestVocabulariesAreBounded(t *testing.T) {
	r := linksRegistry(t)
	typ := reflect.TypeFor[link]()
	var first weak.Pointer[link]
	for i := range 3 * mostVocabularies {
		b, err := Marshal(reflect.Zero(reflect.ArrayOf(i, typ)).Interface(), In(r))
		if err != nil {
			t.Fatal(err)
		}
		into := reflect.New(reflect.ArrayOf(i, typ))
		var c config
		c.apply([]Option{In(r)})
		if err := decode(b, &c, into.Type().Elem(), into.UnsafePointer()); err != nil {
			t.Fatal(err)
		}
		if n := r.snapshot().vocabularies.len(); n > mostVocabularies {
			t.Fatalf("%d vocabularies", n)
		}
	}
	b, err := Marshal(&link{Next: &link{}}, In(r))
	if err != nil {
		t.Fatal(err)
	}
	func() {
		l, err := Unmarshal[*link](b, In(r))
		if err != nil {
			t.Fatal(err)
		}
		first = weak.Make(l)
	}()
	for range 3 {
		runtime.GC()
	}
	if first.Value() != nil {
		t.Error("what was read is still there")
	}
}

// TestVocabularyOfMany: goroutines that read at the same time have one each.
func TestVocabularyOfMany(t *testing.T) {
	r := linksRegistry(t)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 200 {
				b, err := Marshal(&link{Name: fmt.Sprint(g, i), Any: g}, In(r))
				if err != nil {
					t.Error(err)
					return
				}
				if l, err := Unmarshal[*link](b, In(r)); err != nil || l.Name != fmt.Sprint(g, i) || l.Any != g {
					t.Error(l, err)
					return
				}
			}
		})
	}
	all.Wait()
}
