package main

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
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

// Colours of what isn't data.
var (
	ink   = color.Gray{Y: 40}
	faint = color.Gray{Y: 225}
)

// The plots' size, and the resolution where they have one.
const (
	plotWidth  = 8 * vg.Inch
	plotHeight = 4.2 * vg.Inch
	plotMargin = 10
	plotDPI    = 110
)

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
	for _, n := range w.allSizes() {
		if y, ok := r.median(at(w.name, n, part, s.Name), unit); ok && y > 0 {
			line.points = append(line.points, plotter.XY{X: float64(n), Y: y})
		}
	}
	return line
}

// grows says whether there is growth to see.
func (c chart) grows() bool {
	return slices.ContainsFunc(c.lines, func(l chartLine) bool { return len(l.points) > 1 })
}

// draw draws the chart as svg or png.
func (c chart) draw(format string) ([]byte, error) {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.Title.Text = c.title
	p.Title.TextStyle.Font.Size = 14
	p.Title.TextStyle.Color = ink
	p.Title.Padding = 8
	p.X.Label.Text, p.Y.Label.Text = c.x, c.y
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font.Size = 11
		axis.Label.Padding = 4
		axis.Tick.Label.Font.Size = 10
		axis.Scale = plot.LogScale{}
		axis.Color, axis.Tick.Color = ink, ink
		axis.Padding = 4
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = faint, faint
	p.Add(grid)

	legend := plot.NewLegend()
	legend.Top, legend.Left = true, true
	legend.Padding = 3
	legend.ThumbnailWidth = 24
	legend.TextStyle.Font.Size = 11
	legend.YPosition = 0

	var xs, ys []float64
	for _, l := range c.lines {
		for _, point := range l.points {
			xs, ys = append(xs, point.X), append(ys, point.Y)
		}
		line, marks, err := plotter.NewLinePoints(l.points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = paints[l.system.Name], vg.Points(1.8)
		marks.Color, marks.Radius, marks.Shape = line.Color, vg.Points(3.5), shapes[l.system.Name]
		p.Add(line, marks)
		legend.Add(l.system.Title, line, marks)
	}
	p.X.Min, p.X.Max = widen(xs)
	p.Y.Min, p.Y.Max = widen(ys)
	p.X.Tick.Marker = sizeTicks(xs)
	p.Y.Tick.Marker = unitTicks{c.unit}
	return layOut(p, legend, format)
}

// layOut puts the legend beside the plot, where no line can run through it.
func layOut(p *plot.Plot, legend plot.Legend, format string) ([]byte, error) {
	var canvas vg.CanvasWriterTo
	if format == "png" {
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(plotWidth, plotHeight), vgimg.UseDPI(plotDPI))}
	} else {
		var err error
		if canvas, err = draw.NewFormattedCanvas(plotWidth, plotHeight, format); err != nil {
			return nil, err
		}
	}
	page := draw.New(canvas)
	page.SetColor(color.White)
	page.Fill(page.Rectangle.Path())
	page = draw.Crop(page, plotMargin, -plotMargin, plotMargin, -plotMargin)
	width := legend.Rectangle(page).Size().X
	p.Draw(draw.Crop(page, 0, -width-plotMargin, 0, 0))
	belowTitle := -p.Title.TextStyle.Font.Size - 2*p.Title.Padding
	legend.Draw(draw.Crop(page, page.Size().X-width, 0, 0, belowTitle))

	var file bytes.Buffer
	if _, err := canvas.WriteTo(&file); err != nil {
		return nil, err
	}
	// An SVG names its font, which not every machine has.
	return bytes.ReplaceAll(file.Bytes(), []byte("font-family:Liberation Sans;"),
		[]byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")), nil
}

// widen is the range of the values with some room around them, on a log scale, and
// never less than one decade: small differences are to look small.
func widen(values []float64) (low, high float64) {
	low, high = slices.Min(values), slices.Max(values)
	room := max(1.25, math.Pow(high/low, 0.04))
	low, high = low/room, high*room
	if high/low < 10 {
		middle := math.Sqrt(low * high)
		low, high = middle/math.Sqrt(10), middle*math.Sqrt(10)
	}
	return low, high
}

// sizeTicks marks the sizes that were measured.
type sizeTicks []float64

// Ticks is what plot asks of an axis. Of sizes that are too near each other for their
// numbers, the smaller has one.
func (sizes sizeTicks) Ticks(low, high float64) []plot.Tick {
	apart := math.Pow(high/low, 0.07)
	var ticks []plot.Tick
	labelled := 0.0
	for _, n := range slices.Compact(slices.Sorted(slices.Values(sizes))) {
		if n < low || n > high {
			continue
		}
		tick := plot.Tick{Value: n}
		if n >= labelled*apart {
			tick.Label = thousands(int(n))
			labelled = n
		}
		ticks = append(ticks, tick)
	}
	return ticks
}

// unitTicks marks 1, 2 and 5 of a decade with their numbers if there are few
// decades, and 1 if there are many.
type unitTicks struct{ unit string }

// Ticks is what plot asks of an axis.
func (u unitTicks) Ticks(low, high float64) []plot.Tick {
	numbered := map[int]bool{1: true}
	if high/low < 3000 {
		numbered = map[int]bool{1: true, 2: true, 5: true}
	}
	scale := []struct {
		name string
		size float64
	}{{"ns", 1}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"s", math.Inf(1)}}
	if u.unit == resident {
		scale = scale[:0]
		for power, name := range []string{"B", "KB", "MB", "GB", "TB"} {
			scale = append(scale, struct {
				name string
				size float64
			}{name, math.Pow(1024, float64(power))})
		}
	}
	var ticks []plot.Tick
	for _, s := range scale[:len(scale)-1] {
		for _, decade := range []float64{0.1, 1, 10, 100} {
			if decade == 0.1 && s.size > 1 {
				continue // the unit below has it
			}
			for digit := 1; digit < 10; digit++ {
				tick := plot.Tick{Value: float64(digit) * decade * s.size}
				if tick.Value < low || tick.Value > high {
					continue
				}
				if numbered[digit] {
					tick.Label = fmt.Sprintf("%g %s", float64(digit)*decade, s.name)
				}
				ticks = append(ticks, tick)
			}
		}
	}
	return ticks
}
