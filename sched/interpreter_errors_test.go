package sched_test

import (
	"errors"
	"strings"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A word is an error of a script.
type word string

func (w word) Error() string { return string(w) }

func wordError(s string) error {
	switch s {
	case "EXIT":
		return tasklet.ErrExit
	case "END":
		return channel.ErrEnd
	}
	return word(s)
}

// kindOf names an error as transcripts do.
func kindOf(err error) string {
	var w word
	var d *sched.DeadlockError
	if u, ok := err.(*tasklet.Uncaught); ok {
		return kindOf(u.Err)
	}
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		return kindOf(several.Unwrap()[0]) // the one that was there first
	}
	switch {
	case errors.As(err, &w):
		return string(w)
	case errors.As(err, &d):
		reason := d.Reason
		if on := strings.Index(reason, " for ever:"); on >= 0 {
			reason = reason[:on] + " for ever"
		}
		return strings.NewReplacer("deadlock: the last runnable tasklet cannot be blocked", "deadlock",
			"the main tasklet is ", "main ", "the main tasklet waits", "main waits", " available", "").Replace(reason)
	}
	for _, k := range []struct {
		kind error
		name string
	}{
		{tasklet.ErrExit, "exit"}, {tasklet.ErrDead, "dead"}, {tasklet.ErrBlocked, "blocked"},
		{tasklet.ErrCurrent, "current"}, {tasklet.ErrScheduled, "scheduled"}, {tasklet.ErrUnbound, "unbound"},
		{tasklet.ErrAlive, "alive"}, {tasklet.ErrBlockTrap, "block trap"}, {tasklet.ErrTimeout, "timeout"},
		{sched.ErrObserver, "observer"}, {tasklet.ErrRecursive, "recursive"},
		{tasklet.ErrSwitchTrap, "switch trap"}, {tasklet.ErrBudget, "budget"}, {sched.ErrRunning, "running"},
		{tasklet.ErrGoexit, "goexit"}, {tasklet.ErrMisuse, "misuse"}, {channel.ErrClosed, "closed"}, {channel.ErrEnd, "end"},
	} {
		if errors.Is(err, k.kind) {
			return k.name
		}
	}
	return "?" + err.Error()
}
