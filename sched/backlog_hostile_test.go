package sched_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// TestMainYieldsToBacklog: one that has not begun is ready, so main yields to it although
// nobody else is.
func TestMainYieldsToBacklog(t *testing.T) {
	for name, yield := range map[string]func(s *sched.Scheduler) error{
		"yield":   func(s *sched.Scheduler) error { return s.Main().Yield() },
		"sleep 0": func(s *sched.Scheduler) error { return s.Main().Sleep(0) },
	} {
		t.Run(name, func(t *testing.T) {
			s := sched.NewPool(0).New()
			ran := 0
			for range 2 {
				s.Home().Roam(tasklet.Func(func(*tasklet.Tasklet) tasklet.Step {
					ran++
					return tasklet.Return
				}))
			}
			for i := range 3 {
				if err := yield(s); err != nil || ran != min(i+1, 2) {
					t.Errorf("after %d, ran %d, %v", i+1, ran, err)
				}
				if err := s.Check(); err != nil || s.Current() != s.Main().Tasklet() {
					t.Error(s.Current(), err)
				}
			}
		})
	}
}

// TestTrapBesideBacklog: a switch trap is about one who has not begun as about any other.
func TestTrapBesideBacklog(t *testing.T) {
	s := sched.NewPool(0).New()
	ran := false
	s.Home().Roam(tasklet.Func(func(*tasklet.Tasklet) tasklet.Step {
		ran = true
		return tasklet.Return
	}))
	s.SetSwitchTrap(1)
	if err := s.Main().Yield(); !errors.Is(err, tasklet.ErrSwitchTrap) || ran {
		t.Errorf("ran %v, %v", ran, err)
	}
	s.SetSwitchTrap(-1)
	if err := s.Main().Yield(); err != nil || !ran {
		t.Errorf("ran %v, %v", ran, err)
	}
}

// TestBacklogKeepsWhoIsTied: one whose end somebody at home is to hear of does not go to
// another scheduler, also if it has not begun.
func TestBacklogKeepsWhoIsTied(t *testing.T) {
	s := sched.NewPool(0).New()
	var refs []*tasklet.Ref
	for range 12 {
		refs = append(refs, s.Home().RoamRef(tasklet.Func(func(*tasklet.Tasklet) tasklet.Step { return tasklet.Return })))
	}
	all := slices.Collect(s.Home().Backlog().All())
	tied := []int{4, 5, 8}
	joined := 0
	for _, i := range tied {
		s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
			if s := t.JoinRef(refs[i]); s != tasklet.Next {
				return s
			}
			joined++
			return tasklet.Return
		}))
	}
	if n, err := s.Step(3); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	before := s.Home().Backlog().Len()
	if before < 8 || all[4].WaitQueue().Len() != 1 {
		t.Fatalf("only %d have not begun", before)
	}
	b := s.Home().Handover()
	if n := b.Len(); n != (before-len(tied)+1)/2 && n != before/2 {
		t.Errorf("%d handed over, of %d and %d that are tied", n, before, len(tied))
	}
	for _, i := range tied {
		if all[i].Status() != tasklet.Ready {
			t.Errorf("number %d was handed over: %v", i, all[i])
		}
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	s.Home().Arrive(b)
	if err := s.RunReady(); err != nil || joined != len(tied) {
		t.Errorf("%d joined, %v", joined, err)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}
