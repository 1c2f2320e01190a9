package sched_test

import (
	"errors"
	"testing"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A parent makes children that roam, joins each of them, and counts those that have
// ended; every third fails, every fifth it kills.
type parent struct {
	height int
	pc     int
	refs   []*tasklet.Ref
	joined int
	failed int
}

var errThird = errors.New("every third fails")

func (p *parent) Resume(t *tasklet.Tasklet) tasklet.Step {
	const children = 7
	if p.refs == nil {
		for i := range children {
			var f tasklet.Frame = tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
				if s := t.Yield(); s != tasklet.Next {
					return s
				}
				if i%3 == 0 {
					return t.Fail(errThird)
				}
				return tasklet.Return
			})
			if p.height > 0 && i%3 != 0 {
				f = &parent{height: p.height - 1}
			}
			p.refs = append(p.refs, t.RoamRef(f))
		}
	}
	for ; p.pc < children; p.pc++ {
		if p.pc == 5 {
			if err := p.refs[p.pc].Kill(); err != nil {
				return t.Fail(err)
			}
		}
		switch s := t.JoinRef(p.refs[p.pc]); s {
		case tasklet.Next:
			p.joined++
		case tasklet.Failed:
			if err := t.Recover(); !errors.Is(err, errThird) {
				return t.Fail(err)
			}
			p.failed++
		default:
			return s
		}
	}
	if p.joined+p.failed != children || p.failed != 3 {
		return t.Fail(errors.New("some have not been heard of"))
	}
	return tasklet.Return
}

// TestWhoRoamsIsJoined: those who roam are joined where they were made, whoever runs them,
// begun or not.
func TestWhoRoamsIsJoined(t *testing.T) {
	rounds := 30
	if testing.Short() {
		rounds = 5
	}
	survive := sched.WithErrorHandler(func(_ *tasklet.Tasklet, err error) error {
		if errors.Is(err, errThird) {
			return nil // whoever joins it later hears of it
		}
		return err
	})
	for range rounds {
		p := sched.NewPool(3, survive)
		for range 4 {
			if _, err := p.Go(&parent{height: 3}); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Run(); err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Schedulers() {
			if err := s.Check(); err != nil {
				t.Error(err)
			}
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}
