package benchmarks

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// BenchmarkCores has a pool do the same on n processors, with as many schedulers: 64
// rings of a hundred that have nothing to do with each other, and skynet with a million
// leaves. Skynet is measured twice, as its heap is so small that the collector, at its
// default, is at work half of the time: see docs/POOLS.md. The figure is for the whole.
func BenchmarkCores(b *testing.B) {
	onAllCores(b, "do=rings/pool", onProcessors(100, func(b *testing.B) { goRound(b, 64) }), 1, 2)
	onAllCores(b, "do=skynet/pool", onProcessors(100, aSkynet), 1, 2)
	onAllCores(b, "do=skynet-gogc-400/pool", onProcessors(400, aSkynet), 1, 2)
}

// onProcessors measures do with n processors, and the collector's GOGC.
func onProcessors(gogc int, do func(b *testing.B)) func(b *testing.B, n int) {
	return func(b *testing.B, n int) {
		before := runtime.GOMAXPROCS(n)
		percent := debug.SetGCPercent(gogc)
		b.Cleanup(func() {
			runtime.GOMAXPROCS(before)
			debug.SetGCPercent(percent)
		})
		b.ReportAllocs()
		for b.Loop() {
			do(b)
		}
	}
}

func aSkynet(b *testing.B) {
	n := 1_000_000
	if sum, err := skynetPool(n); err != nil || sum != n/2*(n-1) { // also where int has 32 bits
		b.Fatalf("the sum is %d: %v", sum, err)
	}
}
