package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"time"

	"golang.org/x/perf/benchmath"
)

// benchmarksPackage is where the workloads of Go are.
const benchmarksPackage = "github.com/stackless-go/stackless/benchmarks"

// recordVersion is that of the file's form. A file of another form is not read.
const recordVersion = 1

// record is all that a run found out. The page is made of it alone.
type record struct {
	Version  int        `json:"version"`
	Date     time.Time  `json:"date"`
	Revision string     `json:"revision,omitempty"` // of the sources, if they are in git
	Machine  machine    `json:"machine"`
	Settings settings   `json:"settings"`
	Systems  []presence `json:"systems"`
	Figures  []figure   `json:"figures"`
}

// settings are how a run measured.
type settings struct {
	Rounds  int     `json:"rounds"`
	Seconds float64 `json:"cell_seconds"` // measured in each cell, at the least
	Whole   bool    `json:"whole"`        // the suite, not a part of it
	Took    float64 `json:"took_seconds"` // the run
}

// presence is a system as a run found it.
type presence struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Version string `json:"version,omitempty"`
	Missing string `json:"missing,omitempty"` // how to get it
}

// figure is what the rounds of a cell gave. Round i's value is the i-th; later
// rounds may be missing, earlier ones may not.
type figure struct {
	Workload   string               `json:"workload"`
	N          int                  `json:"n"`
	Part       string               `json:"part,omitempty"`
	On         string               `json:"on"`
	Values     map[string][]float64 `json:"values,omitempty"` // by unit
	Iterations []int                `json:"iterations,omitempty"`
	Took       []float64            `json:"took_seconds,omitempty"` // the process, from start to end
	Absent     string               `json:"absent,omitempty"`       // why there are no (further) values
}

func (f *figure) key() key { return key{f.Workload, f.N, f.Part, f.On} }

// units are those that the figure has values in, the one that matters first.
func (f *figure) units() []string {
	all := slices.Sorted(maps.Keys(f.Values))
	slices.SortStableFunc(all, func(a, b string) int { return rank(a) - rank(b) })
	return all
}

func rank(unit string) int {
	if i := slices.Index(unitOrder, unit); i >= 0 {
		return i
	}
	return len(unitOrder)
}

// iterationsIn is how often a round repeated the operation. Memory is read once.
func (f *figure) iterationsIn(round int) int {
	if round < len(f.Iterations) {
		return f.Iterations[round]
	}
	return 1
}

// figure returns the figure of a key, or nil.
func (r *record) figure(k key) *figure {
	for i := range r.Figures {
		if r.Figures[i].key() == k {
			return &r.Figures[i]
		}
	}
	return nil
}

// ensure returns the figure of a key, which is in the record from now on.
func (r *record) ensure(k key) *figure {
	if f := r.figure(k); f != nil {
		return f
	}
	r.Figures = append(r.Figures, figure{Workload: k.workload, N: k.n, Part: k.part, On: k.on})
	return &r.Figures[len(r.Figures)-1]
}

// add adds what a round gave.
func (f *figure) add(values map[string]float64, iterations int, took time.Duration) {
	if f.Values == nil {
		f.Values = make(map[string][]float64)
	}
	for unit, value := range values {
		f.Values[unit] = append(f.Values[unit], value)
	}
	f.Iterations = append(f.Iterations, iterations)
	f.Took = append(f.Took, math.Round(took.Seconds()*100)/100)
}

// values are a figure's in a unit, round by round; none if it was not measured.
func (r *record) values(k key, unit string) []float64 {
	if f := r.figure(k); f != nil {
		return f.Values[unit]
	}
	return nil
}

// median is the figure in a unit; ok is false if it was not measured.
func (r *record) median(k key, unit string) (value float64, ok bool) {
	return medianOf(r.values(k, unit))
}

// medianOf is benchstat's.
func medianOf(values []float64) (median float64, ok bool) {
	if len(values) == 0 {
		return 0, false
	}
	sample := benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds)
	return benchmath.AssumeNothing.Summary(sample, 0.95).Center, true
}

// ratios are a's values over b's, round by round: in a round, the machine was the
// same for both.
func (r *record) ratios(a, b key, unit string) []float64 {
	over, under := r.values(a, unit), r.values(b, unit)
	var all []float64
	for i := range min(len(over), len(under)) {
		if under[i] > 0 {
			all = append(all, over[i]/under[i])
		}
	}
	return all
}

// ratio is the median of the ratios.
func (r *record) ratio(a, b key, unit string) (value float64, ok bool) {
	return medianOf(r.ratios(a, b, unit))
}

// system returns a system as the run found it; the zero value if it was not asked for.
func (r *record) system(name string) presence {
	for _, s := range r.Systems {
		if s.Name == name {
			return s
		}
	}
	return presence{}
}

// readRecord reads a recorded run. The error wraps fs.ErrNotExist where there is
// none.
func readRecord(path string) (*record, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("%s is no recorded run: %w", path, err)
	}
	if r.Version != recordVersion {
		return nil, fmt.Errorf("%s: has version %d, this command knows %d", path, r.Version, recordVersion)
	}
	return &r, nil
}

// lastRecord is readRecord where there may be none yet.
func lastRecord(path string) (*record, error) {
	r, err := readRecord(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return r, err
}

// encode is the record's file: a line for each figure, so that what changed from
// run to run can be seen.
func (r *record) encode() ([]byte, error) {
	head := *r
	head.Figures = nil
	text, err := json.MarshalIndent(head, "", "  ")
	if err != nil {
		return nil, err
	}
	const none = "\"figures\": null\n}"
	text = append(text[:len(text)-len(none)], "\"figures\": ["...)
	for i := range r.Figures {
		one, err := json.Marshal(&r.Figures[i])
		if err != nil {
			return nil, err
		}
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(text, "\n    "...), one...)
	}
	return append(text, "\n  ]\n}\n"...), nil
}

// hasValues says whether anything was measured.
func (r *record) hasValues() bool {
	return slices.ContainsFunc(r.Figures, func(f figure) bool { return len(f.Values) > 0 })
}
