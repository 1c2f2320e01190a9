package sched

import (
	"fmt"
	"math/bits"
)

// A wheel keeps timers that are not near in buckets, which are the coarser the
// further away they are: a hierarchical timing wheel (Varghese and Lauck, 1987),
// whose buckets are found by the highest digit in which a time differs from the
// wheel's base, as in a radix heap. A timer goes from bucket to finer bucket as
// time comes near, through memory that is read and written in order.
//
// Invariants:
//
//   - Every entry is at the level of the highest digit in which it differs from
//     base, in the slot of its own digit there. So all of a level come before all of
//     the next, and all of a slot before those of the slots behind it.
//   - In a bucket, entries are in the order in which they were armed: those of the
//     same time are always in the same bucket.
//   - Base never goes back, and is never beyond the beginning of a bucket in use.
//   - A bucket's min is no later than any of its entries.
type wheel struct {
	base   int64 // nanoseconds since the scheduler's epoch
	levels [8]*level
	used   uint8 // a bit for each level with entries
	spare  *chunk
	spares int
}

const (
	windowBits = 16 // what is in the 65 µs around base is near, and not here
	digitBits  = 6
	maxSpares  = 1024
)

// A level has the buckets of one digit.
type level struct {
	used  uint64 // a bit for each slot with entries
	slots [1 << digitBits]bucket
}

// A bucket is a list of entries, in pieces.
type bucket struct {
	first, last *chunk
	min         int64
	len, dead   int32
}

// A chunk is a piece of a bucket: 1,024 bytes, of which the collector looks at the
// first eight.
type chunk struct {
	next    *chunk
	len     int
	entries [63]entry
}

// An entry stands for a timer.
type entry struct {
	when     int64
	timer    uint32 // its number
	deadline uint32 // 1 for a deadline's, which come after those who sleep
}

// near reports whether when is in the window of base, or before.
func (w *wheel) near(when int64) bool { return when>>windowBits <= w.base>>windowBits }

// at returns where an entry of that time, which is not near, belongs.
func (w *wheel) at(when int64) (lev, slot int) {
	lev = (bits.Len64(uint64(when^w.base)) - 1 - windowBits) / digitBits
	return lev, int(when>>(windowBits+lev*digitBits)) & (1<<digitBits - 1)
}

// bucket returns the bucket of that time, which is not near.
func (w *wheel) bucket(when int64) *bucket {
	lev, slot := w.at(when)
	return &w.levels[lev].slots[slot]
}

// add puts e, which is not near, into its bucket.
func (w *wheel) add(e entry) {
	lev, slot := w.at(e.when)
	l := w.levels[lev]
	if l == nil {
		l = new(level)
		w.levels[lev] = l
	}
	b := &l.slots[slot]
	if b.last == nil {
		w.used |= 1 << lev
		l.used |= 1 << slot
		b.min = e.when
		b.first = w.chunk()
		b.last = b.first
	} else if b.last.len == len(b.last.entries) {
		b.last.next = w.chunk()
		b.last = b.last.next
	}
	b.min = min(b.min, e.when)
	b.len++
	c := b.last
	c.entries[c.len] = e
	c.len++
}

// first returns the first bucket and when it begins; nil if there is none.
func (w *wheel) first() (b *bucket, start int64) {
	if w.used == 0 {
		return nil, 0
	}
	lev := bits.TrailingZeros8(w.used)
	l := w.levels[lev]
	slot := bits.TrailingZeros64(l.used)
	shift := windowBits + lev*digitBits
	return &l.slots[slot], w.base>>(shift+digitBits)<<(shift+digitBits) | int64(slot)<<shift
}

// open moves base to the beginning of the first bucket, puts its entries where they
// belong now, and appends those that are near to run.
func (w *wheel) open(run []entry) []entry {
	b, start := w.first()
	c := b.first
	w.forget(start)
	w.base = start
	for c != nil {
		for _, e := range c.entries[:c.len] {
			if w.near(e.when) {
				run = append(run, e)
			} else {
				w.add(e)
			}
		}
		next := c.next
		w.free(c)
		c = next
	}
	return run
}

// forget empties the bucket of that time without looking at its chunks.
func (w *wheel) forget(when int64) {
	lev, slot := w.at(when)
	l := w.levels[lev]
	l.slots[slot] = bucket{}
	if l.used &^= 1 << slot; l.used == 0 {
		w.used &^= 1 << lev
	}
}

// sweep removes the entries that are not alive from the bucket of that time.
func (w *wheel) sweep(when int64, alive func(entry) bool) {
	b := *w.bucket(when)
	w.forget(when)
	for c := b.first; c != nil; {
		for _, e := range c.entries[:c.len] {
			if alive(e) {
				w.add(e)
			}
		}
		next := c.next
		w.free(c)
		c = next
	}
}

// clear removes all entries, and most of the memory.
func (w *wheel) clear() {
	for w.used != 0 {
		b, start := w.first()
		c := b.first
		w.forget(start)
		for c != nil {
			next := c.next
			w.free(c)
			c = next
		}
	}
	for w.spares > 16 {
		w.chunk()
	}
}

// all calls f for the entries of each bucket, the first bucket first.
func (w *wheel) all(f func(b *bucket, e entry)) {
	for _, l := range w.levels {
		if l == nil {
			continue
		}
		for i := range l.slots {
			b := &l.slots[i]
			for c := b.first; c != nil; c = c.next {
				for _, e := range c.entries[:c.len] {
					f(b, e)
				}
			}
		}
	}
}

// chunk returns an empty one.
func (w *wheel) chunk() *chunk {
	c := w.spare
	if c == nil {
		return new(chunk)
	}
	w.spare, c.next = c.next, nil
	w.spares--
	return c
}

func (w *wheel) free(c *chunk) {
	if c.len, c.next = 0, nil; w.spares < maxSpares {
		c.next, w.spare = w.spare, c
		w.spares++
	}
}

// check returns the first invariant that does not hold.
func (w *wheel) check() (err error) {
	lens := make(map[*bucket]int32)
	w.all(func(b *bucket, e entry) {
		lens[b]++
		switch {
		case w.near(e.when) || w.bucket(e.when) != b:
			err = fmt.Errorf("timers: one for %d is in another bucket than its own, from base %d", e.when, w.base)
		case e.when < b.min:
			err = fmt.Errorf("timers: one for %d is in a bucket from %d", e.when, b.min)
		}
	})
	for i, l := range w.levels {
		if l == nil {
			continue
		}
		for j := range l.slots {
			if b := &l.slots[j]; b.len != lens[b] || b.dead > b.len || (b.len > 0) != (l.used>>j&1 == 1) {
				return fmt.Errorf("timers: bucket %d of level %d has %d entries, and says %d", j, i, lens[b], b.len)
			}
		}
		if (l.used != 0) != (w.used>>i&1 == 1) {
			return fmt.Errorf("timers: level %d says %b, and the wheel %b", i, l.used, w.used)
		}
	}
	return err
}
