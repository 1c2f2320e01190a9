// Pipeline finds prime numbers with a sieve that grows as it works. A counter
// sends 2, 3, 4 and so on into the first stage. The first number that a stage
// receives is a prime; the stage makes the next one behind itself and passes on
// what its own prime does not divide.
//
//	go run ./examples/pipeline
//	go run ./examples/pipeline --below 1000
//
// One sees the primes below 100, in order, and how many tasklets found them.
//
// It also shows how a pipeline ends: who has nothing more to send closes its
// channel, so that Next tells the stage behind there is no more, which closes
// its own, and so on to the end.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A counter sends the numbers from next on that are below an end.
type counter struct {
	out   *channel.Channel[int]
	next  int
	below int
}

func (f *counter) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.next < f.below; f.next++ {
		if s := f.out.Send(t, f.next); s != tasklet.Next {
			return s
		}
	}
	f.out.Close()
	return tasklet.Return
}

// A stage is a prime of the sieve. The last stage has none yet: it waits for
// the number that gets through all the others.
type stage struct {
	in     *channel.Channel[int]
	out    *channel.Channel[int] // to the next stage, once there is a prime
	primes *channel.Channel[int] // to main
	prime  int
	number int // the one in hand
	pc     int // where it goes on
}

// What a stage does, in this order, the last two over and over.
const (
	findPrime = iota
	reportPrime
	receiveNumber
	passNumber
)

func (f *stage) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		switch f.pc {
		case findPrime:
			more, s := f.in.Next(t, &f.prime)
			if s != tasklet.Next {
				return s
			}
			if !more {
				f.primes.Close() // this is the last stage, so all primes are reported
				return tasklet.Return
			}
			f.pc = reportPrime
		case reportPrime:
			if s := f.primes.Send(t, f.prime); s != tasklet.Next {
				return s
			}
			f.out = channel.New[int](t)
			t.Go(&stage{in: f.out, primes: f.primes})
			f.pc = receiveNumber
		case receiveNumber:
			more, s := f.in.Next(t, &f.number)
			if s != tasklet.Next {
				return s
			}
			if !more {
				f.out.Close()
				return tasklet.Return
			}
			if f.number%f.prime != 0 {
				f.pc = passNumber
			}
		case passNumber:
			if s := f.out.Send(t, f.number); s != tasklet.Next {
				return s
			}
			f.pc = receiveNumber
		}
	}
}

// sieve prints the primes below an end as they are found, and how many tasklets
// that took: the counter, a stage for each prime, and the last stage.
func sieve(below int, stdout io.Writer) error {
	s := sched.New()
	numbers, primes := channel.New[int](s), channel.New[int](s)
	s.Go(&counter{out: numbers, next: 2, below: below})
	s.Go(&stage{in: numbers, primes: primes})

	// The range ends when the last stage closes the channel.
	found := 0
	for prime, err := range primes.All(s.Main()) {
		if err != nil {
			return err
		}
		fmt.Fprintln(stdout, prime)
		found++
	}
	fmt.Fprintf(stdout, "%d primes below %d, found by %d tasklets\n", found, below, found+2)
	return nil
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole command: it returns 2 if it was not understood, 1 if it failed.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("pipeline", flag.ContinueOnError)
	below := flags.Int("below", 100, "find the primes below this `number`")
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
		fmt.Fprintln(stderr, "pipeline:", err)
		return 2
	}

	if err := sieve(*below, stdout); err != nil {
		fmt.Fprintln(stderr, "pipeline:", err)
		return 1
	}
	return 0
}
