package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/sched"
)

// aloneNode makes a node, on a virtual clock, whose peer is never there: the
// address is nobody's.
func aloneNode(t *testing.T, dir string) (n *node, stdout *strings.Builder) {
	t.Helper()
	c := setting{name: "a", peer: "b", peerAddr: "127.0.0.1:0", dir: dir, start: true, pause: time.Second, certs: folderOfCerts(t)}
	stdout = new(strings.Builder)
	n, err := newNode(t.Context(), c, stdout, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	n.scheduler = sched.New(sched.WithClock(sched.NewVirtualClock(epoch)))
	t.Cleanup(n.link.work.Wait)
	if err := n.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	return n, stdout
}

// printLine drives a node until it has printed a line.
func printLine(t *testing.T, n *node) {
	t.Helper()
	if err := n.scheduler.Run(); err != nil {
		t.Fatal(err)
	}
	if err := n.turn(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestNobodyTakes: an offer that nobody takes is taken back, and the group goes
// on, in this life and the next.
func TestNobodyTakes(t *testing.T) {
	dir := t.TempDir()
	n, stdout := aloneNode(t, dir)
	printLine(t, n)
	for range patience + 1 {
		n.events <- event{tick: true}
	}
	if err := n.give(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n.machine.Phase != owned || n.machine.Epoch != 2 {
		t.Errorf("now %q, epoch %d", n.machine.Phase, n.machine.Epoch)
	}
	printLine(t, n)
	if got := stdout.String(); !strings.HasPrefix(got, "1 doubled") || !strings.Contains(got, "\n2 doubled") {
		t.Errorf("printed %q", got)
	}
	// To end in the middle of an offer takes it back, too.
	n.events <- event{command: "quit"}
	if err := n.give(t.Context()); err != nil || !n.quit || n.machine.Phase != owned {
		t.Errorf("quit: %v, %q", err, n.machine.Phase)
	}

	again, stdout := aloneNode(t, dir)
	printLine(t, again)
	if got := stdout.String(); !strings.HasPrefix(got, "3 doubled is 6, all together 12\n") {
		t.Errorf("the next life prints %q", got)
	}
	// The first has hung, say, and comes back: it can't even print.
	if err := n.scheduler.Run(); err != nil {
		t.Fatal(err)
	}
	if err := n.turn(t.Context()); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("two lives at once: %v", err)
	}
}

// TestKilledBeforePrinting: a line that was saved, but not printed, is printed by
// the next life.
func TestKilledBeforePrinting(t *testing.T) {
	dir := t.TempDir()
	n, _ := aloneNode(t, dir)
	if err := n.scheduler.Run(); err != nil {
		t.Fatal(err)
	}
	before, err := n.marshal()
	if err != nil {
		t.Fatal(err)
	}
	if err := n.do(t.Context(), n.machine.progress(before, n.cargo.World.Lines, nil)[:1], nil); err != nil {
		t.Fatal(err)
	}
	_, stdout := aloneNode(t, dir)
	if got := stdout.String(); got != "1 doubled is 2, all together 2\n" {
		t.Errorf("the next life prints %q", got)
	}
}

// TestAnotherPeer: what was begun with one peer can't be ended with another.
func TestAnotherPeer(t *testing.T) {
	dir := t.TempDir()
	n, _ := aloneNode(t, dir)
	if err := n.do(t.Context(), n.machine.offer([]byte("x"))[:1], nil); err != nil {
		t.Fatal(err)
	}
	c := n.setting
	c.peer = "c"
	if _, err := newNode(t.Context(), c, nil, nil); err == nil || !strings.Contains(err.Error(), "between here and b") {
		t.Errorf("got %v", err)
	}
}

// TestMessageAtTheEnd: a message that comes when nobody deals with any more holds
// nobody up.
func TestMessageAtTheEnd(t *testing.T) {
	n, _ := aloneNode(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	n.link.work.Go(func() { n.deliver(ctx, message{ready, 1, nil}, func(message) { t.Error("it was answered") }) })
	cancel()
	n.link.work.Wait()
}
