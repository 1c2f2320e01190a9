package tasklet

import (
	"errors"
	"fmt"
	"time"
)

// ErrPeriod: a ticker needs a period above zero.
var ErrPeriod = errors.New("a ticker's period is not above zero")

// A Ticker ticks at even distances: at the end of the first period after its first
// use, and then at each multiple, however late who waits for it comes. A tick that
// nobody has waited for by the time of the next is missed, as with a time.Ticker;
// Missed counts them.
//
// It is a value, for a field of the frame that waits for it; a plain struct also
// for package pickle. One that is loaded after some ticks finds the last of them
// due and has missed the others.
//
//	if s := f.tick.Next(t); s != tasklet.Next {
//		return s
//	}
type Ticker struct {
	Every  time.Duration
	Missed int // ticks that nobody has waited for, all in all

	next time.Time // zero before the first use
}

// Next waits for the next tick. One that is due already costs a turn, as Yield
// does. It fails with [ErrPeriod]. If it fails otherwise, such as by a timeout, the
// tick is not used up.
func (k *Ticker) Next(t *Tasklet) Step {
	if t.op == OpNone {
		if k.Every <= 0 {
			return t.Fail(fmt.Errorf("%w: %v", ErrPeriod, k.Every))
		}
		now := t.Now()
		if k.next.IsZero() {
			k.next = now.Add(k.Every)
		}
		if missed := now.Sub(k.next) / k.Every; missed > 0 {
			k.next = k.next.Add(missed * k.Every)
			k.Missed += int(missed)
		}
	}
	s := t.SleepUntil(k.next)
	if s == Next {
		k.next = k.next.Add(k.Every)
	}
	return s
}

// Wait is Next for main and plain functions.
func (k *Ticker) Wait(co *Coroutine) error { return co.do(k.Next) }
