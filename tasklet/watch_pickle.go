package tasklet

import (
	"cmp"
	"math"
	"slices"

	"github.com/stackless-go/stackless/pickle"
)

// watchImage is what a tasklet that watches needs to go on with that. Depth is
// how many watches it lies in. Whose steps the innermost counts is marked at that
// tasklet, which need not be in the same pickle.
type watchImage = struct {
	Depth       int
	Steps, Left int64
	Total, Soft bool
	Victim      *Tasklet
}

// saveWatch returns what t watches with, nil if it does not.
func (t *Tasklet) saveWatch() *watchImage {
	if t.flags&watching == 0 || t.op.kind() != OpWatch {
		return nil
	}
	h := t.Home()
	at := slices.IndexFunc(h.watches, func(w *watch) bool { return w.t == t })
	w := h.watches[at]
	left := w.left
	if w == h.innermost() {
		left = h.left
	}
	return &watchImage{Depth: at, Steps: int64(w.Steps), Left: left, Total: w.Total, Soft: w.Soft, Victim: w.victim}
}

// watchable reports whether the watch of an image is one that there can be.
func watchable(m *image) bool {
	w := m.More.Watch
	return (m.Status == Parked || m.Status == Ready) && w.Depth >= 0 && w.Steps >= 0 && w.Steps <= math.MaxInt
}

// A restoredWatch has how many watches it lay in.
type restoredWatch struct {
	*watch
	depth int
}

// restoreWatch has t watch again once the loading is committed: inside of those
// who watch already.
func (t *Tasklet) restoreWatch(l *pickle.Loading, from *watchImage) error {
	r, err := restoring(l)
	if err != nil {
		return err
	}
	b := Budget{Steps: int(from.Steps), Total: from.Total, Soft: from.Soft}
	left := min(from.Left, b.start())
	r.watches = append(r.watches, restoredWatch{&watch{t: t, Budget: b, left: left, victim: from.Victim}, from.Depth})
	return nil
}

// commitWatches has those watch who did, in the order in which they lay in each
// other.
func (r *restoration) commitWatches() {
	slices.SortStableFunc(r.watches, func(a, b restoredWatch) int { return cmp.Compare(a.depth, b.depth) })
	for _, w := range r.watches {
		w.holder = r.counted
		r.home.watch(w.watch)
	}
}
