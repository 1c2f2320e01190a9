//go:build !cgo || windows

package main

import (
	"errors"
	"time"
)

// threadsAvailable says whether this build can make plain threads. Without cgo
// there is no way around Go's scheduler to a thread, and a goroutine locked to
// a thread, which is more than a thread, stands in under its own name.
const threadsAvailable = false

func threads(string, int, time.Duration) crowd {
	return crowd{err: errors.New("built without cgo: no plain threads")}
}
