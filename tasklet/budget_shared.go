package tasklet

import "sync/atomic"

// A SharedBudget is what several homes have in common while they are run with one budget:
// the steps that are left of it if it is a total, which each takes one at a time, and
// whether it has ended the run of one of them, so that the others are to stop too. It may
// be used by any goroutine.
//
// A step at a time is exact, whichever home is the quickest: none keeps steps that another
// could run. It costs each step under the budget, and each Tick, a number that all share.
type SharedBudget struct {
	left atomic.Int64
	over atomic.Bool
}

// NewSharedBudget makes what the homes of one run with budget b have in common.
func NewSharedBudget(b Budget) *SharedBudget {
	s := new(SharedBudget)
	s.left.Store(b.start())
	return s
}

// Over reports whether the budget has ended a run.
func (b *SharedBudget) Over() bool { return b.over.Load() }

// ShareBudget has the budget of main's next Watch be b, which other homes have too; its
// own alone, if b is nil.
func (h *Home) ShareBudget(b *SharedBudget) { h.shared = b }

// sharedBudget returns what w's budget has in common with others, nil if it is w's alone.
func (h *Home) sharedBudget(w *watch) *SharedBudget {
	if w.t == h.main.t {
		return h.shared
	}
	return nil
}

// spent reports whether nothing is left of w's budget, which counts. A shared total is
// asked for one more step.
func (h *Home) spent(w *watch) bool {
	if h.left > 0 {
		return false
	}
	if b := h.sharedBudget(w); b != nil && w.Total && b.left.Load() > 0 && b.left.Add(-1) >= 0 {
		h.left++
	}
	return h.left <= 0
}

// exhausted is spent for when nobody is ready: it takes no step.
func (h *Home) exhausted(w *watch) bool {
	b := h.sharedBudget(w)
	return h.left <= 0 && (b == nil || !w.Total || b.left.Load() <= 0)
}

// ends notes that w's budget ends its run.
func (h *Home) ends(w *watch) {
	if b := h.sharedBudget(w); b != nil {
		b.over.Store(true)
	}
}
