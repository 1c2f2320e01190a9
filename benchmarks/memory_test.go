package benchmarks

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// BenchmarkMemory makes n and reports what each adds to what the process holds of the
// system's memory, stacks and the collector's own included. What the whole process looks
// like from outside, memcmp shows.
func BenchmarkMemory(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		memory(b, "state=ready/tasklets", n, func() (end func()) {
			s := sched.New()
			for range n {
				tasklet.Spawn(s, walker{})
			}
			s.Step(n)
			return func() { runtime.KeepAlive(s) }
		})
		memory(b, "state=blocked/tasklets", n, func() (end func()) {
			s := sched.New()
			c := channel.New[int](s)
			for range n {
				tasklet.Spawn(s, patient{in: c})
			}
			s.RunReady()
			return func() { runtime.KeepAlive(s) }
		})
		memory(b, "state=sleeping/tasklets", n, func() (end func()) {
			s := sched.New()
			for range n {
				tasklet.Spawn(s, napper{nap: time.Hour})
			}
			s.RunReady()
			return func() { runtime.KeepAlive(s) }
		})
	}
	const n = 100_000
	memory(b, "state=blocked/goroutines", n, func() (end func()) {
		c := make(chan int)
		for range n {
			go func() { <-c }()
		}
		runtime.Gosched()
		return func() { close(c) }
	})
}

// patient receives for ever.
type patient struct {
	in *channel.Channel[int]
	v  int
}

func (f *patient) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := f.in.Receive(t, &f.v); s != tasklet.Next {
			return s
		}
	}
}

// measured are the figures of memory, by benchmark.
var measured = make(map[string]float64)

// memory reports what fill adds for each of n units. It fills once in a process,
// however often the benchmark is run: what goroutines leave behind, the runtime
// keeps for the next ones, and those would seem to cost less.
func memory(b *testing.B, system string, n int, fill func() (end func())) {
	on(b, system, func(b *testing.B, n int) {
		if measured[b.Name()] == 0 {
			before := held()
			end := fill()
			measured[b.Name()] = float64(held()-before) / float64(n)
			end()
		}
		b.ReportMetric(measured[b.Name()], "B/unit")
		b.ReportMetric(0, "ns/op") // time is not what this is about
	}, n)
}

// held returns the bytes that the process holds, after a collection: what the
// runtime has from the system and has not given back.
func held() int64 {
	debug.FreeOSMemory()
	return holding()
}

// holding is held without a collection.
func holding() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys - m.HeapReleased)
}

// BenchmarkPickleMemory pickles and loads a million tasklets once and reports by
// how much the process grew at the most, beside what the tasklets themselves take.
// Loading makes as many again, which count.
func BenchmarkPickleMemory(b *testing.B) {
	on(b, "tasklets", pickleMemory, 1_000_000)
}

func pickleMemory(b *testing.B, n int) {
	start := held()
	s, ts := counters(b, n)
	live := held() - start
	var data []byte
	written := peak(func() {
		var err error
		if data, err = pickle.Marshal(ts); err != nil {
			b.Fatal(err)
		}
	})
	runtime.KeepAlive(s)
	ts = nil
	_ = held()
	var loaded []*tasklet.Tasklet
	read := peak(func() {
		var err error
		if loaded, err = pickle.Unmarshal[[]*tasklet.Tasklet](data, pickle.Into(sched.New())); err != nil {
			b.Fatal(err)
		}
	})
	areCounters(b, loaded, n, tasklet.Parked)
	b.ReportMetric(float64(live)/float64(n), "live-B/unit")
	b.ReportMetric(float64(live+written)/float64(live), "write-peak/live")
	b.ReportMetric(float64(read)/float64(live), "read-peak/live")
	b.ReportMetric(0, "ns/op")
}

// peak returns by how much what the process holds grew at the most while f ran.
func peak(f func()) int64 {
	before := held()
	most := before
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				most = max(most, holding())
			}
		}
	}()
	f()
	close(done)
	<-stopped
	return max(most, holding()) - before
}
