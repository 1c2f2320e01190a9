package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/store"
)

// This file kills real processes. What can happen at all is model_test.go's to
// prove; here it is seen that disks, sockets and signals keep to it.

// A life is one process of a side, from its start to its end.
type life struct {
	process *process
	lines   []int // the numbers of those that it printed
	after   bool  // a life of the same side that was killed
}

// A pair is two sides and all lives that they have had.
type pair struct {
	t         *testing.T
	dir       string
	certs     string
	addresses []string

	mu     sync.Mutex
	lives  [2][]*life
	seen   func(side int, what string) // called with each line of output or log
	latest int                         // line that anybody has printed
	enough chan struct{}               // closed when that is line pairLines
	sealed bool                        // all is over: nobody is started again
}

// pairLines is how long a pair counts.
const pairLines = 8

// start begins a life. The group starts with a, which gives it away after line 3.
func (p *pair) start(side int, after bool) {
	name, peer := "ab"[side:side+1], "ba"[side:side+1]
	args := []string{"serve", "--name", name, "--listen", p.addresses[side], "--peer", peer + "=" + p.addresses[1-side],
		"--certs", p.certs, "--dir", filepath.Join(p.dir, name)}
	if side == 0 {
		args = append(args, "--start", "--pause", "20ms", "--give-after", "3")
	}
	executable, err := os.Executable()
	if err != nil {
		p.t.Error(err)
		return
	}
	l := &life{after: after}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sealed {
		return
	}
	l.process, err = startProcess(executable, name, args, func(line string) {
		text, _, _ := strings.Cut(line, " ")
		n, err := strconv.Atoi(text)
		if err != nil {
			p.t.Errorf("%s printed %q", name, line)
		}
		p.mu.Lock()
		l.lines = append(l.lines, n)
		if n > p.latest {
			if p.latest = n; n == pairLines {
				close(p.enough)
			}
		}
		p.mu.Unlock()
		p.seen(side, "line "+text)
	}, func(line string) { p.seen(side, line) })
	if err != nil {
		p.t.Error(err)
		return
	}
	p.lives[side] = append(p.lives[side], l)
}

// current returns the life of a side that has not ended.
func (p *pair) current(side int) *process {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.lives[side]
	return all[len(all)-1].process
}

// killing runs a pair of which some sides are killed when one of them first says
// what, and started again.
func killing(t *testing.T, certs string, speaker int, what string, victims ...int) {
	addresses, err := freeAddresses(2)
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{t: t, dir: t.TempDir(), certs: certs, addresses: addresses, enough: make(chan struct{})}
	said := make(chan struct{})
	var once sync.Once
	p.seen = func(side int, line string) {
		if side == speaker && strings.Contains(line, what) {
			once.Do(func() { close(said) })
		}
	}
	p.start(1, false)
	p.start(0, false)
	defer func() {
		p.mu.Lock()
		p.sealed = true
		lives := append(p.lives[0], p.lives[1]...)
		p.mu.Unlock()
		for _, l := range lives {
			l.process.kill() // no harm if it has ended
			if t.Failed() {
				t.Logf("%s printed %v and said\n%s", l.process.name, l.lines, l.process.written())
			}
		}
	}()

	timeout := time.After(time.Minute)
	select {
	case <-said:
	case <-timeout:
		t.Fatalf("%q was never said", what)
	}
	for _, side := range victims { // at once: each is to die while the other lives
		_ = p.current(side).cmd.Process.Kill()
	}
	for _, side := range victims {
		_ = p.current(side).wait()
		p.start(side, true)
	}
	select {
	case <-p.enough:
	case <-timeout:
		t.Fatalf("line %d was never printed", pairLines)
	}
	for side := range p.lives {
		if err := p.current(side).quit(time.Minute); err != nil {
			t.Error(err)
		}
	}
	p.check()
}

// check checks what the lives have printed, and what is saved: all lines are
// there, and none twice but the first of a life after a kill; one side has the
// group.
func (p *pair) check() {
	t := p.t
	printed := make(map[int]int)
	again := make(map[int]int)
	for _, lives := range p.lives {
		for _, l := range lives {
			for i, n := range l.lines {
				printed[n]++
				if i > 0 && n <= l.lines[i-1] {
					t.Errorf("%s printed line %d after line %d", l.process.name, n, l.lines[i-1])
				}
				if i == 0 && l.after {
					again[n]++
				}
			}
		}
	}
	for n := 1; n <= p.latest; n++ {
		if printed[n] < 1 || printed[n] > 1+again[n] {
			t.Errorf("line %d was printed %d times, of which %d after a kill", n, printed[n], again[n])
		}
	}
	owners := 0
	for _, name := range []string{"a", "b"} {
		directory, err := store.OpenDirectory(t.Context(), filepath.Join(p.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		data, _, err := directory.Load(t.Context(), ledgerKey)
		if err != nil {
			t.Fatal(err)
		}
		r, err := pickle.Unmarshal[record](data)
		if err != nil {
			t.Fatal(err)
		}
		if r.Phase == owned {
			owners++
			if err := checkCargo(r.Pickle); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if owners != 1 {
		t.Errorf("%d sides have the group", owners)
	}
}

// TestKills kills one side, the other or both whenever either says something.
func TestKills(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a hundred processes")
	}
	certs := folderOfCerts(t)
	for _, moment := range []struct {
		speaker int
		what    string
	}{
		{0, "listening on"}, {0, "line 1"}, {0, "line 3"}, {0, "1 ready, 2 blocked, 1 asleep"}, {0, "offer 2 to b"},
		{1, "offer 2 of a is stored"}, {0, "offer 2 is decided"}, {1, "offer 2 of a is taken"}, {0, "offer 2 is done"},
		{1, "line 4"}, {1, "line 6"},
	} {
		for i, victims := range [][]int{{0}, {1}, {0, 1}} {
			t.Run(fmt.Sprintf("%s kills %s", moment.what, [...]string{"a", "b", "both"}[i]), func(t *testing.T) {
				t.Parallel()
				killing(t, certs, moment.speaker, moment.what, victims...)
			})
		}
	}
}

// TestWrongCertificates: a side whose certificates are of another authority is
// refused, and the group stays and counts on.
func TestWrongCertificates(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts processes")
	}
	addresses, err := freeAddresses(2)
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{t: t, dir: t.TempDir(), addresses: addresses, enough: make(chan struct{})}
	refused := make(chan struct{})
	var once sync.Once
	p.seen = func(side int, line string) {
		if side == 1 && strings.Contains(line, "refused 127.0.0.1") {
			once.Do(func() { close(refused) })
		}
	}
	for _, side := range []int{1, 0} {
		p.certs = folderOfCerts(t)
		p.start(side, false)
		defer p.current(side).kill()
	}
	timeout := time.After(time.Minute)
	for _, wait := range []chan struct{}{refused, p.enough} {
		select {
		case <-wait:
		case <-timeout:
			t.Fatalf("it takes too long\n%s\n%s", p.current(0).written(), p.current(1).written())
		}
	}
	for side := range p.lives {
		if err := p.current(side).quit(time.Minute); err != nil {
			t.Error(err)
		}
	}
	if len(p.lives[1][0].lines) > 0 {
		t.Errorf("b printed %v", p.lives[1][0].lines)
	}
	p.check()
}
