package wait

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/stackless-go/stackless/tasklet"
)

var (
	// ErrNotHeld: a mutex is unlocked, or waited with, by a tasklet that does
	// not hold it.
	ErrNotHeld = errors.New("the tasklet does not hold the mutex")
	// ErrHeld: a tasklet locks a mutex that it holds already.
	ErrHeld = errors.New("the tasklet holds the mutex already")
	// ErrAbandoned: a tasklet has ended while it held the mutex, so what the
	// mutex guards may be half done: see [Mutex.Repair].
	ErrAbandoned = errors.New("a tasklet has ended while it held the mutex: unlock in its Cleanup, or call Repair")
	// ErrRange: a number is not one that can be, as of permits that a semaphore
	// does not have.
	ErrRange = errors.New("out of range")
	// ErrClosed: the buffer is closed to this operation.
	ErrClosed = errors.New("closed buffer")
	// ErrUnbound: a goroutine outside used something that no scheduler owns.
	ErrUnbound = errors.New("belongs to no scheduler yet: make it with its New function")
)

// A Line is where tasklets wait for something of this package, first come first
// served. It is a part of each, and by itself of no use.
type Line struct {
	_ [0]sync.Mutex // so that go vet finds copies

	queue tasklet.Queue
	name  string
}

// Name returns the name that SetName gave, or "".
func (l *Line) Name() string { return l.name }

// SetName gives a name for people, which errors show.
func (l *Line) SetName(name string) { l.name = name }

// Waiters ranges over those who wait, first come first. The line may not be used
// meanwhile.
func (l *Line) Waiters() iter.Seq[*tasklet.Tasklet] {
	return func(yield func(*tasklet.Tasklet) bool) {
		for t := range l.queue.All() {
			if !yield(t.Self()) {
				return
			}
		}
	}
}

// Waiting returns how many wait.
func (l *Line) Waiting() int { return l.queue.Len() }

// title names the line as in "mutex 3 (orders)".
func (l *Line) title(kind string) string {
	if l.name != "" {
		return fmt.Sprintf("%s %d (%s)", kind, l.queue.Number(), l.name)
	}
	return fmt.Sprintf("%s %d", kind, l.queue.Number())
}

// inOnePickle returns the home of the line: see pickle.Owned.
func (l *Line) inOnePickle(others any) (any, error) { return l.queue.Owner(others) }

// home makes sure that t may wait in the line, which is a part of w and becomes
// t's scheduler's if it is nobody's yet.
func (l *Line) home(t *tasklet.Tasklet, w tasklet.Waitable) error {
	switch {
	case l.queue.Home() == nil:
		l.queue.Bind(t.Home(), w)
	case !l.queue.Belongs(t.Home()):
		// Its WaitName would read what belongs there.
		return fmt.Errorf("operation of %v on %s %d: %w", t, strings.TrimPrefix(fmt.Sprintf("%T", w), "*"), l.queue.Number(), tasklet.ErrForeign)
	}
	return nil
}

// hold lets t wait, unless it has a block trap.
func (l *Line) hold(t *tasklet.Tasklet, w tasklet.Waitable, op tasklet.Op) tasklet.Step {
	if t.BlockTrap() {
		return t.Fail(refuse(tasklet.ErrBlockTrap, w, "%v", op))
	}
	return l.queue.Hold(t, op, nil)
}

// wake lets the first of the line go on with its operation complete.
func (l *Line) wake() *tasklet.Tasklet {
	t := l.queue.Take()
	t.Home().Wake(t)
	return t
}

// wakeAll lets all go on, in their order.
func (l *Line) wakeAll() {
	for l.queue.Len() > 0 {
		l.wake()
	}
}

// do performs an operation for a goroutine outside.
func (l *Line) do(ctx context.Context, w tasklet.Waitable, f tasklet.Frame) error {
	h := l.queue.Home()
	if h == nil {
		return refuse(ErrUnbound, w, "operation of a goroutine outside")
	}
	return h.Scheduler().Do(ctx, f)
}

// refuse makes the error of something that can't be done with w.
func refuse(kind error, w tasklet.Waitable, what string, args ...any) error {
	return fmt.Errorf("%s on %s: %w", fmt.Sprintf(what, args...), w.WaitName(), kind)
}

// only reports whether err is one of kinds, perhaps wrapped, and nothing else has been
// joined to it.
func only(err error, kinds ...error) bool {
	switch e := err.(type) {
	case *tasklet.PanicError:
		return false
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(err error) bool { return !only(err, kinds...) })
	case interface{ Unwrap() error }:
		return only(e.Unwrap(), kinds...)
	}
	return slices.Contains(kinds, err)
}

// block is the blocking form of an operation.
func block(co *tasklet.Coroutine, operation func(t *tasklet.Tasklet) tasklet.Step) error {
	for {
		if done, err := co.Settle(operation(co.Tasklet())); done {
			return err
		}
	}
}
