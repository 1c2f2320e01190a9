package main

import (
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// yielder is the article's tasklet: it has run and is always ready to run again.
type yielder struct{ rounds, sum int }

func (y *yielder) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
		y.rounds++
		y.sum += y.rounds
	}
}

// receiver waits for the next message, for ever.
type receiver struct {
	in      *channel.Channel[int]
	message int
}

func (r *receiver) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := r.in.Receive(t, &r.message); s != tasklet.Next {
			return s
		}
	}
}

// sleeper sleeps its nap and counts it.
type sleeper struct {
	nap  time.Duration
	naps int
}

func (s *sleeper) Resume(t *tasklet.Tasklet) tasklet.Step {
	if step := t.Sleep(s.nap); step != tasklet.Next {
		return step
	}
	s.naps++
	return tasklet.Return
}

// sender hands over so many messages and ends.
type sender struct {
	out  *channel.Channel[int]
	left int
}

func (s *sender) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; s.left > 0; s.left-- {
		if step := s.out.Send(t, s.left); step != tasklet.Next {
			return step
		}
	}
	return tasklet.Return
}

// tasklets makes n tasklets that are frames with two words of state.
func tasklets(state string, n int, sleep time.Duration) crowd {
	return taskletsRunning(state, n, func(s *sched.Scheduler, messages *channel.Channel[int]) {
		switch state {
		case stateYield:
			tasklet.Spawn(s, yielder{})
		case stateBlocked:
			tasklet.Spawn(s, receiver{in: messages})
		case stateSleeping:
			tasklet.Spawn(s, sleeper{nap: sleep})
		}
	})
}

// functions makes n tasklets that are plain functions on goroutines of their own.
func functions(state string, n int, sleep time.Duration) crowd {
	return taskletsRunning(state, n, func(s *sched.Scheduler, messages *channel.Channel[int]) {
		switch state {
		case stateYield:
			s.GoFunc(func(co *tasklet.Coroutine) error {
				for {
					if err := co.Yield(); err != nil {
						return err
					}
				}
			})
		case stateBlocked:
			s.GoFunc(func(co *tasklet.Coroutine) error {
				for {
					if _, err := messages.Get(co); err != nil {
						return err
					}
				}
			})
		case stateSleeping:
			s.GoFunc(func(co *tasklet.Coroutine) error {
				return co.Sleep(sleep)
			})
		}
	})
}

// taskletsRunning makes n tasklets with spawn, which adds one to a scheduler,
// and runs each into its state.
func taskletsRunning(state string, n int, spawn func(*sched.Scheduler, *channel.Channel[int])) crowd {
	s := sched.New()
	messages := channel.New[int](s)
	c := crowd{created: n, keep: []any{s, messages}}
	run := func(turns int) {
		if c.err != nil {
			return
		}
		if state == stateYield {
			_, c.err = s.Step(turns)
		} else {
			c.err = s.RunReady()
		}
	}

	start := time.Now()
	for range n {
		spawn(s, messages)
	}
	run(n)
	c.createNS = perUnit(time.Since(start), n)

	switch {
	case n == 0:
	case state == stateSleeping:
		c.start = start
		c.ended = func() (time.Duration, error) {
			err := s.Run()
			return time.Since(start), err
		}
	case state == stateYield:
		c.switchNS = timeSwitches(n, run)
	case state == stateBlocked:
		c.switchNS = timeSwitches(n, func(turns int) {
			s.Go(&sender{out: messages, left: turns})
			run(turns)
		})
	}
	return c
}
