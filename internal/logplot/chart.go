// Package logplot draws what grows: lines over two axes, both on a log scale, with a
// legend beside them. It is what the plots of memcmp and of the benchmark suite have in
// common.
package logplot

import (
	"bytes"
	"errors"
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

// Colours of what isn't data.
var (
	ink   = color.Gray{Y: 40}
	faint = color.Gray{Y: 225}
	small = color.Gray{Y: 110}
)

const (
	margin = 12
	dpi    = 144 // where the format has a resolution
)

// ErrNothing: the chart has no point.
var ErrNothing = errors.New("nothing was measured")

// A Chart is a plot to be drawn.
type Chart struct {
	Title         string
	X, Y          string // what the axes show
	Note          string // in small print below; may be empty
	Unit          Unit   // of y
	Width, Height vg.Length
	Lines         []Line

	// Count writes a number of x.
	Count func(n int) string
}

// A Line is a line of a chart. Its points are above 0, on both axes.
type Line struct {
	Name   string
	Points plotter.XYs
	After  []bool // of each point, whether something between it and the last was left out; nil is not
	Color  color.Color
	Shape  draw.GlyphDrawer // marks the points
	Faded  bool             // it is thin and dashed: from elsewhere, say
}

// Draw draws the chart in a format: svg, png, or another that gonum/plot knows. A line
// without points is left out.
func (c Chart) Draw(format string) ([]byte, error) {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.Title.Text = c.Title
	p.Title.TextStyle.Font.Size = 14
	p.Title.TextStyle.Color = ink
	p.Title.Padding = 10
	p.X.Label.Text, p.Y.Label.Text = c.X, c.Y
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font.Size = 11
		axis.Label.Padding = 5
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
	legend.Padding = 4
	legend.ThumbnailWidth = 26
	legend.TextStyle.Font.Size = 11
	legend.YPosition = 0

	var xs, ys []float64
	for _, l := range c.Lines {
		if len(l.Points) == 0 {
			continue
		}
		for _, point := range l.Points {
			xs, ys = append(xs, point.X), append(ys, point.Y)
		}
		line, marks, err := plotter.NewLinePoints(l.Points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = l.Color, vg.Points(2)
		marks.Color, marks.Radius, marks.Shape = l.Color, vg.Points(3.5), l.Shape
		if l.Faded {
			line.Dashes = []vg.Length{vg.Points(5), vg.Points(4)}
			line.Width, marks.Radius = vg.Points(1.5), vg.Points(2.5)
		}
		for i := 1; i < len(l.Points); i++ {
			stretch := &plotter.Line{XYs: l.Points[i-1 : i+1], LineStyle: line.LineStyle}
			if i < len(l.After) && l.After[i] {
				stretch.Width, stretch.Dashes = vg.Points(1), []vg.Length{vg.Points(2), vg.Points(3)}
			}
			p.Add(stretch)
		}
		p.Add(marks)
		legend.Add(l.Name, line, marks)
	}
	if len(xs) == 0 {
		return nil, ErrNothing
	}
	p.X.Min, p.X.Max = widen(xs)
	p.Y.Min, p.Y.Max = widen(ys)
	p.X.Tick.Marker = countTicks{xs, c.Count}
	p.Y.Tick.Marker = c.Unit
	return c.layOut(p, legend, format)
}

// layOut puts the legend beside the plot, where no line can run through it, and the note
// below.
func (c Chart) layOut(p *plot.Plot, legend plot.Legend, format string) ([]byte, error) {
	var canvas vg.CanvasWriterTo
	if format == "png" {
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(c.Width, c.Height), vgimg.UseDPI(dpi))}
	} else {
		var err error
		if canvas, err = draw.NewFormattedCanvas(c.Width, c.Height, format); err != nil {
			return nil, err
		}
	}
	page := draw.New(canvas)
	page.SetColor(color.White)
	page.Fill(page.Rectangle.Path())
	page = draw.Crop(page, margin, -margin, margin, -margin)
	if c.Note != "" {
		style := p.X.Tick.Label
		style.Font.Size, style.Color = 9, small
		style.XAlign, style.YAlign = text.XLeft, text.YBottom
		page.FillText(style, page.Min, c.Note)
		page = draw.Crop(page, 0, 0, 20, 0)
	}
	width := legend.Rectangle(page).Size().X
	p.Draw(draw.Crop(page, 0, -width-margin, 0, 0))
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

// widen is the range of the values with some room around them, on a log scale, and never
// less than a decade: small differences are to look small.
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
