package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// goroutines makes n goroutines. All share one processor, as tasklets do, so
// that a switch is a switch and not a race of processors.
func goroutines(state string, n int, sleep time.Duration) crowd {
	return goroutinesRunning(state, n, sleep, func() {})
}

// lockedGoroutines makes n goroutines that have an operating system thread each.
func lockedGoroutines(state string, n int, sleep time.Duration) crowd {
	debug.SetMaxThreads(n + 1000) // Go ends the process at 10,000 otherwise
	spareThreads()
	// Go also ends the process when the system refuses a thread, and that can't
	// be helped: so the parent hears in time how far it got.
	var locked atomic.Int64
	return goroutinesRunning(state, n, sleep, func() {
		runtime.LockOSThread()
		if sofar := locked.Add(1); sofar%createdStep == 0 {
			fmt.Println(createdWord, sofar)
		}
	})
}

// A process that may die while it makes its units says how many there are, in a
// line with this word and the number, each time there are so many more.
const (
	createdWord = "created"
	createdStep = 100
)

// goroutinesRunning makes n goroutines in a state, each of which calls begin first.
func goroutinesRunning(state string, n int, sleep time.Duration, begin func()) crowd {
	var started atomic.Int64
	messages := make(chan int)
	var slept sync.WaitGroup
	bodies := map[string]func(){
		stateYield: func() {
			for {
				runtime.Gosched()
			}
		},
		stateBlocked: func() {
			for range messages {
			}
		},
		stateSleeping: func() {
			time.Sleep(sleep)
			slept.Done()
		},
	}
	body := bodies[state]

	c := crowd{created: n, keep: messages}
	start := time.Now()
	if state == stateSleeping {
		slept.Add(n)
		c.start = start
		c.ended = func() (time.Duration, error) {
			slept.Wait()
			return time.Since(start), nil
		}
	}
	for range n {
		go func() {
			begin()
			started.Add(1)
			body()
		}()
	}
	for started.Load() < int64(n) {
		runtime.Gosched()
	}
	c.createNS = perUnit(time.Since(start), n)

	switch {
	case n == 0:
	case state == stateYield:
		c.switchNS = timeSwitches(n, func(turns int) {
			// Whoever yields goes to the end of the one queue, so between two
			// turns of this goroutine each of the others has had one.
			for range turns / n {
				runtime.Gosched()
			}
		})
	case state == stateBlocked:
		c.switchNS = timeSwitches(n, func(turns int) {
			for range turns {
				messages <- 1
			}
			// The last receivers have their messages but may not have run.
			runtime.Gosched()
			runtime.Gosched()
		})
	}
	return c
}

// switchBatch is the least number of switches between two looks at the clock.
const switchBatch = 20_000

// switchTime is how long switches are timed, about.
const switchTime = 250 * time.Millisecond

// timeSwitches returns the time of one switch among n units: it lets turn make
// so many switches at a time, a multiple of n, until enough time has passed.
func timeSwitches(n int, turn func(turns int)) *float64 {
	batch := n * max(1, switchBatch/n)
	turn(batch) // the first time round, caches are cold and stacks may grow
	turns := 0
	start := time.Now()
	for elapsed := time.Duration(0); elapsed < switchTime; elapsed = time.Since(start) {
		turn(batch)
		turns += batch
	}
	return perUnit(time.Since(start), turns)
}

// perUnit divides a duration among n; among nobody it is unknown.
func perUnit(d time.Duration, n int) *float64 {
	if n == 0 {
		return nil
	}
	return new(float64(d.Nanoseconds()) / float64(n))
}

// spareThreads makes Go start a few threads of its own and keep them idle. When
// the system later refuses further threads, Go's scheduler still has some, and
// the process can go on to say how far it got.
func spareThreads() {
	const spares = 8
	var all, done sync.WaitGroup
	all.Add(spares)
	for range spares {
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			all.Done()
			all.Wait() // together, or one thread would serve them in turn
		})
	}
	done.Wait()
}
