package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/benchmarks/peers"
)

// defaults are the options of compare alone.
func defaults() options {
	return options{rounds: 3, each: 200 * time.Millisecond, limit: 30 * time.Second, format: formatTable}
}

// TestPlanInterleaves: in a round, the systems of a workload and size follow each
// other; sizes that only Go has are in the first round only.
func TestPlanInterleaves(t *testing.T) {
	o := defaults()
	o.only = "yield,PingPong"
	p, err := newPlan(o, allSystems())
	if err != nil {
		t.Fatal(err)
	}
	if p.whole {
		t.Error("two workloads are not the whole suite")
	}
	var sizes []int
	for _, c := range p.inRound(0) {
		if len(sizes) == 0 || sizes[len(sizes)-1] != c.n {
			sizes = append(sizes, c.n)
		}
	}
	if want := []int{10, 100, 1000, 10_000, 100_000, 1_000_000, 2}; !slices.Equal(sizes, want) {
		t.Errorf("sizes %v, want %v", sizes, want)
	}
	for _, c := range p.inRound(1) {
		if c.n == 100 || c.n == 10_000 {
			t.Errorf("%s is in the second round", c.name())
		}
	}
	for _, c := range p.inRound(0) {
		if c.on.peer != nil && (c.n == 100 || c.n == 10_000) {
			t.Errorf("%s: growth is for Go", c.name())
		}
	}
}

// TestPlanHasAll: every workload is on all systems that have a version of it, and what
// is left out has a reason.
func TestPlanHasAll(t *testing.T) {
	p, err := newPlan(defaults(), allSystems())
	if err != nil {
		t.Fatal(err)
	}
	if !p.whole {
		t.Error("this is the whole suite")
	}
	seen := make(map[key]int)
	for _, c := range p.cells {
		for _, k := range c.keys() {
			seen[k]++
		}
	}
	for k := range p.left {
		seen[k]++
	}
	for k, times := range seen {
		if times != 1 {
			t.Errorf("%s is measured or left out %d times", k, times)
		}
	}
	for _, k := range []key{
		at("Create", 1_000_000, "", goroutines), at("Skynet", 1_000_000, "", pool), at("Pickle", 10_000, "read", stackless),
		at("Pickle", 100_000, "write", tasklets), at("Collect", 1_000_000, "", tasklets), at("Timers", 100_000, "", "tokio"),
		at(memoryName, 1_000_000, blocked, "erlang"), at("Yield", 1_000_000, "", "greenlet"),
	} {
		if seen[k] == 0 {
			t.Errorf("%s is neither measured nor left out", k)
		}
	}
	for _, k := range []key{at("Yield", 10, "", pool), at("Yield", 10, "", gob), at("Pickle", 10, "write", "lua"), at("Pickle", 10, "write", gob), at(memoryName, 1000, ready, pool)} {
		if seen[k] != 0 {
			t.Errorf("%s is measured", k)
		}
	}
}

// TestSizesArePeers: package peers knows the workloads by the same names and sizes.
func TestSizesArePeers(t *testing.T) {
	for _, theirs := range peers.Workloads {
		w := workloadNamed(theirs.Name)
		if w == nil {
			t.Errorf("there is no workload %s here", theirs.Name)
			continue
		}
		if strings.ToLower(w.name) != theirs.Word || !slices.Equal(w.sizes, theirs.N) {
			t.Errorf("%s is %s %v here, %s %v there", w.name, strings.ToLower(w.name), w.sizes, theirs.Word, theirs.N)
		}
	}
	if w := workloadNamed(memoryName); !slices.Equal(w.parts, peers.States) {
		t.Errorf("states are %v here, %v there", w.parts, peers.States)
	}
}

func TestPlanRefuses(t *testing.T) {
	for _, test := range []struct {
		change func(*options)
		says   string
	}{
		{func(o *options) { o.rounds = 0 }, "--rounds 0: must be 1 or more"},
		{func(o *options) { o.each = 0 }, "--time 0s: must be more than 0"},
		{func(o *options) { o.limit = -1 }, "--limit -1ns: must be more than 0"},
		{func(o *options) { o.only = "(" }, "--only (: error parsing regexp"},
		{func(o *options) { o.only = "juggling" }, "nothing to measure"},
	} {
		o := defaults()
		test.change(&o)
		if _, err := newPlan(o, allSystems()); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%v; want %q", err, test.says)
		}
	}
}

// TestEstimate: what the last run took is believed, if it measured as long; and what
// takes long is begun less often.
func TestEstimate(t *testing.T) {
	o := defaults()
	o.only = "pingpong"
	systems, err := chooseSystems([]string{tasklets, goroutines})
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlan(o, systems)
	if err != nil || len(p.cells) != 2 {
		t.Fatal(len(p.cells), err)
	}
	last := made(nil)
	last.ensure(p.cells[0].keys()[0]).Took = []float64{1.5}
	if got := p.estimate(p.cells[0], last); got != 1500*time.Millisecond {
		t.Error(got)
	}
	if got, guess := p.estimate(p.cells[1], last), p.cells[1].guess(p.each); got != guess || guess < p.each {
		t.Error(got, guess)
	}
	last.Settings.Seconds = 1
	if got := p.estimate(p.cells[0], last); got >= 1500*time.Millisecond {
		t.Error("the last run measured longer, but", got)
	}
	for takes, times := range map[time.Duration]int{0: 3, time.Second: 3, 3 * time.Second: 3, 4 * time.Second: 2, 9 * time.Second: 1} {
		if got := p.times(p.cells[0], takes); got != times {
			t.Errorf("what takes %v is run %d times, want %d", takes, got, times)
		}
	}
	var listed bytes.Buffer
	if err := p.list(&listed, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"PingPong/n=2/on=tasklets", "PingPong/n=2/on=goroutines", "2 cells, about"} {
		if !strings.Contains(listed.String(), want) {
			t.Errorf("%q is not in\n%s", want, &listed)
		}
	}
}

func TestPattern(t *testing.T) {
	w := workloadNamed("Pickle")
	c := cell{workload: w, n: 10, on: &system{name: gob}}
	if got := c.pattern(); got != "^BenchmarkPickle$/^n=10$//^on=gob$" {
		t.Error(got)
	}
	c = cell{workload: workloadNamed("Yield"), n: 10, on: &system{name: tasklets}}
	if got := c.pattern(); got != "^BenchmarkYield$/^n=10$/^on=tasklets$" {
		t.Error(got)
	}
}
