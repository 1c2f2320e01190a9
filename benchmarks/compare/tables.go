package main

import (
	"slices"
	"strings"
)

// dash stands for what was not measured.
const dash = "–"

// section is a workload on the page.
type section struct {
	Name, Title, Text, Op string
	Times                 table // all systems at the sizes they share
	Beside                bool  // Times has tasklets and others
	Growth                table // Go's systems as n grows
	Peak                  table // of the process, where all of it is the workload
	Bytes                 table // of pickles
	PerN                  bool  // Growth is of the time divided by n
}

// Workloads are the sections of what was measured, but memory and the collector, which
// have their own.
func (p *page) Workloads() []section {
	var all []section
	for i := range workloads {
		w := &workloads[i]
		if w.name == memoryName || w.name == "Collect" || !p.has(w) {
			continue
		}
		s := section{Name: w.name, Title: w.title, Text: w.text, Op: w.op, PerN: w.whole(),
			Times: p.sideBySide(w, w.sizes, w.unit), Growth: p.growth(w)}
		columns := p.columns(w, w.sizes, w.unit)
		s.Beside = len(columns) > 1 && columns[0].Name == tasklets
		if w.whole() {
			s.Peak = p.sideBySide(w, []int{w.main()}, residentPeak)
		}
		if w.name == "Pickle" {
			s.Bytes = p.bytes(w)
		}
		all = append(all, s)
	}
	return all
}

// has says whether any figure of a workload was measured.
func (p *page) has(w *workload) bool {
	return slices.ContainsFunc(p.Figures, func(f figure) bool { return f.Workload == w.name && len(f.Values) > 0 })
}

// columns are the systems that have a value in the unit at any of the sizes.
func (p *page) columns(w *workload, sizes []int, unit string) []presence {
	return slices.DeleteFunc(slices.Clone(p.Systems), func(s presence) bool {
		for _, n := range sizes {
			for _, part := range w.eachPart() {
				if len(p.values(at(w.name, n, part, s.Name), unit)) > 0 {
					return false
				}
			}
		}
		return true
	})
}

// head is a table's head: the size, the part if there are any, and the systems.
func head(w *workload, columns []presence) ([]string, int) {
	names := []string{"n"}
	if w.part != "" {
		names = []string{w.part, "n"}
	}
	first := len(names)
	for _, s := range columns {
		names = append(names, s.Title)
	}
	return names, first
}

// sideBySide has a row for each size, and in it each system's figure and how many
// times the tasklets' it is.
func (p *page) sideBySide(w *workload, sizes []int, unit string) table {
	columns := p.columns(w, sizes, unit)
	var t table
	t.head, t.right = head(w, columns)
	for _, part := range w.eachPart() {
		for _, n := range sizes {
			row, any := []string{thousands(n)}, false
			if w.part != "" {
				row = []string{part, thousands(n)}
			}
			for _, s := range columns {
				text := p.value(w.name, n, part, s.Name, unit)
				if text != dash {
					any = true
					if s.Name != tasklets {
						if ratio := p.times(w.name, n, part, s.Name, tasklets, unit); ratio != dash {
							text += " (" + ratio + ")"
						}
					}
				}
				row = append(row, text)
			}
			if any {
				t.rows = append(t.rows, row)
			}
		}
	}
	return t
}

// whole says whether the operation is all of the n units' work, so that its growth is
// in the time for each.
func (w *workload) whole() bool { return w.name == "Skynet" }

// grows says whether n is a number of units, so that there is growth to see: not where
// it is the workload's only one, or one of processors.
func (w *workload) grows() bool { return len(w.growth) > 0 || w.name == memoryName }

// growth has a row for each size, and in it the time of an operation on Go's systems
// and how many times that of the row above it is.
func (p *page) growth(w *workload) table {
	sizes := w.allSizes()
	columns := slices.DeleteFunc(p.columns(w, sizes, w.unit), func(s presence) bool { return !isGo(s.Name) })
	var t table
	if !w.grows() || len(columns) == 0 {
		return t
	}
	t.head, t.right = head(w, columns)
	for _, part := range w.eachPart() {
		before := make(map[string]float64)
		for _, n := range sizes {
			row, any := []string{thousands(n)}, false
			if w.part != "" {
				row = []string{part, thousands(n)}
			}
			for _, s := range columns {
				value, ok := p.median(at(w.name, n, part, s.Name), w.unit)
				if !ok {
					delete(before, s.Name) // a row's factor is of the row above
					row = append(row, dash)
					continue
				}
				any = true
				if w.whole() {
					value /= float64(n)
				}
				text := inUnit(value, w.unit)
				if before[s.Name] > 0 {
					text += ", " + factor(value/before[s.Name])
				}
				before[s.Name] = value
				row = append(row, text)
			}
			if any {
				t.rows = append(t.rows, row)
			}
		}
	}
	if len(t.rows) < 2 {
		return table{}
	}
	return t
}

// isGo says whether this module's own benchmarks run the system.
func isGo(on string) bool {
	return slices.Contains([]string{tasklets, pool, functions, goroutines, gob, msgpack}, on)
}

// bytes is what a unit takes in a pickle.
func (p *page) bytes(w *workload) table {
	columns := p.columns(w, w.sizes, bytesPerUnit)
	t := table{head: []string{"n"}, right: 1}
	for _, s := range columns {
		t.head = append(t.head, s.Title)
	}
	for _, n := range w.sizes {
		row := []string{thousands(n)}
		for _, s := range columns {
			row = append(row, p.value(w.name, n, "write", s.Name, bytesPerUnit))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// Glance has a row for each workload, and in it how many times the tasklets' time each
// other system's is.
func (p *page) Glance() table {
	var names []*workload
	for i := range workloads {
		if w := &workloads[i]; w.unit == nsPerOp && w.part == "" && p.has(w) {
			names = append(names, w)
		}
	}
	columns := slices.DeleteFunc(slices.Clone(p.Systems), func(s presence) bool {
		return !slices.ContainsFunc(names, func(w *workload) bool {
			return len(p.values(at(w.name, w.main(), "", s.Name), nsPerOp)) > 0
		})
	})
	t := table{head: []string{"", "n", "of"}, right: 3}
	for _, s := range columns {
		t.head = append(t.head, s.Title)
	}
	for _, w := range names {
		row := []string{"[" + w.title + "](#" + anchor(w.title) + ")", thousands(w.main()), w.op}
		for _, s := range columns {
			if s.Name == tasklets {
				row = append(row, p.value(w.name, w.main(), "", tasklets, nsPerOp))
			} else {
				row = append(row, p.times(w.name, w.main(), "", s.Name, tasklets, nsPerOp))
			}
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// anchor is a heading's, as it is made where Markdown is shown.
func anchor(title string) string {
	return strings.ReplaceAll(strings.ToLower(title), " ", "-")
}

// memoryState is a state's part of the memory section.
type memoryState struct {
	State, Words string
	Each         table // what each unit takes
	Process      table // what the process takes
}

// Memory has a part for each state.
func (p *page) Memory() []memoryState {
	w := workloadNamed(memoryName)
	var all []memoryState
	for _, state := range w.parts {
		one := *w
		one.part, one.parts = "", nil
		m := memoryState{State: state, Words: stateWords[state]}
		// The tables are of one state: its figures under the name without a part.
		sub := &page{record: p.ofPart(memoryName, state), notes: p.notes}
		m.Each = sub.sideBySide(&one, one.sizes, bytesPerUnit)
		m.Process = sub.sideBySide(&one, one.sizes, resident)
		if len(m.Each.rows)+len(m.Process.rows) > 0 {
			all = append(all, m)
		}
	}
	return all
}

// ofPart is the record's figures of one part of a workload, as if it had no others.
func (r *record) ofPart(workload, part string) *record {
	one := *r
	one.Figures = nil
	for _, f := range r.Figures {
		if f.Workload == workload && f.Part == part {
			f.Part = ""
			one.Figures = append(one.Figures, f)
		}
	}
	return &one
}

// Sleepers is the table of those who each wait ten seconds.
func (p *page) Sleepers() table {
	t := table{head: []string{"", "n", "process", "each", "making one", "all ended after"}, right: 1}
	for _, s := range p.Systems {
		title := s.Title
		for _, n := range workloadNamed(memoryName).sizes {
			value := func(unit string) string { return p.value(memoryName, n, sleeping, s.Name, unit) }
			if n < ten || value(endedNS) == dash {
				continue
			}
			t.rows = append(t.rows, []string{title, thousands(n), value(resident), value(bytesPerUnit), value(createNS), value(endedNS)})
			title = ""
		}
	}
	return t
}

// Collector is the table of full collections.
func (p *page) Collector() table {
	w := workloadNamed("Collect")
	t := table{head: []string{"", "n", "longest pause", "marking, processor time"}, right: 1}
	for _, s := range p.Systems {
		title := s.Title
		for _, n := range w.allSizes() {
			pause, mark := p.value(w.name, n, "", s.Name, pauseNS), p.value(w.name, n, "", s.Name, markNS)
			if pause == dash && mark == dash {
				continue
			}
			t.rows = append(t.rows, []string{title, thousands(n), pause, mark})
			title = ""
		}
	}
	return t
}

// Rows says whether the table has any; an empty one is not shown.
func (t table) Rows() int { return len(t.rows) }
