package sched_test

import (
	"slices"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A branch is a tree of tasklets that roam, each of which makes three and then waits for
// what they send. Alive is how many of all have begun and not ended, and most how many
// that ever were.
type branch struct {
	height      int
	out         *channel.Channel[int]
	in          channel.Channel[int]
	pc, v, sum  int
	alive, most *int
}

func (b *branch) Resume(t *tasklet.Tasklet) tasklet.Step {
	if b.pc == 0 {
		*b.alive++
		*b.most = max(*b.most, *b.alive)
		b.pc, b.sum = 1, 1
		if b.height > 0 {
			if err := b.in.Bind(t); err != nil {
				return t.Fail(err)
			}
			for range 3 {
				t.Roam(&branch{height: b.height - 1, out: &b.in, alive: b.alive, most: b.most})
			}
		} else {
			b.pc = 4
		}
	}
	for ; b.pc < 4; b.pc++ {
		if s := b.in.Receive(t, &b.v); s != tasklet.Next {
			return s
		}
		b.sum += b.v
	}
	if s := b.out.Send(t, b.sum); s != tasklet.Next {
		return s
	}
	*b.alive--
	return tasklet.Return
}

// TestStockGoesDepthFirst: of a tree of tasklets that roam, few are alive at once.
func TestStockGoesDepthFirst(t *testing.T) {
	p := sched.NewPool(1)
	s := p.Schedulers()[0]
	var alive, most, sum int
	out := channel.New[int](s)
	s.Home().Roam(&branch{height: 7, out: out, alive: &alive, most: &most})
	s.GoFunc(func(co *tasklet.Coroutine) (err error) {
		sum, err = out.Get(co)
		return err
	})
	if err := p.Run(); err != nil {
		t.Fatal(err)
	}
	if all := (3*3*3*3*3*3*3*3 - 1) / 2; sum != all || most > all/10 {
		t.Errorf("of %d, %d have counted themselves, and %d were alive at once", all, sum, most)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// TestStockHasItsTurn: who never waits does not keep who roams from beginning, the oldest
// first.
func TestStockHasItsTurn(t *testing.T) {
	p := sched.NewPool(1)
	s := p.Schedulers()[0]
	var began []int
	for range 3 {
		s.GoFunc(func(co *tasklet.Coroutine) error {
			for len(began) < 10 {
				if err := co.Yield(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i := range 10 {
		s.Home().Roam(tasklet.Func(func(*tasklet.Tasklet) tasklet.Step {
			began = append(began, i)
			return tasklet.Return
		}))
	}
	if _, err := s.Step(5000); err != nil {
		t.Fatal(err)
	}
	if want := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}; !slices.Equal(began, want) {
		t.Errorf("began %v", began)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// TestStockIsReady: one that has not begun is ready to everybody who looks, and does what
// any ready tasklet does.
func TestStockIsReady(t *testing.T) {
	for name, do := range map[string]func(t *testing.T, s *sched.Scheduler, u *tasklet.Tasklet, ran *bool){
		"runs": func(t *testing.T, s *sched.Scheduler, u *tasklet.Tasklet, ran *bool) {
			if err := s.RunReady(); err != nil || !*ran {
				t.Errorf("ran %v, %v", *ran, err)
			}
		},
		"run directly": func(t *testing.T, s *sched.Scheduler, u *tasklet.Tasklet, ran *bool) {
			if err := s.Main().Run(u); err != nil || !*ran {
				t.Errorf("ran %v, %v", *ran, err)
			}
		},
		"removed": func(t *testing.T, s *sched.Scheduler, u *tasklet.Tasklet, ran *bool) {
			if err := u.Remove(); err != nil || !u.Paused() {
				t.Error(u, err)
			}
			if err := s.RunReady(); err != nil || *ran {
				t.Errorf("ran %v, %v", *ran, err)
			}
			if err := u.Insert(); err != nil {
				t.Error(err)
			}
			if err := s.RunReady(); err != nil || !*ran {
				t.Errorf("inserted again, it ran: %v, %v", *ran, err)
			}
		},
		"killed": func(t *testing.T, s *sched.Scheduler, u *tasklet.Tasklet, ran *bool) {
			if err := s.Main().Kill(u); err != nil || *ran || u.Alive() {
				t.Errorf("ran %v, %v, %v", *ran, u, err)
			}
		},
		"killed later": func(t *testing.T, s *sched.Scheduler, u *tasklet.Tasklet, ran *bool) {
			u.KillLater()
			if err := s.RunReady(); err != nil || *ran || u.Alive() {
				t.Errorf("ran %v, %v, %v", *ran, u, err)
			}
		},
		"closed": func(t *testing.T, s *sched.Scheduler, u *tasklet.Tasklet, ran *bool) {
			if err := s.Close(); err != nil || *ran || u.Alive() {
				t.Errorf("ran %v, %v, %v", *ran, u, err)
			}
		},
		"adopted": func(t *testing.T, s *sched.Scheduler, u *tasklet.Tasklet, ran *bool) {
			heir := sched.New()
			if err := s.Stop(); err != nil {
				t.Fatal(err)
			}
			if err := heir.Adopt(s); err != nil {
				t.Fatal(err)
			}
			if err := heir.Check(); err != nil {
				t.Error(err)
			}
			if err := heir.RunReady(); err != nil || !*ran {
				t.Errorf("ran %v, %v", *ran, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := sched.NewPool(1)
			s := p.Schedulers()[0]
			ran := false
			s.Home().Roam(tasklet.Func(func(*tasklet.Tasklet) tasklet.Step {
				ran = true
				return tasklet.Return
			}))
			u := s.Home().Backlog().First()
			if u.Status() != tasklet.Ready || !u.Scheduled() || u.Paused() || u.Blocked() || s.RunCount() != 2 {
				t.Errorf("%v, of %d", u, s.RunCount())
			}
			if g := s.Home().Everyone(); len(g.Ready) != 1 {
				t.Errorf("everyone: %v", g)
			}
			if snap := s.Inspect(); len(snap.Tasklets) != 2 {
				t.Errorf("inspected: %v", snap.Tasklets)
			}
			if err := s.Check(); err != nil {
				t.Error(err)
			}
			do(t, s, u, &ran)
			if err := s.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}
