package benchmarks

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// oneP gives the benchmark one P, for the goroutines beside the tasklets.
func oneP(b *testing.B) {
	before := runtime.GOMAXPROCS(1)
	b.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// BenchmarkYield gives way among so many that do nothing else.
func BenchmarkYield(b *testing.B) {
	for _, n := range []int{10, 1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("tasklets=%d", n), func(b *testing.B) {
			s := sched.New()
			for range n {
				s.Go(new(walker))
			}
			s.Step(n)
			b.ReportAllocs()
			b.ResetTimer()
			s.Step(b.N)
		})
	}
	for _, n := range []int{10, 1_000, 100_000} {
		b.Run(fmt.Sprintf("goroutines=%d", n), func(b *testing.B) {
			oneP(b)
			var wg sync.WaitGroup
			stop := false // read and written on one P, between yields
			for range n {
				wg.Go(func() {
					for !stop {
						runtime.Gosched()
					}
				})
			}
			runtime.Gosched()
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N/n + 1 { // each turn of this goroutine is a round of all
				runtime.Gosched()
			}
			b.StopTimer()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64((b.N/n+1)*(n+1)), "ns/op")
			stop = true
			wg.Wait()
		})
	}
	b.Run("functions=1000", func(b *testing.B) {
		s := sched.New()
		for range 1000 {
			s.GoFunc(func(co *tasklet.Coroutine) error {
				for {
					if err := co.Yield(); err != nil {
						return err
					}
				}
			})
		}
		s.Step(1000)
		b.ReportAllocs()
		b.ResetTimer()
		s.Step(b.N)
		b.StopTimer()
		s.Close()
	})
}

// BenchmarkPingPong has two pass a ball back and forth over two channels: the
// figure is for one message, half a round trip.
func BenchmarkPingPong(b *testing.B) {
	for p := channel.PreferReceiver; p <= channel.PreferSender; p++ {
		b.Run(fmt.Sprintf("tasklets/preference=%d", p), func(b *testing.B) {
			s := sched.New()
			ping, pong := channel.New[int](s), channel.New[int](s)
			ping.SetPreference(p)
			pong.SetPreference(p)
			one := &player{in: pong, out: ping, sending: true}
			s.Go(one)
			s.Go(&player{in: ping, out: pong})
			s.Step(100)
			one.ball = 0
			b.ReportAllocs()
			b.ResetTimer()
			for one.ball < b.N {
				s.Step(b.N/2 + 1)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(one.ball), "ns/op")
		})
	}
	b.Run("functions", func(b *testing.B) {
		s := sched.New()
		ping, pong := channel.New[int](s), channel.New[int](s)
		s.GoFunc(func(co *tasklet.Coroutine) error {
			for {
				ball, err := ping.Get(co)
				if err == nil {
					err = pong.Put(co, ball+1)
				}
				if err != nil {
					return err
				}
			}
		})
		b.ReportAllocs()
		b.ResetTimer()
		for ball := 0; ball < b.N; ball++ {
			err := ping.Put(s.Main(), ball)
			if err == nil {
				ball, err = pong.Get(s.Main())
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		s.Close()
	})
	b.Run("goroutines", func(b *testing.B) {
		oneP(b)
		ping, pong := make(chan int), make(chan int)
		go func() {
			for ball := range ping {
				pong <- ball + 1
			}
		}()
		b.ReportAllocs()
		b.ResetTimer()
		for ball := 0; ball < b.N; ball++ {
			ping <- ball
			ball = <-pong
		}
		b.StopTimer()
		close(ping)
	})
}

// BenchmarkStream has one send to another without end. With preference −1 each
// message switches twice, to the receiver and back; otherwise once in two.
func BenchmarkStream(b *testing.B) {
	for p := channel.PreferReceiver; p <= channel.PreferSender; p++ {
		b.Run(fmt.Sprintf("tasklets/preference=%d", p), func(b *testing.B) {
			s := sched.New()
			c := channel.New[int](s)
			c.SetPreference(p)
			from := &sender{out: c}
			s.Go(&receiver{in: c})
			s.Go(from)
			s.Step(100)
			from.n = 0
			b.ReportAllocs()
			b.ResetTimer()
			for from.n < b.N {
				s.Step(b.N)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(from.n), "ns/op")
		})
	}
	b.Run("goroutines", func(b *testing.B) {
		oneP(b)
		c := make(chan int)
		go func() {
			for i := range b.N {
				c <- i
			}
			close(c)
		}()
		b.ReportAllocs()
		b.ResetTimer()
		for range c {
		}
	})
}

// BenchmarkSpawn makes a small one and runs it to its end, in lots of a
// thousand.
func BenchmarkSpawn(b *testing.B) {
	const lot = 1000
	b.Run("tasklets", func(b *testing.B) {
		s := sched.New()
		b.ReportAllocs()
		for i := 0; i < b.N; i += lot {
			for range lot {
				tasklet.Spawn(s, errand{from: i})
			}
			if err := s.RunReady(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("goroutines", func(b *testing.B) {
		oneP(b)
		var wg sync.WaitGroup
		b.ReportAllocs()
		for i := 0; i < b.N; i += lot {
			for range lot {
				e := &errand{from: i}
				wg.Go(func() { e.to = e.from + 1 })
			}
			wg.Wait()
		}
	})
}

// BenchmarkSkynet sums a million leaves through a tree of ten branches.
func BenchmarkSkynet(b *testing.B) {
	const leaves, want = 1_000_000, 499_999_500_000
	b.Run("tasklets", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			s := sched.New()
			result := channel.New[int](s)
			s.Go(&node{out: result, size: leaves})
			if sum, err := result.Get(s.Main()); err != nil || sum != want {
				b.Fatal(sum, err)
			}
		}
	})
	b.Run("goroutines", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			result := make(chan int)
			go skynet(result, 0, leaves)
			if sum := <-result; sum != want {
				b.Fatal(sum)
			}
		}
	})
}

// skynet is node for goroutines, on all cores.
func skynet(out chan<- int, first, size int) {
	if size == 1 {
		out <- first
		return
	}
	children := make(chan int)
	for i := range 10 {
		go skynet(children, first+i*size/10, size/10)
	}
	sum := 0
	for range 10 {
		sum += <-children
	}
	out <- sum
}

// BenchmarkSleep arms a timer and ends it, a million others being asleep.
func BenchmarkSleep(b *testing.B) {
	for _, n := range []int{1, 1_000_000} {
		b.Run(fmt.Sprintf("tasklets=%d", n), func(b *testing.B) {
			s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))))
			for i := range n {
				s.Go(&napper{nap: time.Duration(1+i%1000) * time.Millisecond})
			}
			s.RunReady()
			// Everybody is asleep; now main sleeps until b.N naps are over.
			b.ReportAllocs()
			b.ResetTimer()
			naps = 0
			for naps < b.N {
				if err := s.Main().Sleep(time.Millisecond); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(naps), "ns/op")
			b.StopTimer()
		})
	}
}

// napper sleeps for ever, a nap at a time.
type napper struct{ nap time.Duration }

// naps are those that ended, of all nappers.
var naps int

func (n *napper) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := t.Sleep(n.nap); s != tasklet.Next {
			return s
		}
		naps++
	}
}
