package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// comparison is all that one run found out.
type comparison struct {
	Host     host      `json:"host"`
	Results  []result  `json:"results"`
	Baseline *baseline `json:"baseline,omitempty"`

	// capped names the kinds that were not measured at all counts, and why.
	capped string
}

// The names that --format knows.
const (
	formatTable    = "table"
	formatMarkdown = "markdown"
	formatCSV      = "csv"
	formatJSON     = "json"
)

// renderers write a comparison in a format.
var renderers = map[string]func(io.Writer, comparison) error{
	formatTable:    writeTable,
	formatMarkdown: writeMarkdown,
	formatCSV:      writeCSV,
	formatJSON:     writeJSON,
}

// capped says which kinds of a plan stop short of its counts; empty if none does.
func (p plan) capped(most int) string {
	var kinds []string
	for _, s := range p.series {
		if s.capped && !slices.Contains(kinds, s.kind) {
			kinds = append(kinds, s.kind)
		}
	}
	if kinds == nil {
		return ""
	}
	return fmt.Sprintf("%s: no more than %s (--max-threads)", strings.Join(kinds, ", "), thousands(most))
}

// group is the rows of one series, for people to read.
type group struct {
	kind, state string
	year        int // 0 for what was measured now
	rows        []result
}

// name is the kind, with the year if it wasn't measured now.
func (g group) name() string {
	if g.year == 0 {
		return g.kind
	}
	return fmt.Sprintf("%s %d", g.kind, g.year)
}

// bytesPerUnit and kernelBytesPerUnit are the same in each row.
func (g group) bytesPerUnit() *float64       { return g.rows[0].BytesPerUnit }
func (g group) kernelBytesPerUnit() *float64 { return g.rows[0].KernelBytesPerUnit }

// groups returns what to show: each kind and state, the baseline's right after
// those of its kind. What was skipped isn't shown.
func (c comparison) groups() []group {
	groups := grouped(c.Results, 0)
	if c.Baseline == nil {
		return groups
	}
	for _, old := range grouped(c.Baseline.Results, c.Baseline.Year) {
		place := len(groups)
		for i, g := range slices.Backward(groups) {
			if g.kind == old.kind {
				place = i + 1
				break
			}
		}
		groups = slices.Insert(groups, place, old)
	}
	return groups
}

// grouped cuts rows into runs of the same kind and state.
func grouped(rows []result, year int) []group {
	var groups []group
	for _, row := range rows {
		if row.skipped {
			continue
		}
		last := len(groups) - 1
		if last < 0 || groups[last].kind != row.Kind || groups[last].state != row.State {
			groups = append(groups, group{kind: row.Kind, state: row.State, year: year})
			last++
		}
		groups[last].rows = append(groups[last].rows, row)
	}
	return groups
}
