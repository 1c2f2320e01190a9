package logplot

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
)

// A Unit is what an axis is in, and marks 1, 2 and 5 of a decade with their numbers if
// there are few decades, and 1 if there are many.
type Unit []step

// A step is a larger word for so many of the unit.
type step struct {
	name string
	size float64
}

// The units that there are.
var (
	Nanoseconds = Unit{{"ns", 1}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}}
	Bytes       = Unit{{"B", 1}, {"KB", 1 << 10}, {"MB", 1 << 20}, {"GB", 1 << 30}, {"TB", 1 << 40}}
)

// Ticks is what plot asks of an axis.
func (u Unit) Ticks(low, high float64) []plot.Tick {
	numbered := map[int]bool{1: true}
	if high/low < 3000 {
		numbered = map[int]bool{1: true, 2: true, 5: true}
	}
	var ticks []plot.Tick
	for i, s := range u {
		decades := []float64{1, 10, 100}
		if i == 0 {
			decades = []float64{0.1, 1, 10, 100} // of the others, the one below has it
		}
		for _, decade := range decades {
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

// countTicks marks the counts that were measured.
type countTicks struct {
	counts []float64
	write  func(n int) string
}

// Ticks is what plot asks of an axis. Of counts that are too near each other for their
// numbers, the smaller has one.
func (c countTicks) Ticks(low, high float64) []plot.Tick {
	apart := math.Pow(high/low, 0.07)
	var ticks []plot.Tick
	labelled := 0.0
	for _, n := range slices.Compact(slices.Sorted(slices.Values(c.counts))) {
		if n < low || n > high {
			continue
		}
		tick := plot.Tick{Value: n}
		if n >= labelled*apart {
			tick.Label = c.write(int(n))
			labelled = n
		}
		ticks = append(ticks, tick)
	}
	return ticks
}
