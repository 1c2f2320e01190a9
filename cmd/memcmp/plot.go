package main

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
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

// Colours of what isn't data.
var (
	ink   = color.Gray{Y: 40}
	faint = color.Gray{Y: 225}
	note  = color.Gray{Y: 110}
)

// The plot's size, and the resolution where it has one.
const (
	plotWidth  = 10 * vg.Inch
	plotHeight = 6 * vg.Inch
	plotMargin = 12
	plotDPI    = 144
)

// drawPlot draws memory over count, both on a log scale, a line for each kind
// and state.
func drawPlot(c comparison, format string) ([]byte, error) {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.Title.Text = "Memory of the whole process, by the number of units in it"
	p.Title.TextStyle.Font.Size = 15
	p.Title.TextStyle.Color = ink
	p.Title.Padding = 12
	p.X.Label.Text = "units (number)"
	p.Y.Label.Text = "memory (resident + kernel)"
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font.Size = 12
		axis.Label.Padding = 6
		axis.Tick.Label.Font.Size = 11
		axis.Scale = plot.LogScale{}
		axis.Color, axis.Tick.Color = ink, ink
		axis.Padding = 4
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = faint, faint
	p.Add(grid)

	legend := plot.NewLegend()
	legend.Top, legend.Left = true, true
	legend.Padding = 4
	legend.ThumbnailWidth = 26
	legend.TextStyle.Font.Size = 11
	legend.YPosition = 0

	var counts, sizes []float64
	paint := palette{}
	for _, g := range c.groups() {
		points := plotPoints(g)
		if len(points) == 0 {
			continue
		}
		for _, point := range points {
			counts, sizes = append(counts, point.X), append(sizes, point.Y)
		}
		line, marks, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = paint.of(g.kind), vg.Points(2)
		marks.Color, marks.Radius, marks.Shape = line.Color, vg.Points(3.5), stateShapes[g.state]
		if g.year != 0 {
			line.Dashes = []vg.Length{vg.Points(5), vg.Points(4)}
			line.Width, marks.Radius = vg.Points(1.5), vg.Points(2.5)
		}
		p.Add(line, marks)
		legend.Add(legendText(g), line, marks)
	}
	if len(counts) == 0 {
		return nil, errors.New("nothing was measured")
	}
	p.X.Min, p.X.Max = widen(counts)
	p.Y.Min, p.Y.Max = widen(sizes)
	p.X.Tick.Marker = countTicks(counts)
	p.Y.Tick.Marker = sizeTicks{}
	return layOut(p, legend, c.Host.String(), format)
}

// layOut puts the legend beside the plot, where no line can run through it, and
// the machine below.
func layOut(p *plot.Plot, legend plot.Legend, machine, format string) ([]byte, error) {
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

	small := p.X.Tick.Label
	small.Font.Size, small.Color = 9, note
	small.XAlign, small.YAlign = text.XLeft, text.YBottom
	page.FillText(small, page.Min, machine)

	page = draw.Crop(page, 0, 0, 20, 0)
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

// widen is the range of the values with some room around them, on a log scale.
func widen(values []float64) (low, high float64) {
	low, high = slices.Min(values), slices.Max(values)
	room := math.Max(1.25, math.Pow(high/low, 0.04))
	return low / room, high * room
}

// countTicks marks the counts that were measured.
type countTicks []float64

// Ticks is what plot asks of an axis. Of counts that are too near each other
// for their numbers, the smaller has one.
func (counts countTicks) Ticks(low, high float64) []plot.Tick {
	apart := math.Pow(high/low, 0.07)
	var ticks []plot.Tick
	labelled := 0.0
	for _, n := range slices.Compact(slices.Sorted(slices.Values(counts))) {
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

// sizeTicks marks sizes of 1, 2 and 5 units of a decade with their numbers, if
// there are few decades, and of 1 if there are many.
type sizeTicks struct{}

// Ticks is what plot asks of an axis.
func (sizeTicks) Ticks(low, high float64) []plot.Tick {
	numbered := map[float64]bool{1: true}
	if high/low < 5000 {
		numbered = map[float64]bool{1: true, 2: true, 5: true}
	}
	var ticks []plot.Tick
	for power, name := range []string{"KB", "MB", "GB", "TB"} {
		for _, decade := range []float64{1, 10, 100} {
			for digit := 1.0; digit < 10; digit++ {
				tick := plot.Tick{Value: digit * decade * math.Pow(1024, float64(power+1))}
				if tick.Value < low || tick.Value > high {
					continue
				}
				if numbered[digit] {
					tick.Label = fmt.Sprintf("%g %s", digit*decade, name)
				}
				ticks = append(ticks, tick)
			}
		}
	}
	return ticks
}
