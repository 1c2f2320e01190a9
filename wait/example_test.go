package wait_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
	"github.com/stackless-go/stackless/wait"
)

// transfer moves money between two accounts, in two steps with a wait between.
type transfer struct {
	accounts map[string]int
	lock     *wait.Mutex
	from, to string
	amount   int
	state    transferState
}

type transferState uint8

const (
	locking transferState = iota
	posting
	posted
)

func (f *transfer) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch f.state {
	case locking:
		if s := f.lock.Lock(t); s != tasklet.Next {
			return s
		}
		f.accounts[f.from] -= f.amount
		f.state = posting
		fallthrough
	case posting:
		if s := t.Sleep(time.Second); s != tasklet.Next { // the post takes a while
			return s
		}
		f.accounts[f.to] += f.amount
		f.state = posted
	}
	return tasklet.Return
}

// Cleanup runs at every end, also at a kill's. What is half done is undone.
func (f *transfer) Cleanup(t *tasklet.Tasklet) {
	if f.state == posting {
		f.accounts[f.from] += f.amount
	}
	if f.lock.HeldBy(t) {
		_ = f.lock.Unlock(t)
	}
}

// A mutex is held across a wait. Whoever ends while it holds one unlocks it in its
// Cleanup.
func ExampleMutex() {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))))
	accounts := map[string]int{"ann": 60, "bob": 40}
	lock := wait.NewMutex(s)
	s.Go(&transfer{accounts: accounts, lock: lock, from: "ann", to: "bob", amount: 10})
	killed := s.Go(&transfer{accounts: accounts, lock: lock, from: "bob", to: "ann", amount: 50})
	s.Go(&transfer{accounts: accounts, lock: lock, from: "bob", to: "ann", amount: 5})
	s.GoFunc(func(co *tasklet.Coroutine) error {
		return errors.Join(co.Sleep(1500*time.Millisecond), co.Kill(killed))
	})
	if err := s.Run(); err != nil {
		fmt.Println(err)
	}
	fmt.Println(accounts)
	// Output: map[ann:55 bob:45]
}

// A condition lets those wait who need what a mutex guards to be otherwise.
func ExampleCond() {
	s := sched.New()
	lock := wait.NewMutex(s)
	enough := wait.NewCond(lock)
	level := 0
	s.GoFunc(func(co *tasklet.Coroutine) error {
		if err := lock.LockFor(co); err != nil {
			return err
		}
		defer lock.Unlock(co.Tasklet())
		if err := enough.UntilFor(co, func() bool { return level >= 3 }); err != nil {
			return err
		}
		fmt.Println("level", level)
		return nil
	})
	for range 4 {
		s.GoFunc(func(co *tasklet.Coroutine) error {
			if err := lock.LockFor(co); err != nil {
				return err
			}
			defer lock.Unlock(co.Tasklet())
			level++
			enough.Signal()
			return nil
		})
	}
	if err := s.Run(); err != nil {
		fmt.Println(err)
	}
	// Output: level 4
}

// A big request is not overtaken by smaller ones.
func ExampleSemaphore() {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))))
	berths := wait.NewSemaphore(s, 3)
	ship := func(name string, length int64) {
		s.GoFunc(func(co *tasklet.Coroutine) error {
			if err := berths.AcquireFor(co, length); err != nil {
				return err
			}
			fmt.Printf("%s comes, %d free\n", name, berths.Free())
			if err := co.Sleep(time.Hour); err != nil {
				return err
			}
			return berths.Release(length)
		})
	}
	ship("cutter", 1)
	ship("tanker", 3)
	ship("dinghy", 1)
	if err := s.Run(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// cutter comes, 2 free
	// tanker comes, 0 free
	// dinghy comes, 2 free
}

// worker does its part in so many turns.
type worker struct {
	name  string
	turns int
}

func (f *worker) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.turns > 0; f.turns-- {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
	}
	fmt.Println(f.name, "is done")
	return tasklet.Return
}

// A group counts what is still to be done.
func ExampleGroup() {
	s := sched.New()
	work := wait.NewGroup(s)
	main := s.Main()
	for _, f := range []*worker{{"long", 5}, {"short", 1}} {
		if _, err := work.Go(main.Tasklet(), f); err != nil {
			fmt.Println(err)
		}
	}
	if err := work.WaitFor(main); err != nil {
		fmt.Println(err)
	}
	fmt.Println(work.Count(), "to do")
	// Output:
	// short is done
	// long is done
	// 0 to do
}

// All who wait for an event go on when it is set, and nobody waits for one that is.
func ExampleEvent() {
	s := sched.New()
	open := wait.NewEvent(s)
	for _, name := range []string{"ann", "bob"} {
		s.GoFunc(func(co *tasklet.Coroutine) error {
			if err := open.WaitFor(co); err != nil {
				return err
			}
			fmt.Println(name, "goes in")
			return nil
		})
	}
	main := s.Main()
	_ = main.Yield()
	fmt.Println(open.Waiting(), "wait")
	open.Set()
	_ = main.Yield()
	fmt.Println(open.WaitFor(main))
	// Output:
	// 2 wait
	// ann goes in
	// bob goes in
	// <nil>
}

// A producer is ahead of its consumer by as much as the buffer holds.
func ExampleBuffer() {
	s := sched.New()
	b := wait.NewBuffer[int](s, 2)
	s.GoFunc(func(co *tasklet.Coroutine) error {
		defer b.Close()
		for i := range 5 {
			if err := b.Put(co, i); err != nil {
				return err
			}
			fmt.Print(" put ", i)
		}
		return nil
	})
	for v, err := range b.All(s.Main()) {
		fmt.Print(" got ", v)
		if err != nil {
			fmt.Println(err)
		}
	}
	// Output: put 0 put 1 put 2 got 0 got 1 got 2 got 3 put 3 put 4 got 4
}

// What buffers, events and groups wait for can be one of several cases.
func ExampleEvent_OnSet() {
	s := sched.New()
	work, stop := wait.NewBuffer[string](s, 8), wait.NewEvent(s)
	s.GoFunc(func(co *tasklet.Coroutine) error {
		var job string
		for {
			switch i, err := co.Select(work.OnReceive(&job), stop.OnSet()); {
			case err != nil:
				return err
			case i == 0:
				fmt.Println("does", job)
			default:
				fmt.Println("stops")
				return nil
			}
		}
	})
	main := s.Main()
	_ = work.Put(main, "one")
	_ = work.Put(main, "two")
	_ = main.Yield()
	stop.Set()
	if err := s.Run(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// does one
	// does two
	// stops
}

// part is one of the things that an order needs.
type part struct {
	name string
	fail error
}

func (f *part) Resume(t *tasklet.Tasklet) tasklet.Step {
	if f.fail != nil {
		return t.Fail(f.fail)
	}
	if s := t.Yield(); s != tasklet.Next {
		return s
	}
	fmt.Println(f.name, "is there")
	return tasklet.Return
}

// order has its parts fetched by tasklets of its scope.
type order struct {
	parts   []string
	scope   wait.Scope
	started int
}

func (f *order) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.started < len(f.parts); f.started++ {
		if _, err := f.scope.Go(t, &part{name: f.parts[f.started]}); err != nil {
			return t.Fail(err)
		}
	}
	if s := f.scope.Wait(t); s != tasklet.Next {
		return s
	}
	fmt.Println("all is there")
	return tasklet.Return
}

func (f *order) Cleanup(t *tasklet.Tasklet) {
	if err := f.scope.End(); err != nil {
		_ = t.ThrowLater(err) // what went wrong in their ends is this frame's error, too
	}
}

// A frame has a scope as a field.
func ExampleScope() {
	s := sched.New()
	s.Go(&order{parts: []string{"price", "stock"}})
	if err := s.Run(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// price is there
	// stock is there
	// all is there
}

// When one fails, the others are cancelled, before they began or while they wait, and
// all have ended when InScope returns.
func ExampleInScope() {
	s := sched.New()
	fetch := func(name string) func(co *tasklet.Coroutine) error {
		return func(co *tasklet.Coroutine) error {
			if name == "stock" {
				return errors.New("out of stock")
			}
			err := co.Park()
			fmt.Printf("%s: %v\n", name, err)
			return err
		}
	}
	s.GoFunc(func(co *tasklet.Coroutine) error {
		err := wait.InScope(co, func(scope *wait.Scope) error {
			for _, name := range []string{"price", "stock", "image"} {
				if _, err := scope.GoFunc(co.Tasklet(), fetch(name)); err != nil {
					return err
				}
			}
			return nil
		})
		fmt.Println("order:", err)
		return nil
	})
	if err := s.Run(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// price: the scope was cancelled
	// order: out of stock
}

// A join hears of the ends of any tasklets, by index.
func ExampleJoin() {
	s := sched.New()
	main := s.Main()
	tasklets := []*tasklet.Tasklet{
		s.Go(&worker{"long", 3}), s.Go(&worker{"short", 1}), s.Go(&part{fail: errors.New("out of stock")}),
	}
	j, err := wait.NewJoin(s, tasklets...)
	if err != nil {
		fmt.Println(err)
	}
	i, _ := j.FirstFor(main)
	fmt.Println("the first is", i)
	fmt.Println("the first error is", j.FirstErrorFor(main))
	if err := j.AllFor(main); err != nil {
		fmt.Println(err)
	}
	for i, t := range j.Tasklets() {
		fmt.Println(i, t.Err())
	}
	// Output:
	// short is done
	// the first is 2
	// the first error is out of stock
	// long is done
	// 0 <nil>
	// 1 <nil>
	// 2 out of stock
}
