package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/stackless-go/stackless/internal/progressbar"
)

// Exit codes beside 0.
const (
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole command. Cancelling the context is what Ctrl-C does.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "memcmp: %v; see memcmp --help\n", err)
		return exitUsage
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "memcmp: interrupted")
		return exitInterrupted
	default:
		fmt.Fprintf(stderr, "memcmp: %v\n", err)
		return exitFailure
	}
}

func rootCommand() *cobra.Command {
	var o options
	root := &cobra.Command{
		Use:   "memcmp",
		Short: "Measure what threads, goroutines and tasklets cost on this machine",
		Long: `Memcmp measures what threads, goroutines and tasklets cost on this machine.

For each kind and count it starts a process that makes so many, lets each run
once and holds still, and reads that process from outside. Under the table is a
picture of what one more of each kind costs.

Kinds    thread      an operating system thread with default attributes
         goroutine   on one processor, as tasklets are
         tasklet     a frame with two words of state
         function    a tasklet that is a plain function, on a goroutine of its own
         locked      a goroutine locked to a thread; stands in for thread where
                     the command was built without cgo

States   yield       has run and is ready to run again
         blocked     waits to receive
         sleeping    sleeps for ten seconds (--sleep) and ends

Columns  resident, virtual   the size of the whole process
         proportional        resident, with what processes share divided up
         kernel              page tables and kernel stacks, which the resident
                             size hides
         bytes/unit          what one more unit costs: the slope over the counts,
                             the empty process taken off; kernel/unit likewise
         create              time to make one unit and let it run once
         switch              time to switch once, with all of them alive
         ended               of units that sleep: from making the first until all
                             have ended; what exceeds the sleep is overhead
A dash is what the operating system can't give, or what drowns in noise.

Programs of --exec are called with a count for {n}. They make so many units, let
each run once, print a line "ready" and wait for their input to end. After
ready may come JSON: {"created": 200, "create_ns": 1234.5, "switch_ns": 56.7}.`,
		Example: `  memcmp                                     the comparison, in under a minute
  memcmp --baseline                          beside the article's figures of 2009
  memcmp --kinds tasklet --counts 1000000    a million tasklets
  memcmp --states yield,blocked,sleeping     waiting in different ways
  memcmp --states sleeping --kinds goroutine,tasklet --counts 1000,100000,1000000
                                             N tasks each wait ten seconds: what
                                             they take, and when all have ended
  memcmp --states sleeping --sleep 1m --kinds tasklet --counts 10000000
                                             more of them, a minute each
  memcmp --max-threads 40000 --kinds thread --counts 40000
                                             where the system stops making threads
  memcmp --format json | jq '.results[] | [.kind, .count, .bytes_per_unit]'
  memcmp --plot memory.svg                   as a picture, log-log
  memcmp --exec 'greenlet=python3 benchmarks/peers/greenlet/peer.py units yield {n}' \
         --exec 'lua=lua5.4 benchmarks/peers/lua/peer.lua units yield {n}'
                                             beside other languages`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return compare(c.Context(), o, c.OutOrStdout(), c.ErrOrStderr())
		},
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	flags := root.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&o.counts, "counts", []string{"2", "200", "2000", "20000", "100000"}, "the `counts` of units, in turn")
	flags.StringSliceVar(&o.kinds, "kinds", []string{kindThread, kindGoroutine, kindTasklet, kindFunction}, "the `kinds` of unit; none ('') for the programs of --exec alone")
	flags.StringSliceVar(&o.states, "states", []string{stateYield}, "the `states` they are left in")
	flags.DurationVar(&o.sleep, "sleep", 10*time.Second, "how long units in the state sleeping sleep, as a `time`")
	flags.IntVar(&o.repeat, "repeat", 1, "measure each so many `times` and take the median")
	flags.IntVar(&o.maxThreads, "max-threads", 2000, "make no more threads than `n`, whatever the counts")
	flags.StringArrayVar(&o.programs, "exec", nil, "measure another program too: `'NAME=COMMAND {n}'`; repeatable")
	flags.BoolVar(&o.baseline, "baseline", false, "add the article's figures of 2009")
	flags.StringVar(&o.format, "format", formatTable, "the `format` of the results: table, json, csv or markdown")
	flags.StringVar(&o.plot, "plot", "", "also draw memory over count, to a `file` that ends in .svg or .png")
	flags.DurationVar(&o.timeout, "timeout", time.Minute, "give up on a process that isn't ready after this `time`")
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(unitCommand())
	return root
}

func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unexpected argument %q", args[0])}
	}
	return nil
}

// flagError says in plain words what is wrong with a flag's value.
func flagError(_ *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		wanted := map[string]string{"int": "a whole number", "duration": "a time such as 30s", "bool": "true or false"}
		if want, ok := wanted[invalid.GetFlag().Value.Type()]; ok {
			err = fmt.Errorf("--%s %q: must be %s", invalid.GetFlag().Name, invalid.GetValue(), want)
		}
	}
	return usageError{err}
}

// compare measures what the options ask for and shows it.
func compare(ctx context.Context, o options, stdout, stderr io.Writer) error {
	p, err := newPlan(o, stderr)
	if err != nil {
		return err
	}
	var drawing *plotFile
	if o.plot != "" {
		// A minute of measuring must not end at a directory that isn't there.
		if drawing, err = openPlot(o.plot); err != nil {
			return err
		}
		defer drawing.discard()
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this command's own file, to start it again: %w", err)
	}

	bar := progressbar.New(stderr, int64(p.measurements()), 0, progress.StyleVisibility{Time: true, Value: true})
	m := &meter{self: self, repeat: p.repeat, timeout: p.timeout, sleep: o.sleep, stack: kernelStack(), step: func(n int) { bar.Step(int64(n)) }}
	spareThreads() // a measurement may use up all that the system has
	results, err := m.measureAll(ctx, p)
	bar.End()
	if err != nil {
		return err
	}

	c := comparison{Host: thisHost(ctx), Results: results, capped: p.capped(o.maxThreads)}
	if o.baseline {
		c.Baseline = article()
	}
	if drawing != nil {
		if err := drawing.write(c); err != nil {
			return err
		}
	}
	return renderers[o.format](stdout, c)
}
