package tasklet

import (
	"fmt"
	"slices"

	"github.com/stackless-go/stackless/pickle"
)

// A Group is tasklets with their order. A pickle that has one restores them as
// they were: those that were ready are ready again, in the same order, and before
// them those that awaited functions outside, which they begin anew; of those that
// wake at the same time, the first is first again. Without a Group, what was
// ready is loaded parked, for its loader to insert.
//
// [Home.Everyone] makes one of all tasklets of a scheduler. One of some is made
// by listing them, each where it belongs by its status; those blocked need not
// be listed if what they wait on is reached otherwise.
type Group struct {
	Ready    []*Tasklet // in the order of their turns
	Sleeping []*Tasklet // in the order in which they will wake
	Parked   []*Tasklet // in the order in which they were parked
	Blocked  []*Tasklet // in the order of what they wait in, and there first come first

	lastID uint64   // of the scheduler, if everyone is here
	ids    []uint64 // while it is loaded: the numbers they had, in the order of the lists
}

// groupImage is a group as it is pickled. IDs are those of all lists in their
// order, if the tasklets are to keep them.
type groupImage struct {
	Ready    []*Tasklet `pickle:",owned"`
	Sleeping []*Tasklet `pickle:",owned"`
	Parked   []*Tasklet `pickle:",owned"`
	Blocked  []*Tasklet `pickle:",owned"`
	LastID   uint64
	IDs      []uint64 `pickle:",owned"`
}

// Everyone returns all tasklets of the home but main, with their order. If it is
// loaded into a scheduler that has had no tasklets yet, they keep their numbers;
// the dead, which are in no group, do not. In a pool they keep them if all have been
// made in the one scheduler, and it is loaded into that of the same number.
func (h *Home) Everyone() *Group {
	g := &Group{lastID: h.lastID, Sleeping: slices.Collect(h.scheduler.Asleep())}
	main := h.main.t
	for _, list := range []struct {
		from *Queue
		to   *[]*Tasklet
	}{{&h.ring, &g.Ready}, {&h.backlog, &g.Ready}, {&h.parked, &g.Parked}} {
		for t := range list.from.All() {
			if t != main {
				*list.to = append(*list.to, t)
			}
		}
	}
	for t := range h.Blocked() {
		if t != main {
			g.Blocked = append(g.Blocked, t)
		}
	}
	for _, list := range g.lists() {
		if slices.ContainsFunc(list, func(t *Tasklet) bool { return !h.Made(t) }) {
			g.lastID = 0
		}
	}
	return g
}

// Len returns how many tasklets are in the group.
func (g *Group) Len() int {
	return len(g.Ready) + len(g.Sleeping) + len(g.Parked) + len(g.Blocked)
}

// PickleImage makes a group something that package pickle can write and load.
func (*Group) PickleImage() pickle.Image {
	return pickle.NewImage("group", pickle.StandardVersion, saveGroup, loadGroup, nil).Standard()
}

func saveGroup(g *Group, into *groupImage) error {
	g = g.asLoaded()
	*into = groupImage{Ready: g.Ready, Sleeping: g.Sleeping, Parked: g.Parked, Blocked: g.Blocked, LastID: g.lastID}
	for _, list := range g.lists() {
		for _, t := range list {
			if t == nil {
				return fmt.Errorf("a group with a nil tasklet: %w", pickle.ErrUnpicklable)
			}
			if g.lastID != 0 {
				into.IDs = append(into.IDs, t.ID())
			}
		}
	}
	return nil
}

// asLoaded returns the group as it will be where it is loaded: who awaits a
// function outside is ready there, to perform its Await again, before all who are
// ready here and in the order of asking, so that this order is kept.
func (g *Group) asLoaded() *Group {
	awaits := func(t *Tasklet) bool { return t != nil && t.place != nil && t.awaits() != nil }
	if !slices.ContainsFunc(g.Blocked, awaits) {
		return g
	}
	loaded := *g
	loaded.Ready, loaded.Blocked = nil, nil
	for _, t := range g.Blocked {
		if awaits(t) {
			loaded.Ready = append(loaded.Ready, t)
		} else {
			loaded.Blocked = append(loaded.Blocked, t)
		}
	}
	loaded.Ready = append(loaded.Ready, g.Ready...)
	return &loaded
}

func (g *Group) lists() [][]*Tasklet {
	return [][]*Tasklet{g.Ready, g.Sleeping, g.Parked, g.Blocked}
}

func loadGroup(l *pickle.Loading, g *Group, from *groupImage) error {
	r, err := restoring(l)
	if err != nil {
		return err
	}
	*g = Group{
		Ready: slices.Clone(from.Ready), Sleeping: slices.Clone(from.Sleeping),
		Parked: slices.Clone(from.Parked), Blocked: slices.Clone(from.Blocked), lastID: from.LastID,
	}
	r.groups = append(r.groups, g)
	l.Check(func() error { return g.check(r.home) })
	if from.LastID == 0 {
		return nil
	}
	if len(from.IDs) != g.Len() {
		return fmt.Errorf("%w: a group of %d with %d numbers", pickle.ErrInvalid, g.Len(), len(from.IDs))
	}
	g.ids = slices.Clone(from.IDs)
	sorted := slices.Sorted(slices.Values(from.IDs))
	if n := len(sorted); n > 0 && (sorted[0] < 2 || sorted[n-1] > from.LastID) || from.LastID >= 1<<48 || len(slices.Compact(sorted)) != n {
		return fmt.Errorf("%w: a group's numbers are not those of its tasklets", pickle.ErrInvalid)
	}
	return nil
}

// check tells a group whose tasklets are elsewhere than it says.
func (g *Group) check(h *Home) error {
	for i, list := range g.lists() {
		for _, t := range list {
			if t == nil || t.place == nil {
				return fmt.Errorf("%w: a group with a tasklet that is not there", pickle.ErrInvalid)
			}
			// The ready are still parked.
			if want := []Status{Parked, Sleeping, Parked, Blocked}[i]; t.place.status != want || t.place.home != h {
				return fmt.Errorf("%w: a group says that a tasklet is %v, it is %v", pickle.ErrInvalid, want, t.place.status)
			}
		}
	}
	return nil
}

// renumber gives the tasklets of a whole scheduler their numbers, if nobody else
// has any.
func (g *Group) renumber(h *Home) {
	if g.lastID != 0 && h.lastID == h.main.t.ID() && h.lastID>>numberBits == g.lastID>>numberBits {
		h.lastID = g.lastID
		for _, list := range g.lists() {
			for _, t := range list {
				t.idLow, t.idHigh = uint32(g.ids[0]), uint16(g.ids[0]>>32)
				g.ids = g.ids[1:]
			}
		}
	}
	g.ids = nil
}
