package sched_test

import (
	"fmt"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// squarer sends the square of its number, from whichever scheduler it runs on.
type squarer struct {
	n   int
	out *channel.Channel[int]
}

func (q *squarer) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := q.out.Send(t, q.n*q.n); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

// adder adds up what it receives.
type adder struct {
	in           *channel.Channel[int]
	left, v, sum int
}

func (a *adder) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; a.left > 0; a.left-- {
		if s := a.in.Receive(t, &a.v); s != tasklet.Next {
			return s
		}
		a.sum += a.v
	}
	return tasklet.Return
}

func ExamplePool() {
	p := sched.NewPool(2)
	c := channel.New[int](p.Schedulers()[0]) // all may use it
	sum := &adder{in: c, left: 10}
	if _, err := p.Go(sum); err != nil {
		fmt.Println(err)
	}
	for n := range 10 {
		if _, err := p.Go(&squarer{n: n, out: c}); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(p.Run(), sum.sum)
	fmt.Println(p.Close())
	// Output:
	// <nil> 285
	// <nil>
}

func ExampleScheduler_Adopt() {
	old, heir := sched.New(), sched.New()
	c := channel.New[string](old)
	old.GoFunc(func(co *tasklet.Coroutine) error {
		word, err := c.Get(co)
		fmt.Println("got", word)
		return err
	})
	fmt.Println(old.Run()) // it is blocked now
	fmt.Println(old.Stop())
	fmt.Println(heir.Adopt(old))
	fmt.Println(c.Put(heir.Main(), "a word"))
	fmt.Println(heir.Run())
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// got a word
	// <nil>
	// <nil>
}
