package channel_test

import (
	"errors"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// TestSelectMeetsSelect: a select that meets one which waits heeds the switch trap, and is
// told to observers, as any operation.
func TestSelectMeetsSelect(t *testing.T) {
	for _, p := range []channel.Preference{channel.PreferReceiver, channel.PreferSender} {
		for _, sends := range []bool{true, false} {
			s := sched.New()
			c := channel.New[int](s)
			c.SetPreference(p)
			v, w := 5, 0
			mine, theirs := c.OnSend(&v), c.OnReceive(&w)
			if !sends {
				mine, theirs = c.OnReceive(&w), c.OnSend(&v)
			}
			x := s.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
				if _, s := t.Select(theirs); s != tasklet.Next {
					return s
				}
				return tasklet.Return
			}))
			run(t, s)
			balance := c.Balance()

			s.SetSwitchTrap(1)
			_, err := s.Main().Select(mine)
			// Whoever is preferred and had waited would have the turn.
			if switches := sends == (p == channel.PreferReceiver); switches != errors.Is(err, tasklet.ErrSwitchTrap) {
				t.Errorf("preference %d, sends %v: %v under a trap", p, sends, err)
			}
			s.SetSwitchTrap(-1)
			if err != nil {
				if c.Balance() != balance || !x.Blocked() || s.Current() != s.Main().Tasklet() {
					t.Errorf("preference %d, sends %v: balance %d, %v", p, sends, c.Balance(), x)
				}
				told := 0
				s.OnChannel(func(e tasklet.ChannelEvent) {
					if told++; e.WillBlock || e.Sending != sends || e.Peer != x {
						t.Errorf("preference %d, sends %v: told %v, peer %v", p, sends, e, e.Peer)
					}
				})
				if _, err := s.Main().Select(mine); err != nil || told != 1 {
					t.Errorf("preference %d, sends %v: %v, told %d times", p, sends, err, told)
				}
				s.OnChannel(nil)
			}
			run(t, s)
			if w != 5 || x.Alive() {
				t.Errorf("preference %d, sends %v: received %d, %v", p, sends, w, x)
			}
		}
	}
}
