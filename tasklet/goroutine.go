package tasklet

import (
	"bytes"
	"runtime"
	"strconv"
)

// What follows is for a scheduler that shows people the stack of a step.

// CurrentGoroutine returns the number by which Go's stack traces name the goroutine
// that calls it. It takes about a microsecond.
func CurrentGoroutine() uint64 {
	var buf [64]byte
	line := buf[:runtime.Stack(buf[:], false)]
	line = bytes.TrimPrefix(line, []byte("goroutine "))
	if i := bytes.IndexByte(line, ' '); i > 0 {
		line = line[:i]
	}
	n, _ := strconv.ParseUint(string(line), 10, 64)
	return n
}

// NoteGoroutines has plain functions that begin from now on note the number of
// their goroutine, for GoroutineOf.
func (h *Home) NoteGoroutines() { h.goroutines = true }

// GoroutineOf returns the number of the goroutine that f has, if f is the frame of
// a plain function which has begun and noted it; otherwise 0, for f runs on the
// goroutine that drives its scheduler. It may be called from any goroutine.
func GoroutineOf(f Frame) uint64 {
	if f, ok := f.(*function); ok {
		return f.goroutine.Load()
	}
	return 0
}
