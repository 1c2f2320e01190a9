package main

import "slices"

// The systems that are Go, in the order of tables. Those of other languages follow
// them; package peers knows those.
const (
	tasklets   = "tasklets"   // our frames
	pool       = "pool"       // our frames in a sched.Pool on all cores
	functions  = "functions"  // our plain functions, each with a coroutine
	goroutines = "goroutines" // with Go's channels
	gob        = "gob"        // encoding/gob, of structs
	msgpack    = "msgpack"    // msgpack/v5, of structs
	stackless  = "stackless"  // a peer that pickles, too
)

// ours are the systems whose figures are watched from run to run.
var ours = []string{tasklets, pool, functions}

// Units of figures.
const (
	nsPerOp      = "ns/op"
	bytesPerUnit = "B/unit"     // of a pickle, or of memory as seen from outside
	residentPeak = "peak-rss-B" // of the process, as the system that reaped it saw it
	resident     = "rss-B"      // of the process while its units wait
	createNS     = "create-ns"  // to make one unit and run it into its state
	endedNS      = "ended-ns"   // from making the first until all have ended their sleep
	pauseNS      = "pause-ns"   // the longest stop of the world in a collection
	markNS       = "mark-ns"    // processor time of marking, a collection
)

// workload is one program, of which each system has its version.
type workload struct {
	name  string // as in BenchmarkYield
	title string // as a heading
	op    string // what ns/op is the time of
	text  string // what is done, in a sentence
	unit  string // of the figure that is compared, as a rule ns/op

	sizes  []int // of n, on all systems, in each round
	growth []int // further ones, on Go's systems only, in the first round

	growthOn []string // empty: all of Go's that the workload is on

	part  string   // the name of a further part of benchmark names, such as do
	parts []string // its values

	systems  []string // empty: Go's three and all peers
	extra    []string // systems beside them
	allCores bool     // the other workloads have one
}

const memoryName = "Memory"

// workloads are all there are, in the order of the page.
var workloads = []workload{
	{name: "Create", title: "Create and end", op: "one unit", unit: nsPerOp,
		text:  "n units are made and all run to their end.",
		sizes: []int{1000}, growth: []int{10_000, 100_000, 1_000_000}},
	{name: "Yield", title: "Yield", op: "one yield", unit: nsPerOp,
		text:  "n units do nothing but give way to the next.",
		sizes: []int{10, 1000, 100_000, 1_000_000}, growth: []int{100, 10_000}},
	{name: "PingPong", title: "Ping-pong", op: "one message", unit: nsPerOp,
		text:  "Two units and two channels; a number goes back and forth. A message is half a round trip.",
		sizes: []int{2}},
	{name: "FanIn", title: "Fan-in", op: "one message", unit: nsPerOp,
		text:  "n senders, one channel, one receiver.",
		sizes: []int{1000}, growth: []int{10, 100, 10_000, 100_000}},
	{name: "FanOut", title: "Fan-out", op: "one message", unit: nsPerOp,
		text:  "One sender, one channel, n receivers.",
		sizes: []int{1000}, growth: []int{10, 100, 10_000, 100_000}},
	{name: "Ring", title: "Ring", op: "one hop", unit: nsPerOp,
		text:  "n units in a ring of n channels; one token goes round.",
		sizes: []int{10_000}, growth: []int{10, 100, 1000, 100_000, 1_000_000}},
	{name: "Pipeline", title: "Pipeline", op: "one message over one stage", unit: nsPerOp,
		text:  "A source, n stages that each add one, and a sink.",
		sizes: []int{100}, growth: []int{10, 1000, 10_000}},
	{name: "Select", title: "Select", op: "one message received", unit: nsPerOp,
		text:  "n senders with a channel each; one receiver selects over all of them.",
		sizes: []int{8}, growth: []int{2, 64}},
	{name: "Skynet", title: "Skynet", op: "the whole", unit: nsPerOp,
		text:  "A tree of ten branches with n leaves; each leaf sends its number to its parent, each parent the sum of its children's.",
		sizes: []int{1_000_000}, growth: []int{1000, 10_000, 100_000}, extra: []string{pool}, allCores: true},
	{name: "Cores", title: "Cores", op: "the whole", unit: nsPerOp,
		text:  "A pool with n schedulers on n processors: 64 rings that have nothing to do with each other, and Skynet with a million leaves, with the collector at its default and with GOGC=400.",
		sizes: []int{1, 2}, part: "do", parts: []string{"rings", "skynet", "skynet-gogc-400"}, systems: []string{pool}, allCores: true},
	{name: "Chameneos", title: "Chameneos", op: "one meeting", unit: nsPerOp,
		text:  "n creatures of three colours meet in pairs by way of one meeting place, a unit of its own, and change colour.",
		sizes: []int{10}, growth: []int{3, 100, 1000}},
	{name: "Sieve", title: "Sieve", op: "the whole", unit: nsPerOp,
		text:  "A generator of numbers and a filter for each prime found, until there are n.",
		sizes: []int{500}, growth: []int{100, 1000}},
	{name: "Timers", title: "Timers", op: "one nap begun and ended", unit: nsPerOp,
		text:  "n units take one nap after the other, of one to ten milliseconds, by the real clock.",
		sizes: []int{100_000}, growth: []int{1000, 10_000, 1_000_000}},
	{name: "Nap", title: "Naps", op: "one nap begun and ended", unit: nsPerOp,
		text:  "While n others are asleep, for times that lie far apart, one nap after the other ends and the next begins, on a virtual clock; for goroutines, timers that are due at once.",
		sizes: []int{1000, 1_000_000}, systems: []string{tasklets, goroutines}},
	{name: "Deadline", title: "Deadlines", op: "one receive", unit: nsPerOp,
		text:  "While n others are asleep, a tasklet receives without a limit, and within a second, for which a deadline is armed and ended each time; for goroutines, a timer is started and stopped.",
		sizes: []int{1000, 1_000_000}, part: "limit", parts: []string{"none", "second"}, systems: []string{tasklets, goroutines}},
	{name: "Mutex", title: "Mutex", op: "one lock and unlock", unit: nsPerOp,
		text:  "n units lock one mutex in turn; with one, nobody else wants it.",
		sizes: []int{1, 10}, systems: []string{tasklets, goroutines}},
	{name: "Buffer", title: "Buffer", op: "one value", unit: nsPerOp,
		text:  "One sends to another through a buffer of 64 values.",
		sizes: []int{2}, systems: []string{tasklets, goroutines}},
	{name: "Await", title: "Await", op: "one function", unit: nsPerOp,
		text:  "n units each await a function that runs on goroutines outside; a goroutine starts another for it, and waits.",
		sizes: []int{1, 100}, systems: []string{tasklets, goroutines}, allCores: true},
	{name: "Pickle", title: "Pickles", op: "one unit", unit: nsPerOp,
		text:  "n counters that share one channel are written to bytes, and read from them.",
		sizes: []int{1, 10_000, 1_000_000}, growth: []int{10, 100, 1000, 100_000},
		part: "do", parts: []string{"write", "read"}, systems: []string{tasklets, gob, msgpack, stackless}, growthOn: []string{tasklets}},
	{name: "Collect", title: "The collector", op: "one full collection", unit: markNS,
		text:  "A full collection while n units are alive and ready.",
		sizes: []int{1_000_000}, growth: []int{10_000, 100_000}, systems: []string{tasklets, functions, goroutines}},
	{name: memoryName, title: "Memory", op: "one unit", unit: bytesPerUnit,
		text:  "n units have each run once and are left as they are; their process is read from outside.",
		sizes: []int{1000, 10_000, 100_000, 1_000_000},
		part:  "state", parts: []string{"yield", "blocked", "sleeping"}},
}

func workloadNamed(name string) *workload {
	i := slices.IndexFunc(workloads, func(w workload) bool { return w.name == name })
	if i < 0 {
		return nil
	}
	return &workloads[i]
}

// runsOn says whether a system has a version of the workload.
func (w *workload) runsOn(s *system) bool {
	switch {
	case slices.Contains(w.extra, s.name), slices.Contains(w.systems, s.name):
		return true
	case w.systems != nil:
		return false
	default:
		return !slices.Contains([]string{pool, gob, msgpack}, s.name)
	}
}

// growsOn says whether the workload's further sizes are measured on a system.
func (w *workload) growsOn(s *system) bool {
	return s.peer == nil && (w.growthOn == nil || slices.Contains(w.growthOn, s.name))
}

// allSizes are the sizes on Go's systems, smallest first.
func (w *workload) allSizes() []int {
	all := slices.Concat(w.sizes, w.growth)
	slices.Sort(all)
	return slices.Compact(all)
}

// main is the size by which systems are compared where there is room for one.
func (w *workload) main() int {
	switch w.name {
	case "Yield":
		return 1000
	case memoryName, "Pickle":
		return 100_000
	}
	return w.sizes[0]
}

// eachPart are the parts, or the one that has no name.
func (w *workload) eachPart() []string {
	if w.part == "" {
		return []string{""}
	}
	return w.parts
}
