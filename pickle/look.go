package pickle

import (
	"cmp"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// The limits of Look: how deep it follows what lies in what, how many parts it
// shows of a list, a map or a struct, how many nodes in all, how long a string,
// and how large a map it still sorts.
const (
	lookDeep  = 4
	lookWide  = 10
	lookNodes = 400
	lookText  = 200
	lookMap   = 1000
)

// Look shows a value of the running program as [Inspect] shows one of a pickle,
// fields that are not exported too, for people who debug it. It calls no method of
// the value or of anything in it, so it is safe with values of any type. Pointers
// are followed, a few levels deep: what is too deep is a [NodeReference] whose text
// is its type. A pointer for which name returns a text is shown as that instead; it
// is given each pointer, and each struct's address.
//
// States are shown by their names, as they are registered in [Default]. Nobody may
// change meanwhile what v leads to.
func Look(v any, name func(pointer any) (text string, ok bool)) Node {
	l := looker{name: name, types: Default.known(), left: lookNodes}
	var n Node
	if v == nil {
		n.Kind = NodeNil
		return n
	}
	l.look(addressable(reflect.ValueOf(v)), &n, 0)
	return n
}

type looker struct {
	name  func(any) (string, bool)
	types map[reflect.Type][]string // the states of types that have some
	left  int                       // nodes
}

// known returns the states of all registered types that have some.
func (r *Registry) known() map[reflect.Type][]string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	states := make(map[reflect.Type][]string)
	for t, reg := range r.types {
		if reg.states != nil {
			states[t] = reg.states
		}
	}
	return states
}

// addressable returns v where it lies, or a copy: of what can be addressed, fields
// that are not exported can be read like others.
func addressable(v reflect.Value) reflect.Value {
	if !v.CanAddr() {
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		return c
	}
	return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
}

// look fills in n with v, which is addressable.
func (l *looker) look(v reflect.Value, n *Node, depth int) {
	l.left--
	t := v.Type()
	n.Type = t.String()
	switch kind := v.Kind(); kind {
	case reflect.Bool:
		n.scalar(NodeBool, strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if t == reflect.TypeFor[time.Duration]() {
			n.scalar(NodeNumber, time.Duration(v.Int()).String())
		} else {
			n.scalar(NodeNumber, strconv.FormatInt(v.Int(), 10))
		}
		l.state(t, v.Int(), n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		n.scalar(NodeNumber, strconv.FormatUint(v.Uint(), 10))
		if v.Uint() <= math.MaxInt64 {
			l.state(t, int64(v.Uint()), n)
		}
	case reflect.Float32, reflect.Float64:
		n.scalar(NodeNumber, strconv.FormatFloat(v.Float(), 'g', -1, t.Bits()))
	case reflect.Complex64, reflect.Complex128:
		n.scalar(NodeNumber, strconv.FormatComplex(v.Complex(), 'g', -1, t.Bits()))
	case reflect.String:
		n.text(v.String())
	case reflect.Struct:
		if at, ok := v.Addr().Interface().(*time.Time); ok {
			n.scalar(NodeTime, at.Format(time.RFC3339Nano))
		} else if !l.named(v.Addr(), n) {
			l.fields(v, n, depth)
		}
	case reflect.Array, reflect.Slice:
		l.list(v, n, depth)
	case reflect.Map:
		l.entries(v, n, depth)
	case reflect.Pointer:
		switch {
		case v.IsNil():
			n.Kind = NodeNil
		case l.named(v, n):
		case depth >= lookDeep:
			n.scalar(NodeReference, t.String())
		default:
			l.look(addressable(v.Elem()), n, depth+1)
		}
	case reflect.Interface:
		if v.IsNil() {
			n.Kind = NodeNil
			return
		}
		l.left++
		l.look(addressable(v.Elem()), n, depth)
	case reflect.Func:
		if v.IsNil() {
			n.Kind = NodeNil
		} else if f := runtime.FuncForPC(v.Pointer()); f != nil {
			n.scalar(NodeFunc, f.Name())
		} else {
			n.scalar(NodeFunc, t.String())
		}
	default: // a Go channel or an unsafe pointer
		n.scalar(NodeReference, t.String())
		if v.IsNil() {
			n.scalar(NodeNil, "")
		}
	}
}

// state makes n the state that number is of type t, if it is one.
func (l *looker) state(t reflect.Type, number int64, n *Node) {
	if states := l.types[t]; number >= 0 && number < int64(len(states)) {
		n.scalar(NodeState, states[number])
	}
}

// named makes n what the looker's caller calls the pointer.
func (l *looker) named(pointer reflect.Value, n *Node) bool {
	if l.name == nil {
		return false
	}
	text, ok := l.name(pointer.Interface())
	if ok {
		n.scalar(NodeReference, text)
	}
	return ok
}

// text makes n a string, or as much of it as is shown.
func (n *Node) text(s string) {
	if len(s) > lookText {
		n.Len = len(s)
		s = clip(s, lookText)
	}
	n.scalar(NodeString, s)
}

// parts makes n something of count parts and returns how many are to be shown.
func (l *looker) parts(n *Node, k NodeKind, count, depth int) (shown int) {
	n.Kind, n.Len = k, count
	if depth >= lookDeep {
		return 0
	}
	return max(0, min(count, lookWide, l.left))
}

func (l *looker) fields(v reflect.Value, n *Node, depth int) {
	t := v.Type()
	var shown []int
	for i := range t.NumField() {
		if t.Field(i).Name != "_" {
			shown = append(shown, i)
		}
	}
	if depth >= lookDeep || l.left < len(shown) {
		n.scalar(NodeReference, t.String()+"{…}")
		return
	}
	for _, i := range shown[:l.parts(n, NodeStruct, len(shown), depth)] {
		p := Node{Name: t.Field(i).Name}
		l.look(addressable(v.Field(i)), &p, depth+1)
		n.Parts = append(n.Parts, p)
	}
}

func (l *looker) list(v reflect.Value, n *Node, depth int) {
	if v.Kind() == reflect.Slice && v.IsNil() {
		n.Kind = NodeNil
		return
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		b := make([]byte, min(v.Len(), lookText))
		for i := range b {
			b[i] = byte(v.Index(i).Uint())
		}
		n.scalar(NodeBytes, strconv.Quote(string(b)))
		if v.Len() > len(b) {
			n.Len = v.Len()
		}
		return
	}
	for i := range l.parts(n, NodeList, v.Len(), depth) {
		var p Node
		l.look(addressable(v.Index(i)), &p, depth+1)
		n.Parts = append(n.Parts, p)
	}
}

// entries shows a map's in the order of their keys as they are written.
func (l *looker) entries(v reflect.Value, n *Node, depth int) {
	if v.IsNil() {
		n.Kind = NodeNil
		return
	}
	shown := l.parts(n, NodeMap, v.Len(), depth)
	if v.Len() > lookMap || shown == 0 {
		return
	}
	type entry struct {
		key   Node
		text  string
		value reflect.Value
	}
	var all []entry
	left := l.left
	for i := v.MapRange(); i.Next(); {
		e := entry{value: i.Value()}
		l.look(addressable(i.Key()), &e.key, depth+1)
		e.text = e.key.String()
		all = append(all, e)
		l.left = left // only those that are shown count
	}
	slices.SortStableFunc(all, func(a, b entry) int { return compareKeys(a.key, b.key, a.text, b.text) })
	for _, e := range all[:shown] {
		p := Node{Kind: NodeEntry, Parts: make([]Node, 2)}
		p.Parts[0] = e.key
		l.left--
		l.look(addressable(e.value), &p.Parts[1], depth+1)
		n.Parts = append(n.Parts, p)
	}
}

// compareKeys orders numbers by their size, everything else by how it is written.
func compareKeys(a, b Node, aText, bText string) int {
	x, errX := strconv.ParseFloat(a.Text, 64)
	y, errY := strconv.ParseFloat(b.Text, 64)
	if a.Kind == NodeNumber && b.Kind == NodeNumber && errX == nil && errY == nil && x != y {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(aText, bText)
}
