package sched_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A schedule callback hears who gives the turn to whom.
func ExampleScheduler_OnSwitch() {
	s := sched.New()
	for _, name := range []string{"a", "b"} {
		s.GoFunc(func(co *tasklet.Coroutine) error { return co.Yield() }).SetName(name)
	}
	s.OnSwitch(func(from, to *tasklet.Tasklet) {
		fmt.Printf("(%s,%s) ", from.Name(), to.Name())
	})
	fmt.Println(s.Run())
	// Output: (main,a) (a,b) (b,a) (a,b) (b,main) <nil>
}

// A channel callback hears of each operation before it happens.
func ExampleScheduler_OnChannel() {
	s := sched.New()
	orders := channel.New[string](s)
	orders.SetName("orders")
	s.GoFunc(func(co *tasklet.Coroutine) error {
		_, err := orders.Get(co)
		return err
	}).SetName("courier")
	s.OnChannel(func(e tasklet.ChannelEvent) {
		fmt.Println(e)
		if e.Sending {
			fmt.Println("it sends", e.Value, "to", e.Peer.Name())
		}
	})
	s.RunReady()
	fmt.Println(orders.Put(s.Main(), "tea"))
	// Output:
	// tasklet 2 (courier): receive on channel 1 (orders) of string, will block
	// tasklet 1 (main): send on channel 1 (orders) of string
	// it sends tea to courier
	// <nil>
}

// A trace has everything that happens. On a virtual clock it is the same each time.
func ExampleScheduler_Trace() {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0).UTC())))
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug, // or slog.LevelInfo, for beginnings and ends alone
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.LevelKey {
				return slog.Attr{}
			}
			return a
		},
	}))
	stop := s.Trace(log)
	s.Go(&sleeper{d: time.Second, log: new([]int)})
	s.Run()
	stop()
	// Output:
	// msg=made at=1970-01-01T00:00:00.000Z step=0 tasklet=2 frame=sched_test.sleeper by=1 status=ready
	// msg="run begins" at=1970-01-01T00:00:00.000Z step=0 tasklet=1 name=main
	// msg=parked at=1970-01-01T00:00:00.000Z step=0 tasklet=1 name=main op=watch status=parked
	// msg=turn at=1970-01-01T00:00:00.000Z step=0 tasklet=2 from=1
	// msg=waits at=1970-01-01T00:00:00.000Z step=1 tasklet=2 op=sleep status=sleeping until=1970-01-01T00:00:01.000Z
	// msg=ready at=1970-01-01T00:00:01.000Z step=1 tasklet=2 op=sleep status=ready
	// msg=ended at=1970-01-01T00:00:01.000Z step=2 tasklet=2 frame=sched_test.sleeper
	// msg=ready at=1970-01-01T00:00:01.000Z step=2 tasklet=1 name=main op=watch status=ready
	// msg=turn at=1970-01-01T00:00:01.000Z step=2 tasklet=1 name=main from=2
	// msg="run ends" at=1970-01-01T00:00:01.000Z step=2 tasklet=1 name=main
}

// Inspect shows what everybody is doing.
func ExampleScheduler_Inspect() {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0).UTC())))
	s.Observe(true) // for since when
	orders := channel.New[string](s)
	orders.SetName("orders")
	s.Go(&waitForOrder{in: orders}).SetName("courier")
	s.Go(&sleeper{d: time.Minute})
	s.RunReady()
	snapshot := s.Inspect()
	fmt.Print(snapshot)
	courier, err := json.Marshal(snapshot.Tasklets[2].Frames)
	fmt.Println(string(courier), err)
	// Output:
	// 1970-01-01T00:00:00Z, step 2
	//
	// 3 tasklets: 1 running, 1 sleeping, 1 blocked
	//   #1 "main"  running, since step 2 (0s ago)
	//       main
	//   #3  sleeping until 1970-01-01T00:01:00Z, since step 2 (0s ago)
	//       sched_test.sleeper  id: 0, d: 1m0s, log: nil
	//   #2 "courier"  blocked, receive on channel 1 (orders) of string, since step 1 (0s ago)
	//       sched_test.waitForOrder  in: channel 1 (orders) of string, order: ""
	// [{"type":"sched_test.waitForOrder","fields":[{"kind":"reference","name":"in","type":"*channel.Channel[string]","text":"channel 1 (orders) of string"},{"kind":"string","name":"order","type":"string"}]}] <nil>
}
