package sched

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/stackless-go/stackless/tasklet"
)

// ErrClosed: the scheduler was closed, and nothing more will run on it.
var ErrClosed = errors.New("sched: the scheduler is closed")

// An inbox is where goroutines outside leave what the scheduler is to do. Only
// it is shared between goroutines; the scheduler looks at one atomic flag to
// know that it is empty.
type inbox struct {
	filled atomic.Bool
	holds  atomic.Int64  // goroutines outside that are known to come
	bell   chan struct{} // of capacity 1: rung when there is something new

	gone chan struct{} // closed when the scheduler is

	heir atomic.Pointer[Scheduler] // that has adopted this one, and gets what comes

	mu      sync.Mutex
	posts   []func()
	taken   uint64 // posts, by the scheduler alone
	closed  bool
	stopped bool
}

// letGo lets everybody go who still waits for the scheduler.
func (in *inbox) letGo() {
	select {
	case <-in.gone:
	default:
		close(in.gone)
	}
}

func (in *inbox) ring() {
	if heir := in.heir.Load(); heir != nil {
		heir.inbox.ring()
		return
	}
	select {
	case in.bell <- struct{}{}:
	default:
	}
}

// Post has f run on the goroutine that drives the scheduler, between two steps,
// as soon as it is driven. F may insert, throw and make tasklets; it may not
// wait. Whoever is to run next counts as running meanwhile, so it can't be
// removed or bound. Post may be called from any goroutine. It returns [ErrClosed]
// once the scheduler is closed.
func (s *Scheduler) Post(f func()) error {
	in := &s.inbox
	in.mu.Lock()
	defer in.mu.Unlock()
	switch heir := in.heir.Load(); {
	case heir != nil:
		return heir.Post(f)
	case in.closed:
		return ErrClosed
	}
	in.posts = append(in.posts, f)
	in.filled.Store(true)
	in.ring()
	return nil
}

// takePosts runs what was posted.
func (s *Scheduler) takePosts() {
	in := &s.inbox
	if !in.filled.Load() {
		return
	}
	in.mu.Lock()
	posts := in.posts
	in.posts = nil
	in.filled.Store(false)
	in.mu.Unlock()
	in.taken += uint64(len(posts))
	var errs []error
	for _, f := range posts {
		if err := s.runPost(f); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		s.home.Deliver(s.main, errors.Join(errs...))
	}
}

// runPost runs what was posted and makes an error of its panic, which is main's
// to hear of: no tasklet is to blame.
func (s *Scheduler) runPost(f func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("posted function: %w", &tasklet.PanicError{Value: p, Stack: debug.Stack()})
		}
	}()
	s.home.Between(f)
	return nil
}

// Hold tells the scheduler that somebody outside is still to come: until release
// is called, Run waits instead of returning, and a wait of main is no deadlock.
// Both may be called from any goroutine; release once.
func (s *Scheduler) Hold() (release func()) {
	s.inbox.holds.Add(1)
	return sync.OnceFunc(func() {
		s.inbox.holds.Add(-1)
		s.inbox.ring()
	})
}

// Do runs f as a tasklet and waits until it has ended, on behalf of a goroutine
// outside: any but the one that drives the scheduler. It returns f's error.
//
// When ctx is done first, f is thrown ctx's cause, and Do returns once f has
// ended: what f had completed by then is not undone, so nothing is lost between
// the two. That takes the scheduler, so somebody should be driving it; if it was
// not driven since the call, Do returns at once and f never runs. When the
// scheduler is closed, f is killed and Do returns [ErrClosed].
func (s *Scheduler) Do(ctx context.Context, f tasklet.Frame) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	defer s.Hold()()
	v := &visit{s: s, frame: f, over: make(chan struct{}), of: s.errandOf(ctx)}
	if err := s.Post(v.enter); err != nil {
		return err
	}
	select {
	case <-v.over:
		return v.err
	case <-s.inbox.gone:
		return v.left()
	case <-ctx.Done():
	}
	cause := context.Cause(ctx)
	if v.state.CompareAndSwap(0, visitCancelled) {
		return cause
	}
	_ = s.Post(func() { v.cancel(cause) }) // if it is closed, the below says so
	select {
	case <-v.over:
		return v.err
	case <-s.inbox.gone:
		return v.left()
	}
}

// A visit is what Do asks for, and the frame that does it.
type visit struct {
	s     *Scheduler
	frame tasklet.Frame
	of    *errand       // whose function it is that visits; nil for others
	host  *Scheduler    // that it is a guest of; nil if it is none
	state atomic.Uint32 // 0 until somebody claims it
	t     *tasklet.Tasklet
	began bool
	cause error // why it is to end early; nil until it is
	ran   bool  // to its end
	err   error // valid when over is closed
	over  chan struct{}
}

const (
	visitEntered   = 1
	visitCancelled = 2
)

// enter makes the visit's tasklet, unless the visitor has left, or is a function that
// nobody awaits any more: whether that had come in by then does not show.
func (v *visit) enter() {
	if !v.state.CompareAndSwap(0, visitEntered) {
		return
	}
	if v.of != nil {
		if cause := context.Cause(v.of.ctx); cause != nil {
			v.cause, v.err = cause, cause
			close(v.over)
			return
		}
	}
	v.t = v.s.now().Go(v)
	if v.of != nil {
		v.of.enter(v)
		v.s.now().welcome(v)
	}
}

// cancel has the visit end early, because of cause. If it has not begun, it never
// will, and that is nobody's to hear of but the visitor's.
func (v *visit) cancel(cause error) {
	switch {
	case v.cause != nil:
		return
	case v.began:
		_ = v.t.ThrowLater(cause)
	default:
		v.t.KillLater()
	}
	v.cause = cause
}

// left returns the visit's error after the scheduler was closed.
func (v *visit) left() error {
	select {
	case <-v.over:
		return v.err
	default: // it recovered from its kill, and will never be heard of again
		return ErrClosed
	}
}

func (v *visit) Resume(t *tasklet.Tasklet) tasklet.Step {
	v.began = true
	v.turnOf(t)
	switch s := t.Call(v.frame); s {
	case tasklet.Next:
		v.ran = true
		return tasklet.Return
	case tasklet.Failed:
		v.ran, v.err = true, t.Recover()
		return tasklet.Return
	default:
		return s
	}
}

// Cleanup lets the visitor go, also when the visit was killed before it began. A
// kill by Close is told as what it is, beside whatever else went wrong.
func (v *visit) Cleanup(t *tasklet.Tasklet) {
	v.turnOf(t)
	v.goodbye()
	if !v.ran {
		if v.err = tasklet.ErrExit; !v.began && v.cause != nil {
			v.err = v.cause
		}
	}
	if v.s.now().closing && errors.Is(v.err, tasklet.ErrExit) {
		v.err = errors.Join(ErrClosed, v.err)
	}
	if v.of != nil {
		v.of.leave(v)
	}
	close(v.over)
}

// Join waits until t, a tasklet of this scheduler, has ended, and returns its
// error as [tasklet.Tasklet.Join] does. It may be called from any goroutine but
// the scheduler's own; main has [tasklet.Coroutine.Join].
func (s *Scheduler) Join(ctx context.Context, t *tasklet.Tasklet) error {
	return s.Do(ctx, &join{t})
}

// join is the frame that joins for a goroutine outside.
type join struct{ of *tasklet.Tasklet }

func (j *join) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := t.Join(j.of); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}
