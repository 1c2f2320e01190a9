package tasklet

import "sync/atomic"

// A Purse is what several homes have in common while they are run with one budget: the
// steps that are left of it if it is a total, which each takes one at a time, and whether
// it has ended the run of one of them, so that the others are to stop too. It may be used
// by any goroutine.
//
// A step at a time is exact, whichever home is the quickest: none keeps steps that another
// could run. It costs each step under the budget, and each Tick, a number that all share.
type Purse struct {
	left atomic.Int64
	over atomic.Bool
}

// NewPurse makes a purse for one run with budget b.
func NewPurse(b Budget) *Purse {
	p := new(Purse)
	p.left.Store(b.start())
	return p
}

// Over reports whether the budget has ended a run.
func (p *Purse) Over() bool { return p.over.Load() }

// Share has the budget of main's next Watch be that of p; of nobody else, if p is nil.
func (h *Home) Share(p *Purse) { h.purse = p }

// shared returns the purse of w's budget, nil if it has none.
func (h *Home) shared(w *watch) *Purse {
	if w.t == h.main.t {
		return h.purse
	}
	return nil
}

// spent reports whether nothing is left of w's budget, which counts. A shared total is
// asked for one more step.
func (h *Home) spent(w *watch) bool {
	if h.left > 0 {
		return false
	}
	if p := h.shared(w); p != nil && w.Total && p.left.Load() > 0 && p.left.Add(-1) >= 0 {
		h.left++
	}
	return h.left <= 0
}

// exhausted is spent for when nobody is ready: it takes no step.
func (h *Home) exhausted(w *watch) bool {
	p := h.shared(w)
	return h.left <= 0 && (p == nil || !w.Total || p.left.Load() <= 0)
}

// ends notes that w's budget ends its run.
func (h *Home) ends(w *watch) {
	if p := h.shared(w); p != nil {
		p.over.Store(true)
	}
}
