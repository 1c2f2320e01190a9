package main

import (
	"strings"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched/schedtest"
)

// TestInEveryOrder: the egg hears one word, whoever is first, and whoever goes on when
// they have met.
func TestInEveryOrder(t *testing.T) {
	schedtest.Run(t, func(w *schedtest.World) {
		var stdout strings.Builder
		c := channel.New[string](w)
		w.Go(&chicken{out: c})
		w.Go(&egg{in: c, stdout: &stdout})
		w.Run()
		if stdout.String() != "cluck\n" {
			w.Errorf("it printed %q", stdout.String())
		}
	}, schedtest.ShuffleHandovers(), schedtest.AllEnded())
}
