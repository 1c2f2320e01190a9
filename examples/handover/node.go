package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/store"
)

const (
	// tickTime is how often what may be lost is sent again.
	tickTime = 250 * time.Millisecond
	// patience is after how many ticks an offer that nobody takes is taken back.
	patience = 20
)

// errKept: the group was offered and stays here after all.
var errKept = errors.New("the group stays here")

// A setting is what a node is told when it starts.
type setting struct {
	name, listen   string
	peer, peerAddr string
	dir, certs     string
	start          bool
	giveAfter      int
	pause          time.Duration
}

// A node is a process that has the group or may get it. One goroutine does all
// that counts: it drives the scheduler, and between two steps, in main's turn, it
// hears what has happened elsewhere.
type node struct {
	setting
	machine   *machine
	ledger    *ledger
	scheduler *sched.Scheduler
	cargo     *cargo // nil if there is no group here
	link      *link
	events    chan event
	quit      bool
	ticks     int // since the group was offered
	stdout    io.Writer
	say       func(text string)
}

// An event is what happened elsewhere: a message, a line that was typed, or the
// time that passed.
type event struct {
	message *message
	answer  func(message) // to the message
	over    chan struct{} // closed when it was dealt with; may be nil
	command string
	tick    bool
}

// newNode makes a node, which has its ledger and its certificates, but does
// nothing yet.
func newNode(ctx context.Context, c setting, stdout io.Writer, say func(string)) (*node, error) {
	server, client, err := tlsConfigs(c.certs, c.name, c.peer)
	if err != nil {
		return nil, err
	}
	directory, err := store.OpenDirectory(ctx, c.dir)
	if err != nil {
		return nil, err
	}
	ledger, r, err := openLedger(ctx, directory)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.dir, err)
	}
	if r.Peer != "" && r.Peer != c.peer {
		return nil, fmt.Errorf("%s: the group is between here and %s, so --peer can't be %s", c.dir, r.Peer, c.peer)
	}
	n := &node{setting: c, ledger: ledger, stdout: stdout, say: say, scheduler: sched.New(), events: make(chan event, 64)}
	n.machine = &machine{record: r, peer: c.peer, try: checkCargo}
	n.link = &link{server: server, client: client, addr: c.peerAddr, say: say, deliver: n.deliver}
	return n, nil
}

// deliver has the node hear of a message, and waits until it has.
func (n *node) deliver(ctx context.Context, m message, answer func(message)) {
	e := event{message: &m, answer: answer, over: make(chan struct{})}
	if n.post(ctx, e) {
		select {
		case <-e.over:
		case <-ctx.Done(): // this process ends, and will not deal with it any more
		}
	}
}

// post has the node hear of an event, from any goroutine.
func (n *node) post(ctx context.Context, e event) (ok bool) {
	select {
	case n.events <- e:
		return n.scheduler.Post(n.ring) == nil
	case <-ctx.Done():
		return false
	}
}

// ring gives main its turn, after those who are ready. It is for the goroutine
// that drives the scheduler.
func (n *node) ring() { _ = n.scheduler.Main().Tasklet().Insert() }

// serve runs the node until it is told to quit, or until something is wrong that
// only a restart can put right.
func (n *node) serve(ctx context.Context, listener net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer n.link.work.Wait()
	defer cancel()
	go n.link.accept(ctx, listener)
	go func() {
		ticker := time.NewTicker(tickTime)
		defer ticker.Stop()
		for range ticker.C {
			if !n.post(ctx, event{tick: true}) {
				return
			}
		}
	}()
	// Main waits for events, and they come from outside.
	defer n.scheduler.Hold()()
	if err := n.begin(ctx); err != nil {
		return err
	}
	for !n.quit {
		if err := n.scheduler.Run(); err != nil {
			return err
		}
		if err := n.turn(ctx); err != nil {
			return err
		}
	}
	if n.cargo == nil {
		return nil
	}
	// The last word: where the group is now, and not only after its last line.
	pickled, err := n.marshal()
	if err == nil {
		err = n.do(ctx, n.machine.progress(pickled, nil, pickled), nil)
	}
	if err == nil {
		n.say("the group is saved, it goes on here with the next start")
	}
	return err
}

// begin goes on from the ledger, or starts the group.
func (n *node) begin(ctx context.Context) error {
	if err := n.do(ctx, n.machine.restart(), nil); err != nil {
		return err
	}
	if n.start && n.cargo == nil {
		// What is started is saved first and then loaded, as after any restart.
		s := sched.New()
		c := newCargo(s, n.pause, func() {})
		pickled, err := pickle.Marshal(c)
		if err != nil {
			return err
		}
		if err := n.do(ctx, n.machine.create(pickled), nil); err != nil {
			return err
		}
		if n.machine.Phase == owned {
			if err := n.do(ctx, []action{load{pickled}}, nil); err != nil {
				return err
			}
		}
	}
	return n.flush(ctx) // what was said may not have been printed
}

// turn is main's: what the group has said since, and what happened elsewhere.
func (n *node) turn(ctx context.Context) error {
	for {
		if err := n.flush(ctx); err != nil {
			return err
		}
		select {
		case e := <-n.events:
			if err := n.handle(ctx, e); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// flush prints the lines that the group has said.
func (n *node) flush(ctx context.Context) error {
	if n.cargo == nil || len(n.cargo.World.Lines) == 0 {
		return nil
	}
	w := n.cargo.World
	before, err := n.marshal()
	if err != nil {
		return err
	}
	lines := w.Lines
	w.Lines = nil
	after, err := n.marshal()
	if err != nil {
		return err
	}
	if err := n.do(ctx, n.machine.progress(before, lines, after), nil); err != nil {
		return err
	}
	if w.Count-len(lines) < n.giveAfter && n.giveAfter <= w.Count {
		return n.give(ctx)
	}
	return nil
}

func (n *node) marshal() ([]byte, error) {
	n.cargo.Group = n.scheduler.Everyone()
	return pickle.Marshal(n.cargo)
}

// give offers the group to the peer and waits for what becomes of that. Nobody
// runs the group meanwhile: it is inside pickle.Move, which ends the tasklets
// here only if it is decided, and saved, that they are the peer's.
func (n *node) give(ctx context.Context) error {
	if n.cargo == nil {
		n.say("there is no group here to give")
		return nil
	}
	n.cargo.Group = n.scheduler.Everyone()
	moving := n.cargo.describe()
	err := pickle.Move(n.cargo, func(pickled []byte) error {
		if len(pickled) > maxPickle {
			n.say(fmt.Sprintf("the group has %d bytes, no more than %d can be given", len(pickled), maxPickle))
			return errKept
		}
		n.say(moving)
		n.ticks = 0
		if err := n.do(ctx, n.machine.offer(pickled), nil); err != nil {
			return err
		}
		for n.machine.Phase == giving {
			if err := n.handle(ctx, <-n.events); err != nil {
				return err
			}
		}
		if n.machine.Phase != given {
			return errKept
		}
		return nil
	})
	if errors.Is(err, errKept) {
		return nil
	}
	if err != nil {
		return err
	}
	n.cargo = nil
	return n.do(ctx, n.machine.tick(), nil)
}

// handle deals with an event.
func (n *node) handle(ctx context.Context, e event) error {
	if e.over != nil {
		defer close(e.over)
	}
	switch offering := n.machine.Phase == giving; {
	case e.message != nil:
		return n.do(ctx, n.machine.receive(*e.message), e.answer)
	case e.tick:
		if n.ticks++; offering && n.ticks > patience {
			return n.do(ctx, n.machine.keep(n.peer+" does not answer"), nil)
		}
		return n.do(ctx, n.machine.tick(), nil)
	case e.command == "quit":
		n.quit = true
		if offering {
			return n.do(ctx, n.machine.keep("this process ends"), nil)
		}
	case e.command == "give" && offering:
		n.say("it is being given")
	case e.command == "give":
		return n.give(ctx)
	default:
		n.say(fmt.Sprintf("%q is no command: they are give and quit", e.command))
	}
	return nil
}

// do does what the machine says. An answer, if there is somebody to answer to,
// takes the message that is sent. Any error is one to end with: the next start
// goes on from what is saved.
func (n *node) do(ctx context.Context, actions []action, answer func(message)) error {
	for _, a := range actions {
		switch a := a.(type) {
		case save:
			// Not even an end of ctx may leave open what is saved.
			if err := n.ledger.save(context.WithoutCancel(ctx), a.record); err != nil {
				return err
			}
		case send:
			if answer != nil {
				answer(a.message)
			} else {
				n.link.send(ctx, a.message)
			}
		case load:
			c, err := loadCargo(n.scheduler, a.pickle, n.ring)
			if err != nil {
				return err
			}
			n.cargo = c // its lines, if it has any, may not have been printed: see flush
		case show:
			for _, line := range a.lines {
				if _, err := fmt.Fprintln(n.stdout, line); err != nil {
					return err
				}
			}
		case note:
			n.say(a.text)
		}
	}
	return nil
}
