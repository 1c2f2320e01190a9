package schedtest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched/schedtest"
	"github.com/stackless-go/stackless/tasklet"
)

// A customer pays one coin.
type customer struct {
	pay *channel.Channel[int]
}

func (c *customer) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := c.pay.Send(t, 1); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

// A clerk serves three customers, and is wrong: what stands before an operation
// runs again when the frame comes back to it.
type clerk struct {
	in     *channel.Channel[int]
	coin   int
	served int
	till   int
}

func (c *clerk) Resume(t *tasklet.Tasklet) tasklet.Step {
	for c.served < 3 {
		c.served++
		if s := c.in.Receive(t, &c.coin); s != tasklet.Next {
			return s
		}
		c.till += c.coin
	}
	return tasklet.Return
}

// shop is what a test of the two would do.
func shop(w *schedtest.World) {
	c := channel.New[int](w)
	for range 3 {
		w.Go(&customer{pay: c})
	}
	k := &clerk{in: c}
	w.Go(k)
	w.Run()
	if k.till != 3 {
		w.Errorf("%d coins in the till", k.till)
	}
}

// In its own order, the scheduler runs the customers first. They all wait by the
// time that the clerk receives, so it never has to, and its bug never shows. Under
// some seed the clerk is early.
func ExampleRun() {
	inOrder, _, _ := record("TestShop", func(t testing.TB) {
		schedtest.Run(t, shop, schedtest.InOrder(), schedtest.NoWakeups())
	})
	fmt.Printf("in order: %q\n", inOrder)

	shuffled, _, _ := record("TestShop", func(t testing.TB) {
		schedtest.Run(t, shop)
	})
	fmt.Print(shuffled)

	// Output:
	// in order: ""
	// schedtest: tasklet 5, frame schedtest_test.clerk: frame contract broken: tasklet 5, frame schedtest_test.clerk returned Return although its receive has not returned Next
	// schedtest: seed 0 fails; to replay it:
	// 	go test github.com/stackless-go/stackless/sched/schedtest -run '^TestShop$' -schedtest.seed=0
	// the last 8 of 8 steps:
	//      1        0s  main is parked
	//      2        0s  tasklet 5, frame schedtest_test.clerk waits: receive on channel 1 of int
	//      3        0s  tasklet 4, frame schedtest_test.customer is ready after its send
	//      4        0s  tasklet 5, frame schedtest_test.clerk waits: receive on channel 1 of int
	//      5        0s  tasklet 4 ends
	//      6        0s  tasklet 3, frame schedtest_test.customer is ready after its send
	//      7        0s  tasklet 5, frame schedtest_test.clerk is about to fail
	//      8        0s  tasklet 5 ends: frame contract broken: tasklet 5, frame schedtest_test.clerk returned Return although its receive has not returned Next
}

// A seed that has failed once can stay in a test of its own.
func ExampleRunSeed() {
	out, failed, _ := record("TestShopOnce", func(t testing.TB) {
		schedtest.RunSeed(t, 0, shop, schedtest.Traced(0))
	})
	fmt.Print(out)
	fmt.Println("failed:", failed)

	// Output:
	// schedtest: tasklet 5, frame schedtest_test.clerk: frame contract broken: tasklet 5, frame schedtest_test.clerk returned Return although its receive has not returned Next
	// schedtest: seed 0 fails
	// failed: true
}

// A lamp is switched off after an hour, on a clock that takes no time.
type lamp struct {
	on bool
	pc int
}

func (l *lamp) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch l.pc {
	case 0:
		l.on = true
		l.pc = 1
		fallthrough
	case 1:
		if s := t.Sleep(time.Hour); s != tasklet.Next {
			return s
		}
		l.on = false
	}
	return tasklet.Return
}

// Always is for what must be true whoever has run.
func ExampleWorld_Always() {
	out, failed, _ := record("TestLamps", func(t testing.TB) {
		schedtest.Run(t, func(w *schedtest.World) {
			a, b := new(lamp), new(lamp)
			w.Always(func() error {
				if a.on && b.on {
					return fmt.Errorf("both lamps are on")
				}
				return nil
			})
			w.Go(a).SetName("a")
			w.Go(b).SetName("b")
			w.Run()
		}, schedtest.AllEnded())
	})
	fmt.Print(out)
	fmt.Println("failed:", failed)

	// Output:
	// schedtest: after step 3: both lamps are on
	// schedtest: seed 0 fails; to replay it:
	// 	go test github.com/stackless-go/stackless/sched/schedtest -run '^TestLamps$' -schedtest.seed=0
	// the last 3 of 3 steps:
	//      1        0s  main is parked
	//      2        0s  tasklet 3 (b), frame schedtest_test.lamp sleeps
	//      3        0s  tasklet 2 (a), frame schedtest_test.lamp sleeps
	// failed: true
}
