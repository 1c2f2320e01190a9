package benchmarks

import (
	"math"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// What these tests assert does not depend on the machine: allocations, sizes of objects
// and of pickles. They are exact, so that whatever makes a tasklet larger or smaller is
// seen, and a figure here is changed on purpose. What is exact elsewhere is not repeated:
// the control block's size is in package tasklet, allocations of yields, of rendezvous
// as they are by default and of deadlines in sched, of selects in channel, of mutexes,
// semaphores and buffers in wait.

// TestAllocations: what runs on allocates nothing.
func TestAllocations(t *testing.T) {
	pingPong := func(p channel.Preference) func(s *sched.Scheduler) {
		return func(s *sched.Scheduler) {
			ping, pong := channel.New[int](s), channel.New[int](s)
			ping.SetPreference(p)
			pong.SetPreference(p)
			s.Go(&player{in: pong, out: ping, sending: true})
			s.Go(&player{in: ping, out: pong})
		}
	}
	for name, setUp := range map[string]func(s *sched.Scheduler){
		"rendezvous, prefer neither": pingPong(channel.PreferNeither),
		"rendezvous, prefer sender":  pingPong(channel.PreferSender),
		"ring": func(s *sched.Scheduler) {
			ring := newRing(s, 100)
			ring[0].token, ring[0].passes = endless, true
		},
		"select of 64": func(s *sched.Scheduler) {
			c := newChoice(s, 64)
			s.Go(&c.chooser)
			for i := range c.sources {
				s.Go(&c.sources[i])
			}
		},
	} {
		s := sched.New()
		setUp(s)
		run := func() {
			if ran, err := s.Step(1000); ran != 1000 || err != nil {
				t.Fatalf("%s: %d steps: %v", name, ran, err)
			}
		}
		run()
		if n := testing.AllocsPerRun(20, run); n != 0 {
			t.Errorf("%s: %v allocations in 1000 steps, not 0", name, n)
		}
	}
}

// TestSleepAllocates nothing, once so many have slept at a time.
func TestSleepAllocates(t *testing.T) {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))))
	for i := range 100 {
		s.Go(&napper{nap: time.Duration(1+i%10) * time.Millisecond})
	}
	run := func() {
		if err := s.Main().Sleep(time.Second); err != nil {
			t.Fatal(err)
		}
	}
	run()
	before := naps
	if n := testing.AllocsPerRun(20, run); n != 0 {
		t.Errorf("%v allocations in %d naps", n, naps-before)
	}
	if naps-before < 20*1000 {
		t.Errorf("%d naps", naps-before)
	}
}

// TestSpawnAllocates one object; what makes a tasklet of a frame that is there, one
// beside it.
func TestSpawnAllocates(t *testing.T) {
	s := sched.New()
	mark := 0
	for _, test := range []struct {
		name string
		make func() error
		want float64
	}{
		{"Spawn", func() error { tasklet.Spawn(s, errand{&mark}); return nil }, 1},
		{"Go", func() error { s.Go(&errand{&mark}); return nil }, 2},
		{"New", func() error { return s.New(&errand{&mark}).Insert() }, 2},
	} {
		before := mark
		n := testing.AllocsPerRun(1000, func() {
			err := test.make()
			if err == nil {
				err = s.RunReady()
			}
			if err != nil {
				t.Fatal(err)
			}
		})
		if n != test.want || mark-before != 1001 {
			t.Errorf("%s: %v allocations, not %v; %d have run", test.name, n, test.want, mark-before)
		}
	}
}

// TestSizes of what is made by the million, in bytes.
func TestSizes(t *testing.T) {
	only64(t)
	for _, test := range []struct {
		name      string
		got, want uintptr
	}{
		{"frame of two ints", unsafe.Sizeof(walker{}), 16},
		{"frame of a channel and a value", unsafe.Sizeof(patient{}), 16},
		{"frame of a nap", unsafe.Sizeof(napper{}), 8},
		{"node of skynet", unsafe.Sizeof(node{}), 128},
		{"channel", unsafe.Sizeof(channel.Channel[int]{}), 80},
		{"case of a select", unsafe.Sizeof(tasklet.Case{}), 48},
	} {
		if test.got != test.want {
			t.Errorf("a %s takes %d bytes, not %d", test.name, test.got, test.want)
		}
	}
}

// TestHeap: what one tasklet of a hundred thousand takes of the heap, its frame
// included, in bytes.
func TestHeap(t *testing.T) {
	only64(t)
	const n = 100_000
	for _, test := range []struct {
		name string
		make func(s *sched.Scheduler, c *channel.Channel[int])
		want float64
	}{
		{"ready", func(s *sched.Scheduler, _ *channel.Channel[int]) { tasklet.Spawn(s, walker{}) }, 64},
		{"ready, by Go", func(s *sched.Scheduler, _ *channel.Channel[int]) { s.Go(new(walker)) }, 80},
		{"blocked", func(s *sched.Scheduler, c *channel.Channel[int]) { tasklet.Spawn(s, patient{in: c}) }, 64},
		{"asleep", func(s *sched.Scheduler, _ *channel.Channel[int]) { tasklet.Spawn(s, napper{nap: time.Hour}) }, 108},
	} {
		s := sched.New()
		c := channel.New[int](s)
		before := heap()
		for range n {
			test.make(s, c)
		}
		if ran, err := s.Step(n); ran != n || err != nil {
			t.Fatal(ran, err)
		}
		each := (heap() - before) / n
		runtime.KeepAlive(s)
		if math.Abs(each-test.want) >= 1 {
			t.Errorf("%s: a tasklet takes %.2f bytes, not %v", test.name, each, test.want)
		}
	}
}

// heap returns the bytes of all live objects.
func heap() float64 {
	runtime.GC()
	runtime.GC() // what the first has found, is swept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

func only64(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("the figures are for machines of 64 bits")
	}
}

// TestPickleSizes of counters in the middle of their work, in bytes.
func TestPickleSizes(t *testing.T) {
	for n, want := range map[int]int{1: 77, 10: 190, 10_000: 140_073} {
		s, ts := counters(t, n)
		var v any = ts
		if n == 1 {
			v = ts[0]
		}
		data, err := pickle.Marshal(v)
		if err != nil || len(data) != want {
			t.Errorf("%d tasklets are %d bytes, not %d: %v", n, len(data), want, err)
		}
		runtime.KeepAlive(s)
	}
}
