package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"time"

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
	stateSleeping = "sleeping" // sleeps for as long as --sleep says, and ends
)

// makers make the units of a kind, in the process that is measured.
var makers = map[string]func(state string, n int, sleep time.Duration) crowd{
	kindThread:    threads,
	kindLocked:    lockedGoroutines,
	kindGoroutine: goroutines,
	kindTasklet:   tasklets,
	kindFunction:  functions,
}

// crowd is a number of live units of one kind, all in one state.
type crowd struct {
	created  int
	createNS *float64  // to make one unit and run it into its state
	switchNS *float64  // to switch once, with all of them alive
	start    time.Time // when the first was made; set with ended
	// ended waits until all have ended their sleep, and returns how long that is
	// since the first was made. Nil if they don't sleep. Any goroutine may call it,
	// once.
	ended func() (time.Duration, error)
	err   error // why there are fewer than asked for
	keep  any   // what the units hang on, so that it stays in memory
}

// readyLine is what follows the word ready: what a process that is measured can
// tell better than who looks at it from outside. All of it is optional for a
// program of --exec.
type readyLine struct {
	Created  *int     `json:"created"`
	CreateNS *float64 `json:"create_ns"`
	SwitchNS *float64 `json:"switch_ns"`
	EndedNS  *float64 `json:"ended_ns"` // only in the line that follows endedWord
	Error    *string  `json:"error"`
}

// endedWord begins the line in which this command says that all its units have
// ended their sleep, some time after the ready line.
const endedWord = "ended"

// unitCommand is the command that the parent starts again to have it measured.
func unitCommand() *cobra.Command {
	var kind, state string
	var count int
	var sleep time.Duration
	command := &cobra.Command{
		Use:    "unit",
		Short:  "Be the process that is measured",
		Hidden: true,
		Args:   noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return beUnits(c.Context(), kind, state, count, sleep, c.InOrStdin(), c.OutOrStdout())
		},
	}
	command.Flags().StringVar(&kind, "kind", "", "kind of unit")
	command.Flags().StringVar(&state, "state", "", "state the units are left in")
	command.Flags().IntVar(&count, "count", 0, "number of units")
	command.Flags().DurationVar(&sleep, "sleep", time.Hour, "how long they sleep")
	return command
}

// beUnits makes the units, says so and waits for its input to end; if they sleep,
// it says when they have ended. It doesn't take the units apart again: they end
// with the process.
func beUnits(ctx context.Context, kind, state string, count int, sleep time.Duration, stdin io.Reader, stdout io.Writer) error {
	build, ok := makers[kind]
	if !ok || !states[state] || count < 0 || sleep <= 0 {
		return usageError{fmt.Errorf("unit: no %q in state %q, %d times", kind, state, count)}
	}
	runtime.GOMAXPROCS(1)
	units := build(state, count, sleep)

	// What making them left behind is not theirs; given back for all kinds alike.
	runtime.GC()
	debug.FreeOSMemory()

	line := readyLine{Created: &units.created, CreateNS: units.createNS, SwitchNS: units.switchNS}
	if units.err != nil {
		line.Error = new(units.err.Error())
	}
	if units.ended != nil && line.Error == nil && time.Since(units.start) >= sleep {
		line.Created, line.Error = nil, new(endedEarly(sleep)) // how many there are, nobody knows
	}
	if err := say(stdout, "ready", line); err != nil {
		return err
	}

	over := make(chan struct{})
	go func() {
		defer close(over)
		_, _ = io.Copy(io.Discard, stdin)
	}()
	slept := make(chan readyLine, 1)
	if units.ended != nil {
		go func() { slept <- sleepThrough(units.ended) }()
	}
	for {
		select {
		case line := <-slept:
			if err := say(stdout, endedWord, line); err != nil {
				return err
			}
			continue
		case <-over:
		case <-ctx.Done():
		}
		runtime.KeepAlive(units.keep)
		return nil
	}
}

// endedEarly says that there was no moment at which all slept.
func endedEarly(sleep time.Duration) string {
	return fmt.Sprintf("some had ended before all slept: they need more than --sleep %v", sleep)
}

// sleepThrough waits until all units have ended, and returns what is to be said
// then.
func sleepThrough(ended func() (time.Duration, error)) readyLine {
	d, err := ended()
	if err != nil {
		return readyLine{Error: new(err.Error())}
	}
	return readyLine{EndedNS: new(float64(d.Nanoseconds()))}
}

// say writes a line that begins with word.
func say(stdout io.Writer, word string, line readyLine) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s %s\n", word, text)
	return err
}
