package wait

import "github.com/stackless-go/stackless/tasklet"

// A Cond is where those wait who hold a mutex and need what it guards to be
// otherwise. It is made with its mutex: &wait.Cond{L: m}, or NewCond.
//
// Fairness: first come, first served. Who is signalled stands in line for the
// mutex at that moment, behind those who do already.
//
// Invariants: all who wait in it hold L no more. A signal is taken by one who then
// waits for L with the Cond as its slot; if that one never goes on, the signal is
// another's.
type Cond struct {
	Line
	L *Mutex
}

// NewCond makes a Cond of the mutex.
func NewCond(m *Mutex) *Cond { return &Cond{L: m} }

// Wait lets go of the mutex, which t holds, until the Cond is signalled, and is
// complete when t holds the mutex again. Somebody else may have come between, so
// what was waited for has to be looked at again; [Cond.Until] does that.
//
// It fails with [ErrNotHeld], tasklet.ErrBlockTrap and tasklet.ErrSwitchTrap, which
// change nothing. When it fails with [ErrAbandoned], or with what is thrown at t while
// it waits, t does not hold the mutex. An error that comes when t has it again is for
// the next operation.
func (c *Cond) Wait(t *tasklet.Tasklet) tasklet.Step {
	m := c.L
	if m == nil {
		return t.Fail(refuse(ErrNotHeld, c, "wait without a mutex"))
	}
	if m.queue.Completed(t, tasklet.OpLock) {
		return tasklet.Next
	}
	if !c.queue.Begin(t) {
		if t.Op() == tasklet.OpLock { // it was signalled
			return m.queue.Again(t, tasklet.OpLock)
		}
		return c.queue.Again(t, tasklet.OpWait)
	}
	if !m.HeldBy(t) {
		return t.Fail(refuse(ErrNotHeld, c, "wait by %v", t))
	}
	if err := c.home(t, c); err != nil {
		return t.Fail(err)
	}
	if t.BlockTrap() {
		return t.Fail(refuse(tasklet.ErrBlockTrap, c, "wait"))
	}
	if t.Trapped() {
		return t.Trap(tasklet.OpWait)
	}
	t.Drop(m)
	m.next()
	return c.queue.Hold(t, tasklet.OpWait, nil)
}

// Until waits until ready says so, and is complete when it does and t holds the
// mutex. It looks at once, and each time that it is signalled. Ready may look at
// what the mutex guards and may not wait. It fails as Wait does.
//
//	if s := f.cond.Until(t, f.ready); s != tasklet.Next {
//		return s
//	}
func (c *Cond) Until(t *tasklet.Tasklet, ready func() bool) tasklet.Step {
	for !c.queue.Begin(t) || !c.L.HeldBy(t) || !ready() {
		if s := c.Wait(t); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Next
}

// WaitFor is Wait for main and plain functions.
func (c *Cond) WaitFor(co *tasklet.Coroutine) error { return block(co, c.Wait) }

// UntilFor is Until for main and plain functions.
func (c *Cond) UntilFor(co *tasklet.Coroutine, ready func() bool) error {
	return block(co, func(t *tasklet.Tasklet) tasklet.Step { return c.Until(t, ready) })
}

// Signal has the first who waits lock the mutex and go on. If nobody waits, it
// does nothing. Whoever calls it need not hold the mutex.
func (c *Cond) Signal() {
	if c.queue.Len() > 0 {
		c.L.admit(c.queue.Take(), c)
	}
}

// Broadcast has all who wait lock the mutex and go on, one after the other.
func (c *Cond) Broadcast() {
	for c.queue.Len() > 0 {
		c.L.admit(c.queue.Take(), nil)
	}
}

// WaitName names the Cond as what somebody waits on.
func (c *Cond) WaitName() string { return c.title("condition") }

// WaitQueue returns where those wait who are to be signalled.
func (c *Cond) WaitQueue() *tasklet.Queue { return &c.queue }
