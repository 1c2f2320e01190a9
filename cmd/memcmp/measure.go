package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// emptyRepeats is how often the empty process is measured, at the least. All
// figures per unit rest on it.
const emptyRepeats = 3

// meter measures the series of a plan.
type meter struct {
	self    string // the file of this command
	repeat  int
	timeout time.Duration
	sleep   time.Duration // of units in the state sleeping
	stack   *int64        // size of a kernel stack
	step    func(n int)   // called with the measurements done, for the progress bar
}

// measurements is how many processes a plan starts.
func (p plan) measurements() int {
	total := 0
	for _, s := range p.series {
		if s.program == nil || s.program.absent == nil {
			total += max(p.repeat, emptyRepeats) + p.repeat*len(s.counts)
		}
	}
	return total
}

// measureAll measures a plan. Only a cancelled context stops it early: what
// goes wrong with one measurement becomes the error of its row.
func (m *meter) measureAll(ctx context.Context, p plan) ([]result, error) {
	var all []result
	for _, s := range p.series {
		rows := m.measureSeries(ctx, s)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

func (m *meter) measureSeries(ctx context.Context, s series) []result {
	var rows []result
	if s.program != nil && s.program.absent != nil {
		for _, count := range s.counts {
			reason := s.program.absent.Error()
			rows = append(rows, result{Kind: s.kind, State: s.state, Count: count, Error: &reason, skipped: true})
		}
		return rows
	}
	// An error here is one only for the slope, which then begins elsewhere.
	empty, _ := m.measureRow(ctx, s, 0, max(m.repeat, emptyRepeats))
	tooLate := ""
	for _, count := range s.counts {
		row := result{Kind: s.kind, State: s.state, Count: count, Error: &tooLate}
		if tooLate == "" {
			var err error
			row, err = m.measureRow(ctx, s, count, m.repeat)
			if errors.Is(err, errNotReady) {
				tooLate = fmt.Sprintf("not tried: %s were not ready in time", thousands(count))
			}
		} else {
			m.step(m.repeat)
		}
		rows = append(rows, row)
	}
	setSlopes(rows, empty)
	return rows
}

// measureRow measures one count, several times over. The first error is in the
// row already.
func (m *meter) measureRow(ctx context.Context, s series, count, repeat int) (result, error) {
	row := result{Kind: s.kind, State: s.state, Count: count}
	var samples []sample
	var first error
	for done := range repeat {
		measured, err := m.measureOnce(ctx, s, count)
		m.step(1)
		if err == nil {
			samples = append(samples, measured)
		} else if first == nil {
			first = err
			row.Error = new(err.Error())
		}
		if errors.Is(err, errNotReady) {
			m.step(repeat - done - 1)
			break // it won't be the next time either
		}
	}
	row.summarize(samples)
	return row, first
}

// measureOnce starts a process, waits until it is ready, reads it and ends it.
func (m *meter) measureOnce(ctx context.Context, s series, count int) (sample, error) {
	if err := ctx.Err(); err != nil {
		return sample{}, err
	}
	words := []string{m.self, "unit", "--kind", s.kind, "--state", s.state, "--count", strconv.Itoa(count), "--sleep", m.sleep.String()}
	if s.program != nil {
		words = s.program.command(count)
	}
	c, err := startChild(words, s.program == nil)
	if err != nil {
		return sample{}, err
	}
	line, err := c.waitReady(ctx, m.timeout)
	if err != nil {
		return sample{}, c.abandon(ctx, err, count)
	}
	read := readMemory
	if s.program != nil {
		read = readMemoryOfTree
	}
	figures, err := read(ctx, int32(c.cmd.Process.Pid), m.stack)
	if err == nil && s.program == nil && s.state == stateSleeping && count > 0 {
		err = m.sleepThrough(ctx, c, &line)
	}
	c.end(ctx)
	if err != nil {
		return sample{}, err
	}
	if line.Created == nil && s.program != nil {
		line.Created = &count // its word for it is that it is ready
	}
	return sample{ready: line, memory: figures}, nil
}

// sleepThrough waits until all units of a process have ended their sleep, and adds
// to its ready line when that was. If they had before the process was read, its
// memory is that of nobody knows how many, which is an error of the row.
func (m *meter) sleepThrough(ctx context.Context, c *child, line *readyLine) error {
	early := len(c.ended) > 0
	last, err := c.waitEnded(ctx, m.sleep+m.timeout)
	if err != nil {
		return err
	}
	line.EndedNS = last.EndedNS
	switch {
	case line.Error != nil:
	case last.Error != nil:
		line.Error = last.Error
	case early:
		line.Created, line.Error = nil, new(endedEarly(m.sleep))
	}
	return nil
}
