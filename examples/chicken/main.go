// Chicken sends "cluck" on a channel, and egg prints what it receives: the
// smallest program in which two tasklets meet. It prints
//
//	cluck
//
// Run it with the two written as frames, or as plain functions:
//
//	go run ./examples/chicken
//	go run ./examples/chicken --functions
//
// A function is simpler to write and costs a goroutine. A frame needs none: what
// it has in hand across a wait is in its fields, and nowhere else.
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

// A chicken says cluck once.
type chicken struct {
	out *channel.Channel[string]
}

// Resume sends the word. If nobody receives yet, it returns what Send said, and
// is called again once somebody has: the same Send then says Next.
func (f *chicken) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := f.out.Send(t, "cluck"); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

// An egg listens for one word and prints it.
type egg struct {
	in     *channel.Channel[string]
	word   string // what was received, once Receive says Next
	stdout io.Writer
}

func (f *egg) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := f.in.Receive(t, &f.word); s != tasklet.Next {
		return s
	}
	fmt.Fprintln(f.stdout, f.word)
	return tasklet.Return
}

// frames runs the two as frames.
func frames(stdout io.Writer) error {
	s := sched.New()
	c := channel.New[string](s)
	s.Go(&chicken{out: c})
	s.Go(&egg{in: c, stdout: stdout})
	return s.Run()
}

// functions runs them as plain functions. Put and Get are the blocking forms of
// Send and Receive.
func functions(stdout io.Writer) error {
	s := sched.New()
	c := channel.New[string](s)
	s.GoFunc(func(chicken *tasklet.Coroutine) error {
		return c.Put(chicken, "cluck")
	})
	s.GoFunc(func(egg *tasklet.Coroutine) error {
		word, err := c.Get(egg)
		if err != nil {
			return err
		}
		fmt.Fprintln(stdout, word)
		return nil
	})
	return s.Run()
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole command: it returns 2 if it was not understood, 1 if it failed.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("chicken", flag.ContinueOnError)
	plain := flags.Bool("functions", false, "write the two as plain functions instead of frames")
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
		fmt.Fprintln(stderr, "chicken:", err)
		return 2
	}

	program := frames
	if *plain {
		program = functions
	}
	if err := program(stdout); err != nil {
		fmt.Fprintln(stderr, "chicken:", err)
		return 1
	}
	return 0
}
