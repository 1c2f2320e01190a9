package main

import (
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched/schedtest"
)

// TestInEveryOrder: the sum is the same, whoever reports first.
func TestInEveryOrder(t *testing.T) {
	const leaves = 43
	schedtest.Run(t, func(w *schedtest.World) {
		root := channel.New[int64](w)
		w.Go(&node{end: leaves, up: root})
		sum, err := root.Get(w.Main())
		if err != nil || sum != leaves*(leaves-1)/2 {
			w.Errorf("%d, %v", sum, err)
		}
		w.Run()
	}, schedtest.ShuffleHandovers(), schedtest.AllEnded())
}
