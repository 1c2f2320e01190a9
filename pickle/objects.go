package pickle

import "unsafe"

// An object is memory that can be shared: what a pointer points to, the array
// under a slice, the content of a map, or what an interface holds. Its number is
// its position, from 1.
type object struct {
	at   unsafe.Pointer
	plan uint32 // by index; when loading, the reading
	n    uint32 // of an array under a slice: elements; otherwise 0 or placed
}

// An objectList is a list that grows without moving what it has: a million
// objects are not copied, and nothing is left behind for the collector.
type objectList struct {
	chunks []chunk
	len    int
}

// A chunk has the objects' parts apart, which takes 12 bytes for most of them.
type chunk struct {
	at   []unsafe.Pointer
	plan []uint32
	n    []uint32 // nil while all are 0
}

const chunkSize = 4096

func (l *objectList) add(o object) (number int) {
	if l.len == len(l.chunks)*chunkSize {
		size := chunkSize
		if l.len == 0 {
			size = 16 // most pickles are small
		}
		l.chunks = append(l.chunks, chunk{at: make([]unsafe.Pointer, 0, size), plan: make([]uint32, 0, size)})
	}
	c := &l.chunks[len(l.chunks)-1]
	c.at = append(c.at, o.at)
	c.plan = append(c.plan, o.plan)
	l.len++
	if o.n != 0 || c.n != nil {
		l.setN(l.len, o.n)
	}
	return l.len
}

func (l *objectList) get(number int) (o object) {
	c, i := l.find(number)
	o.at, o.plan = c.at[i], c.plan[i]
	if i < len(c.n) {
		o.n = c.n[i]
	}
	return o
}

// set replaces an object.
func (l *objectList) set(number int, o object) {
	c, i := l.find(number)
	c.at[i], c.plan[i] = o.at, o.plan
	if l.get(number).n != o.n {
		l.setN(number, o.n)
	}
}

func (l *objectList) setN(number int, n uint32) {
	c, i := l.find(number)
	for len(c.n) <= i {
		c.n = append(c.n, 0)
	}
	c.n[i] = n
}

func (l *objectList) find(number int) (c *chunk, i int) {
	return &l.chunks[(number-1)/chunkSize], (number - 1) % chunkSize
}

// reset forgets the objects and keeps the memory that small pickles need.
func (l *objectList) reset() {
	if len(l.chunks) > 0 {
		c := &l.chunks[0]
		clear(c.at)
		c.at, c.plan, c.n = c.at[:0], c.plan[:0], nil
		clear(l.chunks[1:])
		l.chunks = l.chunks[:1]
	}
	l.len = 0
}

// An objectSet is an objectList in which objects are found by their address and
// plan: an extendible hash table (Fagin et al., 1979), which grows by splitting one
// segment of it at a time, so that it never needs room for itself twice.
//
// A slot has the number of its object and its hash, so that an object is looked at
// only when it is most certainly the one sought. Eight neighbours of 16 bytes in
// memory share a cache line: what was made together is mostly pickled together.
//
// Invariants: a segment of depth d has all objects whose hash has its first d
// bits; the directory has 2^depth entries, of which 2^(depth-d) are that segment.
type objectSet struct {
	objectList
	directory []*segment
	depth     uint8
}

type segment struct {
	slots *[segmentSize]uint64 // number<<32 | hash; 0 if free
	used  int
	depth uint8
}

const (
	segmentSize = 1 << 9
	segmentMost = segmentSize * 7 / 8
)

// hash returns the hash of an object. Its low bits say where in a segment the
// search for it begins, its high ones in which segment.
func hash(at unsafe.Pointer, plan uint32) uint32 {
	a := uint64(uintptr(at))
	return uint32((a>>7^uint64(plan)<<44)*0x9E3779B97F4A7C15>>32)&^7 | uint32(a>>4&7)
}

// put returns the number of the object at this address, and whether it is new.
func (s *objectSet) put(at unsafe.Pointer, plan uint32, n uint32) (number int, isNew bool) {
	h := hash(at, plan)
	seg := s.segment(h)
	i := h % segmentSize
	for ; ; i = (i + 1) % segmentSize {
		slot := seg.slots[i]
		if slot == 0 {
			break
		}
		if uint32(slot) == h {
			c, j := s.find(int(slot >> 32))
			if c.at[j] == at && c.plan[j] == plan {
				return int(slot >> 32), false
			}
		}
	}
	number = s.add(object{at, plan, n})
	seg.slots[i] = uint64(number)<<32 | uint64(h)
	if seg.used++; seg.used > segmentMost {
		s.split(h)
	}
	return number, true
}

// number returns the number of the object at this address, 0 if there is none.
func (s *objectSet) number(at unsafe.Pointer, plan uint32) int {
	h := hash(at, plan)
	seg := s.segment(h)
	for i := h % segmentSize; seg.slots[i] != 0; i = (i + 1) % segmentSize {
		if slot := seg.slots[i]; uint32(slot) == h {
			if o := s.get(int(slot >> 32)); o.at == at && o.plan == plan {
				return int(slot >> 32)
			}
		}
	}
	return 0
}

// segment returns the segment for a hash.
func (s *objectSet) segment(h uint32) *segment {
	if s.directory == nil {
		s.directory = []*segment{{slots: new([segmentSize]uint64)}}
	}
	return s.directory[uint64(h)>>(32-s.depth)]
}

// split makes two segments of the one for a hash.
func (s *objectSet) split(h uint32) {
	old := s.segment(h)
	if old.depth == 32 {
		return // as many objects of one hash as never were; there is a free slot yet
	}
	if old.depth == s.depth {
		double := make([]*segment, 2*len(s.directory))
		for i, seg := range s.directory {
			double[2*i], double[2*i+1] = seg, seg
		}
		s.directory = double
		s.depth++
	}
	old.depth++
	right := &segment{slots: new([segmentSize]uint64), depth: old.depth}
	slots := *old.slots
	*old.slots, old.used = [segmentSize]uint64{}, 0
	for _, slot := range slots {
		if slot == 0 {
			continue
		}
		into := old
		if uint32(slot)>>(32-old.depth)&1 != 0 {
			into = right
		}
		i := uint32(slot) % segmentSize
		for into.slots[i] != 0 {
			i = (i + 1) % segmentSize
		}
		into.slots[i] = slot
		into.used++
	}
	// Of the entries that were the old segment, the second half is the new one.
	span := 1 << (s.depth - old.depth)
	first := int(uint64(h)>>(32-s.depth)) &^ (2*span - 1)
	for i := first + span; i < first+2*span; i++ {
		s.directory[i] = right
	}
}

// reset forgets the objects and keeps the memory that small pickles need.
func (s *objectSet) reset() {
	n := s.len
	s.objectList.reset()
	if len(s.directory) != 1 {
		s.directory, s.depth = nil, 0
	} else if n > 0 {
		*s.directory[0].slots, s.directory[0].used = [segmentSize]uint64{}, 0
	}
}
