package logplot

import (
	"bytes"
	"errors"
	"image/color"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

func TestTicks(t *testing.T) {
	counts := countTicks{[]float64{2, 200, 2000, 2100, 200, 9000}, strconv.Itoa}
	for _, c := range []struct {
		of        plot.Ticker
		low, high float64
		want      []string
	}{
		{Nanoseconds, 4, 250, []string{"5 ns", "10 ns", "20 ns", "50 ns", "100 ns", "200 ns"}},
		{Nanoseconds, 500, 2e9, []string{"1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s"}},
		{Nanoseconds, 0.15, 3, []string{"0.2 ns", "0.5 ns", "1 ns", "2 ns"}},
		{Bytes, 9 << 20, 100 << 20, []string{"10 MB", "20 MB", "50 MB", "100 MB"}},
		{Bytes, 3 << 20, 30 << 20, []string{"5 MB", "10 MB", "20 MB"}},
		{counts, 1, 3000, []string{"2", "200", "2000"}}, // 2100 is marked, and has no room
	} {
		var labels []string
		for _, tick := range c.of.Ticks(c.low, c.high) {
			if tick.Label != "" {
				labels = append(labels, tick.Label)
			}
		}
		if !slices.Equal(labels, c.want) {
			t.Errorf("%g to %g is labelled %q", c.low, c.high, labels)
		}
	}
	if ticks := counts.Ticks(1, 3000); len(ticks) != 4 {
		t.Errorf("%d counts are marked", len(ticks))
	}
}

func TestWiden(t *testing.T) {
	if low, high := widen([]float64{5.6, 5.9}); high/low < 9.99 || low > 5.6 || high < 5.9 {
		t.Errorf("%v to %v makes a little look like a lot", low, high)
	}
	if low, high := widen([]float64{1, 1000}); low >= 1 || high <= 1000 {
		t.Errorf("%v to %v has no room", low, high)
	}
}

// TestDraw: each format begins as it has to, and a chart that shows nothing is none.
func TestDraw(t *testing.T) {
	c := Chart{Title: "growth", X: "n", Y: "time", Note: "a machine", Unit: Nanoseconds,
		Width: 4 * vg.Inch, Height: 3 * vg.Inch, Count: strconv.Itoa}
	for _, points := range []plotter.XYs{nil, {}} {
		c.Lines = []Line{{Name: "nobody", Points: points}}
		if _, err := c.Draw("svg"); !errors.Is(err, ErrNothing) {
			t.Errorf("of no points: %v", err)
		}
	}
	c.Lines = append(c.Lines, Line{Name: "somebody", Points: plotter.XYs{{X: 1, Y: 5}, {X: 10, Y: 60}},
		Color: color.Black, Shape: draw.CircleGlyph{}, Faded: true})
	svg, err := c.Draw("svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<svg", "growth", "a machine", "somebody", "Liberation Sans,Arial"} {
		if !bytes.Contains(svg, []byte(want)) {
			t.Errorf("there is no %q", want)
		}
	}
	if bytes.Contains(svg, []byte("nobody")) {
		t.Error("a line without points is in the legend")
	}
	if png, err := c.Draw("png"); err != nil || !bytes.HasPrefix(png, []byte("\x89PNG")) {
		t.Error("png:", err)
	}
	if _, err := c.Draw("doc"); err == nil {
		t.Error("a doc was drawn")
	}
}

// TestAfter: only the stretch of a line over what was left out is dotted.
func TestAfter(t *testing.T) {
	c := Chart{Unit: Nanoseconds, Width: 4 * vg.Inch, Height: 3 * vg.Inch, Count: strconv.Itoa}
	dotted := func(after ...bool) int {
		c.Lines = []Line{{Points: plotter.XYs{{X: 1, Y: 5}, {X: 10, Y: 60}, {X: 1000, Y: 70}}, After: after,
			Color: color.Black, Shape: draw.CircleGlyph{}}}
		svg, err := c.Draw("svg")
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Count(svg, []byte("stroke-dasharray"))
	}
	if none, one := dotted(), dotted(false, false, true); none != 0 || one != 1 {
		t.Errorf("%d and %d stretches are dotted", none, one)
	}
}
