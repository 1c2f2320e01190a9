package tasklet_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A reader reads a page and prints its length. Its frame is small and can be
// pickled: the function is a method of it.
type reader struct {
	url  string
	page string
}

// fetch runs on a goroutine outside. It reads of the frame what nobody changes
// meanwhile, and honours ctx.
func (r *reader) fetch(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return strings.Repeat("x", 100*len(r.url)), nil // instead of a request
}

func (r *reader) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := tasklet.Await(t, &r.page, r.fetch); s != tasklet.Next {
		return s
	}
	fmt.Println(r.url, len(r.page))
	return tasklet.Return
}

// A frame awaits a function, which runs beside the tasklets.
func ExampleAwait() {
	s := sched.New(sched.WithWorkInOrder()) // for the example's output
	for _, url := range []string{"/", "/news", "/about"} {
		s.Go(&reader{url: url})
	}
	fmt.Println(s.Run())
	// Output:
	// / 100
	// /news 500
	// /about 600
	// <nil>
}

// Main and plain functions have a form that blocks. Errors, panics and kills are
// errors of the call.
func ExampleAwaitFor() {
	s := sched.New()
	s.GoFunc(func(co *tasklet.Coroutine) error {
		sum, err := tasklet.AwaitFor(co, func(ctx context.Context) (int, error) {
			return 6 * 7, nil
		})
		fmt.Println(sum, err)
		_, err = tasklet.AwaitFor(co, func(ctx context.Context) (int, error) {
			panic("out of paper")
		})
		fmt.Println(err)
		return nil
	})
	fmt.Println(s.Run())
	// Output:
	// 42 <nil>
	// panic: out of paper
	// <nil>
}
