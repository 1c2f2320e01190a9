package sched

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stackless-go/stackless/tasklet"
)

// A Pool is schedulers in one process that know each other, each on a goroutine of its
// own: so the program uses all cores. A tasklet of one may use the channels of another,
// join its tasklets and, by their Refs, kill, throw at and insert them. A scheduler
// whose main is in a run and which has nothing to do takes over tasklets that roam from
// one that has: see [tasklet.Home.Roam].
//
// Those schedulers that NewPool makes are driven by [Pool.Run]. Others, made by
// [Pool.New], are driven by whoever calls their Run, as one that is alone.
//
// A scheduler with nothing to do waits while another might still send it something.
// When all wait, and no timer, goroutine outside or message is left that could change
// that, their runs return; if instead their mains are blocked, the one that was the
// last to wait is told of the deadlock.
//
// The order of events within one scheduler is a function of what it is told and when;
// what several do at the same time has no order.
type Pool struct {
	workers []*Scheduler
	made    atomic.Uint64 // tasklets, by Go
	runs    atomic.Uint64 // runs that have begun or ended: odd while Run runs

	hungry atomic.Int32 // how many are starving

	mu       sync.Mutex
	running  bool                // Run runs
	holds    int                 // of Hold
	starving []*Scheduler        // those with nothing to do, whom nobody is about to feed
	numbers  int                 // of the last scheduler; 1 is the pool itself
	members  map[*Scheduler]bool // whether somebody drives it, or is going to
	active   int                 // members that somebody drives
	idle     []*Scheduler        // of these, those that wait, the last to come last
	closed   bool
}

// membership is a scheduler's part in its pool. But for the pool, it is guarded by the
// pool's mutex.
type membership struct {
	pool    *Pool // nil for a scheduler that is alone
	waits   waiting
	verdict verdict // what the others' waiting means for this one, which waits
}

type waiting uint8

const (
	busy    waiting = iota
	resting         // its main is in a run: it can return
	blocked         // its main waits for something else
)

type verdict uint8

const (
	undecided verdict = iota
	returns           // its run returns
	deadlocks
)

// NewPool makes a pool with n schedulers for [Pool.Run] to drive; with n < 0, as many
// as the program has processors. The options are for each of them. A [VirtualClock]
// belongs to one goroutine, so it panics if several are to have the same.
func NewPool(n int, options ...Option) *Pool {
	if n < 0 {
		n = runtime.GOMAXPROCS(0)
	}
	p := &Pool{numbers: 1, members: make(map[*Scheduler]bool)}
	for range n {
		w := p.join(options)
		p.workers = append(p.workers, w)
	}
	return p
}

// New makes a scheduler that belongs to the pool and to the goroutine that drives it.
// The others wait for it, and it for them, until it is closed or stopped: also while
// nobody drives it. It panics if the pool has had 4094 already, and as NewPool does.
func (p *Pool) New(options ...Option) *Scheduler {
	s := p.join(options)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.members[s] = true
	p.active++
	return s
}

func (p *Pool) join(options []Option) *Scheduler {
	s := New(options...)
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, virtual := s.clock.(*VirtualClock); virtual {
		for other := range p.members {
			if other.clock == s.clock {
				panic("sched: a VirtualClock can't be that of several schedulers: make each its own with Pool.New")
			}
		}
	}
	if p.numbers++; p.numbers >= 1<<12 {
		panic("sched: a pool can't have more than 4094 schedulers")
	}
	s.home.Together(p, p.numbers)
	s.member.pool = p
	p.members[s] = false
	return s
}

// Schedulers returns the schedulers that Run drives. While it does, they may be used as
// from any other goroutine.
func (p *Pool) Schedulers() []*Scheduler { return p.workers }

// Go makes a tasklet of frame f that may run on any of the schedulers that Run drives:
// see [tasklet.Home.Roam]. They get new tasklets in turn. It may be called from any
// goroutine, also before Run. It returns [ErrClosed] if the pool is closed or has no
// schedulers.
func (p *Pool) Go(f tasklet.Frame) (*tasklet.Ref, error) {
	if f == nil {
		panic("sched: Go of a nil frame")
	}
	if len(p.workers) == 0 {
		return nil, fmt.Errorf("go in a pool without schedulers: %w", ErrClosed)
	}
	n := p.made.Add(1)
	w := p.workers[(n-1)%uint64(len(p.workers))]
	ref, arrive := w.home.RoamFrom(f, n) // the pool is number 1
	if err := w.Post(arrive); err != nil {
		return nil, err
	}
	return ref, nil
}

// Hold tells the pool that somebody outside is still to come, to whichever of its
// schedulers: until release is called, none of their runs returns because nothing is
// left, and no wait is a deadlock. Both may be called from any goroutine; release once.
// To Run of a pool without schedulers there is nothing to wait for: see [Pool.Serve].
func (p *Pool) Hold() (release func()) {
	p.mu.Lock()
	p.holds++
	p.mu.Unlock()
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.holds--
		p.decide()
	})
}

// Run drives the pool's schedulers, each on a goroutine of its own, until nothing is
// left that can run: as [Scheduler.Run] does for one. When a tasklet ends with an error
// that nothing took, all stop after their step, and Run returns it, joined with those
// of others; a further Run goes on. A scheduler that was stopped is left out; the error is
// [ErrStopped] if all were. One goroutine may call Run at a time, others get [ErrRunning].
func (p *Pool) Run() error {
	return p.drive(func(_ int, s *Scheduler) (bool, error) { return false, s.Run() }, nil)
}

// Serve is Run that waits for goroutines outside also when none is known to come. It
// returns nil when ctx is done. That of a pool without schedulers does nothing but wait
// for it, while those that New makes work.
func (p *Pool) Serve(ctx context.Context) error {
	return p.drive(func(_ int, s *Scheduler) (bool, error) { return false, s.Serve(ctx) }, ctx.Done())
}

// RunBudget is Run with a budget for the tasklets of the schedulers that Run drives. That
// of steps for each tasklet counts where it runs: it starts anew when another of the same
// scheduler gets its turn, or the tasklet has been taken over by another scheduler. A
// total is one number for all together.
//
// When the budget ends the run of one scheduler, the others stop too, after their step. A
// hard one has interrupted tasklets then: at least one, and of each scheduler one at the
// most. They are parked, and returned as the victims. As nobody drives the schedulers, the
// caller may insert, kill or pickle them; a victim that roams is not to be touched in a
// further run. A watch of a tasklet's own comes before this one, as in
// [Scheduler.RunBudget].
func (p *Pool) RunBudget(b tasklet.Budget) (victims []*tasklet.Tasklet, err error) {
	if b.Steps < 0 {
		return nil, fmt.Errorf("run of a pool with a budget of %d steps: %w", b.Steps, tasklet.ErrBudget)
	}
	shared := tasklet.NewSharedBudget(b)
	each := make([]*tasklet.Tasklet, len(p.workers))
	err = p.drive(func(i int, s *Scheduler) (over bool, err error) {
		s.home.ShareBudget(shared)
		defer s.home.ShareBudget(nil)
		each[i], err = s.RunBudget(b)
		return shared.Over(), err
	}, nil)
	return slices.DeleteFunc(each, func(t *tasklet.Tasklet) bool { return t == nil }), err
}

// drive has each scheduler run; when one's run is over, or has failed, the others' end too.
// Without schedulers, it waits for done, if that is not nil.
func (p *Pool) drive(run func(i int, s *Scheduler) (over bool, err error), done <-chan struct{}) error {
	p.mu.Lock()
	switch {
	case p.closed:
		p.mu.Unlock()
		return ErrClosed
	case p.running:
		p.mu.Unlock()
		return ErrRunning
	}
	for _, w := range p.workers {
		if p.members[w] {
			p.mu.Unlock()
			return ErrRunning
		}
	}
	for _, w := range p.workers {
		p.attend(w, true)
	}
	p.running = true
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.running = false
		p.mu.Unlock()
	}()
	if len(p.workers) == 0 && done != nil {
		<-done
	}
	this := p.runs.Add(1)
	defer p.runs.Add(1)
	errs := make([]error, len(p.workers))
	var all sync.WaitGroup
	for i, w := range p.workers {
		all.Go(func() {
			errs[i] = errGoexit // unless it turns out otherwise
			over := false
			defer func() {
				if over || errs[i] != nil && errs[i] != ErrStopped {
					p.interrupt(w, this)
				}
				p.mu.Lock()
				p.attend(w, false)
				p.mu.Unlock()
			}()
			over, errs[i] = run(i, w)
		})
	}
	all.Wait()
	stopped := func(err error) bool { return err == ErrStopped }
	if errs = slices.DeleteFunc(errs, stopped); len(errs) == 0 && len(p.workers) > 0 {
		return ErrStopped
	}
	return errors.Join(errs...)
}

// interrupt has the others return from this run after their step. One that has returned
// already hears of it in a later run, when it means nothing.
func (p *Pool) interrupt(but *Scheduler, this uint64) {
	for _, w := range p.workers {
		if w != but {
			_ = w.Post(func() {
				if p.runs.Load() == this && w.main.Paused() {
					w.home.Front(w.main)
				}
			})
		}
	}
}

// attend says whether somebody drives s. The caller holds the mutex.
func (p *Pool) attend(s *Scheduler, driven bool) {
	if p.members[s] == driven {
		return
	}
	p.members[s] = driven
	if driven {
		p.active++
	} else {
		p.active--
		p.decide()
	}
}

// leave says that s has gone from the pool: nobody waits for it any more.
func (p *Pool) leave(s *Scheduler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.attend(s, false)
	delete(p.members, s)
}

// Close closes the schedulers that Run drives, one after the other: see
// [Scheduler.Close]. It returns their errors, or [ErrRunning] if Run has not returned;
// those made by New are closed by those who drive them.
func (p *Pool) Close() error {
	p.mu.Lock()
	if p.running {
		p.mu.Unlock()
		return ErrRunning
	}
	for _, w := range p.workers {
		if p.members[w] {
			p.mu.Unlock()
			return ErrRunning
		}
	}
	p.closed = true
	p.mu.Unlock()
	var errs []error
	for _, w := range p.workers {
		errs = append(errs, w.Close())
	}
	return errors.Join(errs...)
}

// rest waits, for s, which has nothing to do, until it has, or until it is known that
// it never will. Then it returns the latter.
func (p *Pool) rest(s *Scheduler, as waiting) verdict {
	m := &s.member
	p.mu.Lock()
	if !p.members[s] { // one of Run's, which somebody drives by hand
		p.attend(s, true)
		defer func() {
			p.mu.Lock()
			p.attend(s, false)
			p.mu.Unlock()
		}()
	}
	m.waits, m.verdict = as, undecided
	p.idle = append(p.idle, s)
	p.decide()
	for m.verdict == undecided && !s.inbox.filled.Load() {
		if as == resting {
			p.hunger(s)
		}
		p.mu.Unlock()
		s.clock.Wait(time.Time{}, s.inbox.bell)
		p.mu.Lock()
		p.sate(s)
	}
	if m.verdict == undecided {
		p.awake(s)
	}
	v := m.verdict
	m.verdict = undecided
	p.mu.Unlock()
	return v
}

// rest waits until the scheduler, whose ring is empty, has something to do again. It
// reports whether it has; if not, nobody is left in its pool who could tell it.
func (s *Scheduler) rest(paused bool) bool {
	as := blocked
	if paused {
		as = resting
	}
	return s.member.pool.rest(s, as) == undecided
}

// awake takes s out of those that wait. The caller holds the mutex.
func (p *Pool) awake(s *Scheduler) {
	s.member.waits = busy
	if i := slices.Index(p.idle, s); i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
	}
}

// decide tells those who wait what that means, if all do. The caller holds the mutex.
func (p *Pool) decide() {
	if len(p.idle) < p.active || p.active == 0 || p.holds > 0 {
		return
	}
	for _, s := range p.idle {
		if s.inbox.filled.Load() {
			return // it has been told something, and is going to wake
		}
	}
	found := false
	for i := len(p.idle) - 1; i >= 0; i-- {
		if s := p.idle[i]; s.member.waits == resting {
			found = true
			p.judge(s, returns)
		}
	}
	if !found {
		p.judge(p.idle[len(p.idle)-1], deadlocks)
	}
}

func (p *Pool) judge(s *Scheduler, v verdict) {
	p.awake(s)
	s.member.verdict = v
	s.inbox.ring()
}
