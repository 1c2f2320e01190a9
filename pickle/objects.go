package pickle

import "unsafe"

// An object is memory that can be shared: what a pointer points to, the array
// under a slice, a map, or what an interface holds. Its number is its position,
// from 1.
type object struct {
	at   unsafe.Pointer
	plan uint32 // by index; when loading, the reading
	n    uint32 // of an array under a slice: elements
}

const chunkSize = 4096

// An objectList is a list that grows without moving what it has: a million
// objects are not copied, and nothing is left behind for the collector.
type objectList struct {
	chunks [][]object
	len    int
}

func (l *objectList) add(o object) (number int) {
	if l.len&(chunkSize-1) == 0 && l.len/chunkSize == len(l.chunks) {
		size := chunkSize
		if l.len == 0 {
			size = 16 // most pickles are small
		}
		l.chunks = append(l.chunks, make([]object, 0, size))
	}
	last := len(l.chunks) - 1
	l.chunks[last] = append(l.chunks[last], o)
	l.len++
	return l.len
}

func (l *objectList) get(number int) *object {
	i := number - 1
	return &l.chunks[i/chunkSize][i%chunkSize]
}

func (l *objectList) reset() {
	for i, c := range l.chunks {
		clear(c)
		if i > 0 {
			l.chunks[i] = nil
		}
	}
	if len(l.chunks) > 0 {
		l.chunks = l.chunks[:1]
		l.chunks[0] = l.chunks[0][:0]
	}
	l.len = 0
}

// An objectSet is an objectList in which objects are found by their address and
// plan: a hash table of open addressing. A slot has the number of its object
// and its hash, so that an object is looked at only when it is most certainly the
// one sought.
//
// Eight neighbours of 16 bytes in memory share a cache line of the table: what was
// made together is mostly pickled together.
type objectSet struct {
	objectList
	slots []uint64 // number<<32 | tag; a power of two of them
}

func (s *objectSet) reset() {
	s.objectList.reset()
	if len(s.slots) > 1<<12 {
		s.slots = nil
	}
	clear(s.slots)
}

// hash returns the tag of an object. Its low bits say where the search for it
// begins, so the table can grow without looking at objects.
func hash(at unsafe.Pointer, plan uint32) (tag uint32) {
	a := uint64(uintptr(at))
	return uint32((a>>7^uint64(plan)<<44)*0x9E3779B97F4A7C15>>32)&^7 | uint32(a>>4&7)
}

// put returns the number of the object at this address, and whether it is new.
func (s *objectSet) put(at unsafe.Pointer, plan uint32, n uint32) (number int, isNew bool) {
	if s.len >= len(s.slots)*3/4 {
		s.grow()
	}
	mask := uint64(len(s.slots) - 1)
	tag := hash(at, plan)
	i := uint64(tag) & mask
	for ; ; i = (i + 1) & mask {
		slot := s.slots[i]
		if slot == 0 {
			break
		}
		if uint32(slot) == tag {
			if o := s.get(int(slot >> 32)); o.at == at && o.plan == plan {
				return int(slot >> 32), false
			}
		}
	}
	number = s.add(object{at, plan, n})
	s.slots[i] = uint64(number)<<32 | uint64(tag)
	return number, true
}

func (s *objectSet) grow() {
	old := s.slots
	s.slots = make([]uint64, max(64, 2*len(old)))
	mask := uint64(len(s.slots) - 1)
	for _, slot := range old {
		if slot == 0 {
			continue
		}
		i := slot & 0xffffffff & mask
		for s.slots[i] != 0 {
			i = (i + 1) & mask
		}
		s.slots[i] = slot
	}
}
