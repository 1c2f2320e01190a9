package pickle_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"

	"github.com/stackless-go/stackless/pickle"
)

// goldenBytes are the golden pickles, for fuzzers to begin with.
func goldenBytes(t testing.TB) [][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(goldenFolder, "*.pickle"))
	if err != nil || len(files) == 0 {
		t.Fatal("no golden pickles", err)
	}
	var all [][]byte
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// FuzzDecode loads bytes as they are, and as types and body of a pickle that is in
// order from outside. Nothing but an error may come of it, within bounds.
func FuzzDecode(f *testing.F) {
	for _, b := range goldenBytes(f) {
		f.Add(b)
		f.Add(pickle.Inside(b))
	}
	for _, b := range pickle.HostileBodies() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range [][]byte{b, pickle.Outside(b)} {
			w := newStage()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := pickle.Unmarshal[any](c, pickle.Into(w.s))
			runtime.ReadMemStats(&after)
			if used, most := after.TotalAlloc-before.TotalAlloc, uint64(8<<20+9*64*len(c)); used > most {
				t.Errorf("%d bytes of memory for %d", used, len(c))
			}
			if err != nil && w.s.Everyone().Len() > 0 {
				t.Errorf("something has happened: %v", err)
			}
			if err := w.s.Check(); err != nil {
				t.Error(err)
			}
			_, _ = pickle.Unmarshal[*goldenBook](c, pickle.Into(w.s))
			_, _ = pickle.Unmarshal[[]goldenLine](c, pickle.Into(w.s))
		}
	})
}

// FuzzGolden changes a golden pickle behind its checksum, loads it and runs what
// comes of it.
func FuzzGolden(f *testing.F) {
	all := goldenBytes(f)
	for i := range all {
		f.Add(uint8(i), uint16(20), uint8(1), uint16(40), uint8(2), uint16(60), []byte{})
	}
	f.Fuzz(func(t *testing.T, which uint8, at uint16, xor uint8, at2 uint16, xor2 uint8, cut uint16, put []byte) {
		b := bytes.Clone(pickle.Inside(all[int(which)%len(all)]))
		b[int(at)%len(b)] ^= xor
		b[int(at2)%len(b)] ^= xor2
		if len(put) > 0 && len(put) < 100 {
			k := int(cut) % len(b)
			b = append(b[:k:k], append(put, b[k:]...)...)
		}
		perform(t, pickle.Outside(b))
	})
}

// TestPerformances runs FuzzGolden's inputs that differ most from each other.
func TestPerformances(t *testing.T) {
	n := 40
	if testing.Short() {
		n = 4
	}
	for _, b := range goldenBytes(t) {
		inside := pickle.Inside(b)
		for i := range n {
			c := bytes.Clone(inside)
			for k := range 1 + i%3 {
				c[(i*7919+k*104729)%len(c)] = byte(i*31 + k*17)
			}
			perform(t, pickle.Outside(c))
			perform(t, pickle.Outside(append(c[:i%len(c):i%len(c)], c[(i+1)%len(c):]...)))
		}
	}
}

// fuzzNode is what graphs of FuzzRoundTrip are made of.
type fuzzNode struct {
	Name   string
	P, Q   *fuzzNode
	Any    any
	Ints   []int
	I      *int
	In     int
	Array  [4]int
	Nodes  []*fuzzNode
	Values []fuzzNode
	M      map[string]*fuzzNode
	Err    error
}

func init() {
	pickle.Register[fuzzNode]("fuzz.node")
	pickle.RegisterUnnamed[*int]()
	pickle.RegisterUnnamed[*[2]int]()
	pickle.RegisterUnnamed[[]int]()
}

// FuzzRoundTrip makes a graph by a program of bytes, and pickles and loads it: the
// copy is deeply the same, and is pickled as the same bytes.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09"))
	f.Add(bytes.Repeat([]byte{1, 0, 1, 2, 5, 6, 7, 9, 3, 1, 2, 0}, 5))
	f.Add([]byte("the quick brown fox jumps over the lazy dog, and pickles it"))
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) > 300 {
			return
		}
		v := fuzzGraph(program)
		b, err := pickle.Marshal(v)
		if err != nil {
			return // memory that can't be told apart
		}
		w, err := pickle.Unmarshal[[]*fuzzNode](b)
		if err != nil {
			t.Fatalf("%v\n%q", err, b)
		}
		if !reflect.DeepEqual(v, w) {
			t.Fatalf("another graph\n%q", b)
		}
		c, err := pickle.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b, c) {
			t.Fatalf("other bytes\n%q\n%q", b, c)
		}
	})
}

// fuzzGraph makes a graph: an operation and its operands at a time.
func fuzzGraph(program []byte) []*fuzzNode {
	nodes := []*fuzzNode{{}}
	ints := [][]int{{1, 2, 3, 4, 5, 6}}
	next := func() int {
		if len(program) == 0 {
			return 0
		}
		c := program[0]
		program = program[1:]
		return int(c)
	}
	node := func() *fuzzNode { return nodes[next()%len(nodes)] }
	part := func(s []int) []int {
		from := next() % len(s)
		to := from + next()%(len(s)-from+1)
		return s[from:to:min(len(s), to+next()%3)]
	}
	for len(program) > 0 {
		n := node()
		switch next() % 16 {
		case 0:
			nodes = append(nodes, &fuzzNode{Name: string(rune('a' + len(nodes)%26))})
		case 1:
			n.P = node()
		case 2:
			n.Q = node()
		case 3:
			n.Any = node()
		case 4:
			n.Ints = part(ints[next()%len(ints)])
		case 5:
			n.Ints = part(node().Array[:])
		case 6:
			n.I = &node().Array[next()%4]
		case 7:
			n.I = &node().In
		case 8:
			s := ints[next()%len(ints)]
			n.I = &s[next()%len(s)]
		case 9:
			for range next() % 5 {
				n.Nodes = append(n.Nodes, node())
			}
		case 10:
			if len(n.Values) == 0 {
				n.Values = make([]fuzzNode, 1+next()%3)
			}
			nodes = append(nodes, &n.Values[next()%len(n.Values)])
		case 11:
			n.Values = node().Values
		case 12:
			if n.M == nil {
				n.M = make(map[string]*fuzzNode)
			}
			n.M[string(rune('a'+next()%26))] = node()
		case 13:
			n.M = node().M
		case 14:
			n.Any = []any{next(), "x", part(ints[0]), fuzzNode{P: node()}, node().M, errGolden, nil, &node().In}[next()%8]
		case 15:
			if s := ints[0]; next()%2 == 0 {
				n.Any = (*[2]int)(s[next()%(len(s)-1):])
			}
			ints = append(ints, make([]int, 1+next()%5))
			n.Err = errGolden
		}
	}
	return nodes[:1+len(nodes)/2]
}
