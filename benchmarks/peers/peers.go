// Package peers knows the other systems that our workloads are measured beside:
// how each is found, built and called.
//
// A [Peer] is a system; its program is in the directory of the same name. Where
// it is installed, [Peer.Build] makes a [Program] of it, and that is called in two
// ways, each in a process of its own:
//
//	PROGRAM bench WORKLOAD N    prints one line in Go's benchmark format
//	PROGRAM units STATE N       makes N units, prints "ready", waits for its input to end
//
// The environment variable BENCH_SECONDS says how long to measure at least (0.2).
// Exit code 2 ([ExitUnfair]) means that the system can't do that workload fairly;
// the reason is on stderr.
package peers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// ExitUnfair is the exit code of a program for a workload or a state that its
// system can't do fairly.
const ExitUnfair = 2

// ErrMissing is wrapped by the error for a system that isn't installed, whose
// text says what was looked for and how to get it.
var ErrMissing = errors.New("not installed")

// Workloads are the names of all workloads as programs are called with them, in
// the order of the page, each with its size for all systems.
var Workloads = []struct {
	Name string // the benchmark's, as in BenchmarkPingPong
	Word string // what a program is called with
	N    []int
}{
	{"Create", "create", []int{1000}},
	{"Yield", "yield", []int{10, 1000, 100_000, 1_000_000}},
	{"PingPong", "pingpong", []int{2}},
	{"FanIn", "fanin", []int{1000}},
	{"FanOut", "fanout", []int{1000}},
	{"Ring", "ring", []int{10_000}},
	{"Pipeline", "pipeline", []int{100}},
	{"Select", "select", []int{8}},
	{"Skynet", "skynet", []int{1_000_000}},
	{"Chameneos", "chameneos", []int{10}},
	{"Sieve", "sieve", []int{500}},
	{"Timers", "timers", []int{100_000}},
	{"Pickle", "pickle", []int{1, 10_000, 1_000_000}}, // one line for do=write, one for do=read
	{"Collect", "collect", []int{1_000_000}},
}

// States are what units of a program may be left in.
var States = []string{"yield", "blocked", "sleeping"}

// A Peer is a system that our workloads are measured beside.
type Peer struct {
	Name    string // as in on=Name, and that of the directory of its program
	Title   string // for people
	Missing string // how to get it

	look  func(context.Context) (found, error)
	build func(ctx context.Context, f found, sources, bin string) (command []string, err error)
}

// found is what there is of a system on this machine.
type found struct {
	command string // the interpreter or compiler
	version string // of all that matters, for people
}

// A Program is a peer's program, built and ready to be called.
type Program struct {
	Peer    Peer
	Version string
	command []string
}

// All returns the peers in the order of the page.
func All() []Peer { return []Peer{erlang, lua, greenlet, tokio, stackless} }

// Find returns the peer with a name.
func Find(name string) (Peer, error) {
	var names []string
	for _, p := range All() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Peer{}, fmt.Errorf("peers: there is no system %q; there are %s", name, strings.Join(names, ", "))
}

// Look looks for the system and returns its version, for people. The error wraps
// [ErrMissing] if it isn't installed.
func (p Peer) Look(ctx context.Context) (version string, err error) {
	f, err := p.look(ctx)
	if err != nil {
		return "", p.missing(err)
	}
	return f.version, nil
}

// Build makes the peer's program from sources, the directory of this package,
// where that has to be, with all that comes of it under bin. It takes seconds,
// and for tokio the first time half a minute. The error wraps [ErrMissing] if the
// system isn't installed.
func (p Peer) Build(ctx context.Context, sources, bin string) (*Program, error) {
	f, err := p.look(ctx)
	if err != nil {
		return nil, p.missing(err)
	}
	if sources, err = filepath.Abs(sources); err != nil {
		return nil, err
	}
	if bin, err = filepath.Abs(bin); err != nil {
		return nil, err
	}
	command, err := p.build(ctx, f, filepath.Join(sources, p.Name), filepath.Join(bin, "peers", p.Name))
	if err != nil {
		return nil, fmt.Errorf("peers: building %s: %w", p.Name, err)
	}
	return &Program{p, f.version, command}, nil
}

func (p Peer) missing(err error) error {
	return fmt.Errorf("peers: %s is %w (%w); %s", p.Title, ErrMissing, err, p.Missing)
}

// Bench returns the command that measures a workload at a size.
func (p *Program) Bench(workload string, n int) []string {
	return p.words("bench", workload, n)
}

// Units returns the command that makes n units and leaves them in a state.
func (p *Program) Units(state string, n int) []string {
	return p.words("units", state, n)
}

func (p *Program) words(verb, what string, n int) []string {
	words := make([]string, 0, len(p.command)+3)
	for _, word := range p.command {
		if word == oneScheduler && what == "skynet" {
			word = allSchedulers()
		}
		words = append(words, word)
	}
	return append(words, verb, what, strconv.Itoa(n))
}

// output runs a command and returns what it prints, without space around it. The
// error has what it said on stderr.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if said := strings.TrimSpace(stderr.String()); err != nil && said != "" {
		err = fmt.Errorf("%s: %w: %s", name, err, said)
	}
	return strings.TrimSpace(string(stdout)), err
}
