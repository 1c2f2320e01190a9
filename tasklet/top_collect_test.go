package tasklet_test

import (
	"reflect"
	"runtime"
	"runtime/debug"
	"testing"
	"weak"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A sized frame has a T among what it counts by. It yields, calls and parks.
type sized[T any] struct {
	n     uint8
	value T
	sub   turnsOnce
}

type turnsOnce struct{}

func (f *turnsOnce) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := t.Yield(); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

func (f *sized[T]) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.n < 9; f.n++ {
		var s tasklet.Step
		switch f.n % 3 {
		case 0:
			s = t.Yield()
		case 1:
			s = t.Call(&f.sub)
		case 2:
			s = t.Park()
		}
		if s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

// A byValue frame has nothing but methods of values.
type byValue struct{ left *int }

func (f byValue) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; *f.left > 0; *f.left-- {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
	}
	return tasklet.Return
}

// A spawning makes a frame that holds a value, and says whether it still does.
type spawning func(s *sched.Scheduler) (t *tasklet.Tasklet, intact func() bool)

func spawns[T any](v func() T) spawning {
	return func(s *sched.Scheduler) (*tasklet.Tasklet, func() bool) {
		t := tasklet.Spawn(s, sized[T]{value: v()})
		var first *sized[T]
		for f := range t.Frames() {
			first = f.(*sized[T])
		}
		where := weak.Make(first) // which does not keep it
		return t, func() bool {
			f := where.Value()
			return f != nil && reflect.DeepEqual(f.value, v())
		}
	}
}

// TestFramesAreCollectedWithTheirBlocks: whatever a frame is made of, the collector finds
// it behind its block while that is known, with what it leads to, and lets both go.
func TestFramesAreCollectedWithTheirBlocks(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	number := func(n int) *int { return &n }
	made := []spawning{
		spawns(func() struct{} { return struct{}{} }),
		spawns(func() byte { return 7 }),
		spawns(func() [3]byte { return [3]byte{1, 2, 3} }),
		spawns(func() uint64 { return 1 << 60 }),
		spawns(func() *int { return number(8) }),
		spawns(func() string { return string(make([]byte, 100)) }),
		spawns(func() [40_000]byte { return [40_000]byte{39_999: 1} }), // larger than 32 KiB
		spawns(func() (a [5_000]*int) { a[0], a[4_999] = number(1), number(2); return a }),
		spawns(func() [60]map[string]*int { return [60]map[string]*int{59: {"a": number(3)}} }),
		func(s *sched.Scheduler) (*tasklet.Tasklet, func() bool) {
			left := 5
			return tasklet.Spawn(s, byValue{&left}), func() bool { return left >= 0 }
		},
	}
	s := sched.New()
	var all []*tasklet.Tasklet
	var intact []func() bool
	var gone []weak.Pointer[tasklet.Tasklet]
	for range 20 {
		for _, spawn := range made {
			u, ok := spawn(s)
			all, intact, gone = append(all, u), append(intact, ok), append(gone, weak.Make(u))
		}
	}
	for alive := true; alive; {
		alive = false
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		for i, u := range all {
			if !intact[i]() {
				t.Fatalf("number %d, %v, has lost what it held", i%len(made), u)
			}
			if u.Alive() {
				alive = true
				if err := u.Insert(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	all = nil
	s.Go(new(small)) // the scheduler knows the last that ran
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		runtime.GC()
	}
	for i, w := range gone {
		if w.Value() != nil {
			t.Errorf("number %d is still there", i%len(made))
		}
	}
	runtime.KeepAlive(s)
}

// TestTheDeadKeepNobody: a dead tasklet that somebody refers to keeps neither those who
// stood beside it, nor what its frame led to, nor what it waited by.
func TestTheDeadKeepNobody(t *testing.T) {
	type leaf [10]int
	for name, make := range map[string]func(s *sched.Scheduler, f *keeping[leaf]) *tasklet.Tasklet{
		"go":    func(s *sched.Scheduler, f *keeping[leaf]) *tasklet.Tasklet { return s.Go(f) },
		"named": func(s *sched.Scheduler, f *keeping[leaf]) *tasklet.Tasklet { u := s.Go(f); u.SetName("a"); return u },
		"bound": func(s *sched.Scheduler, f *keeping[leaf]) *tasklet.Tasklet {
			u := tasklet.Spawn(s, small{n: 3})
			if err := s.Run(); err != nil {
				t.Error(err)
			}
			if err := u.Setup(f); err != nil {
				t.Error(err)
			}
			return u
		},
	} {
		for _, end := range []string{"returns", "killed", "killed later", "bound to nil", "finished"} {
			t.Run(name+", "+end, func(t *testing.T) {
				s := sched.New()
				var leaves []weak.Pointer[leaf]
				var kept *tasklet.Tasklet
				func() {
					for i := range 3 {
						l := new(leaf)
						leaves = append(leaves, weak.Make(l))
						u := make(s, &keeping[leaf]{value: l})
						if i == 1 {
							kept = u
						}
					}
					if err := s.Run(); err != nil { // all are parked
						t.Fatal(err)
					}
					for _, u := range parked(s) {
						var err error
						switch end {
						case "returns":
							err = u.Insert()
						case "killed":
							err = s.Main().Kill(u)
						case "killed later":
							u.KillLater()
						case "bound to nil":
							err = u.Bind(nil)
						case "finished":
							err = u.Finish()
						}
						if err != nil {
							t.Error(err)
						}
					}
					if err := s.Run(); err != nil || kept.Alive() {
						t.Fatal(kept, err)
					}
					s.Go(new(small)) // so that another is known as the last to run
					if err := s.Run(); err != nil {
						t.Fatal(err)
					}
				}()
				for range 3 {
					runtime.GC()
				}
				for i, l := range leaves {
					if l.Value() != nil {
						t.Errorf("what number %d led to is still there", i)
					}
				}
				runtime.KeepAlive(kept)
				runtime.KeepAlive(s)
			})
		}
	}
}

// A keeping frame parks once, and leads to a value.
type keeping[T any] struct{ value *T }

func (f *keeping[T]) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := t.Park(); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

func parked(s *sched.Scheduler) (all []*tasklet.Tasklet) {
	for u := range s.Home().Parked().All() {
		if u != s.Main().Tasklet() {
			all = append(all, u)
		}
	}
	return all
}
