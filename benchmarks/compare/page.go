package main

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
	"text/template"

	"github.com/stackless-go/stackless/benchmarks/peers"
)

//go:embed page.md.tmpl
var pageTemplate string

// notes are the hand-written texts of the page: goals/ID.md says why a goal is short,
// workloads/NAME.md what to know about a workload. They are templates, so that a
// figure in them is the run's.
//
//go:embed notes
var notes embed.FS

// page is what the template sees.
type page struct {
	*record
	notes *template.Template
}

// writePage makes the page of a record. plots are the names of the files there are,
// without their ending.
func writePage(r *record, plots []string) ([]byte, error) {
	p := &page{record: r}
	funcs := template.FuncMap{
		"time":    func(workload string, n int, part, on string) string { return p.value(workload, n, part, on, nsPerOp) },
		"value":   p.value,
		"times":   p.times,
		"note":    p.note,
		"plots":   func(prefix string) []string { return plotsOf(plots, prefix) },
		"alike":   peers.Alike,
		"minutes": func(seconds float64) float64 { return math.Max(1, math.Round(seconds/60)) },
		"heading": func(text string) string { return strings.ToUpper(text[:1]) + text[1:] },
	}
	t, err := template.New("page").Funcs(funcs).Parse(pageTemplate)
	if err != nil {
		return nil, err
	}
	err = fs.WalkDir(notes, "notes", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := notes.ReadFile(name)
		if err != nil {
			return err
		}
		_, err = t.New(name).Parse(string(text))
		return err
	})
	if err != nil {
		return nil, err
	}
	p.notes = t
	var text bytes.Buffer
	if err := t.Execute(&text, p); err != nil {
		return nil, err
	}
	return tidy(text.Bytes()), nil
}

// tidy leaves one empty line where the template has several, and none at the end.
func tidy(text []byte) []byte {
	for bytes.Contains(text, []byte("\n\n\n")) {
		text = bytes.ReplaceAll(text, []byte("\n\n\n"), []byte("\n\n"))
	}
	return append(bytes.TrimSpace(text), '\n')
}

// plotsOf are the files of a workload.
func plotsOf(plots []string, workload string) []string {
	prefix := strings.ToLower(workload)
	var all []string
	for _, name := range plots {
		if name == prefix || strings.HasPrefix(name, prefix+"-") {
			all = append(all, name)
		}
	}
	return all
}

// note is a hand-written text, or "" if there is none.
func (p *page) note(name string) (string, error) {
	t := p.notes.Lookup(path.Join("notes", strings.ToLower(name)+".md"))
	if t == nil {
		return "", nil
	}
	var text bytes.Buffer
	err := t.Execute(&text, p)
	return strings.TrimSpace(text.String()), err
}

// value is a figure for people; a dash if it was not measured.
func (p *page) value(workload string, n int, part, on, unit string) string {
	value, ok := p.median(at(workload, n, part, on), unit)
	if !ok {
		return dash
	}
	return inUnit(value, unit)
}

// times is how many times as much the one takes as the other.
func (p *page) times(workload string, n int, part, on, than, unit string) string {
	ratio, ok := p.ratio(at(workload, n, part, on), at(workload, n, part, than), unit)
	if !ok {
		return dash
	}
	return factor(ratio)
}

// Goals is the table of goals.
func (p *page) Goals() table {
	t := table{head: []string{"", "goal", "measured", ""}, right: 4}
	about := ""
	for _, res := range holdAgainst(p.record) {
		first := res.goal.about
		if first == about {
			first = ""
		}
		about = res.goal.about
		measured, verdict := dash, res.verdict()
		switch {
		case !res.known:
			verdict += ": " + res.reason
		case verdict == "short":
			verdict = "**short**"
		}
		if res.known {
			measured = inUnit(res.measured, res.goal.unit)
		}
		t.rows = append(t.rows, []string{first, res.goal.says, measured, verdict})
	}
	return t
}

// Tally is how many goals there are, are met, and are short.
func (p *page) Tally() (tally struct{ All, Met, Short, Unknown int }) {
	for _, res := range holdAgainst(p.record) {
		tally.All++
		switch {
		case !res.known:
			tally.Unknown++
		case res.met:
			tally.Met++
		default:
			tally.Short++
		}
	}
	return tally
}

// shortfall is a goal that is short, and why.
type shortfall struct{ About, Says, Measured, Why string }

// Short are the goals that are short.
func (p *page) Short() ([]shortfall, error) {
	var all []shortfall
	for _, res := range holdAgainst(p.record) {
		if !res.known || res.met {
			continue
		}
		why, err := p.note("goals/" + res.goal.id)
		if err != nil {
			return nil, err
		}
		all = append(all, shortfall{res.goal.about, res.goal.says, inUnit(res.measured, res.goal.unit), why})
	}
	return all, nil
}

// Missing are the systems that were not there.
func (p *page) Missing() []presence {
	var all []presence
	for _, s := range p.Systems {
		if s.Missing != "" {
			all = append(all, s)
		}
	}
	return all
}

// Present are the peers that were there.
func (p *page) Present() []presence {
	var all []presence
	for _, s := range p.Systems {
		if s.Version != "" && s.Missing == "" {
			all = append(all, s)
		}
	}
	return all
}

// Absences are the figures that were left out or failed, one line for each reason.
func (p *page) Absences() []string {
	var reasons []string
	names := make(map[string][]string)
	for i := range p.Figures {
		f := &p.Figures[i]
		if f.Absent == "" {
			continue
		}
		if !slices.Contains(reasons, f.Absent) {
			reasons = append(reasons, f.Absent)
		}
		names[f.Absent] = append(names[f.Absent], f.key().String())
	}
	var all []string
	for _, reason := range reasons {
		all = append(all, fmt.Sprintf("`%s`: %s", strings.Join(names[reason], "`, `"), reason))
	}
	return all
}
