package channel_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// TestSelectMoves: a select that moves elsewhere leaves no case and no time here, also
// if it has fired and not run since; if the move fails, it waits on where it was.
func TestSelectMoves(t *testing.T) {
	refused := errors.New("no room")
	for _, fire := range []bool{false, true} {
		s, clock := onClock()
		c := newChooser(s)
		x := s.Go(c)
		y := s.Go(&hesitant{Ints: c.Ints, Words: c.Words, Wait: 5, Left: 1})
		if err := s.RunReady(); err != nil {
			t.Fatal(err)
		}
		if fire { // x has a number
			c.Ints.SetPreference(channel.PreferSender)
			if err := c.Ints.Put(s.Main(), 3); err != nil {
				t.Fatal(err)
			}
		}
		before := c.balances()
		if err := pickle.Move(s.Everyone(), func([]byte) error { return refused }); !errors.Is(err, refused) {
			t.Fatal(err)
		}
		if _, limited := y.Deadline(); c.balances() != before || !limited {
			t.Errorf("after a move that was refused, balances %v, want %v", c.balances(), before)
		}
		check(t, s)
		there := sched.New(sched.WithClock(clock))
		var g *tasklet.Group
		if err := pickle.Move(s.Everyone(), func(b []byte) (err error) {
			g, err = pickle.Unmarshal[*tasklet.Group](b, pickle.Into(there))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		check(t, s)
		check(t, there)
		for _, u := range []*tasklet.Tasklet{x, y} {
			if _, limited := u.Deadline(); u.Alive() || !errors.Is(u.Err(), tasklet.ErrMoved) || limited {
				t.Errorf("%v, %v", u, u.Err())
			}
		}
		if c.balances() != [3]int{} || s.Everyone().Len() != 0 {
			t.Errorf("left here: balances %v, %d tasklets", c.balances(), s.Everyone().Len())
		}
		now := clock.Now()
		if err := s.Run(); err != nil || !clock.Now().Equal(now) { // nobody's time is left here
			t.Errorf("%v, the clock shows %v", err, clock.Now())
		}
		moved, waits := frameOf[*chooser](g), frameOf[*hesitant](g)
		run(t, there)
		if got := moved.balances(); got != [3]int{-1, -1, 1} || len(moved.Log) > 0 != fire {
			t.Errorf("there: balances %v, log %q", got, moved.Log)
		}
		waits.says(t, "5ns time")
		if err := errors.Join(s.Close(), there.Close()); err != nil {
			t.Error(err)
		}
	}
}

// frameOf returns the frame of that type of one of g.
func frameOf[F tasklet.Frame](g *tasklet.Group) (f F) {
	for _, u := range slices.Concat(g.Ready, g.Blocked) {
		if found, ok := u.Frame().(F); ok {
			f = found
		}
	}
	return f
}
