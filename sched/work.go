package sched

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/stackless-go/stackless/tasklet"
)

// This file runs the functions that tasklets await: see [tasklet.Await].
//
// Invariants:
//
//   - No more than limit functions run at a time. One waits only while so many
//     do, and they begin in the order of asking.
//   - An errand is in the workers' queue, or with a goroutine, or has come back. One
//     that is withdrawn leaves the queue at once; one that has begun runs on, with
//     its context cancelled, and comes back to nobody.
//   - What has come back is posted to the scheduler, so results are taken between
//     two steps.

// defaultWorkers is how many functions outside run at a time, unless WithWorkers
// says otherwise.
const defaultWorkers = 64

// WithWorkers has at most n functions that tasklets await run at a time, on a
// goroutine each; without it, 64. Those beyond wait for one to return, first come,
// first served. A number below 1 counts as 1.
func WithWorkers(n int) Option { return func(s *Scheduler) { s.workers.limit = max(n, 1) } }

// WithWorkInOrder makes what tasklets await reach them in the order of asking, so
// that the scheduler's order is a function of the program, as long as what the
// functions return is. A [VirtualClock] implies it.
//
// The functions still run side by side, and still outside. But their results are
// taken only when nothing is ready, the one that was asked for first before the
// next, which waits for it. Until then the scheduler does not wait for the next
// timer, so work takes no time on a virtual clock. RunReady and Step wait for work
// too.
//
// A function that comes in from outside meanwhile, by [Scheduler.Sleep],
// [Scheduler.Do] or a channel's context form, with the context that it was given,
// is waited for only when it is out again: a sleep in it lets virtual time pass.
func WithWorkInOrder() Option { return func(s *Scheduler) { s.workInOrder = true } }

// Workers are the goroutines that run errands. They are made on demand, and end
// when there is nothing more to do.
type workers struct {
	limit int

	mu          sync.Mutex
	closed      bool    // nothing begins any more
	running     int     // goroutines
	first, last *errand // those that have not begun
}

// An errand is a job that the scheduler was given.
type errand struct {
	s      *Scheduler
	job    tasklet.Job
	ctx    context.Context
	cancel context.CancelCauseFunc

	queued     bool // in the workers' queue; this and the links belong to workers.mu
	prev, next *errand

	back   bool     // it has come back. This and visits belong to the scheduler's goroutine
	visits []*visit // of its function, that are not over
}

// Dispatch has j run on one of the workers' goroutines. It is what an Await calls.
func (s *Scheduler) Dispatch(j tasklet.Job) (tasklet.Errand, error) {
	if s.closing {
		return nil, ErrClosed
	}
	e := &errand{s: s, job: j}
	e.ctx, e.cancel = context.WithCancelCause(origin{e})
	s.workers.start(e)
	return e, nil
}

// Withdraw cancels the errand's context, and takes it out of the queue if it has
// not begun. Where its function waits for the scheduler, that ends now, and not when
// the function hears of it: so no time passes by it.
func (e *errand) Withdraw(cause error) {
	e.s.workers.drop(e)
	e.cancel(cause)
	for _, v := range e.visits {
		v.cancel(context.Cause(e.ctx))
	}
}

// enter notes that a visit of the errand's function has begun.
func (e *errand) enter(v *visit) { e.visits = append(e.visits, v) }

// leave notes that it is over.
func (e *errand) leave(v *visit) {
	e.visits = slices.DeleteFunc(e.visits, func(w *visit) bool { return w == v })
}

// start has e run as soon as may be.
func (p *workers) start(e *errand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running < p.limit {
		p.running++
		go p.work(e)
		return
	}
	e.queued, e.prev = true, p.last
	if p.last == nil {
		p.first = e
	} else {
		p.last.next = e
	}
	p.last = e
}

// drop takes e out of the queue, if it is there.
func (p *workers) drop(e *errand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.queued {
		p.unlink(e)
	}
}

func (p *workers) unlink(e *errand) {
	if e.prev == nil {
		p.first = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		p.last = e.prev
	} else {
		e.next.prev = e.prev
	}
	e.queued, e.prev, e.next = false, nil, nil
}

// next returns the first of the queue, for a goroutine that has nothing to do;
// with nil, the goroutine is to end.
func (p *workers) next() *errand {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.first
	if e == nil || p.closed {
		p.running--
		return nil
	}
	p.unlink(e)
	return e
}

// close has nothing begin any more. What is in the queue is withdrawn by those who
// wait for it.
func (p *workers) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
}

// work is one of their goroutines: it runs e, and then what waits in the queue.
func (p *workers) work(e *errand) {
	exits := true // by runtime.Goexit, unless it turns out otherwise
	defer func() {
		if !exits {
			return
		}
		e.comeBack()
		if e = p.next(); e != nil {
			go p.work(e)
		}
	}()
	for ; e != nil; e = p.next() {
		e.job.Run(e.ctx)
		e.comeBack()
	}
	exits = false
}

// comeBack tells the scheduler that the job is done. If it is closed, nobody waits.
func (e *errand) comeBack() {
	e.cancel(nil)
	_ = e.s.Post(e.arrive)
}

// arrive is comeBack on the scheduler's goroutine.
func (e *errand) arrive() {
	e.back = true
	if !e.s.now().workInOrder {
		e.job.Finish()
	}
}

// finishInOrder is for an empty ring: it finishes the job whose turn it is, or
// waits until something comes in from outside. It reports false if there is no
// work to wait for.
func (s *Scheduler) finishInOrder() bool {
	inside := 0 // functions that wait for the scheduler
	for x := range s.home.Errands() {
		e := x.(*errand)
		switch {
		case e.back:
			e.job.Finish()
			return true
		case len(e.visits) == 0 && inside < s.workers.limit:
			s.clock.Wait(time.Time{}, s.inbox.bell)
			return true
		case len(e.visits) == 0: // it can't begin while all are inside
			return false
		}
		inside++
	}
	return false
}

// finishBack finishes all jobs that have come back and have not had their turn.
func (s *Scheduler) finishBack() {
	var back []*errand
	for x := range s.home.Errands() {
		if e := x.(*errand); e.back {
			back = append(back, e)
		}
	}
	for _, e := range back {
		e.job.Finish()
	}
}

// origin is the context that an errand's own is made of. It is never done; by it,
// a call from outside is known to be the errand's function.
type origin struct{ e *errand }

type originKey struct{}

func (origin) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }
func (origin) Done() <-chan struct{}                   { return nil }
func (origin) Err() error                              { return nil }

func (o origin) Value(key any) any {
	if key == (originKey{}) {
		return o.e
	}
	return nil
}

// errandOf returns the errand of s whose function has ctx; nil if there is none.
func (s *Scheduler) errandOf(ctx context.Context) *errand {
	if e, _ := ctx.Value(originKey{}).(*errand); e != nil && e.s == s {
		return e
	}
	return nil
}

// Sleep lets d pass on the scheduler's clock, on behalf of a goroutine outside. It
// returns early, with the error, as Do does. A function that tasklets await can
// stand for a slow one by it, in a test on a virtual clock.
func (s *Scheduler) Sleep(ctx context.Context, d time.Duration) error {
	return s.Do(ctx, &sleep{d})
}

// sleep is the frame that sleeps for a goroutine outside.
type sleep struct{ d time.Duration }

func (f *sleep) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := t.Sleep(f.d); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}
