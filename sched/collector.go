package sched

import "runtime"

// How the garbage collector gets its turn. While it marks, every pointer that is written
// costs several times as much, and it has a quarter of the processors to mark with. If
// each of those is busy with a loop like ours, it has to wait until the runtime interrupts
// one, after 10 ms, and marking that is done in 0.1 ms goes on for 2. So a scheduler that
// has no idle processor beside it lets the collector in now and then: to make a tasklet
// and run it to its end takes 48 ns instead of 74 then, skynet on two cores 73 ms instead
// of 100.
//
// It does so by waiting for a goroutine that it starts: the collector comes before that,
// and that before all others, as who has just been started is next in Go's order. To
// yield (runtime.Gosched) would be to go behind all others, who can take 10 ms each.

// collectEvery is after how many looks outside the collector is let in: about 2,000 steps,
// or 20 µs, of which it costs half of one.
const collectEvery = 32

// A collectorTurn is what a scheduler waits for while it lets the collector in.
type collectorTurn struct {
	looks int
	over  chan struct{} // made with the scheduler, to whose bubble of package synctest it belongs
	end   func()        // nil until the first time
}

// letCollect lets the collector in, if it is time to.
func (s *Scheduler) letCollect() {
	r := &s.collector
	if r.looks++; r.looks%collectEvery != 0 || runtime.GOMAXPROCS(0) > s.busy() {
		return
	}
	if r.end == nil {
		r.end = func() { r.over <- struct{}{} }
	}
	go r.end()
	<-r.over
}

// busy returns how many schedulers, of those that s knows, have something to do.
func (s *Scheduler) busy() int {
	p := s.member.pool
	if p == nil {
		return 1
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.active - len(p.starving)
}
