package sched_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
	on "github.com/stackless-go/stackless/wait"
)

// TestTraceOfMoves: who leaves has moved, which is no error; who comes has arrived, and it
// is known since when it is where it is.
func TestTraceOfMoves(t *testing.T) {
	a, b, _, must := abroad(t)
	var here, there bytes.Buffer
	a.Trace(slog.New(asText(&here)))
	b.Trace(slog.New(asText(&there)))
	b.Observe(true)
	gate := channel.New[int](a)
	for _, f := range []tasklet.Frame{
		tasklet.Func((*tasklet.Tasklet).Park),
		tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return t.Sleep(time.Hour) }),
		&recipient{in: gate},
	} {
		x := a.Go(f)
		must(a.RunReady())
		if _, err := x.MoveTo(b); err != nil {
			t.Fatal(err)
		}
	}
	must(b.RunReady(), b.Check())
	if strings.Contains(here.String()+there.String(), "level=ERROR") ||
		strings.Count(here.String(), "level=INFO msg=moved") != 3 || strings.Contains(here.String(), "error=") ||
		strings.Count(there.String(), "level=INFO msg=arrived") != 3 {
		t.Errorf("here\n%s\nthere\n%s", &here, &there)
	}
	for _, status := range []string{"parked", "sleeping", "blocked"} {
		if !strings.Contains(there.String(), "msg="+status) {
			t.Errorf("there nobody is %s:\n%s", status, &there)
		}
	}
	for _, x := range b.Inspect().Tasklets {
		if x.ID != b.Main().Tasklet().ID() && x.Since == nil {
			t.Errorf("since when is not known: %v", x)
		}
	}
	c := sched.New(sched.WithTrace(slog.New(asText(&there))))
	c.Observe(true)
	b.OnError(nil)
	must(b.Stop(), c.Adopt(b), c.Check())
	if n := strings.Count(there.String(), "msg=arrived"); n != 6 || strings.Contains(there.String(), "msg=made") || strings.Contains(there.String(), "level=ERROR") {
		t.Errorf("%d have arrived:\n%s", n, &there)
	}
	for _, x := range c.Inspect().Tasklets[1:] {
		if x.Since == nil {
			t.Errorf("since when is not known: %v", x)
		}
	}
	must(c.Close())
}

// TestTraceOfMade: one that the pool makes is made, as any other.
func TestTraceOfMade(t *testing.T) {
	var out bytes.Buffer
	p := sched.NewPool(1, sched.WithTrace(slog.New(asText(&out))))
	if _, err := p.Go(&hop{N: 1}); err != nil {
		t.Fatal(err)
	}
	if err := p.Run(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "level=INFO msg=made") || strings.Contains(out.String(), "arrived") {
		t.Errorf("%s", &out)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// TestRendezvousAbroad: one with somebody of another scheduler is counted where the channel
// is, whoever came first.
func TestRendezvousAbroad(t *testing.T) {
	for _, first := range []bool{true, false} {
		a, b, c, must := abroad(t)
		a.Observe(true)
		b.Observe(true)
		send := tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
			if s := c.Send(t, 1); s != tasklet.Next {
				return s
			}
			return tasklet.Return
		})
		if first {
			b.Go(send)
			must(b.RunReady())
		}
		r := &recipient{in: c}
		a.Go(r)
		must(a.RunReady(), b.RunReady())
		if !first {
			b.Go(send)
		}
		must(b.RunReady(), a.RunReady())
		if here, there := b.Stats().Rendezvous, a.Stats().Rendezvous; here != 1 || there != 0 || r.got != 1 {
			t.Errorf("first %t: %d where the channel is, %d elsewhere, got %d", first, here, there, r.got)
		}
	}
}

// TestTraceOfWhatIsNoChannel: what somebody waits on is called a channel only if it is one.
func TestTraceOfWhatIsNoChannel(t *testing.T) {
	var out bytes.Buffer
	s := sched.New(sched.WithTrace(slog.New(asText(&out))))
	m := on.NewMutex(s)
	c := channel.New[int](s)
	for range 2 {
		s.GoFunc(func(co *tasklet.Coroutine) error {
			if err := m.LockFor(co); err != nil {
				return err
			}
			_, err := c.Get(co)
			_ = m.Unlock(co.Tasklet())
			return err
		})
	}
	x := s.GoFunc(func(co *tasklet.Coroutine) error {
		_, err := co.Select(c.OnReceive(new(int)), channel.New[int](s).OnReceive(new(int)))
		return err
	})
	if err := s.RunReady(); err != nil || !x.Blocked() {
		t.Errorf("%v, %v", err, x)
	}
	for _, want := range []string{`op=lock status=blocked on="mutex 1`, `op=select status=blocked on="receive on channel`, `op=receive status=blocked channel="channel `} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in\n%s", want, &out)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A correspondent knows others by what may be known of them anywhere.
type correspondent struct {
	friend *tasklet.Ref
	at     *sched.Scheduler
	in     *sched.Pool
}

func (f *correspondent) Resume(t *tasklet.Tasklet) tasklet.Step { return t.Park() }

// TestInspectKeepsToItsOwn: a frame that knows tasklets and schedulers of other goroutines
// is shown without a look at those. The race detector would tell.
func TestInspectKeepsToItsOwn(t *testing.T) {
	p := sched.NewPool(1)
	a, b := p.New(), p.Schedulers()[0]
	ref, err := p.Go(&named{n: 3000})
	if err != nil {
		t.Fatal(err)
	}
	a.Go(&correspondent{friend: ref, at: b, in: p})
	if err := a.RunReady(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error)
	release := p.Hold()
	go func() { over <- p.Run() }()
	shown := ""
	for range 50 {
		shown = a.Inspect().String()
	}
	release()
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(shown, "friend: tasklet 1:1, at: a scheduler, in: a pool of 1 schedulers") {
		t.Errorf("%s", shown)
	}
	if err := <-over; err != nil {
		t.Error(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
