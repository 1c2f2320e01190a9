package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The states of units whose memory is read.
const (
	ready    = "yield"
	blocked  = "blocked"
	sleeping = "sleeping"
)

// Those that sleep are waited for. A large number does so for ten seconds, which is
// the table of those who each wait ten seconds; others only as long as it takes to
// read the process.
const (
	longNap    = 10 * time.Second
	longEnough = time.Second
)

// ten is from how many units on they sleep for ten seconds.
const ten = 100_000

func sleepOf(n int) time.Duration {
	if n >= ten {
		return longNap
	}
	return longEnough
}

// memcmpRow is what the record needs of a row of memcmp's JSON. Unknown figures are
// nil.
type memcmpRow struct {
	Created     *int     `json:"created"`
	RSS         *float64 `json:"rss_bytes"`
	Kernel      *float64 `json:"kernel_bytes"`
	EmptyRSS    *float64 `json:"rss_empty_bytes"`
	EmptyKernel *float64 `json:"kernel_empty_bytes"`
	CreateNS    *float64 `json:"create_ns"`
	EndedNS     *float64 `json:"ended_ns"`
	Error       *string  `json:"error"`
}

// measureMemory has memcmp read a process with so many units.
func (r *runner) measureMemory(ctx context.Context, c cell) error {
	result, err := r.memcmpCommand(c).run(ctx)
	if err != nil {
		return err
	}
	values, err := parseMemcmp(result.output)
	if err != nil {
		return err
	}
	r.out.ensure(c.keys()[0]).add(values, 1, result.took)
	return nil
}

func (r *runner) memcmpCommand(c cell) command {
	words := []string{r.shop.memcmp, "--format", "json", "--counts", strconv.Itoa(c.n), "--timeout", r.limit.String()}
	if c.on.program != nil {
		units := c.on.program.Units(c.part, 0)
		units[len(units)-1] = "{n}" // which memcmp puts in
		words = append(words, "--kinds", "", "--exec", c.on.name+"="+quoteWords(units))
	} else {
		words = append(words, "--kinds", c.on.kind, "--states", c.part, "--sleep", sleepOf(c.n).String())
	}
	return command{words: words, dir: r.shop.root, limit: 2*r.limit + longNap}
}

// quoteWords writes words so that memcmp splits them again as they were.
func quoteWords(words []string) string {
	var quoted []string
	for _, word := range words {
		quoted = append(quoted, "'"+strings.ReplaceAll(word, "'", `'\''`)+"'")
	}
	return strings.Join(quoted, " ")
}

// parseMemcmp reads the last row of memcmp's JSON, which is the cell's.
func parseMemcmp(output []byte) (map[string]float64, error) {
	var all struct {
		Results []memcmpRow `json:"results"`
	}
	if err := json.Unmarshal(output, &all); err != nil {
		return nil, fmt.Errorf("memcmp's JSON: %w", err)
	}
	if len(all.Results) == 0 {
		return nil, errors.New("memcmp's JSON: no result")
	}
	row := all.Results[len(all.Results)-1]
	switch {
	case row.Error != nil:
		return nil, errors.New(*row.Error)
	case row.RSS == nil || row.EmptyRSS == nil || row.Created == nil || *row.Created == 0:
		return nil, errors.New("memcmp could not read the process")
	}
	values := map[string]float64{resident: *row.RSS}
	grown := *row.RSS - *row.EmptyRSS
	if row.Kernel != nil && row.EmptyKernel != nil {
		grown += *row.Kernel - *row.EmptyKernel
	}
	// What two empty processes differ by says nothing about the units.
	const noise = 192 << 10
	if grown > noise {
		values[bytesPerUnit] = float64(int(grown/float64(*row.Created)*10+0.5)) / 10
	}
	for unit, value := range map[string]*float64{createNS: row.CreateNS, endedNS: row.EndedNS} {
		if value != nil {
			values[unit] = *value
		}
	}
	return values, nil
}
