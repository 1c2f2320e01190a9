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

// All of a pool have 500 steps together, and then as many again, until nobody is left.
func ExamplePool_RunBudget() {
	p := sched.NewPool(2)
	for range 2 {
		if _, err := p.Go(&primes{below: 1000}); err != nil {
			fmt.Println(err)
		}
	}
	for {
		victims, err := p.RunBudget(tasklet.Budget{Steps: 500, Total: true})
		if err != nil {
			fmt.Println(err)
		}
		if len(victims) == 0 {
			break
		}
		for _, v := range victims {
			if err := v.Insert(); err != nil { // or kill it, or keep it in a pickle
				fmt.Println(err)
			}
		}
	}
	fmt.Println(p.Close())
	// Output:
	// 168 below 1000
	// 168 below 1000
	// <nil>
}

// Two schedulers that are driven by hand. A tasklet that waits in a channel of one goes on
// waiting in it when it has moved to the other.
func ExamplePool_New() {
	p := sched.NewPool(0)
	a, b := p.New(), p.New()
	c := channel.New[int](a)
	sum := &adder{in: c, left: 1}
	t := a.Go(sum)
	if _, err := a.Step(1); err != nil { // it waits now
		fmt.Println(err)
	}
	if _, err := t.MoveTo(b); err != nil {
		fmt.Println(err)
	}
	fmt.Println(b.RunReady())          // it has arrived
	fmt.Println(c.Put(a.Main(), 7))    // and is met at home
	fmt.Println(b.RunReady(), sum.sum) // it goes on over there
	fmt.Println(a.Close(), b.Close())
	// Output:
	// <nil>
	// <nil>
	// <nil> 7
	// <nil> <nil>
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
