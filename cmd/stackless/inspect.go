package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stackless-go/stackless/pickle"
)

// inspection is what the user asked for.
type inspection struct {
	file    string
	keyFile string
	most    int
	json    bool
}

func inspectCommand() *cobra.Command {
	var o inspection
	c := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Show what is in a pickle",
		Long: `Inspect shows what is in a pickle, without the program that wrote it: its
types, its tasklets with their frames, its channels with those who wait, and all
other objects. The file - is standard input.

Objects have numbers, and #12 is object 12. Tasklets are shown with their
frames from the top: the one that is called last comes first.

If the file is damaged, what can be read is shown, standard error says what is
wrong and at which byte, and the exit code is 1.

A seal is checked with the key in the file of --key-file, whose bytes are the
key, all of them: end of line included.`,
		Example: `  stackless inspect night.pickle             tasklets, channels, objects
  stackless inspect --max 3 night.pickle     no more than three of each
  stackless inspect --key-file key sealed    is it ours, and unchanged?
  gunzip -c night.pickle.gz | stackless inspect -
                                             from standard input
  stackless inspect --json night.pickle | jq '.types[] | [.text, .objects, .bytes]'
                                             which type takes how much
  stackless inspect --json night.pickle \
    | jq '.objects[] | select(.type == "shop.order") | .value.parts'
                                             all orders`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return misused(c, "one FILE is needed, or - for standard input; there are %d", len(args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if o.file = args[0]; o.most < 0 {
				return misused(c, "--max %d: must be 0 or more", o.most)
			}
			key, err := o.key(c)
			if err != nil {
				return err
			}
			return o.show(c.Context(), c.InOrStdin(), c.OutOrStdout(), key)
		},
	}
	flags := c.Flags()
	flags.SortFlags = false
	flags.IntVar(&o.most, "max", 100, "show no more than `n` of each kind, 0 for all")
	flags.BoolVar(&o.json, "json", false, "print all of it as JSON")
	flags.StringVar(&o.keyFile, "key-file", "", "check the seal with the key in this `file`")
	return c
}

// key returns the options for the key that was given.
func (o inspection) key(c *cobra.Command) ([]pickle.Option, error) {
	if !c.Flags().Changed("key-file") {
		return nil, nil
	}
	key, err := os.ReadFile(o.keyFile)
	switch {
	case err != nil:
		return nil, fmt.Errorf("--key-file: %w", err)
	case len(key) == 0:
		return nil, misused(c, "--key-file %s: the file is empty", o.keyFile)
	}
	return []pickle.Option{pickle.WithKey(key)}, nil
}

// show reads the pickle and writes what is in it. Reading takes as long as the
// pickle is large, so it does not keep anybody from leaving.
func (o inspection) show(ctx context.Context, stdin io.Reader, stdout io.Writer, options []pickle.Option) error {
	done := make(chan error, 1)
	go func() {
		data, err := o.read(stdin)
		if err != nil {
			done <- err
			return
		}
		d, damage := pickle.Inspect(data, options...)
		if ctx.Err() != nil {
			return
		}
		out := bufio.NewWriterSize(stdout, 1<<16)
		if o.json {
			err = writeJSON(ctx, out, d, damage)
		} else if d.Format > 0 {
			newReport(ctx, out, d, o.most).write()
		}
		err = errors.Join(err, out.Flush())
		if err == nil && damage != nil {
			err = fmt.Errorf("%s: %s", o.title(), printable(strings.TrimPrefix(damage.Error(), "pickle: inspect ")))
		}
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// mostBytes is the size of the largest pickle that is read.
const mostBytes = 1 << 30

func (o inspection) read(stdin io.Reader) ([]byte, error) {
	from := stdin
	if o.file != "-" {
		f, err := os.Open(o.file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // nothing was written
		from = f
	}
	data, err := io.ReadAll(io.LimitReader(from, mostBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.title(), err)
	}
	return data, nil
}

func (o inspection) title() string {
	if o.file == "-" {
		return "standard input"
	}
	return o.file
}
