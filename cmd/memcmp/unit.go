package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// The kinds of unit that this command makes itself.
const (
	kindThread    = "thread"
	kindLocked    = "locked"
	kindGoroutine = "goroutine"
	kindTasklet   = "tasklet"
	kindFunction  = "function"
)

// The states a unit can be measured in.
const (
	stateYield    = "yield"    // has run and is ready to run again
	stateBlocked  = "blocked"  // waits to receive
	stateSleeping = "sleeping" // sleeps for an hour
)

// makers make the units of a kind, in the process that is measured.
var makers = map[string]func(state string, n int) crowd{
	kindThread:    threads,
	kindLocked:    lockedGoroutines,
	kindGoroutine: goroutines,
	kindTasklet:   tasklets,
	kindFunction:  functions,
}

// crowd is a number of live units of one kind, all in one state.
type crowd struct {
	created  int
	createNS *float64 // to make one unit and run it into its state
	switchNS *float64 // to switch once, with all of them alive
	err      error    // why there are fewer than asked for
	keep     any      // what the units hang on, so that it stays in memory
}

// readyLine is what follows the word ready: what a process that is measured can
// tell better than who looks at it from outside. All of it is optional for a
// program of --exec.
type readyLine struct {
	Created  *int     `json:"created"`
	CreateNS *float64 `json:"create_ns"`
	SwitchNS *float64 `json:"switch_ns"`
	Error    *string  `json:"error"`
}

// unitCommand is the command that the parent starts again to have it measured.
func unitCommand() *cobra.Command {
	var kind, state string
	var count int
	command := &cobra.Command{
		Use:    "unit",
		Short:  "Be the process that is measured",
		Hidden: true,
		Args:   noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return beUnits(c.Context(), kind, state, count, c.InOrStdin(), c.OutOrStdout())
		},
	}
	command.Flags().StringVar(&kind, "kind", "", "kind of unit")
	command.Flags().StringVar(&state, "state", "", "state the units are left in")
	command.Flags().IntVar(&count, "count", 0, "number of units")
	return command
}

// beUnits makes the units, says so and waits for its input to end. It doesn't
// take the units apart again: they end with the process.
func beUnits(ctx context.Context, kind, state string, count int, stdin io.Reader, stdout io.Writer) error {
	build, ok := makers[kind]
	if !ok || !states[state] || count < 0 {
		return usageError{fmt.Errorf("unit: no %q in state %q, %d times", kind, state, count)}
	}
	runtime.GOMAXPROCS(1)
	units := build(state, count)

	// What making them left behind is not theirs; given back for all kinds alike.
	runtime.GC()
	debug.FreeOSMemory()

	line := readyLine{Created: &units.created, CreateNS: units.createNS, SwitchNS: units.switchNS}
	if units.err != nil {
		line.Error = new(units.err.Error())
	}
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stdout, "ready %s\n", text); err != nil {
		return err
	}

	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, stdin)
		ended <- err
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	runtime.KeepAlive(units.keep)
	return nil
}
