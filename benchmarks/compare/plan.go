package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// options are the flags as the user gave them.
type options struct {
	rounds      int
	only        string
	systems     []string
	each        time.Duration // to measure, in each cell
	limit       time.Duration // for a cell to end
	out         string
	compareWith string
	from        string
	dryRun      bool
	checkOnly   bool
	format      string
}

// whole says whether the suite is asked for, and not a part of it.
func (o options) whole() bool { return o.only == "" && len(o.systems) == 0 }

// usageError is a mistake in what the user asked for: exit code 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// enough is how long a cell may have taken in all before it is not begun again.
// Then its median is of fewer rounds, which its record says.
const enough = 8 * time.Second

// plan is all that one run measures.
type plan struct {
	rounds  int
	each    time.Duration
	cells   []cell         // in the order of a round
	left    map[key]string // what is left out, and why
	whole   bool           // the suite, not a part of it
	systems []*system
}

// newPlan turns the options into a plan for the systems, which have been looked for.
func newPlan(o options, systems []*system) (*plan, error) {
	switch {
	case o.rounds < 1:
		return nil, usageError{fmt.Errorf("--rounds %d: must be 1 or more", o.rounds)}
	case o.each <= 0:
		return nil, usageError{fmt.Errorf("--time %v: must be more than 0", o.each)}
	case o.limit <= 0:
		return nil, usageError{fmt.Errorf("--limit %v: must be more than 0", o.limit)}
	}
	only, err := regexp.Compile("(?i)^(?:" + onlyNames(o.only) + ")$")
	if o.only == "" {
		only = regexp.MustCompile("")
	} else if err != nil {
		return nil, usageError{fmt.Errorf("--only %s: %v", o.only, err)}
	}
	p := &plan{rounds: o.rounds, each: o.each, left: make(map[key]string),
		whole: o.whole(), systems: systems}
	for i := range workloads {
		if w := &workloads[i]; only.MatchString(w.name) {
			p.addWorkload(w)
		}
	}
	if len(p.cells) == 0 {
		return nil, usageError{fmt.Errorf("nothing to measure: --only %q, --systems %q; the workloads are %s",
			o.only, strings.Join(o.systems, ","), strings.Join(workloadNames(), ", "))}
	}
	return p, nil
}

func workloadNames() []string {
	var names []string
	for _, w := range workloads {
		names = append(names, strings.ToLower(w.name))
	}
	return names
}

// onlyNames splits the value of --only as people write it: names with commas are as
// good as a regular expression.
func onlyNames(text string) string { return strings.ReplaceAll(text, ",", "|") }

// addWorkload adds the cells of a workload: size by size, so that the systems of a
// size follow each other.
func (p *plan) addWorkload(w *workload) {
	parts := []string{""}
	if w.name == memoryName {
		parts = w.parts
	}
	for _, part := range parts {
		for _, n := range w.allSizes() {
			growth := !slices.Contains(w.sizes, n) || w.name == memoryName
			for _, s := range p.systems {
				if w.runsOn(s) && (w.growsOn(s) || slices.Contains(w.sizes, n)) {
					p.add(cell{workload: w, n: n, part: part, on: s, growth: growth})
				}
			}
		}
	}
}

func (p *plan) add(c cell) {
	reason := leftOutBecause(c)
	switch {
	case !c.on.there():
		// said once for the system, not for each cell
	case reason != "":
		for _, k := range c.keys() {
			p.left[k] = reason
		}
	default:
		p.cells = append(p.cells, c)
	}
}

// inRound are the cells of a round, the first being 0.
func (p *plan) inRound(round int) []cell {
	if round == 0 {
		return p.cells
	}
	return slices.DeleteFunc(slices.Clone(p.cells), func(c cell) bool { return c.growth })
}

// estimate is how long a run of a cell takes: as in the last record, if that knows.
func (p *plan) estimate(c cell, last *record) time.Duration {
	if last != nil && last.Settings.Seconds == p.each.Seconds() {
		if f := last.figure(c.keys()[0]); f != nil && len(f.Took) > 0 {
			return time.Duration(f.Took[0] * float64(time.Second))
		}
	}
	return c.guess(p.each)
}

// times is how often a cell is run, if it takes so long.
func (p *plan) times(c cell, takes time.Duration) int {
	if c.growth {
		return 1
	}
	return min(p.rounds, max(1, 1+int((enough-time.Nanosecond)/max(takes, time.Millisecond))))
}

// total is how long the whole plan takes, roughly.
func (p *plan) total(last *record) time.Duration {
	var all time.Duration
	for _, c := range p.cells {
		takes := p.estimate(c, last)
		all += takes * time.Duration(p.times(c, takes))
	}
	return all
}

// list writes the cells of a plan with what each is likely to take.
func (p *plan) list(w io.Writer, last *record) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "cell\trounds\tseconds")
	for _, c := range p.cells {
		takes := p.estimate(c, last)
		times := p.times(c, takes)
		fmt.Fprintf(table, "%s\t%d\t%.1f\n", c.name(), times, takes.Seconds()*float64(times))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	left := make([]string, 0, len(p.left))
	for k, reason := range p.left {
		left = append(left, fmt.Sprintf("left out: %s: %s", k, reason))
	}
	slices.Sort(left)
	for _, line := range left {
		fmt.Fprintln(w, line)
	}
	for _, s := range p.systems {
		if !s.there() {
			fmt.Fprintf(w, "missing: %s: %s\n", s.title, s.missing)
		}
	}
	_, err := fmt.Fprintf(w, "%d cells, about %s\n", len(p.cells), p.total(last).Round(time.Second))
	return err
}
