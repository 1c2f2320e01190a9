package main

import (
	"image/color"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/stackless-go/stackless/internal/logplot"
)

// kindColors tell the kinds apart, also for the colour-blind (Okabe and Ito).
var kindColors = map[string]color.Color{
	kindThread:    color.RGBA{R: 213, G: 94, A: 255},
	kindLocked:    color.RGBA{R: 204, G: 121, B: 167, A: 255},
	kindGoroutine: color.RGBA{G: 114, B: 178, A: 255},
	kindTasklet:   color.RGBA{G: 158, B: 115, A: 255},
	kindFunction:  color.RGBA{R: 230, G: 159, A: 255},
}

// programColors are for the programs of --exec, in turn.
var programColors = []color.Color{
	color.RGBA{R: 86, G: 180, B: 233, A: 255},
	color.RGBA{R: 90, G: 60, B: 130, A: 255},
	color.RGBA{R: 130, G: 100, B: 60, A: 255},
	color.RGBA{R: 70, G: 70, B: 70, A: 255},
	color.RGBA{R: 190, G: 60, B: 90, A: 255},
}

// stateShapes tell the states apart.
var stateShapes = map[string]draw.GlyphDrawer{
	stateYield:    draw.CircleGlyph{},
	stateBlocked:  draw.BoxGlyph{},
	stateSleeping: draw.PyramidGlyph{},
	stateExec:     draw.SquareGlyph{},
}

// drawPlot draws memory over count, both on a log scale, a line for each kind
// and state.
func drawPlot(c comparison, format string) ([]byte, error) {
	chart := logplot.Chart{
		Title: "Memory of the whole process, by the number of units in it",
		X:     "units (number)",
		Y:     "memory (resident + kernel)",
		Note:  c.Host.String(),
		Unit:  logplot.Bytes,
		Count: thousands,
		Width: 10 * vg.Inch, Height: 6 * vg.Inch,
	}
	paint := palette{}
	for _, g := range c.groups() {
		if points := plotPoints(g); len(points) > 0 {
			chart.Lines = append(chart.Lines, logplot.Line{
				Name: legendText(g), Points: points, Color: paint.of(g.kind), Shape: stateShapes[g.state], Faded: g.year != 0,
			})
		}
	}
	return chart.Draw(format)
}

// legendText names a line. The kernel's memory of other times isn't known.
func legendText(g group) string {
	if g.year == 0 {
		return barLabel(g)
	}
	return barLabel(g) + ", resident"
}

// palette gives each kind its colour.
type palette map[string]color.Color

func (p palette) of(kind string) color.Color {
	if paint, ok := kindColors[kind]; ok {
		return paint
	}
	if p[kind] == nil {
		p[kind] = programColors[len(p)%len(programColors)]
	}
	return p[kind]
}

// plotPoints are a group's points: the units there were, and the memory.
func plotPoints(g group) plotter.XYs {
	var points plotter.XYs
	for _, r := range g.rows {
		if r.RSS == nil || r.Created == nil || *r.Created < 1 {
			continue
		}
		total := *r.RSS
		if r.Kernel != nil {
			total += *r.Kernel
		}
		points = append(points, plotter.XY{X: float64(*r.Created), Y: float64(total)})
	}
	return points
}
