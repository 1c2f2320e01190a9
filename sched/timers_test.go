package sched

import (
	"cmp"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stackless-go/stackless/tasklet"
)

// TestTimersAgainstList arms and ends timers at random while time goes on, and
// compares what becomes due with a sorted list. Now and then, time goes back.
func TestTimersAgainstList(t *testing.T) {
	seeds := 200
	if testing.Short() {
		seeds = 25
	}
	for seed := range uint64(seeds) {
		timersAgainstList(t, seed)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// FuzzTimers is TestTimersAgainstList with seeds of the fuzzer's choice.
func FuzzTimers(f *testing.F) {
	f.Add(uint64(0))
	f.Fuzz(func(t *testing.T, seed uint64) { timersAgainstList(t, seed) })
}

func timersAgainstList(t *testing.T, seed uint64) {
	type listed struct {
		t        *tasklet.Tasklet
		tm       *timer
		when     int64
		deadline bool
	}
	r := rand.New(rand.NewPCG(seed, 3))
	var h timers
	var list []listed
	now := int64(0)
	reach := []int64{1, 100, 1 << 16, 1 << 20, 1 << 30, 1 << 40, 1 << 62}[r.IntN(7)]
	many := 1 + r.IntN(300)
	for i := range 2000 {
		switch r.IntN(9) {
		case 0, 1, 2:
			for range r.IntN(many) {
				// Some in the past, many at the same time, few at the end of time.
				l := listed{t: new(tasklet.Tasklet), when: now - 50 + r.Int64N(reach), deadline: r.IntN(3) == 0}
				if l.when < now-50 {
					l.when = math.MaxInt64 // as Arm does
				}
				switch r.IntN(10) {
				case 0:
					l.when = now + 1000
				case 1:
					l.when = (now>>20 + 1 + r.Int64N(3)) << 20
				case 2:
					l.when = 1<<63 - 1
				}
				if len(list) > 2000 {
					break
				}
				l.tm = h.arm(l.t, l.when, l.deadline)
				at, _ := slices.BinarySearchFunc(list, l, func(a, b listed) int {
					kind := func(l listed) int {
						if l.deadline {
							return 1
						}
						return 0
					}
					return cmp.Or(cmp.Compare(a.when, b.when), cmp.Compare(kind(a), kind(b)), -1)
				})
				list = slices.Insert(list, at, l)
			}
		case 3, 4:
			for range r.IntN(1 + len(list)*r.IntN(3)/2) {
				if len(list) == 0 {
					break
				}
				at := r.IntN(len(list))
				h.disarm(list[at].tm)
				list = slices.Delete(list, at, at+1)
			}
		case 5:
			if len(list) > 0 && (list[0].when < 1<<62 || r.IntN(100) == 0) {
				now = max(now, list[0].when)
			}
		case 6:
			if now < 1<<61 {
				now += r.Int64N(reach)
			}
		case 7: // the clock goes back, as a real one may not
			if now > -1<<60 && r.IntN(4) == 0 {
				now -= r.Int64N(min(reach, 1<<60))
			}
		case 8:
			if h.len() > 0 {
				if soon := h.soonest(); soon > list[0].when {
					t.Errorf("soonest is %d, the first %d", soon, list[0].when)
				}
			}
		}
		for {
			got, tm := h.due(now)
			if got == nil {
				break
			}
			if len(list) == 0 || got != list[0].t || tm != list[0].tm || list[0].when > now {
				t.Errorf("at %d, in round %d: what is due is not the first of %d", now, i, len(list))
				return
			}
			list = list[1:]
		}
		if len(list) > 0 && list[0].when <= now || h.len() != len(list) {
			t.Errorf("at %d, in round %d: nothing is due, but %d is; %d, want %d", now, i, list[0].when, h.len(), len(list))
			return
		}
		if i%32 == 0 || i < 100 {
			if err := h.check(); err != nil {
				t.Error(err)
				return
			}
			var want []*tasklet.Tasklet
			for _, l := range list {
				if !l.deadline {
					want = append(want, l.t)
				}
			}
			for i, e := range h.inOrder() {
				if h.timer(e.timer).t != want[i] {
					t.Errorf("sleeper %d of %d is another", i, len(want))
					return
				}
			}
		}
	}
}

// TestTimersGiveBack: when no timer is left, little memory is.
func TestTimersGiveBack(t *testing.T) {
	var h timers
	u := new(tasklet.Tasklet)
	for round := range 3 {
		var all []*timer
		for i := range 10_000 {
			all = append(all, h.arm(u, int64(round)<<40+int64(i)<<(i%30), false))
		}
		if round == 0 {
			for _, tm := range all {
				h.disarm(tm)
			}
		} else {
			for h.len() > 0 {
				if u, _ := h.due(1 << 62 >> (2 - round) / 2); u == nil {
					break
				}
			}
		}
		if err := h.check(); err != nil {
			t.Fatal(err)
		}
		if h.len() != 0 || len(h.slabs) != 1 || h.wheel.spares > 16 || cap(h.run) > 1024 || cap(h.heap) > 1024 {
			t.Errorf("round %d: %d timers, %d slabs, %d chunks, %d in run, %d in heap", round, h.len(), len(h.slabs), h.wheel.spares, cap(h.run), cap(h.heap))
		}
	}
}

// TestManyTimers: of many, whole windows are ended before their time comes; those left
// become due in order, and the memory of all is given back.
func TestManyTimers(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 5 * manyTimers
	}
	memory := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	u, all := new(tasklet.Tasklet), make([]*timer, n)
	before := memory()
	var h timers
	for _, keep := range []int{0, 3, 1000, 1} { // of windows, the first of so many is kept; 0 is none
		start := h.wheel.base + 1<<20
		for i := range all {
			window := int64(i/500) * 37 % int64(n/500)
			all[i] = h.arm(u, start+window<<windowBits+int64(i*7919%500), i%3 == 0)
		}
		times, left := make(map[uint32]int64), 0
		for i, tm := range all {
			times[tm.number] = tm.when
			if keep == 0 || (i/500)%keep != 0 {
				h.disarm(tm)
			} else {
				left++
			}
		}
		if err := h.check(); err != nil || h.len() != left {
			t.Fatalf("keep %d: %d, want %d, %v", keep, h.len(), left, err)
		}
		for now := start; h.len() > 0 && now < h.wheel.base+1<<50; now += 1 << 22 {
			for got, tm := h.due(now); got != nil; got, tm = h.due(now) {
				if when := times[tm.number]; when > now || when <= now-1<<22 {
					t.Fatalf("keep %d: one for %d is due at %d", keep, when, now)
				}
				left--
			}
		}
		if left != 0 {
			t.Errorf("keep %d: %d have not become due", keep, left)
		}
	}
	clear(all)
	if kept := memory() - before; kept > 1<<20 {
		t.Errorf("%d bytes are kept", kept)
	}
	runtime.KeepAlive(&h)
	runtime.KeepAlive(all)
}
