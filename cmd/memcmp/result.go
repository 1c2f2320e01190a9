package main

import (
	"cmp"
	"math"
	"slices"
)

// result is one row of figures: a kind in a state, so many times. A nil figure
// is unknown.
type result struct {
	Kind    string `json:"kind"`
	State   string `json:"state"`
	Count   int    `json:"count"`   // units asked for
	Created *int   `json:"created"` // units there were when the process was read

	// The whole process, or for a program of --exec the sum over it and its
	// descendants.
	RSS    *int64 `json:"rss_bytes"`    // resident
	VMS    *int64 `json:"vms_bytes"`    // virtual
	PSS    *int64 `json:"pss_bytes"`    // resident, what is shared divided among those who share
	Kernel *int64 `json:"kernel_bytes"` // page tables and kernel stacks

	// The same kind of process without a unit in it.
	RSSEmpty    *int64 `json:"rss_empty_bytes"`
	KernelEmpty *int64 `json:"kernel_empty_bytes"`

	// What one more unit costs: the same in each row of a series.
	BytesPerUnit       *float64 `json:"bytes_per_unit"`
	KernelBytesPerUnit *float64 `json:"kernel_bytes_per_unit"`

	CreateNS *float64 `json:"create_ns"`
	SwitchNS *float64 `json:"switch_ns"`
	EndedNS  *float64 `json:"ended_ns"` // of those that sleep: from making the first until all have ended
	Error    *string  `json:"error"`

	// skipped is true when nothing was tried, because what would run it is absent.
	skipped bool
}

// sample is one measurement of one process.
type sample struct {
	ready  readyLine
	memory memory
}

// summarize makes a row's figures the medians of its samples.
func (r *result) summarize(samples []sample) {
	r.Created = median(collect(samples, func(s sample) *int { return s.ready.Created }))
	r.RSS = median(collect(samples, func(s sample) *int64 { return &s.memory.rss }))
	r.VMS = median(collect(samples, func(s sample) *int64 { return &s.memory.vms }))
	r.PSS = median(collect(samples, func(s sample) *int64 { return s.memory.pss }))
	r.Kernel = median(collect(samples, func(s sample) *int64 { return s.memory.kernel }))
	r.CreateNS = rounded(median(collect(samples, func(s sample) *float64 { return s.ready.CreateNS })))
	r.SwitchNS = rounded(median(collect(samples, func(s sample) *float64 { return s.ready.SwitchNS })))
	r.EndedNS = rounded(median(collect(samples, func(s sample) *float64 { return s.ready.EndedNS })))
	for _, s := range samples {
		if r.Error == nil {
			r.Error = s.ready.Error
		}
	}
}

// collect returns the figures that are known.
func collect[T any](samples []sample, figure func(sample) *T) []T {
	var known []T
	for _, s := range samples {
		if f := figure(s); f != nil {
			known = append(known, *f)
		}
	}
	return known
}

// median is the middle value, or the mean of the two in the middle; of nothing
// it is unknown.
func median[T int | int64 | float64](values []T) *T {
	if len(values) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return &sorted[middle]
	}
	low, high := sorted[middle-1], sorted[middle]
	return new(low + (high-low)/2)
}

// rounded keeps two decimals: more would only pretend.
func rounded(f *float64) *float64 {
	if f == nil {
		return nil
	}
	return new(math.Round(*f*100) / 100)
}

// point is a process's memory at a number of units.
type point struct {
	count int
	bytes int64
}

// noiseFloor is what the resident size of two processes that do the same can
// differ by. Growth below it says nothing about the units.
const noiseFloor = 192 << 10

// slope is the least squares slope of the line through the origin that fits the
// points best: what one more unit costs. It is unknown when the growth doesn't
// rise above the floor.
func slope(origin point, points []point, floor int64) *float64 {
	var products, squares float64
	var growth int64
	for _, p := range points {
		n, bytes := float64(p.count-origin.count), p.bytes-origin.bytes
		products += n * float64(bytes)
		squares += n * n
		growth = max(growth, bytes)
	}
	if squares == 0 || products <= 0 || growth < floor {
		return nil
	}
	return rounded(new(products / squares))
}

// setSlopes fills in what one more unit costs in all rows of one series. empty
// is the row of the process without units; its figures may be unknown (not every
// program can make none), then the row with the fewest units takes its place.
func setSlopes(rows []result, empty result) {
	perUnit := slopeOf(rows, empty, func(r result) *int64 { return r.RSS }, noiseFloor)
	// The kernel counts its memory exactly, in pages. But where the units' own
	// memory is lost in noise, a figure for their page tables would be noise too.
	var perUnitKernel *float64
	if perUnit != nil {
		perUnitKernel = slopeOf(rows, empty, func(r result) *int64 { return r.Kernel }, 1)
	}
	for i := range rows {
		rows[i].RSSEmpty, rows[i].KernelEmpty = empty.RSS, empty.Kernel
		rows[i].BytesPerUnit, rows[i].KernelBytesPerUnit = perUnit, perUnitKernel
	}
}

// slopeOf is the slope of one figure over the rows of a series.
func slopeOf(rows []result, empty result, figure func(result) *int64, floor int64) *float64 {
	var points []point
	for _, r := range rows {
		if f := figure(r); f != nil && r.Created != nil {
			points = append(points, point{*r.Created, *f})
		}
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.count, b.count) })
	switch f := figure(empty); {
	case f != nil:
		return slope(point{0, *f}, points, floor)
	case len(points) > 0:
		return slope(points[0], points[1:], floor)
	default:
		return nil
	}
}
