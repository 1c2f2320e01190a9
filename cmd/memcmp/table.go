package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// columns returns the headings of the table, in the order of tableRow. The last is
// there only if some units have slept.
func (c comparison) columns() []string {
	headings := []string{
		"kind", "state", "count", "resident", "virtual", "propor-\ntional", "kernel",
		"bytes\n/unit", "kernel\n/unit", "create", "switch",
	}
	if c.slept() {
		headings = append(headings, "ended")
	}
	return headings
}

// slept reports whether it is known of some units when they ended their sleep.
func (c comparison) slept() bool {
	return slices.ContainsFunc(c.Results, func(r result) bool { return r.EndedNS != nil })
}

// leftColumns is how many columns hold words; the others hold figures.
const leftColumns = 2

// writeTable writes the table for a terminal, with the picture below it. An
// error stands below its row, where it may be as long as it is.
func writeTable(w io.Writer, c comparison) error {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	columns := c.columns()
	setColumns(t, columns, len(columns))
	var errors []string
	for i, g := range c.groups() {
		if i > 0 {
			t.AppendSeparator()
		}
		for j := range g.rows {
			t.AppendRow(tableRow(g, j)[:len(columns)])
			errors = append(errors, errorOnce(g, j))
		}
	}

	var b strings.Builder
	headings := true
	for line := range strings.Lines(t.Render()) {
		line = strings.TrimRight(line, " \n")
		b.WriteString(line + "\n")
		rule := strings.HasPrefix(line, style.Box.MiddleHorizontal)
		switch {
		case rule:
			headings = false
		case !headings:
			if errors[0] != "" {
				b.WriteString("  ^ " + errors[0] + "\n")
			}
			errors = errors[1:]
		}
	}
	b.WriteString("\n")
	for _, note := range c.notes() {
		b.WriteString(note + "\n")
	}
	if drawn := picture(c); drawn != "" {
		b.WriteString("\n" + drawn)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeMarkdown writes the table as GitHub reads it. It has no room below a row,
// so errors have a column.
func writeMarkdown(w io.Writer, c comparison) error {
	t := table.NewWriter()
	var headings []string
	columns := c.columns()
	for _, name := range columns {
		headings = append(headings, strings.NewReplacer("-\n", "", "\n", "").Replace(name))
	}
	setColumns(t, append(headings, "error"), len(columns))
	for _, g := range c.groups() {
		for j, row := range g.rows {
			t.AppendRow(append(tableRow(g, j)[:len(columns)], errorText(row)))
		}
	}
	_, err := fmt.Fprintf(w, "%s\n\n%s\n", t.RenderMarkdown(), strings.Join(c.notes(), "  \n"))
	return err
}

// setColumns gives a table its headings, and aligns figures to the right: what is
// neither among the first, nor beyond the last of columns.
func setColumns(t table.Writer, headings []string, columns int) {
	row := table.Row{}
	var configs []table.ColumnConfig
	for i, heading := range headings {
		row = append(row, heading)
		if i >= leftColumns && i < columns {
			configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	t.AppendHeader(row)
	t.SetColumnConfigs(configs)
}

// tableRow is the cells of a group's row. What is the same in all rows stands
// once: the name in the first, what one more unit costs in the last.
func tableRow(g group, i int) table.Row {
	var kind, state, perUnit, kernelPerUnit string
	if i == 0 {
		kind, state = g.name(), g.state
	}
	if i == len(g.rows)-1 {
		perUnit, kernelPerUnit = perUnitBytes(g.bytesPerUnit()), perUnitBytes(g.kernelBytesPerUnit())
	}
	r := g.rows[i]
	return table.Row{
		kind, state, thousands(r.Count), size(r.RSS), size(r.VMS), size(r.PSS), size(r.Kernel),
		perUnit, kernelPerUnit, span(r.CreateNS), span(r.SwitchNS), seconds(r.EndedNS),
	}
}

// errorText is a row's error, or nothing.
func errorText(r result) string {
	if r.Error == nil {
		return ""
	}
	return *r.Error
}

// errorOnce is a row's error, unless the next row has the same.
func errorOnce(g group, i int) string {
	said := errorText(g.rows[i])
	if i+1 < len(g.rows) && errorText(g.rows[i+1]) == said {
		return ""
	}
	return said
}

// notes are what a reader of the table needs to know beside it.
func (c comparison) notes() []string {
	notes := []string{c.Host.String()}
	if c.Baseline != nil {
		notes = append(notes, fmt.Sprintf("%d: %s; %s", c.Baseline.Year, c.Baseline.Units, c.Baseline.Machine))
	}
	if c.capped != "" {
		notes = append(notes, c.capped)
	}
	return notes
}
