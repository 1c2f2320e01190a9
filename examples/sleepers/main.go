// Sleepers has two thousand tasklets sleep a second and then yield, 120 times
// each. It is the program by which an article of 2009 compared the threads of
// Python with the tasklets of Stackless Python.
//
//	go run ./examples/sleepers
//	go run ./examples/sleepers --virtual=false    # takes two minutes
//
// All of them sleep at once, so the whole takes two minutes, not two thousand
// times that. By default the clock is virtual and jumps to the next who wakes:
// then the two minutes are over at once, and nothing else is different.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A sleeper sleeps a second and yields, so many rounds.
type sleeper struct {
	rounds uint
	slept  uint // rounds that are over
	pc     int  // where it goes on: sleeping or yielding
}

const (
	sleeping = iota
	yielding
)

// Resume goes on from where the fields say: in the round that the sleeper had
// reached, with the operation that it had left.
func (f *sleeper) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.slept < f.rounds; f.slept++ {
		switch f.pc {
		case sleeping:
			if s := t.Sleep(time.Second); s != tasklet.Next {
				return s
			}
			f.pc = yielding
			fallthrough
		case yielding:
			if s := t.Yield(); s != tasklet.Next {
				return s
			}
			f.pc = sleeping
		}
	}
	return tasklet.Return
}

// sleep runs so many sleepers on the clock. It returns how often they slept and
// how far the clock has gone on.
func sleep(tasklets, rounds uint, clock sched.Clock) (sleeps uint, passed time.Duration, err error) {
	s := sched.New(sched.WithClock(clock))
	sleepers := make([]sleeper, tasklets)
	for i := range sleepers {
		sleepers[i].rounds = rounds
		s.Go(&sleepers[i])
	}
	start := s.Now()
	if err := s.Run(); err != nil {
		return 0, 0, err
	}
	for _, f := range sleepers {
		sleeps += f.slept
	}
	return sleeps, s.Now().Sub(start), nil
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole command: it returns 2 if it was not understood, 1 if it failed.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("sleepers", flag.ContinueOnError)
	tasklets := flags.Uint("tasklets", 2000, "how many `tasklets` sleep")
	rounds := flags.Uint("rounds", 120, "how many `times` each sleeps a second")
	virtual := flags.Bool("virtual", true, "sleep on a virtual clock, which takes no time")
	flags.SetOutput(io.Discard) // what is wrong is said below, in one line
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(stdout)
		flags.Usage()
		return 0
	case err == nil && flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(stderr, "sleepers:", err)
		return 2
	}

	var clock sched.Clock = sched.RealClock{}
	kind := "real"
	if *virtual {
		clock = sched.NewVirtualClock(time.Unix(0, 0))
		kind = "virtual"
	}
	sleeps, passed, err := sleep(*tasklets, *rounds, clock)
	if err != nil {
		fmt.Fprintln(stderr, "sleepers:", err)
		return 1
	}
	fmt.Fprintf(stdout, "tasklets  %d\n", *tasklets)
	fmt.Fprintf(stdout, "sleeps    %d\n", sleeps)
	fmt.Fprintf(stdout, "passed    %v on a %s clock\n", passed.Round(time.Second), kind)
	return 0
}
