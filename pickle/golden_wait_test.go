package pickle_test

import (
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/tasklet"
	"github.com/stackless-go/stackless/wait"
)

// The types of the golden pickles of package wait. Their names, fields and states are
// never to change.
type (
	// goldenRoom is all that there is to wait on.
	goldenRoom struct {
		Group  *tasklet.Group
		Mutex  *wait.Mutex
		Cond   *wait.Cond
		Sem    *wait.Semaphore
		Event  *wait.Event
		Count  *wait.Group
		Buffer *wait.Buffer[string]
	}
	// goldenGuest performs its steps one after the other.
	goldenGuest struct {
		name  string
		room  *goldenRoom
		steps []string
		next  int
		word  string
	}
)

// Resume performs the steps that are left.
func (f *goldenGuest) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; f.next < len(f.steps); f.next++ {
		s := f.perform(t, f.steps[f.next])
		if s == tasklet.Failed {
			say("%s, %s: %v", f.name, f.steps[f.next], t.Recover())
			continue
		}
		if s != tasklet.Next {
			return s
		}
		say("%s: %s %s", f.name, f.steps[f.next], f.word)
	}
	return tasklet.Return
}

func (f *goldenGuest) perform(t *tasklet.Tasklet, step string) tasklet.Step {
	x := f.room
	switch step {
	case "lock":
		return x.Mutex.Lock(t)
	case "unlock":
		if err := x.Mutex.Unlock(t); err != nil {
			return t.Fail(err)
		}
	case "condition":
		return x.Cond.Wait(t)
	case "signal":
		x.Cond.Signal()
	case "acquire 1":
		return x.Sem.Acquire(t, 1)
	case "acquire 3":
		return x.Sem.Acquire(t, 3)
	case "release 1":
		if err := x.Sem.Release(1); err != nil {
			return t.Fail(err)
		}
	case "event":
		return x.Event.Wait(t)
	case "group":
		return x.Count.Wait(t)
	case "send":
		return x.Buffer.Send(t, f.name)
	case "receive":
		return x.Buffer.Receive(t, &f.word)
	case "select":
		_, s := t.Select(x.Event.OnSet(), x.Count.OnDone())
		return s
	case "yield":
		return t.Yield()
	case "park":
		return t.Park()
	}
	return tasklet.Next
}

func init() {
	pickle.Register[goldenRoom]("golden.room")
	pickle.Register[goldenGuest]("golden.guest")
}

// room makes a room with guests, named a, b and so on by what they do.
func (w *stage) room(guests ...[]string) *goldenRoom {
	x := &goldenRoom{
		Mutex: wait.NewMutex(w.s), Sem: wait.NewSemaphore(w.s, 3), Event: wait.NewEvent(w.s),
		Count: wait.NewGroup(w.s), Buffer: wait.NewBuffer[string](w.s, 2),
	}
	x.Cond = wait.NewCond(x.Mutex)
	x.Mutex.SetName("door")
	for i, steps := range guests {
		w.s.Go(&goldenGuest{name: string(rune('a' + i)), room: x, steps: steps})
	}
	return x
}

// visit says how the room is, has everybody go on who can, then sets and lets go what
// main can, and inserts who is parked.
func visit(w *stage, v any) {
	x := v.(*goldenRoom)
	how := func() {
		say("held %t, %d and %d wait; %d of %d free, %d wait; set %t, %d wait; %d to do, %d wait; %d of %d values, closing %t, %d wait",
			x.Mutex.Owner() != nil, x.Mutex.Waiting(), x.Cond.Waiting(), x.Sem.Free(), x.Sem.Size(), x.Sem.Waiting(), x.Event.IsSet(), x.Event.Waiting(),
			x.Count.Count(), x.Count.Waiting(), x.Buffer.Len(), x.Buffer.Cap(), x.Buffer.Closing(), x.Buffer.Waiting())
	}
	how()
	w.run()
	how()
	for t := range w.s.Home().Parked().All() {
		if t != w.s.Main().Tasklet() {
			say("insert: %v", t.Insert())
			break
		}
	}
	w.run()
	x.Event.Set()
	x.Cond.Broadcast()
	say("add: %v", x.Count.Add(-x.Count.Count()))
	w.run()
	say("release: %v", x.Sem.Release(x.Sem.Size()-x.Sem.Free()))
	for x.Buffer.Len() > 0 {
		word, err := x.Buffer.Get(w.s.Main())
		say("get: %s, %v", word, err)
	}
	x.Buffer.Close()
	w.run()
	if x.Mutex.Owner() == nil {
		say("repair: %t, lock: %v", x.Mutex.Repair(), x.Mutex.LockFor(w.s.Main()))
	}
	how()
}

// waits are golden pickles of what package wait has.
func waits() []golden {
	// It runs so many steps, or until nothing is ready.
	after := func(w *stage, x *goldenRoom, steps int) any {
		var err error
		if steps == 0 {
			err = w.s.RunReady()
		} else {
			_, err = w.s.Step(steps)
		}
		if err != nil {
			panic(err)
		}
		x.Group = w.s.Everyone()
		return x
	}
	return []golden{
		{name: "wait-mutex", make: func(w *stage) any {
			x := w.room([]string{"lock", "park", "unlock"}, []string{"lock", "unlock"}, []string{"lock", "yield", "unlock"})
			return after(w, x, 0)
		}, use: visit},
		{name: "wait-mutex-given", make: func(w *stage) any {
			x := w.room([]string{"lock", "yield", "unlock"}, []string{"lock", "unlock"}, []string{"lock", "unlock"})
			return after(w, x, 4) // b has been given it and has not gone on
		}, use: visit},
		{name: "wait-mutex-abandoned", make: func(w *stage) any { return after(w, w.room([]string{"lock"}), 0) }, use: visit},
		{name: "wait-cond", make: func(w *stage) any {
			x := w.room([]string{"lock", "condition", "unlock"}, []string{"lock", "condition", "unlock"}, []string{"lock", "condition", "unlock"},
				[]string{"lock", "signal", "park", "unlock"})
			return after(w, x, 0) // a has the signal and waits for the mutex
		}, use: visit},
		{name: "wait-cond-given", make: func(w *stage) any {
			x := w.room([]string{"lock", "condition", "unlock"}, []string{"lock", "condition", "unlock"}, []string{"signal", "yield"})
			return after(w, x, 3) // a has the signal and the mutex, and has not gone on
		}, use: visit},
		{name: "wait-semaphore", make: func(w *stage) any {
			x := w.room([]string{"acquire 1", "park", "release 1"}, []string{"acquire 3"}, []string{"acquire 1"})
			return after(w, x, 0)
		}, use: visit},
		{name: "wait-semaphore-given", make: func(w *stage) any {
			x := w.room([]string{"acquire 1", "yield", "release 1"}, []string{"acquire 3", "release 1"}, []string{"acquire 1"})
			return after(w, x, 4) // b has been given them and has not gone on
		}, use: visit},
		{name: "wait-event", make: func(w *stage) any {
			x := w.room([]string{"event"}, []string{"select"}, []string{"event", "group"})
			_ = x.Count.Add(2)
			return after(w, x, 0)
		}, use: visit},
		{name: "wait-group", make: func(w *stage) any {
			x := w.room([]string{"group"}, []string{"group"}, []string{"select"})
			x.Event.SetName("never")
			if _, err := x.Count.Go(w.s.Main().Tasklet(), &goldenGuest{name: "counted", room: x, steps: []string{"park"}}); err != nil {
				panic(err)
			}
			return after(w, x, 0)
		}, use: visit},
		{name: "wait-buffer-full", make: func(w *stage) any {
			x := w.room([]string{"send", "send"}, []string{"send"}, []string{"send"}, []string{"park", "receive"})
			return after(w, x, 0)
		}, use: visit},
		{name: "wait-buffer-empty", make: func(w *stage) any {
			x := w.room([]string{"receive"}, []string{"receive"}, []string{"park", "send"})
			return after(w, x, 0)
		}, use: visit},
		{name: "wait-unbound", make: func(w *stage) any {
			m := new(wait.Mutex)
			return &goldenRoom{Group: &tasklet.Group{}, Mutex: m, Cond: &wait.Cond{L: m}, Sem: &wait.Semaphore{}, Event: &wait.Event{}, Count: &wait.Group{}, Buffer: &wait.Buffer[string]{}}
		}, use: func(w *stage, v any) {
			w.s.Go(&goldenGuest{name: "a", room: v.(*goldenRoom), steps: []string{"lock", "condition", "unlock"}})
			w.s.Go(&goldenGuest{name: "b", room: v.(*goldenRoom), steps: []string{"lock", "signal", "unlock", "event", "send"}})
			w.s.Go(&goldenGuest{name: "c", room: v.(*goldenRoom), steps: []string{"group", "acquire 1", "receive"}})
			visit(w, v)
		}},
	}
}

// goldenNest is a frame with a scope in it, of whose tasklets the last is killed by the
// second when it is inserted.
type goldenNest struct {
	name    string
	scope   wait.Scope
	join    *wait.Join
	started bool
	joined  bool
}

// Resume starts two that park, and waits for the first of them, then for both.
func (f *goldenNest) Resume(t *tasklet.Tasklet) tasklet.Step {
	if !f.started {
		f.started = true
		var ts []*tasklet.Tasklet
		for _, name := range []string{f.name + "1", f.name + "2"} {
			u, err := f.scope.Go(t, &goldenParked{name})
			if err != nil {
				return t.Fail(err)
			}
			ts = append(ts, u)
		}
		var err error
		if f.join, err = wait.NewJoin(t, ts...); err != nil {
			return t.Fail(err)
		}
	}
	if !f.joined {
		if s := f.join.First(t); s != tasklet.Next {
			return s
		}
		f.joined = true
		say("%s: the first is %d, %d left", f.name, f.join.Ended(), f.join.Left())
	}
	if s := f.scope.Wait(t); s == tasklet.Failed {
		say("%s: %v", f.name, t.Recover())
	} else if s != tasklet.Next {
		return s
	}
	say("%s: %d left", f.name, f.scope.Len())
	return tasklet.Return
}

func init() { pickle.Register[goldenNest]("golden.nest") }

// nests are golden pickles of scopes and joins.
func nests() []golden {
	return []golden{
		{name: "wait-scope", make: func(w *stage) any {
			a, b := w.s.Go(&goldenNest{name: "a"}), w.s.Go(&goldenNest{name: "b"})
			c, d := w.s.Go(&goldenNest{name: "c"}), w.s.Go(&goldenNest{name: "d"})
			x := w.onStage(nil, a, b, c, d)
			// The first of b has ended; c has failed, and of d everybody is told to.
			_ = x.Group.Parked[2].Insert()
			_ = x.Group.Parked[4].ThrowLater(errGolden)
			if err := w.s.RunReady(); err != nil {
				panic(err)
			}
			d.Frame().(*goldenNest).scope.Cancel()
			return w.asItIs(nil, a, b, c, d)
		}, use: play},
	}
}
