package main

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// linesUntil drives a group until it has said so many lines.
func linesUntil(t *testing.T, s *sched.Scheduler, w *world, count int) {
	t.Helper()
	for w.Count < count {
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWorldMoves takes the group to a new scheduler after each line.
func TestWorldMoves(t *testing.T) {
	clock := sched.NewVirtualClock(epoch)
	s := sched.New(sched.WithClock(clock))
	ring := func() { _ = s.Main().Tasklet().Insert() }
	c := newCargo(s, time.Second, ring)
	var want []string
	sum := 0
	for n := 1; n <= 5; n++ {
		linesUntil(t, s, c.World, n)
		sum += 2 * n
		want = append(want, fmt.Sprintf("%d doubled is %d, all together %d", n, 2*n, sum))
		c.Group = s.Everyone()
		if got := c.describe(); got != "1 ready, 2 blocked, 1 asleep" {
			t.Errorf("line %d: %s", n, got)
		}
		var data []byte
		old := slices.Concat(c.Group.Ready, c.Group.Blocked, c.Group.Sleeping)
		if err := pickle.Move(c, func(p []byte) error { data = p; return checkCargo(p) }); err != nil {
			t.Fatal(err)
		}
		for _, o := range old {
			if o.Alive() || !errors.Is(o.Err(), tasklet.ErrMoved) {
				t.Errorf("line %d: %v goes on where it was", n, o)
			}
		}
		s = sched.New(sched.WithClock(clock))
		var err error
		if c, err = loadCargo(s, data, ring); err != nil {
			t.Fatal(err)
		}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(c.World.Lines, want) {
		t.Errorf("got %q, want %q", c.World.Lines, want)
	}
	if passed := s.Now().Sub(epoch); passed != 5*time.Second {
		t.Errorf("it took %v", passed)
	}
}

func TestCargoThatIsNone(t *testing.T) {
	none, _ := pickle.Marshal((*cargo)(nil))
	empty, _ := pickle.Marshal(&cargo{World: &world{}, Group: &tasklet.Group{}})
	other, _ := pickle.Marshal(record{})
	for name, data := range map[string][]byte{"junk": []byte("junk"), "nothing": nil, "nil": none, "empty": empty, "a record": other} {
		if err := checkCargo(data); err == nil {
			t.Errorf("%s was loaded", name)
		}
	}
}
