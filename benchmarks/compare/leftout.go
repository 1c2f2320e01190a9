package main

import "slices"

// tooMuch is a kind of cell that is left out because of what it would take, while
// it says nothing that smaller ones don't.
type tooMuch struct {
	workloads []string // empty: all
	part      string   // empty: all
	on        string
	from      int // and above
	reason    string
}

var leftOut = []tooMuch{
	{on: "greenlet", from: 1_000_000, workloads: []string{"Yield", memoryName},
		reason: "a greenlet takes 6 KB: a million would take 6 GB"},
	{on: "greenlet", from: 1_000_000, workloads: []string{"Skynet"}, reason: "one tree takes more than half a minute"},
	{on: functions, from: 1_000_000, workloads: []string{"Create", "Yield", "Ring", "Skynet", "Timers", "Collect", memoryName},
		reason: "each function has a coroutine, which takes what a goroutine takes, and those are measured at this size"},
	{on: functions, from: 100_000, workloads: []string{"FanIn", "FanOut"},
		reason: "each function has a coroutine, which takes what a goroutine takes, and those are measured at this size"},
	{on: goroutines, from: 1_000_000, workloads: []string{memoryName}, part: "yield",
		reason: "who makes goroutines that are ready is preempted, and has its next turn after all of them: a million take minutes"},
	{on: goroutines, from: 1_000_000, workloads: []string{"Timers"},
		reason: "so many of a million goroutines are always ready on one P that the one which measures does not get its turn for minutes"},
}

// leftOutBecause is why a cell is left out, or "".
func leftOutBecause(c cell) string {
	for _, t := range leftOut {
		if c.n >= t.from && t.on == c.on.name && (t.part == "" || t.part == c.part) &&
			(t.workloads == nil || slices.Contains(t.workloads, c.workload.name)) {
			return t.reason
		}
	}
	return ""
}
