package main

import (
	"strings"
	"testing"
)

func TestGoals(t *testing.T) {
	fast, slow := at("PingPong", 2, "", tasklets), at("PingPong", 2, "", goroutines)
	for _, test := range []struct {
		name          string
		ours, theirs  []float64
		missing       string
		verdict, says string
	}{
		{"met", []float64{10, 10, 10}, []float64{110, 110, 110}, "", "met", ""},
		{"short by a little", []float64{10, 10, 10}, []float64{109.9, 109.9, 109.9}, "", "short", ""},
		{"by the rounds' ratios", []float64{10, 1000, 10}, []float64{120, 120, 120}, "", "met", ""},
		{"nothing of theirs", []float64{10}, nil, "", "not measured", "PingPong/n=2/on=goroutines was not asked for"},
		{"they are missing", []float64{10}, nil, "get it", "not measured", "goroutines is missing"},
	} {
		r := made(map[key][]float64{fast: test.ours, slow: test.theirs})
		for i := range r.Systems {
			if r.Systems[i].Name == goroutines {
				r.Systems[i].Missing = test.missing
			}
		}
		g := goalNamed(t, "rendezvous-goroutines")
		res := g.evaluate(r)
		if res.verdict() != test.verdict || res.reason != test.says {
			t.Errorf("%s: %s (%v), %q", test.name, res.verdict(), res.measured, res.reason)
		}
	}
	left := made(map[key][]float64{fast: {10}})
	left.ensure(slow).Absent = "took too long"
	if res := goalNamed(t, "rendezvous-goroutines").evaluate(left); !strings.HasSuffix(res.reason, "took too long") {
		t.Error(res.reason)
	}
	odd := made(map[key][]float64{fast: {10}, slow: {110}})
	odd.figure(slow).Values = map[string][]float64{"MB/s": {1}}
	if res := goalNamed(t, "rendezvous-goroutines").evaluate(odd); !strings.HasSuffix(res.reason, "has no ns/op") {
		t.Error(res.reason)
	}
}

func TestGoalAtMost(t *testing.T) {
	k := at(memoryName, 1_000_000, ready, tasklets)
	for value, verdict := range map[float64]string{79.9: "met", 80: "met", 80.1: "short"} {
		r := made(nil)
		r.ensure(k).add(map[string]float64{bytesPerUnit: value}, 1, 0)
		if res := goalNamed(t, "memory-ready").evaluate(r); res.verdict() != verdict {
			t.Errorf("%v: %s", value, res.verdict())
		}
	}
}

func goalNamed(t *testing.T, id string) *goal {
	t.Helper()
	for i := range goals {
		if goals[i].id == id {
			return &goals[i]
		}
	}
	t.Fatalf("there is no goal %s", id)
	return nil
}

// TestGoalsAreMeasured: the suite has a cell for each figure that a goal needs, in each
// round where it is a time.
func TestGoalsAreMeasured(t *testing.T) {
	p, err := newPlan(defaults(), allSystems())
	if err != nil {
		t.Fatal(err)
	}
	asked := make(map[key]bool)
	for _, c := range p.cells {
		for _, k := range c.keys() {
			asked[k] = !c.growth || c.workload.name == memoryName
		}
	}
	ids := make(map[string]bool)
	for _, g := range goals {
		if ids[g.id] {
			t.Errorf("two goals are %s", g.id)
		}
		ids[g.id] = true
		if (g.atMost > 0) == (g.atLeast > 0) {
			t.Errorf("%s: is it at most or at least?", g.id)
		}
		for _, k := range []key{g.figure, g.over} {
			if k != (key{}) && !asked[k] {
				t.Errorf("%s: nobody measures %s in each round", g.id, k)
			}
		}
	}
}
