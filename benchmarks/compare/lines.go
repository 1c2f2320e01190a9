package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// line is what one benchmark line says.
type line struct {
	key        key
	iterations int
	values     map[string]float64 // by unit, as written
}

// parseLines reads what a process printed. Lines that are no results are passed
// over; a result that is not as the parts have agreed is an error.
func parseLines(output []byte) ([]line, error) {
	var all []line
	reader := benchfmt.NewReader(bytes.NewReader(output), "output")
	for reader.Scan() {
		switch r := reader.Result().(type) {
		case *benchfmt.Result:
			k, err := parseName(r.Name)
			if err != nil {
				return nil, err
			}
			l := line{key: k, iterations: r.Iters, values: make(map[string]float64)}
			for _, v := range r.Values {
				// The reader turns ns into seconds; what was written is kept beside.
				if v.OrigUnit != "" {
					l.values[v.OrigUnit] = v.OrigValue
				} else {
					l.values[v.Unit] = v.Value
				}
			}
			all = append(all, l)
		case *benchfmt.SyntaxError:
			return nil, r
		}
	}
	return all, reader.Err()
}

// parseName reads Yield/n=1000/on=tasklets-2. The number of processors at the end is
// not kept: a workload has one or all, whoever runs it.
func parseName(name benchfmt.Name) (key, error) {
	base, parts := name.Parts()
	k := key{workload: string(base)}
	w := workloadNamed(k.workload)
	if w == nil {
		return key{}, fmt.Errorf("benchmark %s: there is no such workload", name)
	}
	for _, part := range parts {
		what, value, _ := strings.Cut(strings.TrimPrefix(string(part), "/"), "=")
		switch {
		case part[0] == '-':
		case what == "n":
			n, err := strconv.Atoi(value)
			if err != nil {
				return key{}, fmt.Errorf("benchmark %s: n is no number", name)
			}
			k.n = n
		case what == "on":
			k.on = value
		case what == w.part && slices.Contains(w.parts, value):
			k.part = value
		default:
			return key{}, fmt.Errorf("benchmark %s: %s is not expected in it", name, part)
		}
	}
	if k.n == 0 || k.on == "" || (w.part != "" && k.part == "") {
		return key{}, fmt.Errorf("benchmark %s: must be %s", name, key{k.workload, 1000, strings.Join(w.parts, "|"), "SYSTEM"})
	}
	return k, nil
}

// unitOrder puts the figure that matters first.
var unitOrder = []string{nsPerOp, bytesPerUnit}

// writeLines writes all rounds of a record as benchmark lines, for benchstat.
func writeLines(w io.Writer, r *record) error {
	writer := benchfmt.NewWriter(w)
	config := []benchfmt.Config{
		{Key: "goos", Value: []byte(r.Machine.OS), File: true},
		{Key: "goarch", Value: []byte(r.Machine.Arch), File: true},
		{Key: "pkg", Value: []byte(benchmarksPackage), File: true},
		{Key: "cpu", Value: []byte(r.Machine.CPU), File: true},
	}
	for round := range r.Settings.Rounds {
		for i := range r.Figures {
			f := &r.Figures[i]
			result := benchfmt.Result{Config: config, Name: benchfmt.Name(f.key().String()), Iters: f.iterationsIn(round)}
			for _, unit := range f.units() {
				if values := f.Values[unit]; round < len(values) {
					result.Values = append(result.Values, benchfmt.Value{Value: values[round], Unit: unit})
				}
			}
			if len(result.Values) == 0 {
				continue
			}
			if err := writer.Write(&result); err != nil {
				return err
			}
		}
	}
	return nil
}
