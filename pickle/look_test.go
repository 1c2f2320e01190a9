package pickle_test

import (
	"math"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stackless-go/stackless/pickle"
)

type lookedAt struct {
	_      int
	hidden int
	Next   *lookedAt
	Any    any
}

// panics is a value none of whose methods may be called.
type panics struct{ hidden string }

func (panics) String() string { panic("String was called") }
func (panics) Error() string  { panic("Error was called") }

type colour uint8

func init() { pickle.Register[colour]("test.look.colour", pickle.States("red", "green")) }

// TestLook: how values are shown.
func TestLook(t *testing.T) {
	ring := &lookedAt{hidden: 1}
	ring.Next = ring
	large := make(map[int]int)
	for i := range 2000 {
		large[i] = i
	}
	word := "word"
	for _, test := range []struct {
		value any
		want  string
	}{
		{nil, "nil"},
		{true, "true"},
		{-7, "-7"},
		{uint64(math.MaxUint64), "18446744073709551615"},
		{1.5, "1.5"},
		{complex(1, 2), "(1+2i)"},
		{math.NaN(), "NaN"},
		{"a\x1b", `"a\x1b"`},
		{&word, `"word"`},
		{strings.Repeat("x", 300), `"` + strings.Repeat("x", 200) + `"…`},
		{[]byte("abc\x00"), `"abc\x00"`},
		{90 * time.Second, "1m30s"},
		{time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), "2026-01-02T03:04:05.000000006Z"},
		{colour(1), "green"},
		{colour(9), "9"},
		{[]int(nil), "nil"},
		{[]int{}, "[]"},
		{[3]int{1, 2, 3}, "[1, 2, 3]"},
		{make([]int, 12), "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, … 2 more]"},
		{map[int]string{10: "b", 9: "a"}, `map[9: "a", 10: "b"]`},
		{map[string]any(nil), "nil"},
		{map[panics]bool{{"k"}: true}, `map[{hidden: "k"}: true]`},
		{large, "map[… 2,000 more]"},
		{panics{"x"}, `{hidden: "x"}`},
		{&panics{"x"}, `{hidden: "x"}`},
		{lookedAt{hidden: 1, Any: panics{"in"}}, `{hidden: 1, Next: nil, Any: {hidden: "in"}}`},
		{ring, "{hidden: 1, Next: {hidden: 1, Next: *pickle_test.lookedAt, Any: nil}, Any: nil}"},
		{[]any{[]any{[]any{[]any{[]any{1}}}}}, "[[[[[… 1 more]]]]]"},
		{strings.ToUpper, "func strings.ToUpper"},
		{(func())(nil), "nil"},
		{make(chan int), "chan int"},
		{(chan int)(nil), "nil"},
		{unsafe.Pointer(nil), "nil"},
		{new(*int), "nil"},
	} {
		n := pickle.Look(test.value, nil)
		if got := n.String(); got != test.want {
			t.Errorf("%T: got %s, want %s", test.value, got, test.want)
		}
	}
}

// TestLookNames: what has a name is shown by it, pointed to or in place.
func TestLookNames(t *testing.T) {
	name := func(p any) (string, bool) {
		if _, ok := p.(*panics); ok {
			return "somebody", true
		}
		return "", false
	}
	n := pickle.Look(struct {
		a  *panics
		b  panics
		c  any
		at *lookedAt
	}{new(panics), panics{}, panics{}, nil}, name)
	if got, want := n.String(), "{a: somebody, b: somebody, c: somebody, at: nil}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestLookBounded: a value of any size is shown in few nodes.
func TestLookBounded(t *testing.T) {
	var grow func(depth int) any
	grow = func(depth int) any {
		if depth == 0 {
			return 1
		}
		var all []any
		for range 10 {
			all = append(all, grow(depth-1))
		}
		return all
	}
	var count func(n pickle.Node) int
	count = func(n pickle.Node) int {
		sum := 1
		for _, p := range n.Parts {
			sum += count(p)
		}
		return sum
	}
	if n := count(pickle.Look(grow(4), nil)); n > 500 {
		t.Errorf("%d nodes", n)
	}
}
