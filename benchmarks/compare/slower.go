package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"golang.org/x/perf/benchmath"
)

// tenth is by how much a figure has to have grown to be printed.
const tenth = 1.1

// exact are the units whose figures are the same in each run of the same program, or
// nearly: they need no repeating. The others are times, which are believed to have
// changed if Student's test says so, or if all rounds are above all earlier ones, which
// three beside three are by chance once in twenty times: one round that another program
// has slowed hides everything from Student's test. (The rank test that benchstat
// uses can never say so of three rounds beside three.)
var exact = []string{bytesPerUnit, "B/op", "allocs/op", resident}

// watched are the units that are compared from run to run; in all of them, less is
// better. The peak is one where all of the process is the workload.
var watched = []string{nsPerOp, bytesPerUnit, "allocs/op", pauseNS, markNS, endedNS}

// slower is a figure of ours that has become worse by more than a tenth, on its own or
// beside the goroutines of its run.
type slower struct {
	Name   string    `json:"name"`
	Unit   string    `json:"unit"`
	Own    *movement `json:"own"`        // nil if the machine is another one
	Beside *movement `json:"goroutines"` // as a multiple of the goroutines'; nil if they have none
}

// movement is how a figure has changed.
type movement struct {
	Before      float64 `json:"before"`
	Now         float64 `json:"now"`
	Significant bool    `json:"significant"`
}

// worse says whether it is to be printed.
func (m *movement) worse() bool {
	return m != nil && m.Significant && m.Now > m.Before*tenth
}

// comparison is one run beside an earlier one.
type comparison struct {
	SameMachine bool     `json:"same_machine"`
	Compared    int      `json:"compared"` // figures
	Unsure      int      `json:"unsure"`   // of them, of one round only: nothing can be said of their times
	Slower      []slower `json:"slower"`
}

// compareRuns finds what has become slower or bigger.
func compareRuns(now, before *record) comparison {
	c := comparison{SameMachine: now.Machine.same(before.Machine), Slower: []slower{}}
	for i := range now.Figures {
		f := &now.Figures[i]
		earlier := before.figure(f.key())
		if earlier == nil || !slices.Contains(ours, f.On) {
			continue
		}
		for _, unit := range unitsOf(f) {
			if len(f.Values[unit]) == 0 || len(earlier.Values[unit]) == 0 {
				continue
			}
			c.Compared++
			s := slower{Name: f.key().String(), Unit: unit}
			if !slices.Contains(exact, unit) && min(len(f.Values[unit]), len(earlier.Values[unit])) < 2 {
				c.Unsure++
				continue
			}
			if c.SameMachine || slices.Contains(exact, unit) {
				s.Own = moved(earlier.Values[unit], f.Values[unit], unit)
			}
			goroutine := f.key()
			goroutine.on = goroutines
			s.Beside = moved(before.ratios(f.key(), goroutine, unit), now.ratios(f.key(), goroutine, unit), unit)
			if s.Own.worse() || s.Beside.worse() {
				c.Slower = append(c.Slower, s)
			}
		}
	}
	return c
}

// unitsOf are the watched units of a figure; of Skynet, whose memory is the process's,
// the peak too.
func unitsOf(f *figure) []string {
	units := watched
	if f.Workload == "Skynet" && f.N >= 1_000_000 {
		units = append(slices.Clone(units), residentPeak)
	}
	return units
}

// moved holds two samples against each other; nil if there is nothing to hold.
func moved(before, now []float64, unit string) *movement {
	was, known := medianOf(before)
	is, knownNow := medianOf(now)
	if !known || !knownNow || was <= 0 {
		return nil
	}
	return &movement{Before: rounded(was), Now: rounded(is), Significant: significant(before, now, unit)}
}

// significant says whether the two samples differ by more than their own noise.
func significant(before, now []float64, unit string) bool {
	if slices.Contains(exact, unit) {
		return true
	}
	if len(before) < 2 || len(now) < 2 {
		return false
	}
	if slices.Min(before) == slices.Max(before) && slices.Min(now) == slices.Max(now) {
		return before[0] != now[0] // the test can't do without any noise
	}
	if apart(before, now) {
		return true
	}
	thresholds := benchmath.DefaultThresholds
	result := benchmath.AssumeNormal.Compare(
		benchmath.NewSample(slices.Clone(before), &thresholds),
		benchmath.NewSample(slices.Clone(now), &thresholds))
	return len(result.Warnings) == 0 && result.P < thresholds.CompareAlpha
}

// apart says whether all of one sample are above all of the other, and they are not too
// few for that to mean something.
func apart(a, b []float64) bool {
	return min(len(a), len(b)) >= 3 && (slices.Max(a) < slices.Min(b) || slices.Max(b) < slices.Min(a))
}

// rounded keeps six digits: more would only pretend.
func rounded(f float64) float64 {
	if f == 0 {
		return 0
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(f))))
	return math.Round(f*scale) / scale
}

// write writes the comparison as an aligned table, for people.
func (c comparison) write(w io.Writer, before *record) error {
	fmt.Fprintf(w, "Beside the run of %s", before.Date.Format("2 January 2006, 15:04"))
	if before.Revision != "" {
		fmt.Fprintf(w, " (%s)", before.Revision)
	}
	if !c.SameMachine {
		fmt.Fprintf(w, ", which was on another machine (%s), so times are only compared as multiples of the goroutines'", before.Machine)
	}
	fmt.Fprintf(w, ": %d figures", c.Compared)
	if c.Unsure > 0 {
		fmt.Fprintf(w, ", %d of them times of a single round, of which nothing can be said", c.Unsure)
	}
	if len(c.Slower) == 0 {
		_, err := fmt.Fprintln(w, ".\nNothing got slower or bigger by more than a tenth.")
		return err
	}
	fmt.Fprintf(w, ".\nSlower or bigger by more than a tenth: %d. What is so on its own only, and not beside the\ngoroutines of its run, may be the machine.\n\n", len(c.Slower))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "before\tnow\tchange\tof goroutine's, before\tnow\tchange\t   ")
	for _, s := range c.Slower {
		write := func(m *movement, unit string) string {
			if m == nil {
				return "-\t-\t-\t"
			}
			text := change(m.Now, m.Before)
			if !m.Significant {
				text = "~"
			}
			return inUnit(m.Before, unit) + "\t" + inUnit(m.Now, unit) + "\t" + text + "\t"
		}
		fmt.Fprintf(t, "%s%s   %s\n", write(s.Own, s.Unit), write(s.Beside, times), nameAndUnit(s))
	}
	return t.Flush()
}

func nameAndUnit(s slower) string {
	if s.Unit == nsPerOp {
		return s.Name
	}
	return s.Name + ", " + s.Unit
}

// report is what a run says on its output with --format json.
type report struct {
	Goals      []goalReport `json:"goals"`
	Against    *string      `json:"against"` // when the earlier run was; null if there is none
	Comparison *comparison  `json:"comparison"`
	Wrote      []string     `json:"wrote"`
}

type goalReport struct {
	ID       string   `json:"id"`
	Goal     string   `json:"goal"`
	Measured *float64 `json:"measured"` // null if it was not
	Verdict  string   `json:"verdict"`
	Reason   string   `json:"reason,omitempty"`
}

func newReport(now, before *record, wrote []string) report {
	r := report{Wrote: wrote}
	if before != nil {
		date := before.Date.Format("2006-01-02T15:04:05Z07:00")
		c := compareRuns(now, before)
		r.Against, r.Comparison = &date, &c
	}
	for _, g := range holdAgainst(now) {
		one := goalReport{ID: g.goal.id, Goal: g.goal.about + ": " + g.goal.says, Verdict: g.verdict(), Reason: g.reason}
		if g.known {
			measured := rounded(g.measured)
			one.Measured = &measured
		}
		r.Goals = append(r.Goals, one)
	}
	return r
}

func (r report) write(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r)
}

// print writes the report for people.
func (r report) print(w io.Writer, before *record) error {
	count := make(map[string]int)
	for _, g := range r.Goals {
		count[g.Verdict]++
	}
	fmt.Fprintf(w, "Goals: %d met, %d short, %d not measured.\n", count["met"], count["short"], count["not measured"])
	if n := len(r.Wrote); n > 0 {
		fmt.Fprintf(w, "Wrote %s and %d more.\n", r.Wrote[n-1], n-1)
	}
	if r.Comparison == nil {
		_, err := fmt.Fprintln(w, "There is no earlier run to compare with.")
		return err
	}
	return r.Comparison.write(w, before)
}
