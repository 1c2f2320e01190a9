package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// What a process has had resident at the most, the kernel tells when it has ended; but
// Linux never tells less than what this command had resident itself when it started the
// process. Smaller ones are looked at while they run, as long as their memory is there.

// glimpse is how often that is. The figure is the kernel's, of all the time until then:
// only what comes after the last look is missed.
const glimpse = 10 * time.Millisecond

// peakWatch looks at one process.
type peakWatch struct {
	own        int64 // of this command, at the start
	seen       int64
	over, done chan struct{}
}

// watchPeak begins to look at a process.
func watchPeak(pid int) *peakWatch {
	w := &peakWatch{own: residentMost("self"), over: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		tick := time.NewTicker(glimpse)
		defer tick.Stop()
		for {
			w.seen = max(w.seen, residentMost(strconv.Itoa(pid)))
			select {
			case <-w.over:
				return
			case <-tick.C:
			}
		}
	}()
	return w
}

// end is called when the process has ended, with what the kernel tells then. It returns
// the peak, 0 if that is not known.
func (w *peakWatch) end(told int64) int64 {
	close(w.over)
	<-w.done
	if told > w.own+w.own/4 { // our own is counted roughly
		return told
	}
	return w.seen
}

// residentMost is what a process that runs has had resident at the most, or 0 where
// that can't be read.
func residentMost(process string) int64 {
	text, err := os.ReadFile("/proc/" + process + "/status")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		var kilobytes int64
		if n, _ := fmt.Sscanf(string(line), "VmHWM: %d kB", &kilobytes); n == 1 {
			return kilobytes << 10
		}
	}
	return 0
}
