package sched_test

import (
	"fmt"
	"slices"
	"strconv"
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

	heard  map[string]chan error `pickle:"-"` // by functions outside, by who awaits them
	ledger *ledger               `pickle:"-"` // if not nil, of all that is sent and received
}

// An actor runs one program of a world: it is a frame, and the body of a function.
type actor struct {
	w        *world
	p        *program
	pc       int
	value    string   // $v
	fired    int      // $k
	in       string   // where a receive puts its value
	out      []string // what a select sends, by case
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

// start is when all scripts begin.
var start = time.Unix(0, 0)

func newWorld(s *script, functions bool, options ...sched.Option) *world {
	clock := sched.NewVirtualClock(start)
	return &world{
		script: s, functions: functions, clock: clock, s: sched.New(append(options, sched.WithClock(clock))...),
		tasklets: make(map[string]*tasklet.Tasklet),
		names:    make(map[*tasklet.Tasklet]string),
		channels: make(map[string]*channel.Channel[string]),
		heard:    make(map[string]chan error),
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
	case "select":
		return a.selects(t, o)
	case "await":
		return a.awaits(t, o)
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

func (a *actor) expand(s string) string { return expand(s, a.value, a.fired) }

func seconds(o op) time.Duration { return secondsOf(o.args[0]) }

func secondsOf(s string) time.Duration {
	n, _ := strconv.Atoi(s)
	return time.Duration(n) * time.Second
}
