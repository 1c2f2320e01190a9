package main

import (
	"fmt"
	"strconv"
	"time"
)

// cell is one workload at one size on one system: a process of its own.
//
// A workload with parts (pickles are written and read) prints a line for each in the
// one process; but memory is a cell for each state, since units are in one.
type cell struct {
	workload *workload
	n        int
	part     string // of memory, the state
	on       *system
	growth   bool // only in the first round
}

// name is the benchmark's, without the word Benchmark.
func (c cell) name() string {
	return key{c.workload.name, c.n, c.part, c.on.name}.String()
}

// key is where a figure of a record is found.
type key struct {
	workload string
	n        int
	part     string
	on       string
}

// String is the name of the benchmark line that a figure is from.
func (k key) String() string {
	name := k.workload + "/n=" + strconv.Itoa(k.n)
	if k.part != "" {
		part := "part"
		if w := workloadNamed(k.workload); w != nil && w.part != "" {
			part = w.part
		}
		name += "/" + part + "=" + k.part
	}
	return name + "/on=" + k.on
}

// keys are those of the figures that a cell is to have.
func (c cell) keys() []key {
	parts := c.workload.eachPart()
	if c.part != "" {
		parts = []string{c.part}
	}
	var all []key
	for _, part := range parts {
		all = append(all, key{c.workload.name, c.n, part, c.on.name})
	}
	return all
}

// pattern selects the cell in a Go test binary.
func (c cell) pattern() string {
	p := fmt.Sprintf("^Benchmark%s$/^n=%d$", c.workload.name, c.n)
	if c.workload.part != "" {
		p += "/" // any
	}
	return p + fmt.Sprintf("/^on=%s$", c.on.name)
}

// Guesses of what a cell takes, where no record knows better.
const (
	startGo   = 50 * time.Millisecond
	startPeer = 300 * time.Millisecond
	// A process warms up and finds out how often to repeat, which takes about as long
	// as measuring; and each time, the units have to be made.
	makeUnit = 3 * time.Microsecond
)

// guess is how long one run of the cell takes, roughly.
func (c cell) guess(each time.Duration) time.Duration {
	start := startGo
	if c.on.peer != nil {
		start = startPeer
	}
	making := time.Duration(c.n) * makeUnit
	if c.workload.name != memoryName {
		return start + time.Duration(len(c.workload.eachPart()))*2*each + making
	}
	d := 2*start + making // the empty process is measured as well
	if c.part == sleeping && c.on.peer == nil {
		d += sleepOf(c.n)
	}
	return d
}
