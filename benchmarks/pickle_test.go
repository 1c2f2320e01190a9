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
// their work, and beside them as much plain data by gob and by msgpack.
func BenchmarkPickle(b *testing.B) {
	for _, n := range []int{1, 10_000, 1_000_000} {
		b.Run(fmt.Sprintf("tasklets=%d", n), func(b *testing.B) { pickleTasklets(b, n) })
		b.Run(fmt.Sprintf("gob=%d", n), func(b *testing.B) {
			v := plains(n)
			there := func() ([]byte, error) {
				var w bytes.Buffer
				err := gob.NewEncoder(&w).Encode(v)
				return w.Bytes(), err
			}
			back := func(data []byte) error {
				var v []*plain
				return gob.NewDecoder(bytes.NewReader(data)).Decode(&v)
			}
			thereAndBack(b, n, there, back)
		})
		b.Run(fmt.Sprintf("msgpack=%d", n), func(b *testing.B) {
			v := plains(n)
			there := func() ([]byte, error) {
				var w bytes.Buffer
				e := msgpack.NewEncoder(&w)
				e.UseArrayEncodedStructs(true)
				e.UseCompactInts(true)
				err := e.Encode(v)
				return w.Bytes(), err
			}
			back := func(data []byte) error {
				var v []*plain
				return msgpack.Unmarshal(data, &v)
			}
			thereAndBack(b, n, there, back)
		})
	}
}

func plains(n int) []*plain {
	v := make([]*plain, n)
	for i := range v {
		v[i] = &plain{1, 1, 1, i % 100, 1}
	}
	return v
}

func pickleTasklets(b *testing.B, n int) {
	s, ts := counters(n)
	if n == 1 {
		there := func() ([]byte, error) { return pickle.Marshal(ts[0]) }
		back := func(data []byte) error {
			_, err := pickle.Unmarshal[*tasklet.Tasklet](data, pickle.Into(sched.New()))
			return err
		}
		thereAndBack(b, n, there, back)
		return
	}
	there := func() ([]byte, error) { return pickle.Marshal(ts) }
	back := func(data []byte) error {
		_, err := pickle.Unmarshal[[]*tasklet.Tasklet](data, pickle.Into(sched.New()))
		return err
	}
	thereAndBack(b, n, there, back)
	runtime.KeepAlive(s)
}

// thereAndBack reports what writing and reading n units takes of each.
func thereAndBack(b *testing.B, n int, there func() ([]byte, error), back func([]byte) error) {
	data, err := there()
	if err != nil {
		b.Fatal(err)
	}
	each := func(b *testing.B, f func() error) {
		b.ReportAllocs()
		for b.Loop() {
			if err := f(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/unit")
		b.ReportMetric(float64(len(data))/float64(n), "B/unit")
	}
	b.Run("write", func(b *testing.B) { each(b, func() error { _, err := there(); return err }) })
	b.Run("read", func(b *testing.B) { each(b, func() error { return back(data) }) })
}
