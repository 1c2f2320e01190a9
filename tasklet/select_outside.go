package tasklet

import "context"

// SelectContext is [Tasklet.Select] for a goroutine that is no tasklet: any but the one
// that drives the scheduler of, whose tasklet it is for the moment. If fired is not −1,
// that case has fired, and err is its own; otherwise nothing has changed hands, and if
// ctx was done, err is its cause. What the cases receive into and send is to be left
// alone until it returns.
func SelectContext(ctx context.Context, of Homely, cases ...Case) (fired int, err error) {
	f := &selecting{cases: cases, fired: -1}
	err = of.Home().scheduler.Do(ctx, f)
	if f.done {
		err = nil // whatever came afterwards
	}
	return f.fired, err
}

// selecting is the frame that selects for a goroutine outside.
type selecting struct {
	cases []Case
	fired int
	done  bool
}

// Resume selects.
func (f *selecting) Resume(t *Tasklet) Step {
	fired, s := t.Select(f.cases...)
	switch s {
	case Next:
		f.fired, f.done = fired, true
		return Return
	case Failed:
		f.fired = fired
	}
	return s
}
