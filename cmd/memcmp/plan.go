package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are the flags as the user gave them.
type options struct {
	counts     []string
	kinds      []string
	states     []string
	repeat     int
	maxThreads int
	programs   []string
	baseline   bool
	format     string
	plot       string
	timeout    time.Duration
	sleep      time.Duration
}

// usageError is a mistake in what the user asked for: exit code 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// states are the names that --states knows.
var states = map[string]bool{stateYield: true, stateBlocked: true, stateSleeping: true}

// plan is all that one run measures and how.
type plan struct {
	series  []series
	repeat  int
	timeout time.Duration
}

// series is one line of the plot: a kind in a state, over the counts.
type series struct {
	kind, state string
	counts      []int
	program     *program // nil for the kinds this command makes itself
	capped      bool     // counts above --max-threads were lowered to it
}

// maxCount bounds a count to what can be meant.
const maxCount = 1_000_000_000

// newPlan checks the options and turns them into a plan. What isn't an error
// but the user should know goes to notes, a line each.
func newPlan(o options, notes io.Writer) (plan, error) {
	p, err := checkedPlan(o, notes)
	if err != nil {
		return plan{}, usageError{err}
	}
	return p, nil
}

func checkedPlan(o options, notes io.Writer) (plan, error) {
	counts, err := parseCounts(o.counts)
	if err != nil {
		return plan{}, err
	}
	var kinds []string
	if len(o.kinds) > 0 || len(o.programs) == 0 {
		kinds, err = parseNames("--kinds", o.kinds, func(kind string) bool { return makers[kind] != nil },
			"thread, locked, goroutine, tasklet, function")
		if err != nil {
			return plan{}, err
		}
	} // else the programs alone
	stateNames, err := parseNames("--states", o.states, func(state string) bool { return states[state] },
		"yield, blocked, sleeping")
	if err != nil {
		return plan{}, err
	}
	switch {
	case o.repeat < 1:
		return plan{}, fmt.Errorf("--repeat %d: must be 1 or more", o.repeat)
	case o.maxThreads < 1 || o.maxThreads > maxCount:
		return plan{}, fmt.Errorf("--max-threads %d: must be 1 or more, and at most %s", o.maxThreads, thousands(maxCount))
	case o.timeout <= 0:
		return plan{}, fmt.Errorf("--timeout %v: must be more than 0", o.timeout)
	case o.sleep <= 0:
		return plan{}, fmt.Errorf("--sleep %v: must be more than 0", o.sleep)
	case renderers[o.format] == nil:
		return plan{}, fmt.Errorf("--format %s: unknown; one of table, json, csv, markdown", o.format)
	}
	if o.plot != "" {
		if _, err := plotFormat(o.plot); err != nil {
			return plan{}, err
		}
	}

	var programs []*program
	for _, definition := range o.programs {
		program, err := parseProgram(definition)
		if err != nil {
			return plan{}, err
		}
		if makers[program.name] != nil || slices.ContainsFunc(programs, program.sameName) {
			return plan{}, fmt.Errorf("--exec %s: the name %q is taken", definition, program.name)
		}
		programs = append(programs, program)
	}

	p := plan{repeat: o.repeat, timeout: o.timeout}
	for _, kind := range availableKinds(kinds, notes) {
		for _, state := range stateNames {
			s := series{kind: kind, state: state, counts: counts}
			if kind == kindThread || kind == kindLocked {
				s.counts, s.capped = capCounts(counts, o.maxThreads)
			}
			p.series = append(p.series, s)
		}
	}
	for _, program := range programs {
		if err := program.find(); err != nil {
			fmt.Fprintf(notes, "memcmp: %s is skipped: %v\n", program.name, err)
		}
		p.series = append(p.series, series{kind: program.name, state: stateExec, counts: counts, program: program})
	}
	return p, nil
}

// parseCounts returns the counts, smallest first, each once.
func parseCounts(texts []string) ([]int, error) {
	var counts []int
	for _, text := range texts {
		count, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(text), "_", ""))
		switch {
		case err != nil:
			return nil, fmt.Errorf("--counts %q: not a whole number; give them as 2,200,2000", text)
		case count < 1:
			return nil, fmt.Errorf("--counts %s: must be 1 or more", text)
		case count > maxCount:
			return nil, fmt.Errorf("--counts %s: at most %s", text, thousands(maxCount))
		}
		counts = append(counts, count)
	}
	if len(counts) == 0 {
		return nil, errors.New("--counts: none given; give them as 2,200,2000")
	}
	slices.Sort(counts)
	return slices.Compact(counts), nil
}

// parseNames returns the names as given, each once.
func parseNames(flag string, names []string, known func(string) bool, list string) ([]string, error) {
	var checked []string
	for _, name := range names {
		name = strings.TrimSpace(name)
		if !known(name) {
			return nil, fmt.Errorf("%s %s: unknown; any of %s", flag, name, list)
		}
		if !slices.Contains(checked, name) {
			checked = append(checked, name)
		}
	}
	if len(checked) == 0 {
		return nil, fmt.Errorf("%s: none given; any of %s", flag, list)
	}
	return checked, nil
}

// availableKinds replaces the kind that this build can't make.
func availableKinds(kinds []string, notes io.Writer) []string {
	i := slices.Index(kinds, kindThread)
	if threadsAvailable || i < 0 {
		return kinds
	}
	fmt.Fprintln(notes, "memcmp: built without cgo, so there is no kind thread; "+
		"locked, a goroutine locked to a thread, stands in for it")
	if slices.Contains(kinds, kindLocked) {
		return slices.Delete(slices.Clone(kinds), i, i+1)
	}
	available := slices.Clone(kinds)
	available[i] = kindLocked
	return available
}

// capCounts lowers counts to what is allowed, and says whether there were any.
func capCounts(counts []int, most int) (allowed []int, capped bool) {
	for _, count := range counts {
		allowed = append(allowed, min(count, most))
		capped = capped || count > most
	}
	return slices.Compact(allowed), capped
}
