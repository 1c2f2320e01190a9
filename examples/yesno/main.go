// Yesno sends a list through two tasklets over one channel: yes adds "yes" to
// it, no adds "no". The goroutine that drives the scheduler takes part too, as
// its main tasklet: it sends the empty list, and receives what became of it.
//
//	go run ./examples/yesno
//
// It prints
//
//	[yes no]
//
// and always does: who runs when is a function of the program alone.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A speaker receives a list, adds its word and sends the list on.
type speaker struct {
	word string
	c    *channel.Channel[[]string]
	list []string
	pc   int // where it goes on: listening or speaking
}

const (
	listening = iota
	speaking
)

// Resume is called again whenever the speaker may go on. What stands between
// two operations, as the append does, runs once: only an operation is repeated,
// so it is the first thing in its case.
func (f *speaker) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch f.pc {
	case listening:
		if s := f.c.Receive(t, &f.list); s != tasklet.Next {
			return s
		}
		f.list = append(f.list, f.word)
		f.pc = speaking
		fallthrough
	case speaking:
		if s := f.c.Send(t, f.list); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

// yesno returns the list that went through yes and no.
func yesno() ([]string, error) {
	s := sched.New()
	c := channel.New[[]string](s)
	s.Go(&speaker{word: "yes", c: c})
	s.Go(&speaker{word: "no", c: c})

	// Main waits here. Yes takes the list and waits to send it on; no takes it
	// from there and waits in turn. Then main, whose list was taken, goes on.
	if err := c.Put(s.Main(), []string{}); err != nil {
		return nil, err
	}
	// Yes, whose list was taken too, runs to its end. No still waits to send,
	// so nobody is ready, and Run returns.
	if err := s.Run(); err != nil {
		return nil, err
	}
	// What no has to send is there at once.
	return c.Get(s.Main())
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole command: it returns 2 if it was not understood, 1 if it failed.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		fmt.Fprintf(stderr, "yesno: unexpected argument %q\n", args[0])
		return 2
	}
	list, err := yesno()
	if err != nil {
		fmt.Fprintln(stderr, "yesno:", err)
		return 1
	}
	fmt.Fprintln(stdout, list)
	return 0
}
