package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestSlower: what is printed is worse by more than a tenth and by more than its noise,
// on its own or beside the goroutines of its run.
func TestSlower(t *testing.T) {
	k, g := at("Yield", 1000, "", tasklets), at("Yield", 1000, "", goroutines)
	steady := []float64{10, 10.1, 9.9}
	for _, test := range []struct {
		name         string
		before, now  []float64 // ours
		gBefore      []float64
		gNow         []float64
		own, besides bool
	}{
		{"the same", steady, steady, []float64{100, 101, 99}, []float64{100, 101, 99}, false, false},
		{"slower by a twentieth", steady, []float64{10.5, 10.6, 10.4}, []float64{100, 101, 99}, []float64{100, 101, 99}, false, false},
		{"slower by a fifth", steady, []float64{12, 12.1, 11.9}, []float64{100, 101, 99}, []float64{100, 101, 99}, true, true},
		{"faster", steady, []float64{8, 8.1, 7.9}, []float64{100, 101, 99}, []float64{100, 101, 99}, false, false},
		{"the machine is slower", steady, []float64{12, 12.1, 11.9}, []float64{100, 101, 99}, []float64{120, 121, 119}, true, false},
		{"the machine is faster, we are not", steady, steady, []float64{100, 101, 99}, []float64{80, 81, 79}, false, true},
		{"noise", []float64{8, 12, 10}, []float64{8, 18, 13}, []float64{100, 101, 99}, []float64{100, 101, 99}, false, false},
		{"slower, and one round slowed by another program", []float64{19.6, 26.1, 18.2}, []float64{88.7, 83.3, 187.5},
			[]float64{250, 332, 124}, []float64{409, 237, 583}, true, true},
		{"apart, but of two rounds", []float64{10, 14}, []float64{15, 20}, nil, nil, false, false},
		{"without any noise", []float64{10, 10, 10}, []float64{12, 12, 12}, nil, nil, true, false},
	} {
		c := compareRuns(made(map[key][]float64{k: test.now, g: test.gNow}), made(map[key][]float64{k: test.before, g: test.gBefore}))
		own, besides := false, false
		for _, s := range c.Slower {
			if s.Name != k.String() {
				t.Errorf("%s: %s is printed", test.name, s.Name)
			}
			own, besides = own || s.Own.worse(), besides || s.Beside.worse()
		}
		if own != test.own || besides != test.besides || c.Compared != 1 || !c.SameMachine {
			t.Errorf("%s: own %v, beside goroutines %v, %+v", test.name, own, besides, c)
		}
	}
}

// TestSlowerElsewhere: of another machine, only multiples of the goroutines' times are
// compared.
func TestSlowerElsewhere(t *testing.T) {
	k, g := at("Yield", 1000, "", tasklets), at("Yield", 1000, "", goroutines)
	before := made(map[key][]float64{k: {10, 10.1, 9.9}, g: {100, 101, 99}})
	before.Machine.CPU = "another processor"
	now := made(map[key][]float64{k: {20, 20.1, 19.9}, g: {200, 201, 199}})
	c := compareRuns(now, before)
	if c.SameMachine || len(c.Slower) != 0 {
		t.Errorf("%+v", c)
	}
	now = made(map[key][]float64{k: {40, 40.1, 39.9}, g: {200, 201, 199}})
	c = compareRuns(now, before)
	if len(c.Slower) != 1 || c.Slower[0].Own != nil || !c.Slower[0].Beside.worse() {
		t.Errorf("%+v", c.Slower)
	}
	var text bytes.Buffer
	if err := c.write(&text, before); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"was on another machine", "+100 %", "Yield/n=1000/on=tasklets"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, &text)
		}
	}
}

// TestBigger: bytes need no second round; times of a single one are not judged.
func TestBigger(t *testing.T) {
	k := at(memoryName, 1000, ready, tasklets)
	before, now := made(nil), made(nil)
	before.ensure(k).add(map[string]float64{bytesPerUnit: 80, endedNS: 10e9}, 1, 0)
	now.ensure(k).add(map[string]float64{bytesPerUnit: 90, endedNS: 20e9}, 1, 0)
	c := compareRuns(now, before)
	if len(c.Slower) != 1 || c.Slower[0].Unit != bytesPerUnit || c.Compared != 2 || c.Unsure != 1 {
		t.Errorf("%+v", c)
	}
}

// TestSlowerIsOurs: that others got slower is not our affair.
func TestSlowerIsOurs(t *testing.T) {
	k := at("Yield", 1000, "", "lua")
	c := compareRuns(made(map[key][]float64{k: {20, 20, 20}}), made(map[key][]float64{k: {10, 10, 10}}))
	if c.Compared != 0 || len(c.Slower) != 0 {
		t.Errorf("%+v", c)
	}
}
