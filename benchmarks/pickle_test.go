package benchmarks

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"runtime"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// counter is what is pickled: a number, and a channel to tell it to.
type counter struct {
	n   int
	out *channel.Channel[int]
}

func (c *counter) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; c.n >= 0; c.n++ {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

func init() {
	pickle.Register[counter]("counter")
}

// plain is what gob and msgpack are given instead: as much as a counter and its
// tasklet are pickled as.
type plain struct {
	Status, Op, Flags uint8
	N                 int
	Out               int
}

// counters makes a scheduler with n counters on one channel, each in the middle
// of its work.
func counters(n int) (*sched.Scheduler, []*tasklet.Tasklet) {
	s := sched.New()
	c := channel.New[int](s)
	ts := make([]*tasklet.Tasklet, n)
	for i := range ts {
		ts[i] = s.Go(&counter{n: i % 100, out: c})
	}
	s.Step(n)
	return s, ts
}

// BenchmarkPickle writes and reads tasklets that have stopped in the middle of
// their work, and beside them as much plain data by gob and by msgpack. It reports
// what each takes.
func BenchmarkPickle(b *testing.B) {
	for _, n := range []int{1, 10_000, 1_000_000} {
		s, ts := counters(n)
		var root any = ts
		if n == 1 {
			root = ts[0]
		}
		data, err := pickle.Marshal(root)
		if err != nil {
			b.Fatal(err)
		}
		each := func(b *testing.B, size int, f func() error) {
			b.ReportAllocs()
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/unit")
			b.ReportMetric(float64(size)/float64(n), "B/unit")
		}
		b.Run(fmt.Sprintf("write/tasklets=%d", n), func(b *testing.B) {
			each(b, len(data), func() error { _, err := pickle.Marshal(root); return err })
		})
		b.Run(fmt.Sprintf("read/tasklets=%d", n), func(b *testing.B) {
			each(b, len(data), func() error {
				if n == 1 {
					_, err := pickle.Unmarshal[*tasklet.Tasklet](data, pickle.Into(sched.New()))
					return err
				}
				_, err := pickle.Unmarshal[[]*tasklet.Tasklet](data, pickle.Into(sched.New()))
				return err
			})
		})
		runtime.KeepAlive(s)

		plains := make([]*plain, n)
		for i := range plains {
			plains[i] = &plain{1, 1, 1, i % 100, 1}
		}
		var g bytes.Buffer
		if err := gob.NewEncoder(&g).Encode(plains); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("write/gob=%d", n), func(b *testing.B) {
			each(b, g.Len(), func() error { var w bytes.Buffer; return gob.NewEncoder(&w).Encode(plains) })
		})
		b.Run(fmt.Sprintf("read/gob=%d", n), func(b *testing.B) {
			each(b, g.Len(), func() error { var v []*plain; return gob.NewDecoder(bytes.NewReader(g.Bytes())).Decode(&v) })
		})
		encode := func() ([]byte, error) {
			var w bytes.Buffer
			e := msgpack.NewEncoder(&w)
			e.UseArrayEncodedStructs(true)
			e.UseCompactInts(true)
			err := e.Encode(plains)
			return w.Bytes(), err
		}
		m, err := encode()
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("write/msgpack=%d", n), func(b *testing.B) {
			each(b, len(m), func() error { _, err := encode(); return err })
		})
		b.Run(fmt.Sprintf("read/msgpack=%d", n), func(b *testing.B) {
			each(b, len(m), func() error { var v []*plain; return msgpack.Unmarshal(m, &v) })
		})
	}
}
