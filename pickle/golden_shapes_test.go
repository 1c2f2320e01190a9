package pickle_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/stackless-go/stackless/pickle"
	"github.com/vmihailenco/msgpack/v5"
)

// The types of the golden pickles. Their names and fields are never to change.
type (
	goldenBasics struct {
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
		up  uintptr
		f32 float32
		f64 float64
		c64 complex64
		c   complex128
		s   string
		d   time.Duration
		raw []byte
		set [3]byte
	}
	goldenNode struct {
		Name       string
		Next, Peer *goldenNode
		Any        any
	}
	goldenPoint struct{ X, y int }
	goldenLine  struct {
		goldenPoint
		from, to goldenPoint
		via      [3]goldenPoint
		start    *goldenPoint
		third    *goldenPoint
		number   *int
		rest     []goldenPoint
	}
	goldenPair[A, B any] struct {
		a A
		b B
	}
	goldenAnimal  interface{ Sound() string }
	goldenDog     struct{ loud bool }
	goldenCat     struct{ lives *int }
	goldenPhase   uint8
	goldenList    []int
	goldenNothing struct{}
	goldenErrors  struct{ list []error }
	goldenFuncs   struct{ list []func(int) int }

	goldenHalf   [2]int
	goldenIndex  map[string]int // which is not registered
	goldenTables struct {
		a goldenIndex
		b map[string]int
	}
	goldenTicket1 struct {
		To   *goldenNode
		Lost string
	}
	goldenTicket struct{ To *goldenNode }

	// goldenColor has its own form, as bytes.
	goldenColor struct{ r, g, b uint8 }
	// goldenTag has its own form in msgpack.
	goldenTag struct{ key, value string }

	// goldenOrder in three versions.
	goldenOrder1 struct {
		Item  string
		Price int
	}
	goldenOrder2 struct {
		Item  string
		Cents int
	}
	goldenOrder struct {
		Items []string
		Cents int
	}
	goldenBook1 struct {
		Orders []goldenOrder1
		By     map[string]*goldenOrder1
		Last   any
		Phase  goldenPhase1
		Lost   []*goldenOrder1
	}
	goldenPhase1 uint8
	goldenBook   struct {
		Last   any
		By     map[string]*goldenOrder
		Orders []goldenOrder
		Phase  goldenPhase
		Gained *int
	}
)

// Sound is a dog's.
func (d goldenDog) Sound() string {
	if d.loud {
		return "WOOF"
	}
	return "woof"
}

// Sound is a cat's.
func (c *goldenCat) Sound() string { return fmt.Sprint("meow ", *c.lives) }

// MarshalBinary writes a color as it is written in pages.
func (c goldenColor) MarshalBinary() ([]byte, error) {
	return fmt.Appendf(nil, "#%02x%02x%02x", c.r, c.g, c.b), nil
}

// UnmarshalBinary reads that.
func (c *goldenColor) UnmarshalBinary(b []byte) error {
	_, err := fmt.Sscanf(string(b), "#%02x%02x%02x", &c.r, &c.g, &c.b)
	return err
}

// EncodeMsgpack writes a list of two.
func (t goldenTag) EncodeMsgpack(e *msgpack.Encoder) error { return e.EncodeMulti(t.key, t.value) }

// DecodeMsgpack reads that.
func (t *goldenTag) DecodeMsgpack(d *msgpack.Decoder) error { return d.DecodeMulti(&t.key, &t.value) }

func goldenTwice(n int) int  { return 2 * n }
func goldenThrice(n int) int { return 3 * n }

var (
	errGolden   = errors.New("golden")
	goldenTable = &goldenNode{Name: "the table that every process has"}
)

func init() {
	pickle.Register[goldenBasics]("golden.basics")
	pickle.Register[goldenNode]("golden.node")
	pickle.Register[goldenPoint]("golden.point")
	pickle.Register[goldenLine]("golden.line")
	pickle.Register[goldenPair[int, string]]("golden.pair.int.string")
	pickle.Register[goldenPair[*goldenNode, []goldenAnimal]]("golden.pair.node.animals")
	pickle.Register[goldenDog]("golden.dog")
	pickle.Register[goldenCat]("golden.cat")
	pickle.Register[goldenList]("golden.list")
	pickle.Register[goldenNothing]("golden.nothing")
	pickle.Register[goldenColor]("golden.color")
	pickle.Register[goldenTag]("golden.tag")
	pickle.Register[netip.AddrPort]("golden.address")
	pickle.RegisterFunc("golden.twice", goldenTwice)
	pickle.RegisterFunc("golden.thrice", goldenThrice)
	pickle.RegisterGlobal("golden.error", errGolden)
	pickle.RegisterGlobal("golden.table", goldenTable)
	pickle.Register[goldenErrors]("golden.errors")
	pickle.Register[goldenFuncs]("golden.funcs")
	pickle.RegisterUnnamed[[]goldenBasics]()
	pickle.RegisterUnnamed[[]*goldenNode]()
	pickle.RegisterUnnamed[[]goldenNothing]()
	pickle.RegisterUnnamed[[]goldenColor]()
	pickle.RegisterUnnamed[[]goldenTag]()
	pickle.RegisterUnnamed[map[goldenColor]goldenTag]()
	pickle.RegisterUnnamed[[]time.Time]()
	pickle.RegisterUnnamed[map[any]int]()
	pickle.RegisterUnnamed[map[goldenPoint][]int]()
	pickle.RegisterUnnamed[map[string]map[string]int]()
	pickle.RegisterUnnamed[[]goldenPoint]()
	pickle.RegisterUnnamed[[][]int]()
	pickle.RegisterUnnamed[[3]int]()
	pickle.RegisterUnnamed[*[3]goldenPoint]()
	pickle.Register[goldenHalf]("golden.half")
	pickle.Register[goldenTables]("golden.tables")
	pickle.Register[goldenTicket]("golden.ticket")
	pickle.RegisterUnnamed[*[2]int]()
	pickle.RegisterUnnamed[map[any]any]()
	pickle.Register[goldenPhase]("golden.phase", pickle.States("made", "checked", "paid", "sent"))
	pickle.Register[goldenBook]("golden.book")
	pickle.Register[goldenOrder]("golden.order", pickle.Version(3),
		pickle.Upgrade(1, func(old *goldenOrder1, next *goldenOrder2) error {
			*next = goldenOrder2{old.Item, 100 * old.Price}
			return nil
		}),
		pickle.Upgrade(2, func(old *goldenOrder2, next *goldenOrder) error {
			*next = goldenOrder{strings.Fields(old.Item), old.Cents}
			return nil
		}))
}

// bookshop is the program that wrote the golden books.
func bookshop() *pickle.Registry {
	r := pickle.NewRegistry()
	for _, err := range []error{
		r.Register(reflect.TypeFor[goldenOrder1](), "golden.order"),
		r.Register(reflect.TypeFor[goldenBook1](), "golden.book"),
		r.Register(reflect.TypeFor[goldenPhase1](), "golden.phase", pickle.States("made", "paid", "sent")),
	} {
		if err != nil {
			panic(err)
		}
	}
	return r
}

// railway is the program that wrote the golden tickets.
func railway() *pickle.Registry {
	r := pickle.NewRegistry()
	for _, err := range []error{
		r.Register(reflect.TypeFor[goldenTicket1](), "golden.ticket"),
		r.Register(reflect.TypeFor[goldenNode](), "golden.node"),
	} {
		if err != nil {
			panic(err)
		}
	}
	r.RegisterUnnamed(reflect.TypeFor[map[any]any]())
	return r
}

// shapes are golden pickles of values of all kinds.
func shapes() []golden {
	return []golden{
		{name: "nil", make: func(*stage) any { return nil }, use: func(_ *stage, v any) { say("%v", v) }},
		{name: "basics", make: func(*stage) any {
			return []goldenBasics{{}, {true, -1, -128, -32768, math.MinInt32, math.MinInt64, math.MaxInt32, 255, 65535, math.MaxUint32, math.MaxUint64,
				7, 1.5, math.MaxFloat64, 1 - 2i, 3i, "grüß\x00\xff" + strings.Repeat("x", 300), time.Hour, []byte{0, 1, 255}, [3]byte{1, 2, 3}},
				{f32: float32(math.Inf(-1)), f64: math.Copysign(0, -1), i: 127, i8: 127, i16: 128, i32: 65536, i64: 1 << 32}}
		}, use: func(_ *stage, v any) {
			for _, b := range v.([]goldenBasics) {
				say("%+q", fmt.Sprint(b))
			}
		}},
		{name: "sharing", make: func(*stage) any {
			a, b := &goldenNode{Name: "a"}, &goldenNode{Name: "b"}
			a.Next, a.Peer, b.Next, b.Any = b, a, a, a
			return []any{a, b, []*goldenNode{a, b, nil, a}}
		}, use: func(_ *stage, v any) {
			a, b, all := v.([]any)[0].(*goldenNode), v.([]any)[1].(*goldenNode), v.([]any)[2].([]*goldenNode)
			say("%s %s %t %t %t %t %t", a.Name, b.Name, a.Next == b, a.Peer == a, b.Next == a, b.Any == any(a), slices.Equal(all, []*goldenNode{a, b, nil, a}))
		}},
		{name: "inside", make: func(*stage) any {
			l := &goldenLine{goldenPoint: goldenPoint{1, 2}, via: [3]goldenPoint{{3, 4}, {5, 6}, {7, 8}}}
			l.start, l.third, l.number, l.rest = &l.from, &l.via[2], &l.y, l.via[1:2]
			return []any{&l.to, l, &l.via}
		}, use: func(_ *stage, v any) {
			l := v.([]any)[1].(*goldenLine)
			say("%v %v %v %v", l.goldenPoint, l.via, l.rest, cap(l.rest))
			say("%t %t %t %t %t %t", l.start == &l.from, l.third == &l.via[2], l.number == &l.y, &l.rest[0] == &l.via[1], v.([]any)[0] == any(&l.to), v.([]any)[2] == any(&l.via))
		}},
		{name: "slices", make: func(*stage) any {
			s := []int{1, 2, 3, 4, 5, 6}
			return []any{[][]int{s[1:3], s, s[:0], s[4:5:5], nil, {}}, []goldenNothing{{}, {}}, goldenList{7}, []string{"", "x"}, [3]int{1, 2, 3}, []byte("bytes")}
		}, use: func(_ *stage, v any) {
			s := v.([]any)[0].([][]int)
			s[1][1], s[1][4] = 20, 50
			say("%v %t %t %d %d", s, s[4] == nil, s[5] == nil, cap(s[0]), cap(s[3]))
			say("%v", v.([]any)[1:])
		}},
		{name: "maps", make: func(*stage) any {
			m := map[string]int{"one": 1, "two": 2}
			return []any{m, map[string]map[string]int{"m": m, "nil": nil, "empty": {}}, map[goldenPoint][]int{{1, 2}: {3}, {}: nil},
				map[any]int{"s": 1, 2: 2, goldenPoint{3, 3}: 3, goldenNothing{}: 4, true: 5}, map[string]any{"x": 1.5}}
		}, use: func(_ *stage, v any) {
			all := v.([]any)
			m, mm, keys := all[0].(map[string]int), all[1].(map[string]map[string]int), all[3].(map[any]int)
			m["three"] = 3
			say("%v %v %t %t", m, mm, mm["nil"] == nil, mm["empty"] == nil)
			say("%v %v", all[2], all[4])
			say("%d %d %d %d %d %d", len(keys), keys["s"], keys[2], keys[goldenPoint{3, 3}], keys[goldenNothing{}], keys[true])
		}},
		{name: "interfaces", make: func(*stage) any {
			n := 9
			cat := &goldenCat{&n}
			return []any{&goldenPair[*goldenNode, []goldenAnimal]{&goldenNode{Any: goldenNode{Name: "in", Any: []any{goldenCat{&n}}}}, []goldenAnimal{goldenDog{true}, goldenDog{}, cat, nil, cat}},
				&goldenDog{}, 1, int8(2), "s", 1.5, nil, goldenPair[int, string]{1, "x"}, []any{}, goldenNothing{}, start}
		}, use: func(_ *stage, v any) {
			p := v.([]any)[0].(*goldenPair[*goldenNode, []goldenAnimal])
			for _, a := range p.b {
				if a != nil {
					say("%s", a.Sound())
				}
			}
			in := p.a.Any.(goldenNode)
			*in.Any.([]any)[0].(goldenCat).lives = 8
			say("%s %s %t", in.Name, p.b[2].Sound(), p.b[2] == p.b[4])
			for _, x := range v.([]any)[1:] {
				say("%T %v", x, x)
			}
		}},
		{name: "own", make: func(*stage) any {
			n := netip.MustParseAddrPort("[fe80::1%eth0]:8080")
			c := goldenColor{1, 2, 255}
			return []any{c, &c, []goldenColor{c, {}}, n, goldenTag{"key", "value"}, []goldenTag{{"a", "b"}}, map[goldenColor]goldenTag{c: {"c", "d"}}}
		}, use: func(_ *stage, v any) {
			for _, x := range v.([]any) {
				if c, ok := x.(*goldenColor); ok {
					x = *c
				}
				say("%T %v", x, x)
			}
		}},
		{name: "times", make: func(*stage) any {
			return []time.Time{{}, start, start.In(time.FixedZone("", 5*3600+1800)), time.Unix(1, 999999999).UTC()}
		}, use: func(_ *stage, v any) {
			for _, t := range v.([]time.Time) {
				say("%s", t.Format(time.RFC3339Nano))
			}
		}},
		{name: "errors", make: func(*stage) any {
			return goldenErrors{[]error{errors.New("text"), fmt.Errorf("one: %w", io.EOF), fmt.Errorf("two: %w, %w", errGolden, context.Canceled),
				errors.Join(errGolden, errors.New("other")), errGolden, io.ErrUnexpectedEOF, context.DeadlineExceeded, nil}}
		}, use: func(_ *stage, v any) {
			for _, err := range v.(goldenErrors).list {
				say("%v %t %t %t", err, errors.Is(err, errGolden), errors.Is(err, io.EOF), errors.Is(err, context.DeadlineExceeded))
			}
		}},
		{name: "functions", make: func(*stage) any { return goldenFuncs{[]func(int) int{goldenTwice, nil, goldenThrice}} },
			use: func(_ *stage, v any) {
				for _, f := range v.(goldenFuncs).list {
					if f == nil {
						say("none")
					} else {
						say("%d", f(7))
					}
				}
			}},
		{name: "globals", make: func(*stage) any { return []any{goldenTable, &goldenNode{Next: goldenTable}} },
			use: func(_ *stage, v any) {
				say("%t %t", v.([]any)[0] == any(goldenTable), v.([]any)[1].(*goldenNode).Next == goldenTable)
			}},
		{name: "upgrades", with: bookshop(), make: func(*stage) any {
			shared := &goldenOrder1{"a spade", 7}
			return &goldenBook1{[]goldenOrder1{{"pear tree", 12}, {"", 0}}, map[string]*goldenOrder1{"x": shared, "nil": nil},
				goldenOrder1{"the last", 1}, 1, []*goldenOrder1{shared, {"lost", 1}}}
		}, use: func(_ *stage, v any) {
			b := v.(*goldenBook)
			say("%v %v %v %d %v", b.Orders, b.Last, *b.By["x"], b.Phase, b.Gained)
			say("%v", slices.Sorted(maps.Keys(b.By)))
		}},
		{name: "views", make: func(*stage) any {
			s := []int{1, 2, 3, 4, 5, 6, 7, 8}
			return []any{(*goldenHalf)(s[:2]), s[1:1:6], (*[2]int)(s[3:5]), [][]int{s[6:7:8], s[7:7:8]}}
		}, use: func(_ *stage, v any) {
			front, s, back, last := v.([]any)[0].(*goldenHalf), v.([]any)[1].([]int), v.([]any)[2].(*[2]int), v.([]any)[3].([][]int)
			all := s[:4] // of which nothing shows the second
			say("%v %v %v %v", *front, s, *back, last)
			say("%d %d %d %t %t", all[0], all[2], all[3], &all[0] == &front[1], &all[2] == &back[0])
		}},
		{name: "aliases", make: func(*stage) any {
			m := map[string]int{"one": 1}
			return []any{m, &goldenTables{m, m}}
		}, use: func(_ *stage, v any) {
			m, t := v.([]any)[0].(map[string]int), v.([]any)[1].(*goldenTables)
			t.a["two"] = 2
			say("%v %v %v", m, t.a, t.b)
		}},
		{name: "keys", make: func(*stage) any {
			m := map[any]any{1: "a", "1": "b", 2.5: nil}
			for _, name := range []string{"x", "y", "z"} {
				m[&goldenNode{Name: name}] = name
			}
			return m
		}, use: func(_ *stage, v any) {
			m := v.(map[any]any)
			say("%v %v %v %d", m[1], m["1"], m[2.5], len(m))
			for k, v := range m {
				if n, ok := k.(*goldenNode); ok && n.Name != v {
					say("%s is %s", n.Name, v)
				}
			}
		}},
		{name: "shrunk", with: railway(), make: func(*stage) any {
			n := &goldenNode{Name: "n"}
			return []any{goldenTicket1{n, "lost"}, map[any]any{goldenTicket1{n, ""}: n}, n, goldenTicket1{}}
		}, use: func(_ *stage, v any) {
			all := v.([]any)
			ticket, keys := all[0].(goldenTicket), all[1].(map[any]any)
			say("%s %t %t %t %v", ticket.To.Name, ticket.To == all[2], keys[ticket] == all[2], ticket.To == keys[ticket], all[3].(goldenTicket).To)
		}},
	}
}
