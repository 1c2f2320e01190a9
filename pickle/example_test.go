package pickle_test

import (
	"errors"
	"fmt"
	"net"
	"reflect"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A greeter greets, a turn apart.
type greeter struct {
	Name string
	n    int
}

func (f *greeter) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.n < 4; f.n++ {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
		fmt.Println("hello", f.Name, f.n)
	}
	return tasklet.Return
}

func init() { pickle.Register[greeter]("example.greeter") }

// A tasklet is written down in the middle of its work and goes on in another
// scheduler, which could be another process's.
func Example() {
	s := sched.New()
	t := s.Go(&greeter{Name: "world"})
	if _, err := s.Step(3); err != nil {
		fmt.Println(err)
	}
	b, err := pickle.Marshal(t)
	if err != nil {
		fmt.Println(err)
	}

	elsewhere := sched.New()
	t, err = pickle.Unmarshal[*tasklet.Tasklet](b, pickle.Into(elsewhere))
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println("elsewhere,", t.Status())
	if err := t.Insert(); err != nil {
		fmt.Println(err)
	}
	if err := elsewhere.Run(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// hello world 0
	// hello world 1
	// elsewhere, parked
	// hello world 2
	// hello world 3
}

// A Group moves with its channels and its order. Only when the commit function has
// put the pickle where it is safe do the tasklets end here.
func ExampleMove() {
	s, elsewhere := sched.New(), sched.New()
	c := channel.New[string](s)
	s.Go(&waiter{in: c})
	if err := s.RunReady(); err != nil {
		fmt.Println(err)
	}
	err := pickle.Move(s.Everyone(), func([]byte) error { return errors.New("the disk is full") })
	fmt.Println(err, "and", s.Everyone().Len(), "here")

	var sent []byte
	err = pickle.Move(s.Everyone(), func(b []byte) error {
		sent = b
		return nil
	})
	fmt.Println(err, "and", s.Everyone().Len(), "here")
	g, err := pickle.Unmarshal[*tasklet.Group](sent, pickle.Into(elsewhere))
	fmt.Println(err, "and", g.Len(), "there:", g.Blocked[0].Status())
	// Output:
	// the disk is full and 1 here
	// <nil> and 0 here
	// <nil> and 1 there: blocked
}

// waiter waits for a word.
type waiter struct {
	in   *channel.Channel[string]
	word string
}

func (f *waiter) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := f.in.Receive(t, &f.word); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

func init() { pickle.Register[waiter]("example.waiter") }

// A courier has what can't be written.
type courier struct{ Conn *net.TCPConn }

func (f *courier) Resume(t *tasklet.Tasklet) tasklet.Step { return t.Park() }

func init() { pickle.Register[courier]("example.courier") }

// Check says what stands in the way, and where.
func ExampleCheck() {
	s := sched.New()
	t := s.Go(&courier{Conn: new(net.TCPConn)})
	fmt.Println(pickle.Check(t))
	fmt.Println(t.Restorable())
	// Output:
	// pickle: marshal, *tasklet.Tasklet.Frames[0].(*pickle_test.courier).Conn: type net.TCPConn is not registered
	// false
}

// Version 1 had whole degrees.
type reading1 struct{ Degrees int }

type reading struct{ Tenths int }

// What the program was when it had version 1, and what it is now.
func ExampleUpgrade() {
	then, now := pickle.NewRegistry(), pickle.NewRegistry()
	if err := then.Register(reflect.TypeFor[reading1](), "example.reading"); err != nil {
		fmt.Println(err)
	}
	err := now.Register(reflect.TypeFor[reading](), "example.reading", pickle.Version(2),
		pickle.Upgrade(1, func(old *reading1, new *reading) error {
			new.Tenths = 10 * old.Degrees
			return nil
		}))
	if err != nil {
		fmt.Println(err)
	}
	b, err := pickle.Marshal(&reading1{Degrees: 21}, pickle.In(then))
	if err != nil {
		fmt.Println(err)
	}
	r, err := pickle.Unmarshal[*reading](b, pickle.In(now))
	fmt.Println(r.Tenths, err)
	// Output: 210 <nil>
}

// A key seals pickles against changes.
func ExampleWithKey() {
	key, other := []byte("a long and secret key"), []byte("another key")
	b, err := pickle.Marshal([]string{"pay", "17"}, pickle.WithKey(key))
	if err != nil {
		fmt.Println(err)
	}
	v, err := pickle.Unmarshal[[]string](b, pickle.WithKey(key))
	fmt.Println(v, err)
	_, err = pickle.Unmarshal[[]string](b, pickle.WithKey(other))
	fmt.Println(errors.Is(err, pickle.ErrKey))
	b[len(b)/3] ^= 1
	_, err = pickle.Unmarshal[[]string](b, pickle.WithKey(key))
	fmt.Println(errors.Is(err, pickle.ErrSeal))
	// Output:
	// [pay 17] <nil>
	// true
	// true
}
