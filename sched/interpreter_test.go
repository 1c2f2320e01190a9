package sched_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A world runs a script on a real scheduler, with a virtual clock, as frames or
// as plain functions, and keeps its log. Check is called before each operation.
type world struct {
	*script
	s         *sched.Scheduler    `pickle:"-"`
	clock     *sched.VirtualClock `pickle:"-"`
	functions bool
	tasklets  map[string]*tasklet.Tasklet
	names     map[*tasklet.Tasklet]string
	channels  map[string]*channel.Channel[string]
	log       []string
	pickles   int   // how often the world went on from a pickle
	broken    error `pickle:"-"` // the first invariant that did not hold

	ledger *ledger `pickle:"-"` // if not nil, of all that is sent and received
}

// An actor runs one program of a world: it is a frame, and the body of a function.
type actor struct {
	w        *world
	p        *program
	pc       int
	value    string // $v
	in       string // where a receive puts its value
	sent     int
	victim   *tasklet.Tasklet // of a watch
	cleanups []string
	number   int // in the ledger
}

// runScript runs s and returns its log.
func runScript(s *script, functions bool) (log []string, err error) {
	w, err := runWorld(s, functions)
	return w.log, err
}

// runWorld runs s and returns the world as it is in the end.
func runWorld(s *script, functions bool, options ...sched.Option) (w *world, err error) {
	return newWorld(s, functions, options...).run()
}

func newWorld(s *script, functions bool, options ...sched.Option) *world {
	clock := sched.NewVirtualClock(time.Unix(0, 0))
	return &world{
		script: s, functions: functions, clock: clock, s: sched.New(append(options, sched.WithClock(clock))...),
		tasklets: make(map[string]*tasklet.Tasklet),
		names:    make(map[*tasklet.Tasklet]string),
		channels: make(map[string]*channel.Channel[string]),
	}
}

// run runs the world's script. It returns the world that main ends in, which is
// another if there was a pickle.
func (w *world) run() (*world, error) {
	s := w.script
	w.know("main", w.s.Main().Tasklet())
	for _, c := range s.channels {
		for _, o := range c.ops {
			switch o.verb {
			case "preference":
				n, _ := strconv.Atoi(o.args[0])
				w.channel(c.name).SetPreference(channel.Preference(n))
			case "schedule_all":
				w.channel(c.name).SetScheduleAll(true)
			}
		}
	}
	for _, p := range s.tasklets {
		switch {
		case p.kind == "unbound":
			w.know(p.name, w.s.New(nil))
		case p.kind == "parked":
			w.know(p.name, w.s.New(w.frame(p)))
		case p.kind == "" && p.name != "main":
			w.spawn(p)
		}
	}
	a := w.actor(s.program("main"))
	if w.ledger != nil {
		w.ledger.main = a.number
	}
	err := a.runMain()
	w = a.w
	w.ledger.everyone(w)
	if err != nil {
		return w, fmt.Errorf("main: %w", err)
	}
	log := slices.Clone(w.log)
	w.s.Close()
	if w.broken == nil {
		w.broken = w.s.Check()
	}
	w.log = log
	return w, w.broken
}

func (w *world) know(name string, t *tasklet.Tasklet) {
	w.tasklets[name], w.names[t] = t, name
	t.SetName(name)
}

func (w *world) frame(p *program) tasklet.Frame { return w.actor(p) }

func (w *world) actor(p *program) *actor { return &actor{w: w, p: p, number: w.ledger.join()} }

func (w *world) spawn(p *program) {
	if w.functions {
		w.know(p.name, w.s.GoFunc(w.actor(p).run))
	} else {
		w.know(p.name, w.s.Go(w.frame(p)))
	}
}

func (w *world) channel(name string) *channel.Channel[string] {
	if w.channels[name] == nil {
		w.channels[name] = channel.New[string](w.s)
	}
	return w.channels[name]
}

func (w *world) say(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

func (w *world) check() {
	if err := w.s.Check(); err != nil && w.broken == nil {
		w.broken = fmt.Errorf("after %v: %w", w.log, err)
	}
}

// Resume runs the program as a frame does: pc is its program counter.
func (a *actor) Resume(t *tasklet.Tasklet) tasklet.Step {
	a.w.check()
	for a.pc < len(a.p.ops) {
		o := a.p.ops[a.pc]
		s := a.perform(t, o)
		if o.within != "" {
			s = t.Within(secondsOf(o.within), s)
		}
		if s == tasklet.Failed && o.try {
			a.w.say("E(%s)", kindOf(t.Recover()))
			a.sent, s = 0, tasklet.Next
		}
		if s != tasklet.Next {
			return s
		}
		a.pc++
	}
	return tasklet.Return
}

// Cleanup logs what the program registered for its end.
func (a *actor) Cleanup(*tasklet.Tasklet) {
	for _, word := range slices.Backward(a.cleanups) {
		a.w.say("%s", word)
	}
}

// run runs the program as a plain function does.
func (a *actor) run(co *tasklet.Coroutine) error {
	defer func() { a.Cleanup(nil) }()
	return a.block(func() *tasklet.Coroutine { return co })
}

// runMain runs the program of main, which a pickle brings to another scheduler.
func (a *actor) runMain() error {
	return a.block(func() *tasklet.Coroutine { return a.w.s.Main() })
}

func (a *actor) block(co func() *tasklet.Coroutine) error {
	for i, o := range a.p.ops {
		a.pc = i
		a.w.check()
		perform := func() error { return a.performBlocking(co(), o) }
		if o.within != "" {
			plain := perform
			perform = func() error { return co().Within(secondsOf(o.within), plain) }
		}
		if err := perform(); err != nil {
			if !o.try {
				return err
			}
			a.w.say("E(%s)", kindOf(err))
		}
	}
	return nil
}

// perform performs o in its form for frames. It may be called again for the
// same o.
func (a *actor) perform(t *tasklet.Tasklet, o op) tasklet.Step {
	w := a.w
	switch o.verb {
	case "yield":
		return a.given(t, t.Yield())
	case "park":
		return a.given(t, t.Park())
	case "sleep":
		return t.Sleep(seconds(o))
	case "tick":
		return t.Tick()
	case "watch":
		s := t.Watch(budgetOf(o), &a.victim)
		if s == tasklet.Next || s == tasklet.Failed {
			a.caught(a.victim, s == tasklet.Failed)
		}
		return s
	case "send":
		v := a.begins(o.args[1])
		s := w.channel(o.args[0]).Send(t, v)
		if s == tasklet.Next {
			w.ledger.sent(v)
		}
		return s
	case "senderr":
		return w.channel(o.args[0]).SendError(t, wordError(o.args[1]))
	case "recv":
		s := w.channel(o.args[0]).Receive(t, &a.in)
		if s == tasklet.Next {
			a.receives(o, a.in)
		}
		return s
	case "sendall":
		values := a.begin(o.args[1:])
		s := w.channel(o.args[0]).SendAll(t, values, &a.sent)
		w.ledger.sent(values[:a.sent]...)
		if s == tasklet.Next {
			a.value, a.sent = strconv.Itoa(a.sent), 0
		}
		return s
	case "range":
		for {
			more, s := w.channel(o.args[0]).Next(t, &a.in)
			if s != tasklet.Next || !more {
				return s
			}
			a.receives(o, a.in)
			w.say("%s", a.value)
		}
	case "rung":
		return t.Run(w.tasklets[o.args[0]])
	case "switch":
		return t.Switch(w.tasklets[o.args[0]])
	case "throw":
		return t.Throw(w.tasklets[o.args[0]], wordError(o.args[1]))
	case "kill":
		return t.Kill(w.tasklets[o.args[0]])
	case "join":
		return t.Join(w.tasklets[o.args[0]])
	case "fail":
		return t.Fail(wordError(o.args[0]))
	}
	if err := a.act(t, o); err != nil {
		return t.Fail(err)
	}
	return tasklet.Next
}

// given keeps the value that t was given while it was away.
func (a *actor) given(t *tasklet.Tasklet, s tasklet.Step) tasklet.Step {
	if v, ok := t.Value().(string); ok && s == tasklet.Next {
		a.value = v
	}
	return s
}

// caught keeps the name of the victim of a watch that has ended.
func (a *actor) caught(v *tasklet.Tasklet, failed bool) {
	switch {
	case v != nil:
		a.value = a.w.names[v]
	case !failed:
		a.value = "nobody"
	}
}

// budgetOf reads a budget, as in "watch 100 soft".
func budgetOf(o op) (b tasklet.Budget) {
	for _, word := range o.args {
		switch word {
		case "soft":
			b.Soft = true
		case "total":
			b.Total = true
		default:
			b.Steps, _ = strconv.Atoi(word)
		}
	}
	return b
}

// performBlocking performs o in its blocking form.
func (a *actor) performBlocking(co *tasklet.Coroutine, o op) (err error) {
	w, t := a.w, co.Tasklet()
	switch o.verb {
	case "yield", "park":
		if o.verb == "yield" {
			err = co.Yield()
		} else {
			err = co.Park()
		}
		if v, ok := t.Value().(string); ok && err == nil {
			a.value = v
		}
	case "run":
		err = w.s.Run()
	case "runready":
		err = w.s.RunReady()
	case "tick":
		err = co.Tick()
	case "watch":
		var v *tasklet.Tasklet
		if a.p.name == "main" {
			v, err = w.s.RunBudget(budgetOf(o))
		} else {
			v, err = co.Watch(budgetOf(o))
		}
		a.caught(v, err != nil)
	case "pickle":
		a.w = w.pickled()
	case "steps":
		n, _ := strconv.Atoi(o.args[0])
		_, err = w.s.Step(n)
	case "sleep":
		err = co.Sleep(seconds(o))
	case "send":
		v := a.begins(o.args[1])
		if err = w.channel(o.args[0]).Put(co, v); err == nil {
			w.ledger.sent(v)
		}
	case "senderr":
		err = w.channel(o.args[0]).PutError(co, wordError(o.args[1]))
	case "recv":
		var v string
		if v, err = w.channel(o.args[0]).Get(co); err == nil {
			a.receives(o, v)
		}
	case "sendall":
		var n int
		values := a.begin(o.args[1:])
		if n, err = w.channel(o.args[0]).PutAll(co, slices.Values(values)); err == nil {
			a.value = strconv.Itoa(n)
		}
		w.ledger.sent(values[:n]...)
	case "range":
		for v, err := range w.channel(o.args[0]).All(co) {
			if err != nil {
				return err
			}
			a.receives(o, v)
			w.say("%s", v)
		}
	case "rung":
		err = co.Run(w.tasklets[o.args[0]])
	case "switch":
		err = co.Switch(w.tasklets[o.args[0]])
	case "throw":
		err = co.Throw(w.tasklets[o.args[0]], wordError(o.args[1]))
	case "kill":
		err = co.Kill(w.tasklets[o.args[0]])
	case "join":
		err = co.Join(w.tasklets[o.args[0]])
	case "fail":
		_, err = co.Settle(t.Fail(wordError(o.args[0])))
	default:
		if err = a.act(t, o); err != nil {
			_, err = co.Settle(t.Fail(err))
		}
	}
	return err
}

// act does what takes no turn from anybody.
func (a *actor) act(t *tasklet.Tasklet, o op) error {
	w := a.w
	peer := func() *tasklet.Tasklet { return w.tasklets[o.args[0]] }
	switch o.verb {
	case "log":
		w.say("%s", a.expand(strings.Join(o.args, " ")))
	case "cleanup":
		a.cleanups = append(a.cleanups, o.args[0])
	case "spawn":
		w.spawn(w.program(o.args[0]))
	case "insert":
		return peer().Insert()
	case "remove":
		return peer().Remove()
	case "killlater":
		peer().KillLater()
	case "throwlater":
		return peer().ThrowLater(wordError(o.args[1]))
	case "setvalue":
		peer().SetValue(o.args[1])
	case "seterror":
		return peer().SetError(wordError(o.args[1]))
	case "valueof":
		w.say("%v", peer().Value())
	case "state":
		w.say("%s", flagsOf(peer().Alive(), peer().Scheduled(), peer().Paused(), peer().Blocked()))
	case "status":
		w.say("%v", peer().Status())
	case "blockedon":
		on, by := peer().BlockedOn()
		w.say("%v:%v", on.WaitName(), by)
	case "bind":
		if o.args[1] == "nil" {
			return peer().Bind(nil)
		}
		return peer().Bind(w.frame(w.program(o.args[1])))
	case "setup":
		if o.args[1] == "nil" {
			return peer().Setup(nil)
		}
		return peer().Setup(w.frame(w.program(o.args[1])))
	case "trap":
		peer().SetBlockTrap(o.args[1] == "on")
	case "atomic":
		peer().SetAtomic(o.args[1] == "on")
	case "isatomic":
		w.say("%v", peer().Atomic())
	case "switchtrap":
		n, _ := strconv.Atoi(o.args[0])
		w.s.SetSwitchTrap(n)
	case "runcount":
		w.say("%d", w.s.RunCount())
	case "ready":
		var names []string
		for u := range w.s.Home().Ready().All() {
			names = append(names, w.names[u])
		}
		w.say("%v", names[1:])
	case "current":
		w.say("%s", w.names[w.s.Current()])
	case "close":
		w.channel(o.args[0]).Close()
	case "open":
		w.channel(o.args[0]).Open()
	case "preference":
		n, _ := strconv.Atoi(o.args[1])
		w.channel(o.args[0]).SetPreference(channel.Preference(n))
	case "settings":
		c := w.channel(o.args[0])
		w.say("preference=%d schedule_all=%v", c.Preference(), c.ScheduleAll())
	case "balance":
		w.say("%d", w.channel(o.args[0]).Balance())
	case "flags":
		c := w.channel(o.args[0])
		w.say("closing,closed=%s", flagsOf(c.Closing(), c.Closed()))
	case "queue":
		var names []string
		for t := range w.channel(o.args[0]).Waiters() {
			names = append(names, w.names[t])
		}
		w.say("%v", names)
	case "onswitch":
		w.onSwitch(o)
	case "onchannel":
		w.onChannel(o)
	case "onerror":
		w.s.OnError(func(t *tasklet.Tasklet, err error) error {
			w.say("(%s,%s,%v)", kindOf(err), w.names[t], w.s.Current() == t)
			switch o.args[0] {
			case "return":
				return wordError(o.args[1])
			case "panic":
				panic(wordError(o.args[1]))
			}
			return nil
		})
	default:
		panic("script: no operation " + o.verb)
	}
	return nil
}

func (a *actor) expand(s string) string { return strings.ReplaceAll(s, "$v", a.value) }

func seconds(o op) time.Duration { return secondsOf(o.args[0]) }

func secondsOf(s string) time.Duration {
	n, _ := strconv.Atoi(s)
	return time.Duration(n) * time.Second
}

func flagsOf(flags ...bool) string {
	var b strings.Builder
	for _, f := range flags {
		if f {
			b.WriteByte('T')
		} else {
			b.WriteByte('F')
		}
	}
	return b.String()
}

// A word is an error of a script.
type word string

func (w word) Error() string { return string(w) }

func wordError(s string) error {
	switch s {
	case "EXIT":
		return tasklet.ErrExit
	case "END":
		return channel.ErrEnd
	}
	return word(s)
}

// kindOf names an error as transcripts do.
func kindOf(err error) string {
	var w word
	var d *sched.DeadlockError
	if u, ok := err.(*tasklet.Uncaught); ok {
		return kindOf(u.Err)
	}
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		return kindOf(several.Unwrap()[0]) // the one that was there first
	}
	switch {
	case errors.As(err, &w):
		return string(w)
	case errors.As(err, &d):
		reason, _, _ := strings.Cut(d.Reason, ": join")
		return strings.NewReplacer("deadlock: the last runnable tasklet cannot be blocked", "deadlock",
			"the main tasklet is ", "main ", "the main tasklet waits", "main waits", " available", "").Replace(reason)
	}
	for _, k := range []struct {
		kind error
		name string
	}{
		{tasklet.ErrExit, "exit"}, {tasklet.ErrDead, "dead"}, {tasklet.ErrBlocked, "blocked"},
		{tasklet.ErrCurrent, "current"}, {tasklet.ErrScheduled, "scheduled"}, {tasklet.ErrUnbound, "unbound"},
		{tasklet.ErrAlive, "alive"}, {tasklet.ErrBlockTrap, "block trap"}, {tasklet.ErrTimeout, "timeout"},
		{sched.ErrObserver, "observer"}, {tasklet.ErrRecursive, "recursive"},
		{tasklet.ErrSwitchTrap, "switch trap"}, {tasklet.ErrBudget, "budget"}, {sched.ErrRunning, "running"},
		{channel.ErrClosed, "closed"}, {channel.ErrEnd, "end"},
	} {
		if errors.Is(err, k.kind) {
			return k.name
		}
	}
	return "?" + err.Error()
}
