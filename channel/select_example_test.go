package channel_test

import (
	"fmt"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// listener listens to two channels of different types, until neither has said anything
// for a minute.
type listener struct {
	numbers *channel.Channel[int]
	words   *channel.Channel[string]
	number  int
	word    string
}

func (l *listener) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		fired, s := t.Select(
			l.numbers.OnReceive(&l.number),
			l.words.OnReceive(&l.word),
			tasklet.After(time.Minute),
		)
		if s != tasklet.Next {
			return s
		}
		switch fired {
		case 0:
			fmt.Println("a number:", l.number)
		case 1:
			fmt.Println("a word:", l.word)
		case 2:
			fmt.Println("silence")
			return tasklet.Return
		}
	}
}

func ExampleChannel_OnReceive() {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))))
	l := &listener{numbers: channel.New[int](s), words: channel.New[string](s)}
	s.Go(l)
	s.GoFunc(func(co *tasklet.Coroutine) error {
		if err := l.words.Put(co, "seven"); err != nil {
			return err
		}
		return l.numbers.Put(co, 7)
	})
	fmt.Println(s.Run())
	// Output:
	// a word: seven
	// a number: 7
	// silence
	// <nil>
}
