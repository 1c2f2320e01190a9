package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/stackless-go/stackless/internal/progressbar"
)

// Exit codes beside 0. What got slower is no failure.
const (
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole command. Cancelling the context is what Ctrl-C does.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "compare: %v; see compare --help\n", err)
		return exitUsage
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "compare: interrupted; nothing was written")
		return exitInterrupted
	default:
		fmt.Fprintf(stderr, "compare: %v\n", err)
		return exitFailure
	}
}

// The names that --format knows.
const (
	formatTable = "table"
	formatJSON  = "json"
)

func rootCommand() *cobra.Command {
	var o options
	root := &cobra.Command{
		Use:   "compare",
		Short: "Run the same workloads on tasklets, goroutines and other languages' tasks",
		Long: `Compare runs the same workloads in one run on our tasklets, on goroutines and,
where they are installed, on Erlang, Lua, greenlet, tokio and Stackless Python, each
in a process of its own, and writes

  bin/compare.txt                all rounds, for benchstat -col /on
  docs/benchmarks/compare.json   the run, with which the next one is compared
  docs/benchmarks/*.svg          plots
  docs/BENCHMARKS.md             the page: goals, ratios, growth, memory

Last it prints which of our figures got worse by more than a tenth since the last
recorded run. Times are never asserted: that is no failure.

A run of a part of the suite (--only, --systems) leaves docs alone and writes to
bin/compare, unless --out says where.`,
		Example: `  compare                                  all of it, in under ten minutes
  compare --dry-run                        what that is, and how long it takes
  compare --only yield,pingpong            two workloads, to bin/compare
  compare --only ring --systems tasklets,goroutines --rounds 6
  compare --check-only                     what got slower; writes nothing
  compare --from docs/benchmarks/compare.json
                                           the page again, after a note was edited
  compare --from new.json --compare-with old.json --check-only
                                           two recorded runs`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unexpected argument %q", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			return compare(c.Context(), o, c.OutOrStdout(), c.ErrOrStderr())
		},
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	flags := root.Flags()
	flags.SortFlags = false
	flags.IntVar(&o.rounds, "rounds", 3, "run every cell so many `times`")
	flags.StringVar(&o.only, "only", "", "only workloads with these names, or that match a `regexp`")
	flags.StringSliceVar(&o.systems, "systems", nil, "only these `systems`: tasklets, functions, goroutines, pool, erlang, ...")
	flags.DurationVar(&o.each, "time", 200*time.Millisecond, "measure each cell for this `time` at the least")
	flags.DurationVar(&o.limit, "limit", 30*time.Second, "give up on a process after this `time`")
	flags.StringVar(&o.out, "out", "", "write the page and its files to this `directory` (docs, or bin/compare for a part)")
	flags.StringVar(&o.compareWith, "compare-with", "", "the recorded run to compare with, a `file` (docs/benchmarks/compare.json)")
	flags.StringVar(&o.from, "from", "", "measure nothing: take a recorded run from a `file`")
	flags.BoolVar(&o.dryRun, "dry-run", false, "list the cells and about how long each takes, and do nothing")
	flags.BoolVar(&o.checkOnly, "check-only", false, "print what got slower and write nothing")
	flags.StringVar(&o.format, "format", formatTable, "the `format` of what is printed at the end: table or json")
	root.SetFlagErrorFunc(flagError)
	return root
}

// flagError says in plain words what is wrong with a flag's value.
func flagError(_ *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		wanted := map[string]string{"int": "a whole number", "duration": "a time such as 200ms", "bool": "true or false"}
		if want, ok := wanted[invalid.GetFlag().Value.Type()]; ok {
			err = fmt.Errorf("--%s %q: must be %s", invalid.GetFlag().Name, invalid.GetValue(), want)
		}
	}
	return usageError{err}
}

// compare does what the options ask for.
func compare(ctx context.Context, o options, stdout, stderr io.Writer) error {
	if o.format != formatTable && o.format != formatJSON {
		return usageError{fmt.Errorf("--format %s: unknown; table or json", o.format)}
	}
	if o.from != "" {
		return again(o, stdout)
	}
	systems, err := chooseSystems(o.systems)
	if err != nil {
		return err
	}
	if _, err := newPlan(o, systems); err != nil {
		return err // before anything is looked for or built
	}
	root, err := findRoot(ctx)
	if err != nil {
		return err
	}
	last, err := earlier(o, root)
	if err != nil {
		return err
	}
	if err := look(ctx, systems); err != nil {
		return err
	}
	if o.dryRun {
		p, err := newPlan(o, systems)
		if err != nil {
			return err
		}
		return p.list(stdout, last)
	}
	fresh, err := measured(ctx, o, root, systems, last, stderr)
	if err != nil {
		return err
	}
	return conclude(o, root, fresh, last, stdout)
}

// earlier is the recorded run to compare with; nil if there is none yet.
func earlier(o options, root string) (*record, error) {
	if o.compareWith != "" {
		return readRecord(o.compareWith)
	}
	if o.from != "" {
		return nil, nil
	}
	return lastRecord(filepath.Join(root, "docs", "benchmarks", "compare.json"))
}

// measured builds what there is to build and runs it.
func measured(ctx context.Context, o options, root string, systems []*system, last *record, stderr io.Writer) (*record, error) {
	unlock, err := alone(root)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if !o.checkOnly {
		if err := writable(destination(o, root, o.whole())); err != nil {
			return nil, err
		}
	}
	fmt.Fprintln(stderr, "compare: building")
	shop, err := newWorkshop(ctx, root)
	if err != nil {
		return nil, err
	}
	if err := build(ctx, systems, root, shop.bin); err != nil {
		return nil, err
	}
	p, err := newPlan(o, systems) // some of them may not have been built
	if err != nil {
		return nil, err
	}
	for _, s := range systems {
		if !s.there() {
			fmt.Fprintf(stderr, "compare: without %s: %s\n", s.title, s.missing)
		}
	}
	expected := p.total(last)
	fmt.Fprintf(stderr, "compare: %d cells, about %v\n", len(p.cells), expected.Round(time.Second))
	r := &runner{plan: p, limit: o.limit, shop: shop, last: last,
		bar: progressbar.New(stderr, expected.Milliseconds(), 48, progress.StyleVisibility{Time: true, ETA: true, Percentage: true}),
		out: newRecord(p, thisMachine(ctx), revision(ctx, root))}
	err = r.measure(ctx)
	r.bar.End()
	if err != nil {
		return nil, err
	}
	for _, f := range r.failed {
		fmt.Fprintf(stderr, "compare: %s\n", f)
	}
	if !r.out.hasValues() {
		return nil, errNothing
	}
	return r.out, nil
}

var errNothing = errors.New("nothing could be measured; nothing was written")

// again makes the page of a recorded run.
func again(o options, stdout io.Writer) error {
	fresh, err := readRecord(o.from)
	if err != nil {
		return err
	}
	last, err := earlier(o, "")
	if err != nil {
		return err
	}
	return conclude(o, "", fresh, last, stdout)
}

// conclude writes the files, unless nothing is to be written, and prints what there is
// to know.
func conclude(o options, root string, fresh, last *record, stdout io.Writer) error {
	var wrote []string
	if !o.checkOnly {
		bin, out := destination(o, root, fresh.Settings.Whole)
		files, err := outputs(fresh, bin, out)
		if err == nil {
			err = writeAll(files)
		}
		if err != nil && o.from == "" {
			err = rescued(fresh, err)
		}
		if err != nil {
			return err
		}
		for _, f := range files {
			wrote = append(wrote, f.path)
		}
	}
	rep := newReport(fresh, last, wrote)
	if o.format == formatJSON {
		return rep.write(stdout)
	}
	return rep.print(stdout, last)
}
