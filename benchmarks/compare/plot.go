package main

import (
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/stackless-go/stackless/internal/logplot"
)

// paints tell the systems apart, also for the colour-blind (after Okabe and Ito).
var paints = map[string]color.Color{
	tasklets:    color.RGBA{G: 158, B: 115, A: 255},
	pool:        color.RGBA{G: 100, B: 70, A: 255},
	functions:   color.RGBA{R: 230, G: 159, A: 255},
	goroutines:  color.RGBA{G: 114, B: 178, A: 255},
	"erlang":    color.RGBA{R: 213, G: 94, A: 255},
	"lua":       color.RGBA{R: 86, G: 180, B: 233, A: 255},
	"greenlet":  color.RGBA{R: 130, G: 100, B: 60, A: 255},
	"tokio":     color.RGBA{R: 70, G: 70, B: 70, A: 255},
	"stackless": color.RGBA{R: 204, G: 121, B: 167, A: 255},
	gob:         color.RGBA{R: 90, G: 60, B: 130, A: 255},
	msgpack:     color.RGBA{R: 190, G: 60, B: 90, A: 255},
}

// shapes tell them apart in black and white.
var shapes = map[string]draw.GlyphDrawer{
	tasklets: draw.CircleGlyph{}, pool: draw.CircleGlyph{}, functions: draw.RingGlyph{}, goroutines: draw.BoxGlyph{},
	"erlang": draw.PyramidGlyph{}, "lua": draw.TriangleGlyph{}, "greenlet": draw.CrossGlyph{}, "tokio": draw.SquareGlyph{},
	"stackless": draw.PlusGlyph{}, gob: draw.SquareGlyph{}, msgpack: draw.TriangleGlyph{},
}

// chart is what a plot shows: a line for each system, both axes on a log scale.
type chart struct {
	file  string // without the ending
	title string
	x, y  string
	unit  string // of y
	lines []chartLine
}

type chartLine struct {
	system presence
	points plotter.XYs
	after  []bool // of each point, whether sizes between it and the last were left out
}

// charts are the plots of a record: the growth of each workload that has more than one
// size, and the memory of each state.
func charts(r *record) []chart {
	var all []chart
	for i := range workloads {
		w := &workloads[i]
		if !w.grows() {
			continue
		}
		for _, part := range w.eachPart() {
			c := chart{file: strings.ToLower(w.name), title: w.title, x: "n", y: "time of " + w.op, unit: w.unit}
			switch {
			case w.name == memoryName:
				c.title, c.y, c.unit = "Memory of the whole process, units "+stateWords[part], "resident", resident
			case w.unit == markNS:
				c.y = "processor time of marking"
			case w.whole():
				c.y = "time for each of the n"
			}
			if part != "" {
				c.file += "-" + part
				if w.name != memoryName {
					c.title += ", " + part
				}
			}
			for _, s := range r.Systems {
				if line := r.line(w, part, s, c.unit); len(line.points) > 0 {
					c.lines = append(c.lines, line)
				}
			}
			if c.grows() {
				all = append(all, c)
			}
		}
	}
	return all
}

// stateWords are the states for people.
var stateWords = map[string]string{ready: "ready", blocked: "blocked in a receive", sleeping: "asleep"}

func (r *record) line(w *workload, part string, s presence, unit string) chartLine {
	line := chartLine{system: s}
	left := false
	for _, n := range w.allSizes() {
		y, ok := r.median(at(w.name, n, part, s.Name), unit)
		if !ok || y <= 0 {
			left = true
			continue
		}
		if w.whole() {
			y /= float64(n)
		}
		line.points, line.after = append(line.points, plotter.XY{X: float64(n), Y: y}), append(line.after, left)
		left = false
	}
	return line
}

// grows says whether there is growth to see.
func (c chart) grows() bool {
	return slices.ContainsFunc(c.lines, func(l chartLine) bool { return len(l.points) > 1 })
}

// draw draws the chart as svg or png.
func (c chart) draw(format string) ([]byte, error) {
	p := logplot.Chart{
		Title: c.title, X: c.x, Y: c.y, Unit: logplot.Nanoseconds, Count: thousands,
		Width: 8 * vg.Inch, Height: 4.2 * vg.Inch,
	}
	if c.unit == resident {
		p.Unit = logplot.Bytes
	}
	for _, l := range c.lines {
		p.Lines = append(p.Lines, logplot.Line{
			Name: l.system.Title, Points: l.points, After: l.after, Color: paints[l.system.Name], Shape: shapes[l.system.Name],
		})
	}
	return p.Draw(format)
}
