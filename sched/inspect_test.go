package sched_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A clerk calls somebody who waits for an order.
type clerk struct {
	at     stage
	orders *channel.Channel[string]
	served map[string]int
	friend *tasklet.Tasklet
	since  time.Time
	sub    waitForOrder
	self   *clerk
	rude   rude
}

type stage uint8

func init() { pickle.Register[stage]("test.stage", pickle.States("greeting", "serving")) }

func (c *clerk) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := t.Call(&c.sub); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

type waitForOrder struct {
	in    *channel.Channel[string]
	order string
}

func (f *waitForOrder) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := f.in.Receive(t, &f.order); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

// A rude value is not to be asked anything.
type rude struct{ n int }

func (rude) String() string                { panic("String was called") }
func (rude) Error() string                 { panic("Error was called") }
func (rude) GoString() string              { panic("GoString was called") }
func (rude) MarshalText() ([]byte, error)  { panic("MarshalText was called") }
func (rude) Format(f fmt.State, verb rune) { panic("Format was called") }

// office makes a scheduler with somebody in every place.
func office(observe bool) (*sched.Scheduler, *sched.VirtualClock) {
	clock := sched.NewVirtualClock(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))
	s := sched.New(sched.WithClock(clock))
	s.Observe(observe)
	orders := channel.New[string](s)
	orders.SetName("orders")
	c := &clerk{
		at: 1, orders: orders, served: map[string]int{"tea": 2, "bread": 10}, since: clock.Now(),
		sub: waitForOrder{in: orders}, rude: rude{7},
	}
	c.self = c
	blocked := s.Go(c)
	blocked.SetName("clerk")
	c.friend = blocked
	blocked.SetValue([]any{"tips", 2.5})
	s.Go(&follower{of: blocked})
	s.Go(&sleeper{d: 90 * time.Second}).SetName("night\x1b[31m")
	s.GoFunc(func(co *tasklet.Coroutine) error { return co.Park() }).SetBlockTrap(true)
	s.RunReady()
	clock.Advance(2 * time.Second)
	thrown := s.Go(new(yielder))
	thrown.ThrowLater(rude{1})
	thrown.SetAtomic(true)
	s.New(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return tasklet.Return }))
	return s, clock
}

type follower struct{ of *tasklet.Tasklet }

func (j *follower) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := t.Join(j.of); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

const officeText = `2026-11-25T12:00:02Z, step 4

7 tasklets: 1 running, 1 ready, 1 sleeping, 2 parked, 2 blocked
  #1 "main"  running, since step 4 (2s ago)
      main
  #6  ready, an error is on its way, atomic, since step 4 (0s ago)
      error: sched_test.rude, whose Error panics
      sched_test.yielder  rounds: 0
  #4 "night\x1b[31m"  sleeping until 2026-11-25T12:01:30Z, since step 3 (2s ago)
      sched_test.sleeper  id: 0, d: 1m30s, log: nil
  #5  parked, may not block, since step 4 (2s ago)
      github.com/stackless-go/stackless/sched_test.office.func1
  #7  parked, since step 4 (0s ago)
      tasklet.Func  func github.com/stackless-go/stackless/sched_test.office.func2
  #2 "clerk"  blocked, receive on channel 1 (orders) of string, since step 1 (2s ago)
      value: ["tips", 2.5]
      joined by: [#3]
      sched_test.waitForOrder  in: channel 1 (orders) of string, order: ""
      sched_test.clerk
          at: serving
          orders: channel 1 (orders) of string
          served: map["bread": 10, "tea": 2]
          friend: tasklet 2 (clerk)
          since: 2026-11-25T12:00:00Z
          sub: {in: channel 1 (orders) of string, order: ""}
          self: SELF
          rude: {n: 7}
  #3  blocked, join on the end of tasklet 2 (clerk), since step 2 (2s ago)
      sched_test.follower  of: tasklet 2 (clerk)
`

// TestInspect: what a snapshot shows of everybody.
func TestInspect(t *testing.T) {
	s, _ := office(true)
	got := s.Inspect().String()
	got = got[:strings.Index(got, "self: ")] + "self: SELF" + got[strings.Index(got, "\n          rude: "):]
	if got != officeText {
		t.Errorf("got\n%s\nwant\n%s", got, officeText)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	s.Close()
	if n := len(s.Inspect().Tasklets); n != 1 {
		t.Errorf("%d tasklets after Close", n)
	}
}

// TestInspectUnobserved: nobody knows since when, and that is said.
func TestInspectUnobserved(t *testing.T) {
	s, _ := office(false)
	defer s.Close()
	snap := s.Inspect()
	if text := snap.String(); !strings.Contains(text, "not observed: since when is not known") || strings.Contains(text, "since step") {
		t.Error(text)
	}
	for _, st := range snap.Tasklets {
		if st.Since != nil {
			t.Errorf("%v since %v", st, st.Since)
		}
	}
	// From now on it is known, for those who move.
	s.Observe(true)
	s.Go(new(yielder))
	s.Step(1)
	known := 0
	for _, st := range s.Inspect().Tasklets {
		if st.Since != nil {
			known++
		}
	}
	if known == 0 || known == len(snap.Tasklets)+1 {
		t.Errorf("of %d, %d are known", len(snap.Tasklets)+1, known)
	}
	if !s.Observe(false) || s.Observe(false) {
		t.Error("Observe does not say whether it did before")
	}
}

// TestInspectJSON: what programs read.
func TestInspectJSON(t *testing.T) {
	s, _ := office(true)
	defer s.Close()
	b, err := json.Marshal(s.Inspect())
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		At       time.Time
		Step     uint64
		Observed bool
		Tasklets []struct {
			ID        uint64
			Name      string
			Status    string
			Since     *struct{ Step uint64 }
			Op, On    string
			Wakes     *time.Time
			Error     string
			BlockTrap bool `json:"block_trap"`
			Joiners   []uint64
			Frames    []struct {
				Type   string
				Fields []struct{ Kind, Name, Type, Text string }
			}
		}
	}
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	clerk := back.Tasklets[5]
	if clerk.ID != 2 || clerk.Status != "blocked" || clerk.Op != "receive" || clerk.On != "channel 1 (orders) of string" ||
		clerk.Since.Step != 1 || len(clerk.Frames) != 2 || len(clerk.Joiners) != 1 {
		t.Errorf("%+v", clerk)
	}
	if f := clerk.Frames[0].Fields[0]; f.Kind != "reference" || f.Name != "in" || f.Text != "channel 1 (orders) of string" || f.Type != "*channel.Channel[string]" {
		t.Errorf("%+v", f)
	}
	if f := clerk.Frames[1].Fields[0]; f.Kind != "state" || f.Text != "serving" {
		t.Errorf("%+v", f)
	}
}

// TestInspectDeep: of a very deep stack the upper frames are shown.
func TestInspectDeep(t *testing.T) {
	s := sched.New()
	defer s.Close()
	s.Go(&digger{depth: 1000})
	s.RunReady()
	st := s.Inspect().Tasklets[1]
	if len(st.Frames) != 50 || st.Deeper != 951 || st.Frames[0].Fields[0].Text != "0" {
		t.Errorf("%d frames, %d deeper\n%v", len(st.Frames), st.Deeper, st)
	}
	if !strings.Contains(st.String(), "… 951 frames deeper") {
		t.Error(st)
	}
}

// TestInspectDeadline: until when somebody may wait.
func TestInspectDeadline(t *testing.T) {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0).UTC())))
	defer s.Close()
	var c channel.Channel[int]
	var into int
	s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
		if s := t.Within(time.Minute, c.Receive(t, &into)); s != tasklet.Next {
			return s
		}
		return tasklet.Return
	}))
	s.RunReady()
	st := s.Inspect().Tasklets[1]
	if want := "blocked, receive on channel 1 of int, deadline 1970-01-01T00:01:00Z"; !strings.Contains(st.String(), want) {
		t.Errorf("got %v, want %s", st, want)
	}
	if n := s.Stats().Timers; n != 1 {
		t.Errorf("%d timers", n)
	}
}

type digger struct{ depth int }

func (d *digger) Resume(t *tasklet.Tasklet) tasklet.Step {
	if d.depth == 0 {
		return t.Park()
	}
	if s := t.Call(&digger{depth: d.depth - 1}); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

// TestInspectContext: from another goroutine, of a scheduler that runs, of one that
// nobody drives, and of one that is closed.
func TestInspectContext(t *testing.T) {
	s := sched.New()
	s.Go(new(yielder))
	ctx, cancel := context.WithCancelCause(context.Background())
	gaveUp := errors.New("gave up")
	cancel(gaveUp)
	if _, err := s.InspectContext(ctx); err != gaveUp {
		t.Error(err)
	}
	undriven, stop := context.WithCancelCause(context.Background())
	go stop(gaveUp)
	if _, err := s.InspectContext(undriven); err != gaveUp {
		t.Error(err)
	}
	looked := make(chan error)
	ctx, quit := context.WithCancel(context.Background())
	go func() {
		snap, err := s.InspectContext(context.Background())
		if err == nil && len(snap.Tasklets) != 2 {
			err = errors.New(snap.String())
		}
		quit()
		looked <- err
	}()
	if err := s.Serve(ctx); err != nil {
		t.Error(err)
	}
	if err := <-looked; err != nil {
		t.Error(err)
	}
	s.Close()
	if _, err := s.InspectContext(context.Background()); !errors.Is(err, sched.ErrClosed) {
		t.Error(err)
	}
}
