package main

import "fmt"

// goal is a number that was set, and how it is taken from a run. The goals are those
// of the issue that asked for this suite; none is dropped because it is missed.
type goal struct {
	id    string // of the note in notes/goals that says why it is short, if it is
	about string
	says  string // the goal in words

	atMost, atLeast float64 // one of them
	unit            string  // of the measured value; a ratio's is ×

	figure key    // measured, in
	in     string // this unit
	over   key    // if there is one: the value is figure over this
}

const times = "×"

func at(workload string, n int, part, on string) key { return key{workload, n, part, on} }

var goals = []goal{
	{id: "memory-ready", about: "Memory, ready, two ints of state", says: "at most 80 B a tasklet, of a million",
		atMost: 80, unit: "B", figure: at(memoryName, 1_000_000, ready, tasklets), in: bytesPerUnit},
	{id: "memory-process", about: "Memory, ready, two ints of state", says: "a million tasklets in a process of at most 85 MB",
		atMost: 85 << 20, unit: resident, figure: at(memoryName, 1_000_000, ready, tasklets), in: resident},
	{id: "yield-goroutines", about: "Yield among 100,000", says: "at least 30 × faster than runtime.Gosched with one P",
		atLeast: 30, unit: times, figure: at("Yield", 100_000, "", goroutines), over: at("Yield", 100_000, "", tasklets), in: nsPerOp},
	{id: "yield-tokio", about: "Yield among 100,000", says: "at least 7 × faster than tokio's yield_now",
		atLeast: 7, unit: times, figure: at("Yield", 100_000, "", "tokio"), over: at("Yield", 100_000, "", tasklets), in: nsPerOp},
	{id: "yield-growth", about: "Yield among a million", says: "at most 2 × the cost among a thousand",
		atMost: 2, unit: times, figure: at("Yield", 1_000_000, "", tasklets), over: at("Yield", 1000, "", tasklets), in: nsPerOp},
	{id: "rendezvous-goroutines", about: "Rendezvous, ping-pong", says: "at least 11 × faster than an unbuffered Go channel with one P",
		atLeast: 11, unit: times, figure: at("PingPong", 2, "", goroutines), over: at("PingPong", 2, "", tasklets), in: nsPerOp},
	{id: "rendezvous-stackless", about: "Rendezvous, ping-pong", says: "at least 7 × faster than Stackless Python",
		atLeast: 7, unit: times, figure: at("PingPong", 2, "", stackless), over: at("PingPong", 2, "", tasklets), in: nsPerOp},
	{id: "memory-asleep", about: "Memory, asleep", says: "at most 140 B a tasklet, of a million",
		atMost: 140, unit: "B", figure: at(memoryName, 1_000_000, sleeping, tasklets), in: bytesPerUnit},
	{id: "memory-asleep-process", about: "Memory, asleep", says: "a million tasklets in a process of at most 150 MB",
		atMost: 150 << 20, unit: resident, figure: at(memoryName, 1_000_000, sleeping, tasklets), in: resident},
	{id: "nap", about: "A nap, a million others asleep", says: "at most 200 ns to begin and 200 ns to end",
		atMost: 400, unit: "ns", figure: at("Nap", 1_000_000, "", tasklets), in: nsPerOp},
	{id: "skynet-time", about: "Skynet, a million leaves, one scheduler", says: "at least 5 × faster than goroutines on all cores",
		atLeast: 5, unit: times, figure: at("Skynet", 1_000_000, "", goroutines), over: at("Skynet", 1_000_000, "", tasklets), in: nsPerOp},
	{id: "skynet-time-pool", about: "Skynet, a million leaves, a pool on all cores", says: "at least 5 × faster than goroutines on all cores",
		atLeast: 5, unit: times, figure: at("Skynet", 1_000_000, "", goroutines), over: at("Skynet", 1_000_000, "", pool), in: nsPerOp},
	{id: "skynet-peak", about: "Skynet, a million leaves, one scheduler", says: "below a third of the goroutines' peak memory",
		atMost: 1.0 / 3, unit: times, figure: at("Skynet", 1_000_000, "", tasklets), over: at("Skynet", 1_000_000, "", goroutines), in: residentPeak},
	{id: "skynet-peak-pool", about: "Skynet, a million leaves, a pool on all cores", says: "below a third of the goroutines' peak memory",
		atMost: 1.0 / 3, unit: times, figure: at("Skynet", 1_000_000, "", pool), over: at("Skynet", 1_000_000, "", goroutines), in: residentPeak},
	{id: "cores-rings", about: "A pool on two processors, independent rings", says: "at least 1.7 × as fast as on one",
		atLeast: 1.7, unit: times, figure: at("Cores", 1, "rings", pool), over: at("Cores", 2, "rings", pool), in: nsPerOp},
	{id: "cores-skynet", about: "A pool on two processors, Skynet, the collector at its default", says: "at least 1.7 × as fast as on one",
		atLeast: 1.7, unit: times, figure: at("Cores", 1, "skynet", pool), over: at("Cores", 2, "skynet", pool), in: nsPerOp},
	{id: "cores-skynet-gogc-400", about: "A pool on two processors, Skynet, GOGC=400", says: "at least 1.7 × as fast as on one",
		atLeast: 1.7, unit: times, figure: at("Cores", 1, "skynet-gogc-400", pool), over: at("Cores", 2, "skynet-gogc-400", pool), in: nsPerOp},
	{id: "create", about: "Create and end", says: "at least 4 × faster than a goroutine",
		atLeast: 4, unit: times, figure: at("Create", 1000, "", goroutines), over: at("Create", 1000, "", tasklets), in: nsPerOp},
	{id: "pickle-write", about: "Pickle 10,000 in bulk", says: "at least 25 × faster than Stackless Python for each",
		atLeast: 25, unit: times, figure: at("Pickle", 10_000, "write", stackless), over: at("Pickle", 10_000, "write", tasklets), in: nsPerOp},
	{id: "pickle-read", about: "Load 10,000 in bulk", says: "at least 8 × faster than Stackless Python for each",
		atLeast: 8, unit: times, figure: at("Pickle", 10_000, "read", stackless), over: at("Pickle", 10_000, "read", tasklets), in: nsPerOp},
	{id: "pickle-bytes", about: "Pickle a million in bulk", says: "at most 16 B each",
		atMost: 16, unit: "B", figure: at("Pickle", 1_000_000, "write", tasklets), in: bytesPerUnit},
	{id: "collector-pause", about: "The collector, a million live tasklets", says: "pauses below 1 ms",
		atMost: 1e6, unit: "ns", figure: at("Collect", 1_000_000, "", tasklets), in: pauseNS},
	{id: "collector-mark", about: "The collector, a million live tasklets", says: "marking below 60 ms on one core",
		atMost: 60e6, unit: "ns", figure: at("Collect", 1_000_000, "", tasklets), in: markNS},
}

// result is a goal beside a run.
type result struct {
	goal     *goal
	measured float64
	known    bool // it was measured
	met      bool
	reason   string // why it was not measured
}

// holdAgainst evaluates all goals from the figures of a run.
func holdAgainst(r *record) []result {
	var all []result
	for i := range goals {
		all = append(all, goals[i].evaluate(r))
	}
	return all
}

func (g *goal) evaluate(r *record) result {
	res := result{goal: g}
	if g.over == (key{}) {
		res.measured, res.known = r.median(g.figure, g.in)
	} else {
		res.measured, res.known = r.ratio(g.figure, g.over, g.in)
	}
	switch {
	case !res.known:
		res.reason = g.whyUnknown(r)
	case g.atMost > 0:
		res.met = res.measured <= g.atMost
	default:
		res.met = res.measured >= g.atLeast
	}
	return res
}

// whyUnknown is why a goal could not be held against a run.
func (g *goal) whyUnknown(r *record) string {
	for _, k := range []key{g.figure, g.over} {
		if k == (key{}) {
			continue
		}
		if s := r.system(k.on); s.Missing != "" {
			return s.Title + " is missing"
		}
		f := r.figure(k)
		switch {
		case f == nil:
			return k.String() + " was not asked for"
		case len(f.Values[g.in]) == 0 && f.Absent != "":
			return fmt.Sprintf("%s: %s", k, f.Absent)
		case len(f.Values[g.in]) == 0:
			return fmt.Sprintf("%s has no %s", k, g.in)
		}
	}
	return "no round has both"
}

// verdict is a word for it.
func (r result) verdict() string {
	switch {
	case !r.known:
		return "not measured"
	case r.met:
		return "met"
	default:
		return "short"
	}
}
