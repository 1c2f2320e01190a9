package sched_test

import (
	"errors"
	"testing"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// TestCloseUnderTraps: a switch trap keeps nobody from being killed by Close, also if it
// is set by one who is.
func TestCloseUnderTraps(t *testing.T) {
	s := sched.New()
	boom := errors.New("boom")
	var others []*tasklet.Tasklet
	for range 3 {
		others = append(others, s.GoFunc(func(co *tasklet.Coroutine) error {
			_ = co.Park()
			s.SetSwitchTrap(1)
			return boom // which ends the run that kills it
		}))
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	s.SetSwitchTrap(1)
	if err := s.Close(); !errors.Is(err, boom) || errors.Is(err, tasklet.ErrSwitchTrap) {
		t.Errorf("close: %v", err)
	}
	for _, u := range others {
		if u.Alive() {
			t.Errorf("%v is alive", u)
		}
	}
}
