package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched/schedtest"
	"github.com/stackless-go/stackless/tasklet"
)

// TestInEveryOrder: each greeter says every hello once, also if all are written down on
// the way and go on as others.
func TestInEveryOrder(t *testing.T) {
	const to = 5
	heard := here
	t.Cleanup(func() { here = heard })
	schedtest.Run(t, func(w *schedtest.World) {
		var out strings.Builder
		here = terminal{out: &out}
		for range 3 {
			w.Go(&greeter{at: &here, every: time.Second, to: to})
		}
		if err := w.Main().Sleep(time.Duration(w.Seed()%(to+1)) * time.Second); err != nil {
			w.Fatal(err)
		}
		if err := pickle.Move(w.Scheduler().Everyone(), func(b []byte) error {
			_, err := pickle.Unmarshal[*tasklet.Group](b, pickle.Into(w.Scheduler()))
			return err
		}); err != nil {
			w.Fatal(err)
		}
		w.Run()
		for i := range to {
			if n := strings.Count(out.String(), fmt.Sprintf("hello %d\n", i+1)); n != 3 {
				w.Errorf("hello %d was said %d times", i+1, n)
			}
		}
	}, schedtest.AllEnded())
}
