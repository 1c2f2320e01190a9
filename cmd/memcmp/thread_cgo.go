//go:build cgo && !windows

package main

// #cgo LDFLAGS: -lpthread
// #include "thread.h"
import "C"

import (
	"fmt"
	"runtime"
	"syscall"
	"time"
)

// threadsAvailable says whether this build can make plain threads.
const threadsAvailable = true

// threads makes n operating system threads with default attributes.
func threads(state string, n int, sleep time.Duration) crowd {
	spareThreads()
	// The C side pins the thread that calls it to one processor; it must not
	// serve other goroutines afterwards.
	runtime.LockOSThread()

	states := map[string]uint32{
		stateYield:    C.THREAD_YIELD,
		stateBlocked:  C.THREAD_BLOCKED,
		stateSleeping: C.THREAD_SLEEPING,
	}
	start := time.Now()
	made := C.thread_make(C.int(n), states[state], C.longlong(sleep))
	c := crowd{created: int(made.created)}
	if c.created > 0 {
		c.createNS = new(float64(made.create_ns) / float64(c.created))
	}
	if made.switch_ns >= 0 {
		c.switchNS = new(float64(made.switch_ns))
	}
	if state == stateSleeping {
		c.start = start
		c.ended = func() (time.Duration, error) { return time.Duration(C.thread_slept(made.created)), nil }
	}
	if made.refusal != 0 {
		c.err = fmt.Errorf("created %d of %d: %s", c.created, n, sentence(syscall.Errno(made.refusal)))
	}
	return c
}

// sentence is the system's own wording of an error, with the capital it has there.
func sentence(errno syscall.Errno) string {
	text := []byte(errno.Error())
	if len(text) > 0 && text[0] >= 'a' && text[0] <= 'z' {
		text[0] -= 'a' - 'A'
	}
	return string(text)
}
