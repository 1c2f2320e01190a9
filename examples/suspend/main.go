// Suspend counts and greets, until it is interrupted. Then it writes its tasklet
// to a file, in the middle of its loop, and started again it goes on from there.
//
//	go run ./examples/suspend                   # hello 1, hello 2, … ; now Ctrl-C
//	go run ./examples/suspend                   # … hello 3, as if nothing had been
//	go run ./cmd/stackless inspect suspend.pickle
//
// Ctrl-C and SIGTERM save. A process that is killed outright has no time to: what
// it said since it was started, the next one says again. With --every-step it is
// saved after each hello, and then only the last can be said twice, if the
// process is killed after saying it and before it is saved.
//
// Its exit codes: 0, it has counted to the end, and the file is gone; 1, it
// failed; 2, it was not understood; 3, it was interrupted, and is saved.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

const (
	ended = iota
	failed
	misunderstood
	saved
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second Ctrl-C ends it whatever it does
	os.Exit(run(ctx, sched.RealClock{}, os.Args[1:], os.Stdout, os.Stderr))
}

// A plan is what the flags say.
type plan struct {
	file      string
	every     time.Duration
	to        uint
	everyStep bool
}

// run is the whole command: it goes on until it has counted to the end or ctx is
// done, and returns the exit code.
func run(ctx context.Context, clock sched.Clock, args []string, stdout, stderr io.Writer) int {
	var p plan
	flags := flag.NewFlagSet("suspend", flag.ContinueOnError)
	flags.StringVar(&p.file, "file", "suspend.pickle", "the `file` that it is saved in")
	flags.DurationVar(&p.every, "every", time.Second, "how much `time` is between two hellos; one that goes on keeps its own")
	flags.UintVar(&p.to, "to", 10, "the `number` that it counts to; one that goes on keeps its own")
	flags.BoolVar(&p.everyStep, "every-step", false, "save after each hello")
	flags.SetOutput(io.Discard) // what is wrong is said below, in one line
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(stdout)
		flags.Usage()
		return ended
	case err == nil && flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case err == nil && p.every <= 0:
		err = fmt.Errorf("--every %v: there has to be some time between two hellos", p.every)
	case err == nil && p.file == "":
		err = errors.New("--file is empty")
	}
	if err != nil {
		fmt.Fprintln(stderr, "suspend:", err)
		return misunderstood
	}
	done, err := p.greet(ctx, clock, stdout, stderr)
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "suspend:", err)
		return failed
	case !done:
		return saved
	}
	return ended
}

// greet goes on with what the file has, or begins if there is none. It returns
// whether the end was reached; if not, all is in the file.
func (p *plan) greet(ctx context.Context, clock sched.Clock, stdout, stderr io.Writer) (done bool, err error) {
	s := sched.New(sched.WithClock(clock))
	here = terminal{out: stdout}
	t, err := load(s, p.file)
	if err != nil {
		return false, err
	}
	if t == nil {
		t = s.Go(&greeter{at: &here, every: p.every, to: p.to})
	} else if g := t.Frame().(*greeter); g.said < g.to {
		fmt.Fprintf(stderr, "going on at %d\n", g.said+1)
	}
	g := t.Frame().(*greeter)

	// Main is parked while the greeter runs. Inserting it makes Run return.
	main := s.Main().Tasklet()
	interrupt := func() { _ = s.Post(func() { _ = main.Insert() }) }
	defer context.AfterFunc(ctx, interrupt)()
	var unsaved error
	if p.everyStep {
		save := func() {
			if unsaved = p.copy(t); unsaved != nil {
				_ = main.Insert()
			}
		}
		// It can't be written down while it speaks, but as soon as it sleeps.
		here.heard = func() { _ = s.Post(save) }
	}
	if err := errors.Join(s.Run(), unsaved); err != nil {
		return false, err
	}
	if t.Alive() {
		said := g.said
		if err := pickle.Move(t, func(b []byte) error { return write(p.file, b) }); err != nil {
			return false, err
		}
		fmt.Fprintf(stderr, "saved at %d in %s\n", said, p.file)
		return false, nil
	}
	if err := os.Remove(p.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return true, nil
}

// copy writes the tasklet down; it goes on here.
func (p *plan) copy(t *tasklet.Tasklet) error {
	if !t.Alive() {
		return nil
	}
	b, err := pickle.Marshal(t)
	if err != nil {
		return err
	}
	return write(p.file, b)
}
