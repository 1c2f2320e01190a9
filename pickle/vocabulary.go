package pickle

import (
	"bytes"
	"slices"
	"sync"
)

// A vocabulary is the table of types that pickles begin with, read and matched with the
// program's types. Who reads many small pickles meets the same table again and again, and
// making all of that anew would take far longer than all the rest, of a single tasklet
// nine tenths of the time. So a vocabulary is remembered when a pickle has been read to
// its end, and used again for the next that begins with the same bytes. One decoder has
// it at a time.
type vocabulary struct {
	table    []byte // of the types, as it stands in pickles
	depth    int    // the limit that its types keep
	types    wireTypes
	readings []*reading // by index, from 1
	pairs    map[pair]*reading
	ordered  bool // completions have to be done in order
}

// What is remembered is bounded, as pickles may come from anywhere: a registry keeps so
// many vocabularies, of tables of so many bytes, with so many types in all.
const (
	mostVocabularies = 32
	mostOfTable      = 4 << 10
	mostTypes        = 512
)

// vocabularies are those that no decoder has at the moment, the last to be used first.
type vocabularies struct {
	mu  sync.Mutex
	all []*vocabulary
}

// newVocabulary makes one of types that are yet to be read.
func newVocabulary(of *plans, depth int) *vocabulary {
	return &vocabulary{
		depth:    depth,
		types:    wireTypes{of: of, maxDepth: depth},
		readings: []*reading{nil},
		pairs:    make(map[pair]*reading),
	}
}

// recall returns the vocabulary of the table that b begins with, nil if it is not
// remembered. No table is the beginning of another, as each says how long it is.
func (vs *vocabularies) recall(b []byte, depth int) *vocabulary {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	for i, v := range vs.all {
		if v.depth == depth && bytes.HasPrefix(b, v.table) {
			vs.all = slices.Delete(vs.all, i, i+1)
			return v
		}
	}
	return nil
}

// remember keeps v, by which a pickle has been read to its end.
func (vs *vocabularies) remember(v *vocabulary) {
	if len(v.table) > mostOfTable || len(v.types.list) > mostTypes || len(v.readings) > mostTypes {
		return
	}
	for _, r := range v.readings[1:] {
		r.scratch = nil // it may lead to what was read
	}
	v.types.charge = nil
	vs.mu.Lock()
	defer vs.mu.Unlock()
	vs.all = slices.Insert(vs.all, 0, v)
	if len(vs.all) > mostVocabularies {
		vs.all = slices.Delete(vs.all, mostVocabularies, len(vs.all))
	}
}
