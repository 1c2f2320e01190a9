package wait_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
	"github.com/stackless-go/stackless/wait"
)

// A program is what one tasklet of a random world does.
type program struct {
	name  string
	tidy  bool // it unlocks in its cleanup
	steps []step
}

// A step is one operation: with number n, or with tasklet n.
type step struct {
	verb string
	n    int
}

func (s step) String() string { return fmt.Sprintf("%s(%d)", s.verb, s.n) }

func (p *program) String() string { return fmt.Sprintf("%s tidy=%v: %v", p.name, p.tidy, p.steps) }

// A world runs programs on a real scheduler, as frames or as plain functions, and
// keeps a log. Check is called before each operation.
type world struct {
	s        *sched.Scheduler `pickle:"-"`
	programs []*program
	tasklets []*tasklet.Tasklet
	m        *wait.Mutex
	c        *wait.Cond
	sem      *wait.Semaphore
	e        *wait.Event
	g        *wait.Group
	b        *wait.Buffer[int]
	log      []string
	broken   error `pickle:"-"`
}

const (
	permits  = 3
	capacity = 2
)

func newWorld(programs []*program, functions bool) *world {
	s := sched.New()
	w := &world{s: s, programs: programs}
	w.m = wait.NewMutex(s)
	w.c = wait.NewCond(w.m)
	w.sem = wait.NewSemaphore(s, permits)
	w.e, w.g = new(wait.Event), wait.NewGroup(s)
	w.b = wait.NewBuffer[int](s, capacity)
	w.hear()
	for _, p := range programs {
		a := &actor{w: w, p: p}
		if functions {
			w.tasklets = append(w.tasklets, s.GoFunc(a.run))
		} else {
			w.tasklets = append(w.tasklets, s.Go(a))
		}
	}
	return w
}

// hear logs the errors of tasklets.
func (w *world) hear() {
	w.s.OnError(func(t *tasklet.Tasklet, err error) error {
		for i, u := range w.tasklets {
			if t == u {
				w.say("%s!%s", w.programs[i].name, kindsOf(err))
			}
		}
		return nil
	})
}

func (w *world) say(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

func (w *world) check() {
	if err := w.s.Check(); err != nil && w.broken == nil {
		w.broken = fmt.Errorf("after %v: %w", w.log, err)
	}
}

// state logs how all is in the end.
func (w *world) state() {
	owner := ""
	for i, t := range w.tasklets {
		by := ""
		if t.Blocked() {
			_, op := t.BlockedOn()
			by = op.String()
		}
		w.say("%s:%s", w.programs[i].name, by)
		if t == w.m.Owner() {
			owner = w.programs[i].name
		}
	}
	w.say("owner=%s free=%d set=%v count=%d len=%d", owner, w.sem.Free(), w.e.IsSet(), w.g.Count(), w.b.Len())
}

// passage is a world on its way from one scheduler to another.
type passage struct {
	Everyone *tasklet.Group
	World    *world
}

func init() {
	pickle.Register[world]("test.world")
	pickle.Register[program]("test.program")
	pickle.Register[step]("test.step")
	pickle.Register[actor]("test.actor")
	pickle.Register[passage]("test.passage")
	pickle.Register[word]("test.word")
}

// pickled returns the world as it is loaded into another scheduler.
func (w *world) pickled() *world {
	b, err := pickle.Marshal(passage{w.s.Everyone(), w})
	if err != nil {
		w.broken = errors.Join(w.broken, err)
		return w
	}
	next := sched.New()
	p, err := pickle.Unmarshal[passage](b, pickle.Into(next))
	if err != nil {
		w.broken = errors.Join(w.broken, err)
		return w
	}
	v := p.World
	v.s, v.broken = next, w.broken
	v.hear()
	v.check()
	return v
}

// An actor runs one program: it is a frame, and the body of a function.
type actor struct {
	w  *world
	p  *program
	pc int
	in int
}

// Resume runs the program as a frame does.
func (a *actor) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; a.pc < len(a.p.steps); a.pc++ {
		a.w.check()
		switch s := a.perform(t, a.p.steps[a.pc]); s {
		case tasklet.Next:
		case tasklet.Failed:
			err := t.Recover()
			a.w.say("%s E(%s)", a.p.name, kindsOf(err))
			if onlyExit(err) {
				return t.Fail(err)
			}
		default:
			return s
		}
	}
	return tasklet.Return
}

// Cleanup unlocks, if the program is a tidy one.
func (a *actor) Cleanup(t *tasklet.Tasklet) {
	if a.p.tidy && a.w.m.HeldBy(t) {
		if err := a.w.m.Unlock(t); err != nil {
			a.w.broken = err
		}
	}
}

// run runs the program as a plain function does.
func (a *actor) run(co *tasklet.Coroutine) error {
	defer a.Cleanup(co.Tasklet())
	for ; a.pc < len(a.p.steps); a.pc++ {
		a.w.check()
		if err := a.block(co, a.p.steps[a.pc]); err != nil {
			a.w.say("%s E(%s)", a.p.name, kindsOf(err))
			if onlyExit(err) {
				return err
			}
		}
	}
	return nil
}

// perform performs o in its form for frames.
func (a *actor) perform(t *tasklet.Tasklet, o step) (s tasklet.Step) {
	w := a.w
	switch o.verb {
	case "lock":
		s = w.m.Lock(t)
	case "condwait":
		s = w.c.Wait(t)
	case "acquire":
		s = w.sem.Acquire(t, int64(o.n))
	case "ewait":
		s = w.e.Wait(t)
	case "gwait":
		s = w.g.Wait(t)
	case "put":
		s = w.b.Send(t, o.n)
	case "get":
		s = w.b.Receive(t, &a.in)
	case "yield":
		s = t.Yield()
	default:
		a.act(t, o)
		return tasklet.Next
	}
	if s == tasklet.Next {
		a.done(o)
	}
	return s
}

// block performs o in its blocking form.
func (a *actor) block(co *tasklet.Coroutine, o step) (err error) {
	w := a.w
	switch o.verb {
	case "lock":
		err = w.m.LockFor(co)
	case "condwait":
		err = w.c.WaitFor(co)
	case "acquire":
		err = w.sem.AcquireFor(co, int64(o.n))
	case "ewait":
		err = w.e.WaitFor(co)
	case "gwait":
		err = w.g.WaitFor(co)
	case "put":
		err = w.b.Put(co, o.n)
	case "get":
		var v int
		if v, err = w.b.Get(co); err == nil {
			a.in = v
		}
	case "yield":
		err = co.Yield()
	default:
		a.act(co.Tasklet(), o)
		return nil
	}
	if err == nil {
		a.done(o)
	}
	return err
}

func (a *actor) done(o step) {
	if o.verb == "get" {
		a.w.say("%s got %d", a.p.name, a.in)
	} else {
		a.w.say("%s %s", a.p.name, o.verb)
	}
}

// act does what takes no waiting.
func (a *actor) act(t *tasklet.Tasklet, o step) {
	w := a.w
	var err error
	switch o.verb {
	case "unlock":
		err = w.m.Unlock(t)
	case "trylock":
		w.say("%s trylock %v", a.p.name, w.m.TryLock(t))
	case "repair":
		w.m.Repair()
	case "signal":
		w.c.Signal()
	case "broadcast":
		w.c.Broadcast()
	case "release":
		err = w.sem.Release(int64(o.n))
	case "set":
		w.e.Set()
	case "clear":
		w.e.Clear()
	case "add":
		err = w.g.Add(o.n)
	case "close":
		w.b.Close()
	case "kill":
		w.tasklets[o.n].KillLater()
	case "throw":
		err = w.tasklets[o.n].ThrowLater(word("K" + a.p.name))
	default:
		panic("no verb " + o.verb)
	}
	if err != nil {
		w.say("%s %s:%s", a.p.name, o.verb, kindsOf(err))
	}
}

// A word is an error that somebody throws.
type word string

func (w word) Error() string { return string(w) }

// kindsOf names an error and all that is joined to it.
func kindsOf(err error) string {
	switch e := err.(type) {
	case word:
		return string(e)
	case interface{ Unwrap() []error }:
		var kinds []string
		for _, err := range e.Unwrap() {
			kinds = append(kinds, kindsOf(err))
		}
		return strings.Join(kinds, "+")
	case interface{ Unwrap() error }:
		return kindsOf(e.Unwrap())
	}
	for name, kind := range map[string]error{
		"exit": tasklet.ErrExit, "dead": tasklet.ErrDead, "abandoned": wait.ErrAbandoned, "held": wait.ErrHeld,
		"notheld": wait.ErrNotHeld, "range": wait.ErrRange, "closed": wait.ErrClosed,
	} {
		if err == kind {
			return name
		}
	}
	return "?" + err.Error()
}

func onlyExit(err error) bool { return strings.Trim(kindsOf(err), "exit+") == "" }
