package benchmarks

import (
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// BenchmarkPingPong has two send a ball back and forth over two channels. Who receives
// it adds one. The figure is for one message, half a round trip.
func BenchmarkPingPong(b *testing.B) {
	on(b, "tasklets", pingPongTasklets, 2)
	on(b, "functions", pingPongFunctions, 2)
	on(b, "goroutines", pingPongGoroutines, 2)
}

// player receives the ball and sends it back.
type player struct {
	in, out *channel.Channel[int]
	ball    int
	sending bool
}

func (p *player) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if p.sending {
			if s := p.out.Send(t, p.ball); s != tasklet.Next {
				return s
			}
			p.sending = false
		}
		if s := p.in.Receive(t, &p.ball); s != tasklet.Next {
			return s
		}
		p.ball++
		p.sending = true
	}
}

func pingPongTasklets(b *testing.B, _ int) { playTasklets(b, channel.PreferReceiver) }

func playTasklets(b *testing.B, p channel.Preference) {
	s := sched.New()
	ping, pong := channel.New[int](s), channel.New[int](s)
	ping.SetPreference(p)
	pong.SetPreference(p)
	one, two := &player{in: pong, out: ping, sending: true}, &player{in: ping, out: pong}
	s.Go(one)
	s.Go(two)
	turns(b, s, enough, func() int { return max(one.ball, two.ball) })
	played(b, one.ball, two.ball)
}

func pingPongFunctions(b *testing.B, _ int) {
	s := sched.New()
	defer s.Close()
	ping, pong := channel.New[int](s), channel.New[int](s)
	one, two := 0, 0
	s.GoFunc(func(co *tasklet.Coroutine) (err error) {
		for err == nil {
			if err = ping.Put(co, one); err == nil {
				one, err = pong.Get(co)
				one++
			}
		}
		return err
	})
	s.GoFunc(func(co *tasklet.Coroutine) (err error) {
		for err == nil {
			if two, err = ping.Get(co); err == nil {
				two++
				err = pong.Put(co, two)
			}
		}
		return err
	})
	turns(b, s, enough, func() int { return max(one, two) })
	played(b, one, two)
}

func pingPongGoroutines(b *testing.B, _ int) {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for ball := range ping {
			pong <- ball + 1
		}
		close(pong)
	}()
	ball := 0
	w := start(b)
	for b.Loop() {
		for range enough / 2 {
			ping <- ball
			ball = <-pong + 1
		}
	}
	w.stop(ball)
	close(ping)
	if _, more := <-pong; more || ball != b.N*enough {
		b.Fatalf("the ball is %d after %d rounds", ball, b.N)
	}
}

// played fails the benchmark unless each has seen the ball as often as the other, but
// for the message that is on its way.
func played(b *testing.B, one, two int) {
	if one-two > 1 || two-one > 1 {
		b.Fatalf("one has seen %d, the other %d", one, two)
	}
}

// BenchmarkPreference is PingPong with each preference: who receives goes on at once,
// which is the default; whoever came last does; who sends does.
func BenchmarkPreference(b *testing.B) {
	for _, p := range preferences {
		on(b, p.key+"tasklets", func(b *testing.B, _ int) { playTasklets(b, p.Preference) }, 2)
	}
}

var preferences = []struct {
	key string
	channel.Preference
}{
	{"prefer=receiver/", channel.PreferReceiver},
	{"prefer=neither/", channel.PreferNeither},
	{"prefer=sender/", channel.PreferSender},
}
