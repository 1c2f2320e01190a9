package channel_test

import (
	"errors"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// TestSelectOfIdle: a case on a channel in which nobody waits is passed over without
// asking the channel, unless that is closed or another scheduler's; opened again, it is
// passed over again, and all that is so of one that comes from a pickle.
func TestSelectOfIdle(t *testing.T) {
	s := sched.New()
	first, second := channel.New[int](s), channel.New[string](s)
	var n int
	word := "word"
	look := func(first *channel.Channel[int], second *channel.Channel[string]) (int, error) {
		return s.Main().Select(first.OnReceive(&n), second.OnSend(&word), tasklet.Otherwise())
	}
	check := func(what string, first *channel.Channel[int], second *channel.Channel[string], want int, kind error) {
		t.Helper()
		if i, err := look(first, second); i != want || !errors.Is(err, kind) {
			t.Errorf("%s: case %d, %v", what, i, err)
		}
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	}
	check("idle", first, second, 2, nil)
	second.Close()
	check("the second is closed", first, second, 1, channel.ErrClosed)
	b, err := pickle.Marshal(second)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := pickle.Unmarshal[*channel.Channel[string]](b, pickle.Into(s))
	if err != nil {
		t.Fatal(err)
	}
	check("closed, from a pickle", first, loaded, 1, channel.ErrClosed)
	loaded.Open()
	check("opened", first, loaded, 2, nil)
	first.Close()
	check("the first is closed", first, loaded, 0, channel.ErrClosed)
	first.Open()
	check("idle again", first, loaded, 2, nil)

	heir := sched.New()
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := heir.Adopt(s); err != nil {
		t.Fatal(err)
	}
	if i, err := heir.Main().Select(first.OnReceive(&n), tasklet.Otherwise()); i != 1 || err != nil {
		t.Errorf("inherited: case %d, %v", i, err)
	}
	first.Close()
	if i, err := heir.Main().Select(first.OnReceive(&n), tasklet.Otherwise()); i != 0 || !errors.Is(err, channel.ErrClosed) {
		t.Errorf("inherited and closed: case %d, %v", i, err)
	}
	if i, err := sched.New().Main().Select(first.OnReceive(&n), tasklet.Otherwise()); i != 0 || err == nil {
		t.Errorf("somebody else's: case %d, %v", i, err)
	}
}
