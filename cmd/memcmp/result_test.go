package main

import (
	"math"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []int64
		want   int64
	}{
		{[]int64{7}, 7},
		{[]int64{9, 1, 5}, 5},
		{[]int64{8, 2, 4, 6}, 5},
		{[]int64{math.MaxInt64, math.MaxInt64 - 2}, math.MaxInt64 - 1},
	} {
		if got := median(test.values); got == nil || *got != test.want {
			t.Errorf("median of %v is %v, want %d", test.values, got, test.want)
		}
	}
	if got := median([]float64{}); got != nil {
		t.Errorf("median of nothing is %v", *got)
	}
}

func TestSlope(t *testing.T) {
	const mb = 1 << 20
	for _, test := range []struct {
		name   string
		origin point
		points []point
		want   float64 // 0 for unknown
	}{
		{"a line", point{0, 5 * mb}, []point{{1000, 6 * mb}, {3000, 8 * mb}}, 1048.58},
		{"the many count for more", point{0, 0}, []point{{10, mb}, {100_000, 10_000_000}}, 100.001},
		{"an origin elsewhere", point{2, 3 * mb}, []point{{1002, 4 * mb}}, 1048.58},
		{"growth that may be noise", point{0, 5 * mb}, []point{{2, 5*mb + 100_000}}, 0},
		{"a process that shrank", point{0, 5 * mb}, []point{{2000, 4 * mb}}, 0},
		{"no points", point{0, 5 * mb}, nil, 0},
		{"no distance", point{2, mb}, []point{{2, 3 * mb}}, 0},
	} {
		got := slope(test.origin, test.points, noiseFloor)
		switch {
		case test.want == 0 && got != nil:
			t.Errorf("%s: slope %v, want it unknown", test.name, *got)
		case test.want != 0 && (got == nil || math.Abs(*got-test.want) > 0.02):
			t.Errorf("%s: slope %v, want %v", test.name, got, test.want)
		}
	}
}

func TestSlopesOfASeries(t *testing.T) {
	row := func(created int, rss int64, kernel *int64) result {
		return result{Created: &created, RSS: &rss, Kernel: kernel}
	}
	failed := result{Error: new("ended")}

	rows := []result{row(1000, 3_000_000, new(int64(20_000))), row(2000, 4_000_000, new(int64(30_000))), failed}
	setSlopes(rows, result{RSS: new(int64(2_000_000)), Kernel: new(int64(10_000))})
	for _, r := range rows {
		if *r.BytesPerUnit != 1000 || *r.KernelBytesPerUnit != 10 || *r.RSSEmpty != 2_000_000 {
			t.Errorf("%v and %v bytes per unit, want 1,000 and 10", *r.BytesPerUnit, *r.KernelBytesPerUnit)
		}
	}

	rows = []result{row(1000, 3_000_000, nil), row(2000, 4_000_000, nil)}
	setSlopes(rows, failed) // it can't be empty
	if *rows[0].BytesPerUnit != 1000 || rows[0].KernelBytesPerUnit != nil || rows[0].RSSEmpty != nil {
		t.Errorf("from the smallest count: %+v", rows[0])
	}

	rows = []result{row(2, 2_000_100, new(int64(50_000)))}
	setSlopes(rows, result{RSS: new(int64(2_000_000)), Kernel: new(int64(10_000))})
	if rows[0].BytesPerUnit != nil || rows[0].KernelBytesPerUnit != nil {
		t.Errorf("two units can't be told from noise: %+v", rows[0])
	}
}

func TestUnknownPartsMakeAnUnknownSum(t *testing.T) {
	known := memory{rss: 1, vms: 2, pss: new(int64(3)), kernel: new(int64(4))}
	got := known.add(memory{rss: 10, vms: 20, pss: new(int64(30))})
	if got.rss != 11 || got.vms != 22 || *got.pss != 33 || got.kernel != nil {
		t.Errorf("%+v", got)
	}
}

func TestStackSize(t *testing.T) {
	for _, test := range []struct{ all, threads, want int64 }{
		{1272 << 10, 79, 16 << 10},
		{670_000, 81, 8 << 10},
		{532_000 << 10, 32_500, 16 << 10},
		{1 << 30, 10, 0}, // no kernel has such stacks
		{100, 79, 0},
	} {
		got := stackSize(test.all, test.threads)
		if (got == nil) != (test.want == 0) || got != nil && *got != test.want {
			t.Errorf("stacks of %d bytes for %d threads: %v, want %d", test.all, test.threads, got, test.want)
		}
	}
}

func TestKeptOutput(t *testing.T) {
	var output firstAndLast
	output.Write([]byte("\n first \nsecond\n"))
	for range 10_000 {
		output.Write([]byte("more\n"))
	}
	output.Write([]byte("the last \n\n"))
	if first, last := output.firstLine(), output.lastLine(); first != "first" || last != "the last" {
		t.Errorf("first %q, last %q", first, last)
	}
	if kept := len(output.first) + len(output.last); kept > 2*keptOutput {
		t.Errorf("keeps %d bytes", kept)
	}
}
