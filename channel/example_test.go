package channel_test

import (
	"context"
	"fmt"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// chicken says what it has to say.
type chicken struct{ out *channel.Channel[string] }

func (c *chicken) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := c.out.Send(t, "cluck"); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

// egg prints what it hears.
type egg struct {
	in    *channel.Channel[string]
	heard string
}

func (e *egg) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := e.in.Receive(t, &e.heard); s != tasklet.Next {
		return s
	}
	fmt.Println(e.heard)
	return tasklet.Return
}

// Two frames meet in a channel.
func Example() {
	s := sched.New()
	c := channel.New[string](s)
	s.Go(&chicken{out: c})
	s.Go(&egg{in: c})
	if err := s.Run(); err != nil {
		fmt.Println(err)
	}
	// Output: cluck
}

// Main and a plain function use the blocking forms.
func ExampleChannel_Put() {
	s := sched.New()
	c := channel.New[int](s)
	s.GoFunc(func(co *tasklet.Coroutine) error {
		v, err := c.Get(co)
		if err != nil {
			return err
		}
		return c.Put(co, 2*v)
	})
	main := s.Main()
	if err := c.Put(main, 21); err != nil {
		fmt.Println(err)
	}
	v, err := c.Get(main)
	fmt.Println(v, err)
	// Output: 42 <nil>
}

// A loop over all that is sent ends when the channel is closed.
func ExampleChannel_All() {
	s := sched.New()
	c := channel.New[string](s)
	s.GoFunc(func(co *tasklet.Coroutine) error {
		for _, word := range []string{"one", "two", "three"} {
			if err := c.Put(co, word); err != nil {
				return err
			}
		}
		c.Close()
		return nil
	})
	for word, err := range c.All(s.Main()) {
		fmt.Println(word, err)
	}
	// Output:
	// one <nil>
	// two <nil>
	// three <nil>
}

// A goroutine that is no tasklet takes part with a context, while the scheduler
// serves.
func ExampleChannel_GetContext() {
	s := sched.New()
	c := channel.New[string](s)
	s.Go(&chicken{out: c})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer stop()
		word, err := c.GetContext(ctx)
		fmt.Println(word, err)
	}()
	if err := s.Serve(ctx); err != nil {
		fmt.Println(err)
	}
	<-done
	// Output: cluck <nil>
}

// Who runs on after a rendezvous is the channel's preference.
func ExampleChannel_SetPreference() {
	for p := channel.PreferReceiver; p <= channel.PreferSender; p++ {
		s := sched.New()
		c := channel.New[int](s)
		c.SetPreference(p)
		s.GoFunc(func(co *tasklet.Coroutine) error {
			for i := range 3 {
				fmt.Print(" s", i)
				if err := c.Put(co, i); err != nil {
					return err
				}
			}
			c.Close()
			return nil
		})
		s.GoFunc(func(co *tasklet.Coroutine) error {
			for v, err := range c.All(co) {
				if err != nil {
					return err
				}
				fmt.Print(" r", v)
			}
			return nil
		})
		fmt.Printf("%2d:", p)
		if err := s.Run(); err != nil {
			fmt.Print(err)
		}
		fmt.Println()
	}
	// Output:
	// -1: s0 r0 s1 r1 s2 r2
	//  0: s0 r0 s1 s2 r1 r2
	//  1: s0 s1 r0 s2 r1 r2
}
