package pickle

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"
)

// A Node is a value in a [Document], with what lies in it.
type Node struct {
	Kind NodeKind `json:"kind"`
	Name string   `json:"name,omitempty"` // of a field of a struct
	Type string   `json:"type,omitempty"` // of what an interface holds, that one's
	// Text is a bool, a number or a time as Go writes it, a string as it is, bytes
	// in quotes or in hexadecimal, the name of a state, function or global. Of a
	// reference it is which part of the object is meant, as in ".buf[1:3]"; "" if
	// it is all of it.
	Text string `json:"text,omitempty"`
	// Object is the number of the object that a reference leads to.
	Object int `json:"object,omitempty"`
	// Len is how many elements a list, a map or a reference to an array has; Parts
	// may be fewer. Of a string or bytes it is their length, if Text is cut short.
	Len int `json:"len,omitempty"`
	// Parts are the fields of a struct, the elements of a list, the entries of a
	// map; of an entry, the key and the element.
	Parts []Node `json:"parts,omitempty"`
}

// A NodeKind says how a [Node] is to be understood.
type NodeKind uint8

const (
	// NodeUnread: damage kept it from being read.
	NodeUnread NodeKind = iota
	// NodeNil: a pointer, slice, map, function or interface that is nil.
	NodeNil
	NodeBool
	NodeNumber
	NodeTime
	NodeString
	// NodeBytes: a list of bytes, a string that is not UTF-8, or a value in its
	// type's own form.
	NodeBytes
	// NodeState: one of the named values of a type.
	NodeState
	// NodeFunc: a registered function.
	NodeFunc
	// NodeGlobal: an object that every process has its own of.
	NodeGlobal
	NodeStruct
	// NodeList: an array, or a slice that nothing else shares.
	NodeList
	NodeMap
	NodeEntry
	// NodeReference: a pointer, slice, map or struct in an interface, by the number
	// of its object.
	NodeReference
)

var nodeKinds = [...]string{"unread", "nil", "bool", "number", "time", "string", "bytes", "state", "func",
	"global", "struct", "list", "map", "entry", "reference"}

// String returns the kind's name.
func (k NodeKind) String() string {
	if int(k) < len(nodeKinds) {
		return nodeKinds[k]
	}
	return fmt.Sprintf("NodeKind(%d)", uint8(k))
}

// MarshalText returns the kind's name.
func (k NodeKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

const nodeSize = int(unsafe.Sizeof(Node{}))

// Field returns the field of a struct that has this name, or what an entry of a
// map has under a key that is written so. If there is none, it returns a Node of
// kind [NodeUnread].
func (n *Node) Field(name string) *Node {
	for i := range n.Parts {
		switch p := &n.Parts[i]; {
		case n.Kind == NodeStruct && p.Name == name:
			return p
		case p.Kind == NodeEntry && len(p.Parts) == 2 && p.Parts[0].Text == name:
			return &p.Parts[1]
		}
	}
	return &Node{}
}

// scalar makes n a value that has no parts. All methods that fill in a node may
// be called on nil, for values that are passed over.
func (n *Node) scalar(k NodeKind, text string) {
	if n != nil {
		n.Kind, n.Text = k, text
	}
}

// broken returns the way from n to what could not be read in it.
func (n Node) broken() string {
	var b strings.Builder
	for len(n.Parts) > 0 && b.Len() < maxText {
		last := len(n.Parts) - 1
		switch n.Kind {
		case NodeStruct:
			b.WriteString("." + n.Parts[last].Name)
		case NodeList:
			fmt.Fprintf(&b, "[%d]", last)
		case NodeMap:
			b.WriteString("[" + n.Parts[last].key() + "]")
		}
		n = n.Parts[last]
	}
	return b.String()
}

// key returns the key of an entry, for a path.
func (n Node) key() string {
	if n.Kind != NodeEntry || len(n.Parts) == 0 || n.Parts[0].Text == "" {
		return "…"
	}
	return clip(n.Parts[0].Text, 40)
}

// clip returns s, no longer than n bytes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// holds makes n something of count parts, and room for as many of them as are to
// be shown and there is memory for.
func (w *walker) holds(n *Node, k NodeKind, count, shown int) {
	if n == nil {
		return
	}
	n.Kind, n.Len = k, count
	if w.most > 0 && k != NodeStruct && k != NodeEntry {
		shown = min(shown, w.most)
	}
	if shown = min(shown, w.memory/nodeSize); shown > 0 {
		w.memory -= shown * nodeSize
		n.Parts = make([]Node, 0, shown)
	}
}

// part returns the next part of n to be filled in, nil if it is not shown.
func (n *Node) part(name string) *Node {
	if n == nil || len(n.Parts) == cap(n.Parts) {
		return nil
	}
	n.Parts = append(n.Parts, Node{Name: name})
	return &n.Parts[len(n.Parts)-1]
}

// words makes n a string, or bytes, as far as they are shown and there is memory.
func (w *walker) words(n *Node, k NodeKind, b []byte) {
	if n == nil {
		return
	}
	whole := len(b)
	if w.most > 0 && w.most < whole/64 {
		b = b[:64*w.most]
	}
	if len(b) > w.memory/2 {
		b = b[:max(w.memory/2, 0)]
	}
	if len(b) < whole {
		n.Len = whole
		for k := 0; k < utf8.UTFMax && len(b) > 0 && !utf8.RuneStart(b[len(b)-1]); k++ {
			b = b[:len(b)-1]
		}
		if len(b) > 0 && b[len(b)-1] >= utf8.RuneSelf {
			b = b[:len(b)-1] // a rune's first byte without the others
		}
	}
	w.memory -= 2 * len(b)
	isText := utf8.Valid(b)
	if k == NodeString && isText {
		n.Kind, n.Text = NodeString, string(b)
		return
	}
	n.Kind = NodeBytes
	for _, r := range string(b) {
		isText = isText && (unicode.IsPrint(r) || r == '\n' || r == '\t')
	}
	if isText {
		n.Text = strconv.Quote(string(b))
	} else {
		n.Text = hex.EncodeToString(b)
	}
}
