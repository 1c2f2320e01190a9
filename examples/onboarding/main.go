// Onboarding signs people up, each with a tasklet of their own that waits for
// the confirmation: it reminds after a day, and gives up six days later. Between
// two events a tasklet rests as a pickle in the program's database, for as long
// as it takes; no memory, timer or process is kept for it, and each command here
// is a process that begins with nothing.
//
//	go run ./examples/onboarding signup ann@example.org
//	go run ./examples/onboarding work --ahead 24h      # as if a day had passed
//	go run ./examples/onboarding confirm ann@example.org
//	go run ./examples/onboarding status
//	go run ./examples/onboarding simulate
//
// A user's row, the tasklet's pickle and the letters that it wrote change in one
// transaction: whatever is killed, each letter is in the outbox once. In it, the
// pickle's version says that nobody else has woken the tasklet meanwhile.
//
// A pickle that can't be read, be it damaged or a later version's, is left as it is:
// work says so on standard error each time, and does everything else.
//
// The tasklet is in signup.go; how it is loaded, run and saved is in wake.go, and
// who asks for that in service.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"
)

const help = `Onboarding signs people up, each with a tasklet that rests in a database.

    onboarding signup [FLAGS] EMAIL     sign somebody up
    onboarding confirm [FLAGS] EMAIL    the confirmation has come
    onboarding work [FLAGS]             do what is due: remind, give up
    onboarding status [FLAGS]           count what is in the database
    onboarding simulate [FLAGS]         ten thousand people, in a database of their own

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// A usageError is what was not understood.
type usageError struct{ error }

// run is the whole command: it returns 2 if it was not understood, 1 if it failed.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := dispatch(ctx, args, stdout, stderr)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, help)
		for _, f := range []*flag.FlagSet{new(settings).flags(), new(simulation).flags()} {
			fmt.Fprintf(stdout, "The flags of %s:\n", f.Name())
			f.SetOutput(stdout)
			f.PrintDefaults()
		}
		return 0
	case errors.As(err, new(usageError)):
		fmt.Fprintf(stderr, "onboarding: %v (onboarding --help shows how)\n", err)
		return 2
	}
	for line := range strings.Lines(err.Error()) { // of each that is damaged
		fmt.Fprintln(stderr, "onboarding:", strings.TrimSuffix(line, "\n"))
	}
	return 1
}

func dispatch(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return usageError{errors.New("signup, confirm, work, status or simulate?")}
	}
	command, args := args[0], args[1:]
	switch command {
	case "simulate":
		return simulate(ctx, args, stdout, stderr)
	case "signup", "confirm":
		return serve(ctx, command, args, 1, stdout)
	case "work", "status":
		return serve(ctx, command, args, 0, stdout)
	case "help", "-h", "-help", "--help":
		return flag.ErrHelp
	}
	return usageError{fmt.Errorf("there is no command %q", command)}
}

// parse has flags understand args, behind which so many may follow.
func parse(flags *flag.FlagSet, args []string, follow int) error {
	flags.SetOutput(io.Discard) // what is wrong is said in one line
	flags.Usage = func() {}
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return usageError{err}
	case flags.NArg() < follow:
		return usageError{errors.New("whose? The address is missing")}
	case flags.NArg() > follow:
		return usageError{fmt.Errorf("unexpected argument %q", flags.Arg(follow))}
	}
	return nil
}

// flags returns the flags of simulate.
func (m *simulation) flags() *flag.FlagSet {
	f := flag.NewFlagSet("simulate", flag.ContinueOnError)
	f.IntVar(&m.people, "people", 10_000, "how many `people` sign up")
	f.IntVar(&m.days, "days", 1, "on how many `days` they do")
	f.IntVar(&m.restart, "restart", 5, "after how many `hours` of work the program ends and starts again")
	f.IntVar(&m.batch, "batch", 100, "how many `tasklets` are loaded at once, at most")
	f.Uint64Var(&m.seed, "seed", 1, "the `number` that all chance comes from")
	return f
}

func simulate(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var m simulation
	if err := parse(m.flags(), args, 0); err != nil {
		return err
	}
	if m.people < 0 || m.days < 1 || m.restart < 1 || m.batch < 1 {
		return usageError{errors.New("simulate: no number may be below 1, but for people")}
	}
	return m.run(ctx, stdout, stderr)
}

// settings are the flags of all commands but simulate.
type settings struct {
	file  string
	ahead time.Duration
	batch int
}

func (p *settings) flags() *flag.FlagSet {
	f := flag.NewFlagSet("the others", flag.ContinueOnError)
	f.StringVar(&p.file, "db", "onboarding.db", "the database's `file`")
	f.DurationVar(&p.ahead, "ahead", 0, "how much `time` the clock is put forward, to try things out")
	f.IntVar(&p.batch, "batch", 100, "how many `tasklets` are loaded at once, at most")
	return f
}

// serve does one command in the database.
func serve(ctx context.Context, command string, args []string, follow int, stdout io.Writer) (err error) {
	var p settings
	flags := p.flags()
	if err := parse(flags, args, follow); err != nil {
		return err
	}
	if p.batch < 1 || p.file == "" {
		return usageError{errors.New("--batch has to be 1 or more, and --db not empty")}
	}
	s, err := open(ctx, p.file, "FULL", func() time.Time { return time.Now().Add(p.ahead) }, p.batch)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	email := flags.Arg(0)
	switch command {
	case "signup":
		due, err := s.signUp(ctx, email)
		if err == nil {
			fmt.Fprintf(stdout, "%s has signed up, and is reminded at %s\n", email, due.Format(time.RFC3339))
		}
		return err
	case "confirm":
		if err := s.confirm(ctx, email); err != nil {
			return err
		}
		fmt.Fprintln(stdout, email, "has confirmed")
	case "work":
		done, err := s.work(ctx)
		fmt.Fprintf(stdout, "%d reminded, %d expired\n", done[reminded], done[expired])
		return err
	case "status":
		c, err := s.census(ctx)
		if err != nil {
			return err
		}
		for i, n := range c.users {
			fmt.Fprintf(stdout, "%-9s  %d\n", state(i), n)
		}
		fmt.Fprintf(stdout, "pickles    %d, %d bytes\nletters    %d\n", c.pickles, c.bytes, c.letters)
		if !c.next.IsZero() {
			fmt.Fprintf(stdout, "next due   %s\n", c.next.Format(time.RFC3339))
		}
	}
	return nil
}
