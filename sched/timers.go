package sched

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"
	"unsafe"

	"github.com/stackless-go/stackless/tasklet"
)

// timers holds the tasklets that are asleep and the deadlines of those that wait.
// Of those that wake at the same time, the one that went to sleep first wakes
// first; then come the deadlines of that time, in the order of arming.
//
// What is far away is in a wheel. When the time of its next bucket has come, what
// was in that is sorted and becomes the run, which is consumed from its front. What
// is armed for less than the wheel can tell apart, or for the past, goes to a heap.
// A timer that is ended leaves its entry where it is, and the entry is dropped when
// it is met, or when half of those around it are dead.
//
// Invariants:
//
//   - Every timer in use has one entry: in the run, the heap or the wheel. The timer
//     of a dead entry has no tasklet.
//   - The entries of run and heap are before those of the wheel. Of those of the
//     same time and kind, the run's were armed first.
//   - The run is sorted. No entry of the heap is earlier than its parent.
type timers struct {
	wheel wheel
	run   []entry // those up to next are done with
	next  int
	heap  []armed
	count uint64 // of those ever put into the heap

	slabs []*[slabSize]timer
	free  uint32 // the first timer that is not in use; 0 if none

	live     int // timers with a tasklet
	asleep   int // of those, the ones that are no deadlines
	dead     int // entries whose timer has none
	heapDead int // of those, the ones in the heap

	fetched tasklet.Op // means nothing, but keeps what fetch reads from being left out
}

// A timer belongs to a sleeping tasklet, which has it as its slot, or to a deadline
// of one. Those not in use are a list, linked by when.
type timer struct {
	t        *tasklet.Tasklet
	when     int64 // nanoseconds since the scheduler's epoch
	number   uint32
	deadline bool
	inHeap   bool
}

const slabSize = 256

// An armed is an entry of the heap, with what tells two of the same time apart.
type armed struct {
	entry
	order uint64
}

// manyTimers, with their tasklets, are about a megabyte.
const manyTimers = 1 << 13

// fewDead is how many dead entries are left alone.
const fewDead = 64

// compare tells which of two entries is first, unless they are of the same time and
// kind.
func compare(a, b entry) int {
	if c := cmp.Compare(a.when, b.when); c != 0 {
		return c
	}
	return cmp.Compare(a.deadline, b.deadline)
}

func (a armed) before(b armed) bool {
	c := compare(a.entry, b.entry)
	return c < 0 || c == 0 && a.order < b.order
}

func (h *timers) len() int { return h.live }

func (h *timers) timer(number uint32) *timer {
	number--
	return &h.slabs[number/slabSize][number%slabSize]
}

// arm adds t, which is to wake, or has a deadline, at when.
func (h *timers) arm(t *tasklet.Tasklet, when int64, deadline bool) *timer {
	if h.free == 0 {
		h.grow()
	}
	tm := h.timer(h.free)
	h.free = uint32(tm.when)
	tm.t, tm.when, tm.deadline, tm.inHeap = t, when, deadline, false
	h.live++
	e := entry{when: when, timer: tm.number}
	if deadline {
		e.deadline = 1
	} else {
		h.asleep++
	}
	if h.wheel.near(when) {
		tm.inHeap = true
		h.push(e)
	} else {
		h.wheel.add(e)
	}
	return tm
}

// grow makes more timers.
func (h *timers) grow() {
	slab := new([slabSize]timer)
	number := uint32(len(h.slabs)) * slabSize
	for i := range slab {
		number++
		slab[i].number = number
		slab[i].when = int64(number) + 1
	}
	slab[slabSize-1].when = 0
	h.free = number - slabSize + 1
	h.slabs = append(h.slabs, slab)
}

// release makes tm one that is not in use. No entry is left for it.
func (h *timers) release(tm *timer) {
	tm.t, tm.when = nil, int64(h.free)
	h.free = tm.number
}

// due removes the first timer if its time has come, and returns whose it was.
func (h *timers) due(now int64) (t *tasklet.Tasklet, tm *timer) {
	for {
		e, inHeap, ok := h.nearest()
		if !ok {
			if b, start := h.wheel.first(); b == nil || start > now {
				h.wheel.base = max(h.wheel.base, now)
				return nil, nil
			}
			h.run, h.next = sorted(h.wheel.open(h.run[:0])), 0
			h.fetch()
			continue
		}
		if e.when > now {
			return nil, nil
		}
		if inHeap {
			h.pop()
		} else {
			h.next++
		}
		tm := h.timer(e.timer)
		t := tm.t
		h.ended(tm)
		h.release(tm)
		h.tidy()
		return t, tm
	}
}

// fetch looks at whatever the run leads to. Where there are many, their memory is
// scattered and in no cache; here the processor has several on the way at once, while
// where the run is consumed it would wait for each in turn. With a million asleep, a nap
// takes 195 ns instead of 315.
func (h *timers) fetch() {
	if h.live < manyTimers {
		return
	}
	for _, e := range h.run {
		if t := h.timer(e.timer).t; t != nil {
			h.fetched += t.Op()
		}
	}
}

// nearest returns the first entry of run and heap that is alive.
func (h *timers) nearest() (e entry, inHeap, ok bool) {
	for h.next < len(h.run) {
		tm := h.timer(h.run[h.next].timer)
		if tm.t != nil {
			break
		}
		h.next++
		h.dead--
		h.release(tm)
	}
	for len(h.heap) > 0 {
		tm := h.timer(h.heap[0].timer)
		if tm.t != nil {
			break
		}
		h.pop()
		h.dead--
		h.heapDead--
		h.release(tm)
	}
	switch {
	case h.next < len(h.run) && (len(h.heap) == 0 || compare(h.run[h.next], h.heap[0].entry) <= 0):
		return h.run[h.next], false, true
	case len(h.heap) > 0:
		return h.heap[0].entry, true, true
	}
	return entry{}, false, false
}

// soonest returns the time before which nothing is due. If it is that of a timer
// which has been ended, something is due later only.
func (h *timers) soonest() int64 {
	if e, _, ok := h.nearest(); ok {
		return e.when
	}
	b, _ := h.wheel.first()
	return b.min
}

func (h *timers) ended(tm *timer) {
	h.live--
	if !tm.deadline {
		h.asleep--
	}
}

// disarm ends tm, wherever its entry is.
func (h *timers) disarm(tm *timer) {
	h.ended(tm)
	tm.t = nil
	h.dead++
	switch {
	case tm.inHeap:
		if h.heapDead++; h.heapDead > len(h.heap)/2+fewDead {
			h.sweepHeap()
		}
	case h.wheel.near(tm.when): // in the run, which is soon done with
	default:
		b := h.wheel.bucket(tm.when)
		if b.dead++; b.dead > b.len/2+fewDead {
			h.wheel.sweep(tm.when, h.alive)
		}
	}
	h.tidy()
}

// alive reports whether e's timer has not been ended. One that has is released.
func (h *timers) alive(e entry) bool {
	tm := h.timer(e.timer)
	if tm.t != nil {
		return true
	}
	h.dead--
	h.release(tm)
	return false
}

// tidy drops what dead entries there are, and gives back memory, when no timer is
// left.
func (h *timers) tidy() {
	if h.live > 0 || h.dead <= fewDead && len(h.slabs) == 1 {
		return
	}
	h.wheel.clear()
	h.run, h.heap, h.next = fewOf(h.run), fewOf(h.heap), 0
	h.dead, h.heapDead, h.free = 0, 0, 0
	clear(h.slabs[1:])
	h.slabs = h.slabs[:1]
	for i := range h.slabs[0] {
		h.release(&h.slabs[0][i])
	}
}

// fewOf returns s without elements, and without its memory if that is much.
func fewOf[T any](s []T) []T {
	if cap(s) > 1024 {
		return nil
	}
	return s[:0]
}

// push adds e to the heap, which has four branches: half as deep as a binary one,
// and the four children share a cache line or two.
func (h *timers) push(e entry) {
	h.count++
	h.heap = append(h.heap, armed{e, h.count})
	h.up(len(h.heap) - 1)
}

// pop removes the heap's first.
func (h *timers) pop() {
	last := len(h.heap) - 1
	h.heap[0] = h.heap[last]
	h.heap = h.heap[:last]
	h.down(0)
	if last < cap(h.heap)/4 && last > fewDead {
		h.heap = append(make([]armed, 0, 2*last), h.heap...)
	}
}

// sweepHeap drops the dead entries of the heap.
func (h *timers) sweepHeap() {
	h.heap = slices.DeleteFunc(h.heap, func(a armed) bool { return !h.alive(a.entry) })
	h.heapDead = 0
	for i := len(h.heap) / 4; i >= 0; i-- {
		h.down(i)
	}
}

func (h *timers) up(i int) {
	e := h.heap[i]
	for i > 0 {
		parent := (i - 1) / 4
		p := h.heap[parent]
		if !e.before(p) {
			break
		}
		h.heap[i] = p
		i = parent
	}
	h.heap[i] = e
}

func (h *timers) down(i int) {
	if i >= len(h.heap) {
		return
	}
	e := h.heap[i]
	for {
		first := 4*i + 1
		if first >= len(h.heap) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(h.heap)); c++ {
			if h.heap[c].before(h.heap[least]) {
				least = c
			}
		}
		if !h.heap[least].before(e) {
			break
		}
		h.heap[i] = h.heap[least]
		i = least
	}
	h.heap[i] = e
}

// sorted sorts the entries of a window, keeping the order of those of the same time
// and kind: a few by insertion, more by their digits, of which there are two.
func sorted(run []entry) []entry {
	if slices.IsSortedFunc(run, compare) {
		return run
	}
	if len(run) <= 64 {
		for i := 1; i < len(run); i++ {
			e, j := run[i], i
			for ; j > 0 && compare(e, run[j-1]) < 0; j-- {
				run[j] = run[j-1]
			}
			run[j] = e
		}
		return run
	}
	const digit = 9 // the time in the window, and the kind, are 17 bits
	from, to := run, make([]entry, len(run))
	for shift := 0; shift < 2*digit; shift += digit {
		var place [1 << digit]int
		key := func(e entry) int { return int(e.when<<1|int64(e.deadline)) >> shift & (1<<digit - 1) }
		for _, e := range from {
			place[key(e)]++
		}
		sum := 0
		for i, n := range place {
			place[i], sum = sum, sum+n
		}
		for _, e := range from {
			k := key(e)
			to[place[k]] = e
			place[k]++
		}
		from, to = to, from
	}
	return from
}

// all ranges over those who sleep, in no order.
func (h *timers) all() iter.Seq[*tasklet.Tasklet] {
	return func(yield func(*tasklet.Tasklet) bool) {
		for _, slab := range h.slabs {
			for i := range slab {
				if tm := &slab[i]; tm.t != nil && !tm.deadline && !yield(tm.t) {
					return
				}
			}
		}
	}
}

// deadlines ranges over the timers of deadlines, in no order.
func (h *timers) deadlines() iter.Seq2[unsafe.Pointer, *tasklet.Tasklet] {
	return func(yield func(unsafe.Pointer, *tasklet.Tasklet) bool) {
		for _, slab := range h.slabs {
			for i := range slab {
				if tm := &slab[i]; tm.t != nil && tm.deadline && !yield(unsafe.Pointer(tm), tm.t) {
					return
				}
			}
		}
	}
}

// inOrder returns the entries of all who sleep, in the order in which they will wake.
func (h *timers) inOrder() []entry {
	var es []entry
	add := func(e entry) {
		if tm := h.timer(e.timer); tm.t != nil && !tm.deadline {
			es = append(es, e)
		}
	}
	for _, e := range h.run[h.next:] {
		add(e)
	}
	heap := slices.Clone(h.heap)
	slices.SortFunc(heap, func(a, b armed) int { return cmp.Compare(a.order, b.order) })
	for _, a := range heap {
		add(a.entry)
	}
	h.wheel.all(func(_ *bucket, e entry) { add(e) })
	slices.SortStableFunc(es, compare)
	return es
}

// check returns the first invariant that does not hold.
func (h *timers) check() error {
	entries := make(map[uint32]int)
	dead := 0
	count := func(e entry) {
		entries[e.timer]++
		if h.timer(e.timer).t == nil {
			dead++
		}
	}
	for i, e := range h.run[h.next:] {
		count(e)
		if i > 0 && compare(h.run[h.next+i-1], e) > 0 || !h.wheel.near(e.when) {
			return fmt.Errorf("timers: entry %d of the run is not in order", i)
		}
	}
	for i, e := range h.heap {
		count(e.entry)
		if i > 0 && e.before(h.heap[(i-1)/4]) || !h.wheel.near(e.when) {
			return fmt.Errorf("timers: entry %d of the heap is not in order", i)
		}
	}
	h.wheel.all(func(_ *bucket, e entry) { count(e) })
	live, asleep := 0, 0
	for _, slab := range h.slabs {
		for i := range slab {
			tm := &slab[i]
			if tm.t == nil {
				continue
			}
			if live++; !tm.deadline {
				asleep++
			}
			if entries[tm.number] != 1 {
				return fmt.Errorf("timers: that of %v has %d entries", tm.t, entries[tm.number])
			}
		}
	}
	free := 0
	for n := h.free; n != 0; n = uint32(h.timer(n).when) {
		if free++; h.timer(n).t != nil || entries[n] != 0 || free > len(h.slabs)*slabSize {
			return fmt.Errorf("timers: number %d is not in use, and yet has a tasklet, an entry or itself behind it", n)
		}
	}
	if total := len(h.slabs) * slabSize; live+dead+free != total {
		return fmt.Errorf("timers: of %d, %d are in use, %d dead and %d free", total, live, dead, free)
	}
	if live != h.live || asleep != h.asleep || dead != h.dead {
		return fmt.Errorf("timers: %d in use, %d asleep, %d dead, and %d, %d, %d are counted", live, asleep, dead, h.live, h.asleep, h.dead)
	}
	return h.wheel.check()
}

// Arm has t roused when d has passed. It is t's Sleep that calls it.
func (s *Scheduler) Arm(t *tasklet.Tasklet, d time.Duration) (slot unsafe.Pointer) {
	now := int64(s.clock.Now().Sub(s.epoch))
	when := now + int64(d)
	if when < now {
		when = math.MaxInt64 // past the end of time
	}
	return unsafe.Pointer(s.timers.arm(t, when, false))
}

// ArmAt has t roused at a point in time.
func (s *Scheduler) ArmAt(t *tasklet.Tasklet, at time.Time) (slot unsafe.Pointer) {
	return unsafe.Pointer(s.timers.arm(t, s.until(at), false))
}

// ArmDeadline has a deadline of t pass at a point in time.
func (s *Scheduler) ArmDeadline(t *tasklet.Tasklet, at time.Time) (timer unsafe.Pointer) {
	return unsafe.Pointer(s.timers.arm(t, s.until(at), true))
}

// Wakes returns when t, which sleeps, is to wake.
func (s *Scheduler) Wakes(t *tasklet.Tasklet, slot unsafe.Pointer) time.Time {
	when := time.Duration((*timer)(slot).when)
	if s.monotonic && s.measure() != 0 {
		now := s.clock.Now()
		return now.Add(when - now.Sub(s.epoch))
	}
	return s.epoch.Add(when)
}

// Asleep ranges over those who sleep, in the order in which they will wake. It
// sorts them first.
func (s *Scheduler) Asleep() iter.Seq[*tasklet.Tasklet] {
	return func(yield func(*tasklet.Tasklet) bool) {
		for _, e := range s.timers.inOrder() {
			if !yield(s.timers.timer(e.timer).t) {
				return
			}
		}
	}
}

// Disarm forgets a timer of t. It is whatever takes t out of its sleep, or ends
// what a deadline limits, that calls it.
func (s *Scheduler) Disarm(t *tasklet.Tasklet, slot unsafe.Pointer) {
	s.timers.disarm((*timer)(slot))
}

// wake lets everyone go on whose time has come.
func (s *Scheduler) wake() {
	now := int64(s.clock.Now().Sub(s.epoch))
	for {
		switch t, tm := s.timers.due(now); {
		case t == nil:
			return
		case tm.deadline:
			s.home.Expire(t, unsafe.Pointer(tm))
		default:
			s.home.Rouse(t)
		}
	}
}

// nextTimer returns when somebody is to wake or a deadline passes next; the zero
// time if none. It can be somewhat early.
func (s *Scheduler) nextTimer() time.Time {
	if s.timers.len() == 0 {
		return time.Time{}
	}
	at := s.epoch.Add(time.Duration(s.timers.soonest()))
	if at.IsZero() {
		at = at.Add(1) // the zero time is for ever
	}
	return at
}
