package benchmarks

import (
	"sync"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// BenchmarkChameneos has n creatures of three colours meet in pairs, as in the
// Benchmarks Game: each asks to meet another, over the one channel of the place where
// they meet. The place, a unit of its own, takes two requests and answers each with the
// other's colour, over the channel of who asked. Then both take on the third colour; if
// they are of one, they keep it. The figure is for one meeting: four messages.
func BenchmarkChameneos(b *testing.B) {
	on(b, "tasklets", chameneosTasklets, 3, 10, 100, 1_000)
	on(b, "functions", chameneosFunctions, 3, 10, 100, 1_000)
	on(b, "goroutines", chameneosGoroutines, 3, 10, 100, 1_000)
}

// A colour is 0, 1 or 2.
type colour int

func (c colour) meets(other colour) colour {
	if c == other {
		return c
	}
	return 3 - c - other
}

type request struct {
	colour colour
	answer *channel.Channel[colour]
}

// place is where they meet.
type place struct {
	requests *channel.Channel[request]
	one, two request
	pc       int
	meetings int
	over     bool
}

func (f *place) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		var s tasklet.Step
		switch f.pc {
		case 0:
			s = f.requests.Receive(t, &f.one)
		case 1:
			s = f.requests.Receive(t, &f.two)
		case 2:
			s = f.one.answer.Send(t, f.two.colour)
		case 3:
			s = f.two.answer.Send(t, f.one.colour)
		case 4:
			f.meetings++
			if f.over {
				return tasklet.Return
			}
		}
		if s != tasklet.Next {
			return s
		}
		f.pc = (f.pc + 1) % 5
	}
}

func (f *place) function(co *tasklet.Coroutine) error {
	for !f.over {
		one, err := f.requests.Get(co)
		if err != nil {
			return err
		}
		two, err := f.requests.Get(co)
		if err != nil {
			return err
		}
		if err := one.answer.Put(co, two.colour); err != nil {
			return err
		}
		if err := two.answer.Put(co, one.colour); err != nil {
			return err
		}
		f.meetings++
	}
	return nil
}

type creature struct {
	place    *channel.Channel[request]
	self     request
	other    colour
	asked    bool
	meetings int
}

func (f *creature) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if !f.asked {
			if s := f.place.Send(t, f.self); s != tasklet.Next {
				return s
			}
			f.asked = true
		}
		if s := f.self.answer.Receive(t, &f.other); s != tasklet.Next {
			return s
		}
		f.self.colour = f.self.colour.meets(f.other)
		f.meetings++
		f.asked = false
	}
}

func (f *creature) function(co *tasklet.Coroutine) error {
	for {
		if err := f.place.Put(co, f.self); err != nil {
			return err
		}
		other, err := f.self.answer.Get(co)
		if err != nil {
			return err
		}
		f.self.colour = f.self.colour.meets(other)
		f.meetings++
	}
}

// A game is a place and its creatures.
type game struct {
	s         *sched.Scheduler
	place     place
	creatures []creature
}

func newGame(n int) *game {
	g := &game{s: sched.New(), creatures: make([]creature, n)}
	g.place.requests = channel.New[request](g.s)
	for i := range g.creatures {
		g.creatures[i] = creature{
			place: g.place.requests,
			self:  request{colour(i % 3), channel.New[colour](g.s)},
		}
	}
	return g
}

func (g *game) measure(b *testing.B) {
	turns(b, g.s, enough, func() int { return g.place.meetings })
	g.place.over = true
	settle(b, g.s)
	met := 0
	for i := range g.creatures {
		met += g.creatures[i].meetings
	}
	if met != 2*g.place.meetings {
		b.Fatalf("%d meetings, and creatures met %d times", g.place.meetings, met)
	}
}

func chameneosTasklets(b *testing.B, n int) {
	g := newGame(n)
	g.s.Go(&g.place)
	for i := range g.creatures {
		g.s.Go(&g.creatures[i])
	}
	g.measure(b)
}

func chameneosFunctions(b *testing.B, n int) {
	g := newGame(n)
	defer g.s.Close()
	g.s.GoFunc(g.place.function)
	for i := range g.creatures {
		g.s.GoFunc(g.creatures[i].function)
	}
	g.measure(b)
}

// chameneosGoroutines has the benchmark's goroutine be the place.
func chameneosGoroutines(b *testing.B, n int) {
	type request struct {
		colour colour
		answer chan colour
	}
	requests := make(chan request)
	met := make([]int, n)
	var wg sync.WaitGroup
	for i := range met {
		wg.Go(func() {
			self := request{colour(i % 3), make(chan colour)}
			for {
				requests <- self
				other, more := <-self.answer
				if !more {
					return
				}
				self.colour = self.colour.meets(other)
				met[i]++
			}
		})
	}
	meetings := 0
	round := func() {
		for range enough / 4 {
			one, two := <-requests, <-requests
			one.answer <- two.colour
			two.answer <- one.colour
			meetings++
		}
	}
	round()
	w := start(b)
	for b.Loop() {
		round()
	}
	w.stop(b.N * (enough / 4))
	for range n {
		close((<-requests).answer)
	}
	wg.Wait()
	if sum(met) != 2*meetings {
		b.Fatalf("%d meetings, and creatures met %d times", meetings, sum(met))
	}
}
