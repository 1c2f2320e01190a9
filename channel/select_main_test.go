package channel_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// heir waits for a value, or for main, which it does not mention, to end.
type heir struct {
	In *channel.Channel[int]
	V  int
}

func (h *heir) Resume(t *tasklet.Tasklet) tasklet.Step {
	if _, s := t.Select(h.In.OnReceive(&h.V), tasklet.OnEnd(t.Home().Main().Tasklet())); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

func init() { pickle.Register[heir]("test.heir") }

// TestSelectOnMain: who waits for main's end can't be pickled, and goes on.
func TestSelectOnMain(t *testing.T) {
	s := sched.New()
	h := &heir{In: channel.New[int](s)}
	x := s.Go(h)
	run(t, s)
	if _, err := pickle.Marshal(x); !errors.Is(err, pickle.ErrUnpicklable) || !strings.Contains(err.Error(), "which is the goroutine that drives the scheduler") {
		t.Errorf("pickled: %v", err)
	}
	check(t, s)
	if err := h.In.Put(s.Main(), 7); err != nil || h.V != 7 {
		t.Errorf("%v, received %d", err, h.V)
	}
	run(t, s)
	if x.Alive() {
		t.Error("it is alive")
	}
}
