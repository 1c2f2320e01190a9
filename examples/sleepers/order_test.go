package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stackless-go/stackless/sched/schedtest"
)

// TestInEveryOrder: all sleep at once, whoever has its turn when, and each so often as
// it is to.
func TestInEveryOrder(t *testing.T) {
	const rounds = 5
	schedtest.Run(t, func(w *schedtest.World) {
		sleepers := make([]sleeper, 8)
		start := w.Clock().Now()
		for i := range sleepers {
			sleepers[i].rounds = rounds
			w.Go(&sleepers[i])
		}
		w.Always(func() error { return awake(sleepers, w.Clock().Now().Sub(start)) })
		w.Run()
		if passed := w.Clock().Now().Sub(start); passed != rounds*time.Second {
			w.Errorf("it took %v", passed)
		}
	}, schedtest.AllEnded())
}

// awake tells if somebody has slept more rounds than there were seconds.
func awake(sleepers []sleeper, passed time.Duration) error {
	for i, f := range sleepers {
		if time.Duration(f.slept)*time.Second > passed {
			return fmt.Errorf("sleeper %d has slept %d rounds in %v", i, f.slept, passed)
		}
	}
	return nil
}
