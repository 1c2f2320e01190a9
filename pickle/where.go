package pickle

import (
	"errors"
	"reflect"
	"strings"
)

// A search finds the path to where a graph can't be written or a pickle can't be
// read, by doing so twice more: first to see which object first mentions which,
// then to see how those on the way do. So what can be written or read pays nothing
// for it, and what can't is not searched for longer than it is long.
type search struct {
	parents []uint32       // of each object, less one; while the first reading lasts
	wanted  map[int]string // in the second: of those on the way, the steps to them
	steps   []string       // in the second: from the current object to the value
}

// A path shows so many objects at its beginning and its end.
const (
	pathBegins = 6
	pathEnds   = 18
)

// mostOfName is how much of a name stands in a path.
const mostOfName = 80

// where returns the path from the root to where b can't be read, "" if that is
// before the root.
func where(b []byte, c *config, t reflect.Type) string {
	s := &search{}
	read := func() *decoder {
		d, _ := decodeOnce(b, c, t, reflect.New(t).UnsafePointer(), s)
		return d
	}
	d := read()
	if d.rootID == 0 {
		return ""
	}
	return s.path(d.types.name(d.rootID), d.current, func() { read() })
}

// ofAnother reports whether err is of another pickle, which a type's own form has in it.
// Then nobody searches: to read or write that again twice at each level, where they lie
// deep in each other, would take for ever. The other error has the path in its pickle.
func ofAnother(err error) bool {
	var inner *Error
	return errors.As(err, &inner)
}

// path returns the path from the root to a value in the current object, where the
// walk that s has followed came to its end. Again walks the same way again.
func (s *search) path(root string, current int, again func()) string {
	var way []int // from the current object to the root
	for number := current; number > 0; number = int(s.parents[number-1]) {
		way = append(way, number)
	}
	gap := -1
	if left := len(way) - pathEnds; left > pathBegins {
		gap = pathEnds
		way = append(way[:pathEnds:pathEnds], way[left+pathEnds-pathBegins:]...)
	}
	s.parents, s.wanted = nil, make(map[int]string)
	for _, number := range way {
		s.wanted[number] = ""
	}
	again()
	for i := len(way) - 1; i >= 0; i-- {
		if root += s.wanted[way[i]]; i == gap {
			root += "…"
		}
	}
	return root + s.here()
}

// made notes that object from has mentioned a new object.
func (s *search) made(from, number int) {
	if s.wanted == nil {
		s.parents = append(s.parents, uint32(from))
	} else if _, ok := s.wanted[number]; ok {
		s.wanted[number] = s.here()
	}
}

// row notes that the row of an object begins.
func (s *search) row() { s.steps = s.steps[:0] }

func (s *search) enter(before, name, after string) {
	if s.wanted != nil {
		s.steps = append(s.steps, before+name[:min(len(name), mostOfName)]+after)
	}
}

func (s *search) leave() {
	if s.wanted != nil {
		s.steps = s.steps[:len(s.steps)-1]
	}
}

// here returns the steps from the current object to the value.
func (s *search) here() string {
	if n := len(s.steps); n > pathBegins+pathEnds {
		return strings.Join(s.steps[:pathBegins], "") + "…" + strings.Join(s.steps[n-pathEnds:], "")
	}
	return strings.Join(s.steps, "")
}
