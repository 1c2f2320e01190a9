package benchmarks

import (
	"bytes"
	"encoding/gob"
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

// counters makes a scheduler with n counters on one channel, each in the middle of its
// work.
func counters(t testing.TB, n int) (*sched.Scheduler, []*tasklet.Tasklet) {
	s := sched.New()
	c := channel.New[int](s)
	ts := make([]*tasklet.Tasklet, n)
	for i := range ts {
		ts[i] = s.Go(&counter{n: i % 100, out: c})
	}
	if ran, err := s.Step(n); ran != n || err != nil {
		t.Fatal(ran, err)
	}
	return s, ts
}

// areCounters fails unless ts are as counters has made them, but for their status:
// those that are loaded are parked.
func areCounters(t testing.TB, ts []*tasklet.Tasklet, n int, status tasklet.Status) {
	if len(ts) != n {
		t.Fatalf("%d were loaded of %d", len(ts), n)
	}
	out := ts[0].Frame().(*counter).out
	for i, u := range ts {
		if c := u.Frame().(*counter); c.n != i%100 || c.out != out || out == nil || u.Op() != tasklet.OpYield || u.Status() != status {
			t.Fatalf("number %d was loaded as %v with %+v", i, u, c)
		}
	}
}

// BenchmarkPickle writes and reads n tasklets that have stopped in the middle of their
// work, and as much plain data by gob and by msgpack: no graph, no tasklet, no check.
// The figure is for one of them.
func BenchmarkPickle(b *testing.B) {
	thereAndBack(b, "tasklets", tasklets, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
	thereAndBack(b, "gob", gobs, 1, 10_000, 1_000_000)
	thereAndBack(b, "msgpack", msgpacks, 1, 10_000, 1_000_000)
}

// A codec writes n units, and reads and checks them.
type codec func(b *testing.B, n int) (write func() ([]byte, error), read func([]byte) error, check func())

func thereAndBack(b *testing.B, system string, c codec, sizes ...int) {
	measure := func(b *testing.B, n int, reads bool) {
		write, read, check := c(b, n)
		data, err := write()
		if err == nil {
			err = read(data)
		}
		if err != nil {
			b.Fatal(err)
		}
		check()
		w := start(b)
		for b.Loop() {
			if reads {
				err = read(data)
			} else {
				_, err = write()
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		w.stop(b.N * n)
		check()
		b.ReportMetric(float64(len(data))/float64(n), "B/unit")
	}
	for _, n := range sizes {
		on(b, "do=write/"+system, func(b *testing.B, n int) { measure(b, n, false) }, n)
		on(b, "do=read/"+system, func(b *testing.B, n int) { measure(b, n, true) }, n)
	}
}

func tasklets(b *testing.B, n int) (write func() ([]byte, error), read func([]byte) error, check func()) {
	s, ts := counters(b, n)
	var loaded []*tasklet.Tasklet
	if n == 1 {
		loaded = make([]*tasklet.Tasklet, 1)
		write = func() ([]byte, error) { return pickle.Marshal(ts[0]) }
		read = func(data []byte) (err error) {
			loaded[0], err = pickle.Unmarshal[*tasklet.Tasklet](data, pickle.Into(sched.New()))
			return err
		}
	} else {
		write = func() ([]byte, error) { return pickle.Marshal(ts) }
		read = func(data []byte) (err error) {
			loaded, err = pickle.Unmarshal[[]*tasklet.Tasklet](data, pickle.Into(sched.New()))
			return err
		}
	}
	return write, read, func() {
		areCounters(b, loaded, n, tasklet.Parked)
		areCounters(b, ts, n, tasklet.Ready)
		runtime.KeepAlive(s)
	}
}

// plain is what gob and msgpack are given instead: as much as a counter and its tasklet
// are pickled as.
type plain struct {
	Status, Op, Flags uint8
	N                 int
	Out               int
}

func plains(n int) []*plain {
	v := make([]*plain, n)
	for i := range v {
		v[i] = &plain{1, 1, 1, i % 100, 1}
	}
	return v
}

func arePlains(b *testing.B, v []*plain, n int) {
	if len(v) != n {
		b.Fatalf("%d were read of %d", len(v), n)
	}
	for i, p := range v {
		if *p != (plain{1, 1, 1, i % 100, 1}) {
			b.Fatalf("number %d was read as %+v", i, *p)
		}
	}
}

func gobs(b *testing.B, n int) (write func() ([]byte, error), read func([]byte) error, check func()) {
	v := plains(n)
	var loaded []*plain
	write = func() ([]byte, error) {
		var w bytes.Buffer
		err := gob.NewEncoder(&w).Encode(v)
		return w.Bytes(), err
	}
	read = func(data []byte) error {
		loaded = nil
		return gob.NewDecoder(bytes.NewReader(data)).Decode(&loaded)
	}
	return write, read, func() { arePlains(b, loaded, n) }
}

func msgpacks(b *testing.B, n int) (write func() ([]byte, error), read func([]byte) error, check func()) {
	v := plains(n)
	var loaded []*plain
	write = func() ([]byte, error) {
		var w bytes.Buffer
		e := msgpack.NewEncoder(&w)
		e.UseArrayEncodedStructs(true)
		e.UseCompactInts(true)
		err := e.Encode(v)
		return w.Bytes(), err
	}
	read = func(data []byte) error {
		loaded = nil
		return msgpack.Unmarshal(data, &loaded)
	}
	return write, read, func() { arePlains(b, loaded, n) }
}
