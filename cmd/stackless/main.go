package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
		fmt.Fprintf(stderr, "stackless: %v; see %s --help\n", err, usage.command)
		return exitUsage
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "stackless: interrupted")
		return exitInterrupted
	default:
		fmt.Fprintf(stderr, "stackless: %v\n", err)
		return exitFailure
	}
}

// usageError is a mistake in what the user asked for: exit code 2.
type usageError struct {
	error
	command string // whose help explains it
}

func (e usageError) Unwrap() error { return e.error }

func misused(c *cobra.Command, format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...), c.CommandPath()}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "stackless",
		Short: "Look into what programs with tasklets leave behind",
		Long: `Stackless looks into what programs with tasklets leave behind: their pickles, in
files or on standard input. The programs themselves are not needed.`,
		Example: `  stackless inspect night.pickle
  stackless inspect --help`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misused(c, "unknown command %q", args[0])
			}
			return nil
		},
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(inspectCommand())
	return root
}

// flagError says in plain words what is wrong with a flag's value.
func flagError(c *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		wanted := map[string]string{"int": "a whole number", "bool": "true or false"}
		if want, ok := wanted[invalid.GetFlag().Value.Type()]; ok {
			err = fmt.Errorf("--%s %q: must be %s", invalid.GetFlag().Name, invalid.GetValue(), want)
		}
	}
	return usageError{err, c.CommandPath()}
}
