package wait

import (
	"context"
	"fmt"
	"math"

	"github.com/stackless-go/stackless/tasklet"
)

// A Group counts what is still to be done, and tasklets wait until it is nothing,
// as sync.WaitGroup does for goroutines. The zero Group counts 0 and works. What
// it counts needs no tasklets; [Scope] is for tasklets whose errors count and who
// end together.
//
// Fairness: all who wait when the count falls to 0 go on, in the order in which
// they came, even if it rises before their turn.
type Group struct {
	Line
	count int
}

// NewGroup makes a group that counts 0 and belongs to of, a scheduler or a
// tasklet's scheduler.
func NewGroup(of tasklet.Homely) *Group {
	g := new(Group)
	g.queue.Bind(of.Home(), g)
	return g
}

// Add adds n, which may be below 0, to the count. When that is 0, all who wait go
// on. The error is [ErrRange], if the count would be below 0; nothing has changed
// then.
func (g *Group) Add(n int) error {
	if n < -g.count || n > 0 && g.count > math.MaxInt-n {
		return refuse(ErrRange, g, "add of %d", n)
	}
	if g.count += n; g.count == 0 {
		g.wakeAll()
	}
	return nil
}

// Done takes 1 off the count: see Add.
func (g *Group) Done() error { return g.Add(-1) }

// Count returns what is still to be done.
func (g *Group) Count() int { return g.count }

// Go adds 1 and makes a tasklet of frame f beside t, at the end of the ring, with
// whose end, whatever that is, it is done. Its error is the tasklet's own. Go fails
// with tasklet.ErrForeign on another scheduler's group, and as Add does.
func (g *Group) Go(t *tasklet.Tasklet, f tasklet.Frame) (*tasklet.Tasklet, error) {
	if f == nil {
		panic("wait: Go of a nil frame")
	}
	if err := g.home(t, g); err != nil {
		return nil, err
	}
	if err := g.Add(1); err != nil {
		return nil, err
	}
	return t.Go(&counted{Group: g, Frame: f}), nil
}

// Wait is complete when the count is 0, at once if it is already. It fails with
// tasklet.ErrBlockTrap if t may not wait, and with tasklet.ErrForeign on another
// scheduler's.
func (g *Group) Wait(t *tasklet.Tasklet) tasklet.Step { return g.wait(t, g, g.count == 0) }

// WaitFor is Wait for main and plain functions.
func (g *Group) WaitFor(co *tasklet.Coroutine) error { return block(co, g.Wait) }

// WaitContext is Wait for a goroutine that is no tasklet: any but the one that
// drives the group's scheduler. If ctx is done first, it returns its cause.
func (g *Group) WaitContext(ctx context.Context) error {
	return g.do(ctx, g, tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return returned(g.Wait(t)) }))
}

// WaitName names the group as what somebody waits on, as in "group 3, 2 to do".
func (g *Group) WaitName() string { return fmt.Sprintf("%s, %d to do", g.title("group"), g.count) }

// WaitQueue returns where those wait who are to see all done.
func (g *Group) WaitQueue() *tasklet.Queue { return &g.queue }

// counted is the outermost frame of a tasklet that a group counts.
type counted struct {
	Group *Group
	Frame tasklet.Frame
}

// Resume calls what the tasklet is for.
func (c *counted) Resume(t *tasklet.Tasklet) tasklet.Step { return returned(t.Call(c.Frame)) }

// Cleanup is done.
func (c *counted) Cleanup(*tasklet.Tasklet) { _ = c.Group.Done() }
