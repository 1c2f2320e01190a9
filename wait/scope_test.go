package wait_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
	"github.com/stackless-go/stackless/wait"
)

// TestScopeError: the first error cancels the others and is the owner's, who is the
// only one to hear of it.
func TestScopeError(t *testing.T) {
	s := sched.New()
	cause, late := errors.New("cause"), errors.New("late")
	var log []string
	child := func(name string, f func(co *tasklet.Coroutine) error) func(co *tasklet.Coroutine) error {
		return func(co *tasklet.Coroutine) error {
			err := f(co)
			log = append(log, fmt.Sprintf("%s:%v", name, err))
			return err
		}
	}
	owner := s.GoFunc(func(co *tasklet.Coroutine) error {
		scope := wait.NewScope(s)
		start := func(name string, f func(co *tasklet.Coroutine) error) {
			if _, err := scope.GoFunc(co.Tasklet(), child(name, f)); err != nil {
				t.Error(err)
			}
		}
		start("parked", (*tasklet.Coroutine).Park)
		start("fails", func(co *tasklet.Coroutine) error { return errors.Join(co.Yield(), cause) })
		start("fails late", func(co *tasklet.Coroutine) error {
			if err := co.Park(); !errors.Is(err, wait.ErrCancelled) {
				t.Error(err)
			}
			return late
		})
		start("well", (*tasklet.Coroutine).Yield)
		err := scope.WaitFor(co)
		is(t, err, cause)
		is(t, err, late)
		if errors.Is(err, wait.ErrCancelled) || scope.Len() != 0 || scope.Owner() != nil {
			t.Errorf("%v, %d left", err, scope.Len())
		}
		start("again", func(*tasklet.Coroutine) error { return nil })
		return scope.WaitFor(co)
	})
	run(t, s)
	if got := strings.Join(log, " "); owner.Alive() || got != "fails:cause well:the scope was cancelled parked:the scope was cancelled fails late:late again:<nil>" {
		t.Errorf("%v: %s", owner, got)
	}
}

// nest is a frame with a scope of its own, whose children have scopes until depth is
// 0. It is pickled by the world of a test.
type nest struct {
	depth, width int
	scope        wait.Scope
	started      int
	alive        *int
	here         bool
}

func (f *nest) Resume(t *tasklet.Tasklet) tasklet.Step {
	if !f.here {
		f.here = true
		*f.alive++
	}
	if f.depth == 0 {
		if s := t.Park(); s != tasklet.Next {
			return s
		}
		return tasklet.Return
	}
	for ; f.started < f.width; f.started++ {
		if _, err := f.scope.Go(t, &nest{depth: f.depth - 1, width: f.width, alive: f.alive}); err != nil {
			return t.Fail(err)
		}
	}
	if s := f.scope.Wait(t); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

func (f *nest) Cleanup(t *tasklet.Tasklet) {
	if f.here {
		*f.alive--
	}
}

func init() { pickle.Register[nest]("test.nest") }

// TestScopeEnds: when an owner ends, however that is, all below it have ended before
// anybody else has a turn.
func TestScopeEnds(t *testing.T) {
	const all = 1 + 3 + 9 + 27
	for _, how := range []string{"kill", "kill later", "throw", "bind", "cancel", "pickled", "well"} {
		t.Run(how, func(t *testing.T) {
			s := sched.New(sched.WithErrorHandler(func(*tasklet.Tasklet, error) error { return nil }))
			alive := new(int)
			root := &nest{depth: 3, width: 3, alive: alive}
			u := s.Go(root)
			run(t, s)
			if *alive != all || root.scope.Len() != 3 || root.scope.Owner() != u {
				t.Fatalf("%d alive, %d in the root's scope", *alive, root.scope.Len())
			}
			main := s.Main()
			switch how {
			case "kill":
				is(t, errors.Join(main.Kill(u), tasklet.ErrExit), tasklet.ErrExit)
			case "throw":
				if err := main.Throw(u, errors.New("cause")); err != nil {
					t.Error(err)
				}
			case "kill later":
				joined := -1
				s.GoFunc(func(co *tasklet.Coroutine) error {
					u.KillLater()
					err := co.Join(u)
					joined = *alive
					return err
				})
				run(t, s)
				if joined != 0 {
					t.Errorf("%d alive when the owner was joined", joined)
				}
			case "bind": // the root's tasklet is blocked: it is finished
				if err := u.Finish(); err != nil {
					t.Error(err)
				}
			case "cancel":
				root.scope.Cancel()
				run(t, s)
			case "pickled":
				b, err := pickle.Marshal(s.Everyone())
				if err != nil {
					t.Fatal(err)
				}
				if err := u.Finish(); err != nil {
					t.Fatal(err)
				}
				s = sched.New()
				if _, err = pickle.Unmarshal[*tasklet.Group](b, pickle.Into(s)); err != nil {
					t.Fatal(err)
				}
				var restored *tasklet.Tasklet
				for v := range s.Blocked() {
					if f, ok := v.Frame().(*nest); ok && f.depth == 3 {
						restored, alive = v, f.alive
					}
				}
				if *alive != all {
					t.Fatalf("%d were restored", *alive)
				}
				if err := s.Main().Kill(restored); err != nil {
					t.Fatal(err)
				}
			case "well":
				for *alive > 0 && s.Home().Parked().Len() > 0 {
					_ = s.Home().Parked().First().Insert()
					run(t, s)
				}
			}
			if left := s.Everyone().Len(); *alive != 0 || left != 0 {
				t.Errorf("%d alive, %d left", *alive, left)
			}
			if err := s.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestScopeErrorsOfEnds: what goes wrong when tasklets are ended is the owner's.
func TestScopeErrorsOfEnds(t *testing.T) {
	s := sched.New()
	cause := errors.New("cause")
	owner := s.GoFunc(func(co *tasklet.Coroutine) error {
		scope := wait.NewScope(s)
		for range 2 {
			if _, err := scope.GoFunc(co.Tasklet(), func(co *tasklet.Coroutine) error {
				defer func() { panic(cause) }()
				return co.Park()
			}); err != nil {
				t.Error(err)
			}
		}
		return co.Park()
	})
	run(t, s)
	err := s.Main().Kill(owner)
	is(t, err, cause)
	if s.Everyone().Len() != 0 {
		t.Error("somebody is left")
	}
}

// TestScopeRefusals: what can't be started says so.
func TestScopeRefusals(t *testing.T) {
	s, other := sched.New(), sched.New()
	scope := wait.NewScope(s)
	idle := tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return t.Park() })
	_, err := scope.Go(other.Main().Tasklet(), idle)
	is(t, err, tasklet.ErrForeign)
	is(t, scope.WaitFor(other.Main()), tasklet.ErrForeign)
	if err := scope.WaitFor(s.Main()); err != nil {
		t.Error(err)
	}
	u, err := scope.Go(s.Main().Tasklet(), idle)
	if err != nil {
		t.Fatal(err)
	}
	scope.Cancel()
	_, err = scope.Go(s.Main().Tasklet(), idle)
	is(t, err, wait.ErrCancelled, "scope 1, 1 to end")
	if err := scope.WaitFor(s.Main()); err != nil || u.Alive() {
		t.Error(err, u)
	}
	if _, err = scope.Go(s.Main().Tasklet(), idle); err != nil {
		t.Error(err)
	}
	if err := scope.WaitFor(s.Main()); err == nil { // it parks, and nobody inserts it
		t.Error("no deadlock")
	}
}

// TestInScope: a plain function's scope ends with it.
func TestInScope(t *testing.T) {
	cause := errors.New("cause")
	for _, how := range []string{"well", "fails", "panics", "is killed", "child fails"} {
		t.Run(how, func(t *testing.T) {
			s := sched.New(sched.WithErrorHandler(func(*tasklet.Tasklet, error) error { return nil }))
			c := channel.New[int](s)
			left := -1
			u := s.GoFunc(func(co *tasklet.Coroutine) (err error) {
				defer func() { left = s.Everyone().Len() - 1 }()
				return wait.InScope(co, func(scope *wait.Scope) error {
					for i := range 3 {
						if _, err := scope.GoFunc(co.Tasklet(), func(co *tasklet.Coroutine) error {
							if how == "well" {
								return co.Yield()
							}
							if how == "child fails" && i == 1 {
								return cause
							}
							_, err := c.Get(co)
							return err
						}); err != nil {
							return err
						}
					}
					if err := co.Yield(); err != nil {
						return err
					}
					switch how {
					case "fails":
						return cause
					case "panics":
						panic(cause)
					}
					return nil
				})
			})
			run(t, s)
			if how == "is killed" {
				if err := s.Main().Kill(u); err != nil {
					t.Fatal(err)
				}
			}
			want := cause
			switch how {
			case "well":
				want = nil
			case "is killed":
				want = tasklet.ErrExit
			}
			if !errors.Is(u.Err(), want) || u.Alive() || left > 0 || c.Balance() != 0 || s.Everyone().Len() != 0 {
				t.Errorf("%v: %v; %d left, balance %d", u, u.Err(), left, c.Balance())
			}
		})
	}
}

// TestJoin: all, the first, the first error.
func TestJoin(t *testing.T) {
	cause, other := errors.New("cause"), errors.New("other")
	s := sched.New()
	ends := func(after int, err error) *tasklet.Tasklet {
		return s.GoFunc(func(co *tasklet.Coroutine) error {
			for range after {
				if err := co.Yield(); err != nil {
					return err
				}
			}
			return err
		})
	}
	main := s.Main()
	j, err := wait.NewJoin(s, ends(3, nil), ends(1, nil), ends(2, cause), ends(4, other))
	if err != nil {
		t.Fatal(err)
	}
	if i, err := j.FirstFor(main); i != 1 || err != nil || j.Left() != 3 {
		t.Errorf("%d, %v, %d left", i, err, j.Left())
	}
	is(t, j.FirstErrorFor(main), cause)
	if j.Failed() != 2 || j.Left() != 1 {
		t.Errorf("%d failed, %d left", j.Failed(), j.Left())
	}
	if err := j.AllFor(main); err != nil || j.Left() != 0 {
		t.Errorf("%v, %d left", err, j.Left())
	}
	for i, want := range []error{nil, nil, cause, other} {
		if got := j.Tasklets()[i].Err(); got != want {
			t.Errorf("%d: %v", i, got)
		}
	}
	is(t, j.FirstErrorFor(main), cause)
	run(t, s) // nobody else hears of the errors

	dead, err := wait.NewJoin(s, j.Tasklets()...)
	if err != nil || dead.Ended() != 0 || dead.Failed() != 2 || dead.Left() != 0 {
		t.Error(err, dead.Ended(), dead.Failed(), dead.Left())
	}
	none, err := wait.NewJoin(s)
	if err := errors.Join(err, none.AllFor(main), none.FirstErrorFor(main)); err != nil {
		t.Error(err)
	}
	_, err = none.FirstFor(main)
	is(t, err, tasklet.ErrDeadlock, "one of 0 tasklets has ended")
	_, err = wait.NewJoin(s, sched.New().New(nil))
	is(t, err, tasklet.ErrForeign)

	killed := ends(9, nil)
	j, _ = wait.NewJoin(s, killed)
	killed.KillLater()
	if err := j.FirstErrorFor(main); err != nil {
		t.Error(err)
	}
}

// TestScopeProperty: random trees of scopes, of which random tasklets are killed,
// thrown errors, inserted and cancelled: whenever an owner is dead, so are all its
// tasklets, and nothing but what was thrown is heard of.
func TestScopeProperty(t *testing.T) {
	n := 2000
	if testing.Short() {
		n = 300
	}
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 3))
		heard := 0
		s := sched.New(sched.WithErrorHandler(func(u *tasklet.Tasklet, err error) error {
			heard++
			if kindsOf(err) == "" {
				t.Errorf("seed %d: %v", seed, err)
			}
			return nil
		}))
		alive := new(int)
		below := map[*tasklet.Tasklet]*tasklet.Tasklet{}
		root := s.Go(&nest{depth: 1 + r.IntN(3), width: 1 + r.IntN(3), alive: alive})
		thrown := 0
		for range 40 {
			if _, err := s.Step(1 + r.IntN(8)); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			everyone := s.Everyone()
			var all []*tasklet.Tasklet
			for _, list := range [][]*tasklet.Tasklet{everyone.Ready, everyone.Parked, everyone.Blocked} {
				all = append(all, list...)
			}
			for _, u := range all {
				if f, ok := u.Frame().(*nest); ok {
					for v := range f.scope.All() {
						below[v] = u
					}
				}
			}
			for v, u := range below {
				if !u.Alive() && v.Alive() {
					t.Fatalf("seed %d: %v has ended, and %v has not", seed, u, v)
				}
			}
			if err := s.Check(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if len(all) == 0 {
				break
			}
			u := all[r.IntN(len(all))]
			switch r.IntN(6) {
			case 0:
				u.KillLater()
			case 1:
				thrown++
				_ = u.ThrowLater(word("E"))
			case 2:
				if err := s.Main().Kill(u); err != nil && kindsOf(err) == "" {
					t.Fatalf("seed %d: %v", seed, err)
				}
			case 3:
				if f, ok := u.Frame().(*nest); ok {
					f.scope.Cancel()
				}
			default:
				if u.Paused() {
					_ = u.Insert()
				}
			}
		}
		if !root.Alive() && (*alive != 0 || s.Everyone().Len() != 0) {
			t.Fatalf("seed %d: the root has ended, and %d are alive", seed, *alive)
		}
		if heard > 0 && thrown == 0 {
			t.Errorf("seed %d: %d errors, none thrown", seed, heard)
		}
	}
}

// wanderer locks a mutex that it doesn't take along, and parks.
type wanderer struct {
	m      *wait.Mutex `pickle:"-"`
	locked bool
}

func (f *wanderer) Resume(t *tasklet.Tasklet) tasklet.Step {
	if !f.locked {
		if s := f.m.Lock(t); s != tasklet.Next {
			return s
		}
		f.locked = true
	}
	if s := t.Park(); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

func init() { pickle.Register[wanderer]("test.wanderer") }

// TestMovedAlone: who moves elsewhere without what it holds and what waits for it
// leaves neither of them waiting for ever.
func TestMovedAlone(t *testing.T) {
	s, next := sched.New(), sched.New()
	m := wait.NewMutex(s)
	scope := wait.NewScope(s)
	u, err := scope.Go(s.Main().Tasklet(), &wanderer{m: m})
	if err != nil {
		t.Fatal(err)
	}
	j, err := wait.NewJoin(s, u)
	if err != nil {
		t.Fatal(err)
	}
	var errs []error
	s.GoFunc(func(co *tasklet.Coroutine) error { errs = append(errs, m.LockFor(co)); return nil })
	s.GoFunc(func(co *tasklet.Coroutine) error { errs = append(errs, scope.WaitFor(co)); return nil })
	s.GoFunc(func(co *tasklet.Coroutine) error { errs = append(errs, j.FirstErrorFor(co)); return nil })
	run(t, s)
	if len(errs) != 0 {
		t.Fatal(errs)
	}
	if err := pickle.Move(u, func(b []byte) error {
		_, err := pickle.Unmarshal[*tasklet.Tasklet](b, pickle.Into(next))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	run(t, s)
	if len(errs) != 3 || scope.Len() != 0 {
		t.Fatal(errs, scope.Len())
	}
	is(t, errs[0], wait.ErrAbandoned)
	is(t, errs[1], nil)
	is(t, errs[2], tasklet.ErrMoved)
	if err := next.Close(); err != nil || s.Check() != nil {
		t.Error(err, s.Check())
	}
}
