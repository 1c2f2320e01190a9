package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stackless-go/stackless/benchmarks/peers"
	"github.com/stackless-go/stackless/internal/progressbar"
)

// runner measures the cells of a plan into a record.
type runner struct {
	plan   *plan
	limit  time.Duration
	shop   *workshop
	bar    *progressbar.Bar
	last   *record // for estimates; may be nil
	out    *record
	spent  map[string]time.Duration // by cell
	given  map[string]bool          // cells that failed and are not begun again
	failed []string                 // which, and why, in order: not those that are refused as unfair
}

// newRecord is a record with nothing measured yet.
func newRecord(p *plan, m machine, revision string) *record {
	r := &record{Version: recordVersion, Date: time.Now().UTC().Truncate(time.Second), Revision: revision, Machine: m,
		Settings: settings{Rounds: p.rounds, Seconds: p.each.Seconds(), Whole: p.whole}}
	for _, s := range p.systems {
		r.Systems = append(r.Systems, presence{s.name, s.title, s.version, s.missing})
	}
	return r
}

// measure runs all rounds. Only a cancelled context stops it: what goes wrong with a
// cell is why its figures are absent.
func (r *runner) measure(ctx context.Context) error {
	r.spent, r.given = make(map[string]time.Duration), make(map[string]bool)
	start := time.Now()
	for round := range r.plan.rounds {
		for _, c := range r.plan.inRound(round) {
			takes := r.plan.estimate(c, r.last)
			if spent := r.spent[c.name()]; !r.given[c.name()] && (round == 0 || spent+spent/time.Duration(round) <= enough) {
				r.bar.Say(fmt.Sprintf("%d/%d %s", round+1, r.plan.rounds, c.name()))
				if err := r.measureCell(ctx, c); err != nil {
					return err
				}
			}
			if round < r.plan.times(c, takes) {
				r.bar.Step(takes.Milliseconds())
			}
		}
	}
	for k, reason := range r.plan.left {
		r.out.ensure(k).Absent = reason
	}
	r.out.sort()
	r.out.Settings.Took = time.Since(start).Round(time.Second).Seconds()
	return nil
}

// measureCell runs a cell once. Its error is that of the context only.
func (r *runner) measureCell(ctx context.Context, c cell) error {
	start := time.Now()
	var err error
	if c.workload.name == memoryName {
		err = r.measureMemory(ctx, c)
	} else {
		err = r.measureTime(ctx, c)
	}
	r.spent[c.name()] += time.Since(start)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		r.given[c.name()] = true
		if !errors.Is(err, errUnfair) {
			r.failed = append(r.failed, c.name()+": "+err.Error())
		}
		for _, k := range c.keys() {
			r.out.ensure(k).Absent = err.Error()
		}
	}
	return nil
}

// measureTime runs the cell's program, which measures itself, and looks at the
// process from outside.
func (r *runner) measureTime(ctx context.Context, c cell) error {
	result, err := r.command(c).run(ctx)
	if err != nil {
		return unfair(err)
	}
	lines, err := parseLines(result.output)
	if err != nil {
		return err
	}
	wanted := c.keys()
	found := make(map[key]bool)
	for _, l := range lines {
		if !slices.Contains(wanted, l.key) || found[l.key] {
			return fmt.Errorf("measured %s, asked for %s", l.key, c.name())
		}
		found[l.key] = true
		if c.workload.allCores && result.peak > 0 {
			l.values[residentPeak] = float64(result.peak)
		}
		r.out.ensure(l.key).add(l.values, l.iterations, result.took)
	}
	if len(found) == 0 {
		return errors.New("there is no such benchmark")
	}
	return nil
}

// command is the process of a cell.
func (r *runner) command(c cell) command {
	if c.on.program != nil {
		return command{
			words: c.on.program.Bench(strings.ToLower(c.workload.name), c.n),
			dir:   r.shop.root, limit: r.limit,
			env: []string{"BENCH_SECONDS=" + strconv.FormatFloat(r.plan.each.Seconds(), 'g', -1, 64)},
		}
	}
	words := []string{r.shop.goTests, "-test.run=^$", "-test.bench=" + c.pattern(),
		"-test.benchtime=" + r.plan.each.String(), "-test.benchmem", "-test.timeout=" + (2 * r.limit).String()}
	if !c.workload.allCores {
		// The collector is to have no core of its own: the others have none either.
		words = append(words, "-test.cpu=1")
	}
	return command{words: words, dir: filepath.Join(r.shop.root, "benchmarks"), limit: r.limit}
}

// unfair says in plain words that a peer has refused a workload.
func unfair(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == peers.ExitUnfair {
		text := err.Error()
		if _, reason, ok := strings.Cut(text, exit.Error()+": "); ok {
			text = reason
		}
		return fmt.Errorf("%w: %s", errUnfair, text)
	}
	return err
}

// sort puts figures in the order of the page.
func (r *record) sort() {
	order := func(f figure) []int {
		workload := slices.IndexFunc(workloads, func(w workload) bool { return w.name == f.Workload })
		part := slices.Index(workloads[workload].parts, f.Part)
		on := slices.IndexFunc(r.Systems, func(s presence) bool { return s.Name == f.On })
		return []int{workload, part, f.N, on}
	}
	slices.SortStableFunc(r.Figures, func(a, b figure) int { return slices.Compare(order(a), order(b)) })
}
