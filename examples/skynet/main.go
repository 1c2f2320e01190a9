// Skynet makes a tree of tasklets with a million leaves. Each node makes ten
// children and adds up what they report; each leaf reports its number. It is
// the benchmark that goes by this name in many languages. It prints
//
//	499999500000
//
// and, on standard error, what that took.
//
//	go run ./examples/skynet
//	go run ./examples/skynet --leaves 1000
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A leaf reports its number.
type leaf struct {
	number int64
	up     *channel.Channel[int64]
}

func (f *leaf) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := f.up.Send(t, f.number); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

// A node reports the sum of what its children report: the leaves from number
// first up to, but not including, end.
type node struct {
	first, end int64
	up         *channel.Channel[int64]
	children   channel.Channel[int64] // from all of them: the zero Channel works
	waitFor    int                    // how many children are still to report
	report     int64                  // the one that was received last
	sum        int64
	pc         int // where it goes on
}

// What a node does, in this order.
const (
	begin = iota
	gather
	reportSum
)

func (f *node) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch f.pc {
	case begin:
		f.makeChildren(t)
		f.pc = gather
		fallthrough
	case gather:
		for ; f.waitFor > 0; f.waitFor-- {
			if s := f.children.Receive(t, &f.report); s != tasklet.Next {
				return s
			}
			f.sum += f.report
		}
		f.pc = reportSum
		fallthrough
	case reportSum:
		if s := f.up.Send(t, f.sum); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

// makeChildren divides the leaves among ten children, as evenly as can be;
// among fewer if there are not that many.
func (f *node) makeChildren(t *tasklet.Tasklet) {
	leaves := f.end - f.first
	children := min(leaves, 10)
	for i := range children {
		first, end := f.first+leaves*i/children, f.first+leaves*(i+1)/children
		if end-first == 1 {
			tasklet.Spawn(t, leaf{number: first, up: &f.children})
		} else {
			tasklet.Spawn(t, node{first: first, end: end, up: &f.children})
		}
		f.waitFor++
	}
}

// skynet returns the sum of the numbers of so many leaves, counted from 0, and
// how many steps the tasklets ran for it.
func skynet(leaves int64) (sum int64, steps uint64, err error) {
	s := sched.New()
	root := channel.New[int64](s)
	s.Go(&node{end: leaves, up: root})
	sum, err = root.Get(s.Main())
	return sum, s.Steps(), err
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole command: it returns 2 if it was not understood, 1 if it failed.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("skynet", flag.ContinueOnError)
	leaves := flags.Int64("leaves", 1_000_000, "how many `leaves` the tree has, at least 1")
	flags.SetOutput(io.Discard) // what is wrong is said below, in one line
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(stdout)
		flags.Usage()
		return 0
	case err == nil && flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case err == nil && *leaves < 1:
		err = fmt.Errorf("--leaves %d: a tree has at least 1", *leaves)
	}
	if err != nil {
		fmt.Fprintln(stderr, "skynet:", err)
		return 2
	}

	start := time.Now()
	sum, steps, err := skynet(*leaves)
	if err != nil {
		fmt.Fprintln(stderr, "skynet:", err)
		return 1
	}
	fmt.Fprintln(stdout, sum)
	fmt.Fprintf(stderr, "%d steps in %v\n", steps, time.Since(start).Round(time.Millisecond))
	return 0
}
