package main

import (
	"fmt"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched/schedtest"
)

// TestInEveryOrder: there is one token, which the first member keeps at last.
func TestInEveryOrder(t *testing.T) {
	const tasklets, rounds = 7, 3
	schedtest.Run(t, func(w *schedtest.World) {
		channels := make([]*channel.Channel[token], tasklets)
		for i := range channels {
			channels[i] = channel.New[token](w)
		}
		members := make([]member, tasklets)
		for i := range members {
			members[i] = member{in: channels[i], out: channels[(i+1)%tasklets], last: tasklets * rounds}
			w.Go(&members[i])
		}
		w.Always(func() error {
			keepers := 0
			for _, f := range members {
				if f.keeps {
					keepers++
				}
			}
			if keepers > 1 {
				return fmt.Errorf("%d members keep the token", keepers)
			}
			return nil
		})
		if err := channels[0].Put(w.Main(), token{}); err != nil {
			w.Fatal(err)
		}
		w.Run()
		if !members[0].keeps || members[0].token.messages != tasklets*rounds {
			w.Errorf("%+v", members[0])
		}
	}, schedtest.ShuffleHandovers(), schedtest.AllEnded())
}
