package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// This file is the group that moves. It knows nothing of processes, networks or
// saving: it is four tasklets in a row, and a list of lines to print.
//
//	metronome ─beats─► producer ─numbers─► doubler ─doubles─► counter ─► lines

// A state is where a frame goes on. In a pickle it stands by its name.
type state uint8

const (
	listening state = iota
	sleeping
	sending
	yielding
)

func init() {
	pickle.Register[state]("handover.state", pickle.States("listening", "sleeping", "sending", "yielding"))
	pickle.Register[metronome]("handover.metronome")
	pickle.Register[producer]("handover.producer")
	pickle.Register[doubler]("handover.doubler")
	pickle.Register[counter]("handover.counter")
	pickle.Register[world]("handover.world")
	pickle.Register[cargo]("handover.cargo")
}

// A metronome sends a beat after each pause.
type metronome struct {
	beats *channel.Channel[bool]
	pause time.Duration
	pc    state
}

func (f *metronome) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		switch f.pc {
		case sleeping:
			if s := t.Sleep(f.pause); s != tasklet.Next {
				return s
			}
			f.pc = sending
		case sending:
			if s := f.beats.Send(t, true); s != tasklet.Next {
				return s
			}
			f.pc = sleeping
		default:
			return t.Fail(fmt.Errorf("a metronome that is %d", f.pc))
		}
	}
}

// A producer counts the beats and sends their number.
type producer struct {
	beats   *channel.Channel[bool]
	numbers *channel.Channel[int]
	beat    bool
	n       int
	pc      state
}

func (f *producer) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		switch f.pc {
		case listening:
			if s := f.beats.Receive(t, &f.beat); s != tasklet.Next {
				return s
			}
			f.n++
			f.pc = sending
		case sending:
			if s := f.numbers.Send(t, f.n); s != tasklet.Next {
				return s
			}
			f.pc = listening
		default:
			return t.Fail(fmt.Errorf("a producer that is %d", f.pc))
		}
	}
}

// A doubler sends twice what it receives. It gives way to the others after that,
// so whenever a line is saved, somebody is ready, and not all wait.
type doubler struct {
	numbers *channel.Channel[int]
	doubles *channel.Channel[int]
	n       int
	pc      state
}

func (f *doubler) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		switch f.pc {
		case listening:
			if s := f.numbers.Receive(t, &f.n); s != tasklet.Next {
				return s
			}
			f.pc = sending
		case sending:
			if s := f.doubles.Send(t, 2*f.n); s != tasklet.Next {
				return s
			}
			f.pc = yielding
		case yielding:
			if s := t.Yield(); s != tasklet.Next {
				return s
			}
			f.pc = listening
		default:
			return t.Fail(fmt.Errorf("a doubler that is %d", f.pc))
		}
	}
}

// A counter adds up what it receives, and has a line to print each time.
type counter struct {
	world   *world
	doubles *channel.Channel[int]
	double  int
	sum     int
}

func (f *counter) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := f.doubles.Receive(t, &f.double); s != tasklet.Next {
			return s
		}
		f.sum += f.double
		f.world.say(f.double, f.sum)
	}
}

// A world is what the group has beside its tasklets. A frame must not print: if
// the process were killed then, nobody could tell whether it had. So lines wait
// here, and are saved with the group before they are printed.
type world struct {
	Count int      // lines so far
	Lines []string // said, but not known to be printed
	ring  func()   `pickle:"-"` // tells whoever drives the group of a new line
}

func (w *world) say(double, sum int) {
	w.Count++
	w.Lines = append(w.Lines, fmt.Sprintf("%d doubled is %d, all together %d", w.Count, double, sum))
	w.ring()
}

// A cargo is what is pickled: the world, and all tasklets with their order.
type cargo struct {
	World *world
	Group *tasklet.Group
}

// newCargo starts a group on s. Ring is called whenever it has a new line.
func newCargo(s *sched.Scheduler, pause time.Duration, ring func()) *cargo {
	w := &world{ring: ring}
	beats, numbers, doubles := channel.New[bool](s), channel.New[int](s), channel.New[int](s)
	s.Go(&counter{world: w, doubles: doubles})
	s.Go(&doubler{numbers: numbers, doubles: doubles})
	s.Go(&producer{beats: beats, numbers: numbers})
	s.Go(&metronome{beats: beats, pause: pause, pc: sleeping})
	return &cargo{World: w, Group: s.Everyone()}
}

// loadCargo makes a group on s that goes on from a pickle.
func loadCargo(s *sched.Scheduler, data []byte, ring func()) (*cargo, error) {
	c, err := pickle.Unmarshal[*cargo](data, pickle.Into(s), pickle.WithLimits(pickle.Limits{Bytes: maxPickle}))
	switch {
	case err != nil:
		return nil, err
	case c == nil || c.World == nil || c.Group == nil || c.Group.Len() == 0:
		return nil, errors.New("the pickle is whole, but it is not a group with its world")
	}
	c.World.ring = ring
	return c, nil
}

// checkCargo tells whether a group can be loaded, by doing so where it does not
// count: on a scheduler that nobody will ever drive.
func checkCargo(data []byte) error {
	_, err := loadCargo(sched.New(), data, func() {})
	return err
}

// describe says what the tasklets of a group are doing.
func (c *cargo) describe() string {
	return fmt.Sprintf("%d ready, %d blocked, %d asleep", len(c.Group.Ready), len(c.Group.Blocked), len(c.Group.Sleeping))
}
