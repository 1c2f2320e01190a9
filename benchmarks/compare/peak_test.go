package main

import (
	"os"
	"runtime"
	"testing"
	"time"
)

// TestPeak: of a process smaller than this one, the peak is its own and not ours.
func TestPeak(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere the kernel tells it")
	}
	held := make([]byte, 64<<20)
	for i := range held {
		held[i] = 1
	}
	result, err := command{words: []string{"sh", "-c", "sleep 0.1"}, limit: time.Minute}.run(t.Context())
	if err != nil || result.peak < 100<<10 || result.peak > 16<<20 {
		t.Errorf("a shell had %d B: %v", result.peak, err)
	}
	runtime.KeepAlive(held)
	if own := residentMost("self"); own < 64<<20 {
		t.Errorf("we had %d B", own)
	}
	if none := residentMost("none"); none != 0 {
		t.Error(none)
	}
}

// TestPeakOfTheBig: what the kernel tells of a bigger one is believed.
func TestPeakOfTheBig(t *testing.T) {
	w := watchPeak(os.Getpid())
	big := 2 * max(w.own, 1<<20)
	if got := w.end(big); got != big {
		t.Errorf("%d, want %d", got, big)
	}
}
