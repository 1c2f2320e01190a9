package wait

import (
	"slices"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/tasklet"
)

// How a scope and a join are written down and made again: see pickle.go.

type scopeImage struct {
	Name    string
	Flags   flags
	Owner   *tasklet.Tasklet
	Err     error
	Members []*tasklet.Tasklet `pickle:",owned"`
	Waiters []waiter           `pickle:",owned"`
}

// PickleImage makes a scope something that package pickle can write and load.
func (*Scope) PickleImage() pickle.Image {
	return pickle.Owned(pickle.NewImage("wait.scope", pickle.StandardVersion, saveScope, loadScope, departScope).Standard(), (*Scope).inOnePickle)
}

func saveScope(s *Scope, into *scopeImage) error {
	*into = scopeImage{Name: s.name, Flags: s.flags(s.cancelled), Owner: s.owner, Err: s.err,
		Members: into.Members[:0], Waiters: s.waiters(into.Waiters[:0])}
	for m := s.first; m != nil; m = m.next {
		into.Members = append(into.Members, m.t)
	}
	return nil
}

func loadScope(loading *pickle.Loading, s *Scope, from *scopeImage) error {
	used := len(from.Members) > 0 || from.Err != nil || from.Owner != nil
	if err := s.load(loading, s, from.Name, from.Flags, used || len(from.Waiters) > 0); err != nil {
		return err
	}
	s.owner, s.err, s.cancelled = from.Owner, from.Err, from.Flags&flagOn != 0
	if len(from.Members) == 0 && (len(from.Waiters) > 0 || s.cancelled && s.err == nil) {
		return invalid("a scope without tasklets, which is waited for or cancelled")
	}
	members := slices.Clone(from.Members)
	loading.Check(func() error {
		dead := func(t *tasklet.Tasklet) bool { return t == nil || !t.Alive() }
		if slices.ContainsFunc(members, dead) || s.owner != nil && dead(s.owner) {
			return invalid("a scope of what has ended, or of nobody")
		}
		return nil
	})
	loading.Commit(func() {
		for _, t := range members {
			s.add(t)
		}
		if s.owner != nil {
			s.owner.Keep(s)
		}
	})
	return s.await(loading, from.Waiters, nil)
}

// departScope forgets what has moved.
func departScope(s *Scope) {
	for m := s.first; m != nil; m = m.next {
		m.of = nil
	}
	s.owner, s.first, s.last, s.count, s.err, s.cancelled = nil, nil, nil, 0, nil, false
}

type joinImage struct {
	Tasklets      []*tasklet.Tasklet `pickle:",owned"`
	Over          []bool             `pickle:",owned"` // which have ended
	Ended, Failed int64              // which was the first to, −1 for none
	Err           error
	All, Any, Bad *Event
}

// PickleImage makes a Join something that package pickle can write and load.
func (*Join) PickleImage() pickle.Image {
	return pickle.NewImage("wait.join", pickle.StandardVersion, saveJoin, loadJoin, nil).Standard()
}

func saveJoin(j *Join, into *joinImage) error {
	*into = joinImage{Tasklets: append(into.Tasklets[:0], j.of...), Over: append(into.Over[:0], j.over...), Ended: int64(j.first), Failed: int64(j.failed), Err: j.err, All: j.all, Any: j.any, Bad: j.bad}
	return nil
}

func loadJoin(loading *pickle.Loading, j *Join, from *joinImage) error {
	n := int64(len(from.Tasklets))
	if len(from.Over) != int(n) || from.Ended < -1 || from.Ended >= n || from.Failed < -1 || from.Failed >= n || (from.Failed < 0) != (from.Err == nil) ||
		from.All == nil || from.Any == nil || from.Bad == nil || slices.Contains(from.Tasklets, nil) {
		return invalid("a join of tasklets that are not there")
	}
	*j = Join{of: slices.Clone(from.Tasklets), over: slices.Clone(from.Over), first: int(from.Ended), failed: int(from.Failed), err: from.Err, all: from.All, any: from.Any, bad: from.Bad}
	loading.Check(func() error {
		for i, t := range j.of {
			if !j.over[i] {
				j.left++
			}
			if !j.over[i] && !t.Alive() {
				return invalid("a join of a tasklet that has ended meanwhile")
			}
		}
		if (j.left == 0) != j.all.set || (j.first >= 0) != j.any.set || j.bad.set != (j.left == 0 || j.failed >= 0) {
			return invalid("a join that knows less or more than has happened")
		}
		return nil
	})
	loading.Commit(func() {
		for i, t := range j.of {
			if !j.over[i] {
				t.AddHeir(heirOf{j, i})
			}
		}
	})
	return nil
}
