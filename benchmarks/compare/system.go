package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackless-go/stackless/benchmarks/peers"
)

// system is who does the work: one of Go's, or a peer.
type system struct {
	name  string // as in on=name
	title string // for people
	kind  string // memcmp's name for its units; "" for peers and where it has none

	peer    *peers.Peer
	program *peers.Program // once the peer is built
	version string         // of the peer, if it is there
	missing string         // why it is not, and how to get it
}

// allSystems are Go's and the peers, in the order of tables; none is looked for yet.
func allSystems() []*system {
	all := []*system{
		{name: tasklets, title: "tasklets", kind: "tasklet"},
		{name: pool, title: "tasklets in a pool"},
		{name: functions, title: "functions", kind: "function"},
		{name: goroutines, title: "goroutines", kind: "goroutine"},
	}
	for _, p := range peers.All() {
		all = append(all, &system{name: p.Name, title: p.Title, peer: &p})
	}
	return append(all,
		&system{name: gob, title: "gob"},
		&system{name: msgpack, title: "msgpack"})
}

// chooseSystems are those of the names, or all if there are none.
func chooseSystems(names []string) ([]*system, error) {
	all := allSystems()
	if len(names) == 0 {
		return all, nil
	}
	var known []string
	for _, s := range all {
		known = append(known, s.name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, usageError{fmt.Errorf("--systems %s: unknown; any of %s", name, strings.Join(known, ", "))}
		}
	}
	return slices.DeleteFunc(all, func(s *system) bool { return !slices.Contains(names, s.name) }), nil
}

// look finds out whether the peers are there. That one is missing is no error.
func look(ctx context.Context, all []*system) error {
	for _, s := range all {
		if s.peer == nil {
			continue
		}
		version, err := s.peer.Look(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.version, s.missing = version, whyMissing(err)
	}
	return nil
}

// build builds the peers that are there. One that can't be built is as good as
// missing: the others are measured without it.
func build(ctx context.Context, all []*system, root, bin string) error {
	for _, s := range all {
		if s.peer == nil || s.missing != "" {
			continue
		}
		program, err := s.peer.Build(ctx, filepath.Join(root, "benchmarks", "peers"), bin)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		// The record is for everybody: no path of this machine is in it.
		s.missing = strings.ReplaceAll(whyMissing(err), root+string(filepath.Separator), "")
		if err == nil {
			s.program, s.version = program, program.Version
		}
	}
	return nil
}

// whyMissing is the reason for people, in a line.
func whyMissing(err error) string {
	if err == nil {
		return ""
	}
	text := strings.TrimPrefix(err.Error(), "peers: ")
	if errors.Is(err, peers.ErrMissing) {
		// What was looked for, interpreter by interpreter, is for --dry-run's reader
		// only; how to get it comes last.
		if i := strings.LastIndex(text, "; "); i >= 0 {
			return text[i+2:]
		}
	}
	first, _, _ := strings.Cut(text, "\n")
	return first
}

// there says whether the system can be measured.
func (s *system) there() bool { return s.missing == "" }
