package main

import (
	"slices"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched/schedtest"
)

// TestInEveryOrder: the sieve finds the primes in their order, whichever stage works
// first.
func TestInEveryOrder(t *testing.T) {
	want := []int{2, 3, 5, 7, 11, 13, 17, 19, 23}
	schedtest.Run(t, func(w *schedtest.World) {
		numbers, primes := channel.New[int](w), channel.New[int](w)
		w.Go(&counter{out: numbers, next: 2, below: 28})
		w.Go(&stage{in: numbers, primes: primes})
		var found []int
		for prime, err := range primes.All(w.Main()) {
			if err != nil {
				w.Fatal(err)
			}
			found = append(found, prime)
		}
		w.Run()
		if !slices.Equal(found, want) {
			w.Errorf("found %v, want %v", found, want)
		}
	}, schedtest.ShuffleHandovers(), schedtest.AllEnded())
}
