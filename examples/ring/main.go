// Ring passes a token round a ring of tasklets, again and again, until it has
// gone round often enough. Each tasklet knows only whom it receives from and
// whom it sends to.
//
//	go run ./examples/ring
//	go run ./examples/ring --tasklets 100000 --rounds 1
//
// One sees who holds the token at last, which is who had it first, and how
// many messages it took.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A token counts the messages by which it has been passed.
type token struct{ messages int }

// A member of the ring passes the token on, until it has been passed often
// enough: then it keeps it.
type member struct {
	in, out *channel.Channel[token]
	last    int // how many messages are enough
	token   token
	keeps   bool
	pc      int // where it goes on: receiving or sending
}

const (
	receiving = iota
	sending
)

// Resume ends a member in one of two ways: it keeps the token, or it hears that
// none will come any more. Either way it lets the next one know, by closing the
// channel to it, and so the news goes round as the token did.
func (f *member) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		switch f.pc {
		case receiving:
			more, s := f.in.Next(t, &f.token)
			if s != tasklet.Next {
				return s
			}
			if !more || f.token.messages == f.last {
				f.keeps = more
				f.out.Close()
				return tasklet.Return
			}
			f.token.messages++
			f.pc = sending
		case sending:
			if s := f.out.Send(t, f.token); s != tasklet.Next {
				return s
			}
			f.pc = receiving
		}
	}
}

// pass has the token go round a ring of so many tasklets. It returns which of
// them, counted from 0, keeps it, and the token.
func pass(tasklets, rounds int) (keeper int, kept token, err error) {
	s := sched.New()
	channels := make([]*channel.Channel[token], tasklets)
	for i := range channels {
		channels[i] = channel.New[token](s)
	}
	members := make([]member, tasklets)
	for i := range members {
		members[i] = member{
			in:   channels[i],
			out:  channels[(i+1)%tasklets],
			last: tasklets * rounds,
		}
		s.Go(&members[i])
	}
	if err := channels[0].Put(s.Main(), token{}); err != nil {
		return 0, token{}, err
	}
	if err := s.Run(); err != nil {
		return 0, token{}, err
	}
	keeper = slices.IndexFunc(members, func(f member) bool { return f.keeps })
	if keeper < 0 {
		return 0, token{}, errors.New("the token is lost")
	}
	return keeper, members[keeper].token, nil
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole command: it returns 2 if it was not understood, 1 if it failed.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("ring", flag.ContinueOnError)
	tasklets := flags.Int("tasklets", 1000, "how many `tasklets` the ring has, at least 2")
	rounds := flags.Int("rounds", 100, "how many `times` the token goes round")
	flags.SetOutput(io.Discard) // what is wrong is said below, in one line
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(stdout)
		flags.Usage()
		return 0
	case err == nil && flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case err == nil && *tasklets < 2:
		err = fmt.Errorf("--tasklets %d: a ring has at least 2", *tasklets)
	case err == nil && *rounds < 0:
		err = fmt.Errorf("--rounds %d: the token does not go backwards", *rounds)
	}
	if err != nil {
		fmt.Fprintln(stderr, "ring:", err)
		return 2
	}

	keeper, kept, err := pass(*tasklets, *rounds)
	if err != nil {
		fmt.Fprintln(stderr, "ring:", err)
		return 1
	}
	fmt.Fprintf(stdout, "number %d of %d holds the token after %d messages\n", keeper+1, *tasklets, kept.messages)
	return 0
}
