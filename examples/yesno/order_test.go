package main

import (
	"slices"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched/schedtest"
)

// TestInEveryOrder: in another order than the ring's, no can come before yes; but each
// says its word once, and the list gets back to main.
func TestInEveryOrder(t *testing.T) {
	seen := make(map[string]bool)
	schedtest.Run(t, func(w *schedtest.World) {
		c := channel.New[[]string](w)
		w.Go(&speaker{word: "yes", c: c})
		w.Go(&speaker{word: "no", c: c})
		if err := c.Put(w.Main(), []string{}); err != nil {
			w.Fatal(err)
		}
		w.Run()
		list, err := c.Get(w.Main())
		w.Run()
		if err != nil || len(list) != 2 || !slices.Contains(list, "yes") || !slices.Contains(list, "no") {
			w.Errorf("%q, %v", list, err)
			return
		}
		seen[list[0]] = true
	}, schedtest.ShuffleHandovers(), schedtest.AllEnded())
	if !seen["yes"] {
		t.Errorf("yes never comes first: %v", seen)
	}
}
