// Handover moves a running group of tasklets from one process to another. Four
// tasklets count, double and add up, and talk over channels; some wait, one is
// ready, one sleeps. They go over TCP, with TLS and certificates on both sides,
// and go on there exactly where they were. Kill either process at any moment and
// start it again: one of them has the group, and only one.
//
//	go run ./examples/handover demo
//
// shows it. With two terminals it can be led by hand:
//
//	go run ./examples/handover --help
//
// protocol.go says how they agree, and is tested against everything that can be
// lost or killed. The lines that the group prints are saved before they are
// printed. So none is ever missing; but if a process is killed after a line is
// printed and before that is saved, its next start prints that line again.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

const help = `Handover moves a running group of tasklets from one process to another.

See it happen, with two processes that are started and ended for you:

    handover demo

Lead it by hand. Make certificates for two sides, named a and b:

    handover certs certs

In one terminal, start a with a group that prints a line each second:

    handover serve --name a --listen 127.0.0.1:7001 --peer b=127.0.0.1:7002 \
        --certs certs --dir ledger-a --start

In another, start b, which has none:

    handover serve --name b --listen 127.0.0.1:7002 --peer a=127.0.0.1:7001 \
        --certs certs --dir ledger-b

Type "give" and Enter where the group is, and it goes on in the other. Kill
either whenever you like and start it again with the same command. Ctrl-C, or
"quit", saves and ends.

Each side needs ca.pem, NAME.pem and NAME-key.pem of its own name only.
The flags of serve:
`

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// usageError is what was not understood.
type usageError struct{ error }

// run is the whole command: it returns 2 if it was not understood, 1 if it failed.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	err := dispatch(args, stdin, stdout, stderr)
	switch {
	case err == nil:
		return 0
	case errors.As(err, new(usageError)):
		fmt.Fprintf(stderr, "handover: %v (handover --help shows how)\n", err)
		return 2
	}
	fmt.Fprintln(stderr, "handover:", err)
	return 1
}

func dispatch(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return usageError{errors.New("demo, certs or serve?")}
	}
	command, args := args[0], args[1:]
	switch command {
	case "demo":
		if len(args) > 0 {
			return usageError{fmt.Errorf("demo: unexpected argument %q", args[0])}
		}
		return demo(stdout)
	case "certs":
		return certs(args, stdout)
	case "serve":
		return serve(args, stdin, stdout, stderr)
	case "help", "-h", "-help", "--help":
		printHelp(stdout)
		return nil
	}
	return usageError{fmt.Errorf("there is no command %q", command)}
}

// certs makes certificates for a and b, or for other names.
func certs(args []string, stdout io.Writer) error {
	if len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if strings.Trim(args[0], "-") == "help" || args[0] == "-h" {
			printHelp(stdout)
			return nil
		}
		return usageError{fmt.Errorf("certs has no flags: %q", args[0])}
	}
	if len(args) == 0 {
		return usageError{errors.New("certs: in which folder?")}
	}
	names := args[1:]
	if len(names) == 0 {
		names = []string{"a", "b"}
	}
	for _, name := range names {
		if err := checkName(name); err != nil {
			return usageError{fmt.Errorf("certs: %w", err)}
		}
	}
	if err := makeCerts(args[0], names, time.Now()); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s: certificates of %s, good for a year\n", args[0], strings.Join(names, " and "))
	return nil
}

func serveFlags(c *setting, peer *string) *flag.FlagSet {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // what is wrong is said in one line
	flags.StringVar(&c.name, "name", "", "this side's `name`, as in its certificate")
	flags.StringVar(&c.listen, "listen", "", "the `address` to listen on, as in 127.0.0.1:7001")
	flags.StringVar(peer, "peer", "", "the other side's `name=address`, as in b=127.0.0.1:7002")
	flags.StringVar(&c.dir, "dir", "", "the `folder` of this side's ledger, which must outlive the process")
	flags.StringVar(&c.certs, "certs", "certs", "the `folder` with the certificates")
	flags.BoolVar(&c.start, "start", false, "start a group, unless this side has ever had it")
	flags.DurationVar(&c.pause, "pause", time.Second, "the `time` between the lines of a group that is started")
	flags.IntVar(&c.giveAfter, "give-after", 0, "give the group away after this `line`, besides when told to")
	return flags
}

func printHelp(w io.Writer) {
	fmt.Fprint(w, help)
	flags := serveFlags(new(setting), new(string))
	flags.SetOutput(w)
	flags.PrintDefaults()
}

// parseServe reads what serve is told.
func parseServe(args []string) (c setting, err error) {
	var peer string
	flags := serveFlags(&c, &peer)
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	var addressed bool
	c.peer, c.peerAddr, addressed = strings.Cut(peer, "=")
	switch {
	case flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case c.name == "" || c.listen == "" || peer == "" || c.dir == "" || c.certs == "":
		err = errors.New("--name, --listen, --peer, --dir and --certs are all needed")
	case !addressed:
		err = fmt.Errorf("--peer %s: name=address is wanted, as in b=127.0.0.1:7002", peer)
	case c.name == c.peer:
		err = fmt.Errorf("--name and --peer are both %s", c.name)
	case c.pause < time.Millisecond:
		err = fmt.Errorf("--pause %v: a millisecond is the least", c.pause)
	case c.giveAfter < 0:
		err = fmt.Errorf("--give-after %d: lines count from 1", c.giveAfter)
	default:
		_, _, err = net.SplitHostPort(c.peerAddr)
		err = errors.Join(checkName(c.name), checkName(c.peer), err)
	}
	return c, err
}

// serve is one side, until it is told to quit.
func serve(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	c, err := parseServe(args)
	if errors.Is(err, flag.ErrHelp) {
		printHelp(stdout)
		return nil
	}
	if err != nil {
		return usageError{fmt.Errorf("serve: %w", err)}
	}
	var mu sync.Mutex
	say := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(stderr, "%s: %s\n", c.name, text)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	// The address is taken first: who can't have it leaves the ledger alone.
	listener, err := net.Listen("tcp", c.listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	n, err := newNode(ctx, c, stdout, say)
	if err != nil {
		return err
	}
	say("listening on " + listener.Addr().String())

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		select {
		case <-signals:
			n.post(ctx, event{command: "quit"})
		case <-ctx.Done():
		}
	}()
	go func() {
		lines := bufio.NewScanner(stdin)
		for lines.Scan() {
			if command := strings.TrimSpace(lines.Text()); command != "" && !n.post(ctx, event{command: command}) {
				return
			}
		}
	}()
	return n.serve(ctx, listener)
}
