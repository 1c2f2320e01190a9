package wait

import (
	"fmt"
	"math"
	"reflect"
	"unsafe"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/tasklet"
)

// This file is how the nouns are written down and made again. The fields of their
// images are part of the format: see docs/FORMAT.md.

func init() {
	pickle.RegisterStandard[Mutex]()
	pickle.RegisterStandard[Cond]()
	pickle.RegisterStandard[Semaphore]()
	pickle.RegisterStandard[Event]()
	pickle.RegisterStandard[Group]()
	pickle.RegisterStandard[Buffer[pickle.Arg]]()
	pickle.RegisterStandard[Scope]()
	pickle.RegisterStandard[Join]()
	pickle.Register[counted]("wait.counted")
	for name, err := range map[string]error{
		"notheld": ErrNotHeld, "held": ErrHeld, "abandoned": ErrAbandoned, "range": ErrRange, "closed": ErrClosed, "unbound": ErrUnbound,
		"cancelled": ErrCancelled,
	} {
		pickle.RegisterGlobal("wait."+name, err)
	}
}

// flags are what an image says in bits.
type flags uint8

const (
	flagBound flags = 1 << iota // it belongs to a scheduler
	flagOn                      // an event is set, a buffer closing
)

// A waiter waits, by which case of its Select if it does by one.
type waiter = struct {
	Tasklet *tasklet.Tasklet
	Case    uint32
}

// A locker waits for a mutex, with the signal of a Cond if it has taken one.
type locker = struct {
	Tasklet *tasklet.Tasklet
	Signal  *Cond
}

// An asker waits for permits, or has been given them.
type asker = struct {
	Tasklet *tasklet.Tasklet
	Permits int64
}

type mutexImage struct {
	Name      string
	Flags     flags
	Owner     *tasklet.Tasklet
	Signal    *Cond
	Abandoned string
	Waiters   []locker `pickle:",owned"`
}

type condImage struct {
	Name    string
	Flags   flags
	Mutex   *Mutex
	Waiters []waiter `pickle:",owned"`
}

type semaphoreImage struct {
	Name       string
	Flags      flags
	Size, Free int64
	Given      []asker `pickle:",owned"`
	Waiters    []asker `pickle:",owned"`
}

// lineImage is an event, whose count is 0, or a group.
type lineImage struct {
	Name    string
	Flags   flags
	Count   int64
	Waiters []waiter `pickle:",owned"`
}

// invalid makes the error of an image that nothing has.
func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{pickle.ErrInvalid}, args...)...)
}

func (l *Line) flags(on bool) (f flags) {
	if l.queue.Home() != nil {
		f |= flagBound
	}
	if on {
		f |= flagOn
	}
	return f
}

// load makes l, which is a part of w, again. It is to be bound when the loading is
// committed.
func (l *Line) load(loading *pickle.Loading, w tasklet.Waitable, name string, f flags, used bool) error {
	l.name = name
	if f&^(flagBound|flagOn) != 0 {
		return invalid("%T with unknown flags", w)
	}
	if f&flagBound == 0 {
		if used {
			return invalid("somebody waits in a %T that belongs to nobody, or has it", w)
		}
		return nil
	}
	into, ok := loading.Into().(tasklet.Homely)
	if !ok {
		return fmt.Errorf("a %T %w", w, tasklet.ErrNoScheduler)
	}
	loading.Commit(func() { l.queue.Rebind(into.Home(), w) })
	return nil
}

// waiters lists those who wait in l.
func (l *Line) waiters(into []waiter) []waiter {
	for t := range l.queue.All() {
		into = append(into, waiter{t.Self(), tasklet.CaseOf(t)})
	}
	return into
}

// await lets those listed wait again. Of is l as something selectable, nil if it is
// not.
func (l *Line) await(loading *pickle.Loading, waiters []waiter, of tasklet.Selectable) error {
	for _, w := range waiters {
		var err error
		switch {
		case w.Case == 0:
			err = l.queue.Restore(loading, w.Tasklet, tasklet.OpWait, nil)
		case of == nil:
			err = invalid("somebody selects what can't be selected")
		default:
			err = l.queue.RestoreCase(loading, w.Tasklet, w.Case, of, tasklet.OpWait, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// PickleImage makes a mutex something that package pickle can write and load.
func (*Mutex) PickleImage() pickle.Image {
	return pickle.Owned(pickle.NewImage("wait.mutex", pickle.StandardVersion, saveMutex, loadMutex, departMutex).Standard(), (*Mutex).inOnePickle)
}

func saveMutex(m *Mutex, into *mutexImage) error {
	*into = mutexImage{Name: m.name, Flags: m.flags(false), Owner: m.owner, Signal: m.signal, Abandoned: m.abandoned, Waiters: into.Waiters[:0]}
	if m.signal != nil && m.owner.Op() != tasklet.OpLock {
		into.Signal = nil // it has gone on
	}
	for t := range m.queue.All() {
		into.Waiters = append(into.Waiters, locker{t, (*Cond)(m.queue.Slot(t))})
	}
	return nil
}

func loadMutex(loading *pickle.Loading, m *Mutex, from *mutexImage) error {
	if err := m.load(loading, m, from.Name, from.Flags, from.Owner != nil || len(from.Waiters) > 0); err != nil {
		return err
	}
	m.owner, m.signal, m.abandoned = from.Owner, from.Signal, from.Abandoned
	if m.owner == nil && (m.signal != nil || len(from.Waiters) > 0) || m.owner != nil && m.abandoned != "" || from.Flags&flagOn != 0 {
		return invalid("a mutex that nobody holds, and somebody waits for, or that is held and abandoned")
	}
	for _, w := range from.Waiters {
		if err := m.queue.Restore(loading, w.Tasklet, tasklet.OpLock, unsafe.Pointer(w.Signal)); err != nil {
			return err
		}
	}
	loading.Check(func() error { return m.check() })
	if m.owner != nil {
		loading.Commit(func() { m.owner.Keep(m) })
	}
	return nil
}

// check tells a mutex that was loaded and can't be.
func (m *Mutex) check() error {
	if m.owner != nil && !m.owner.Alive() || m.signal != nil && m.signal.L != m {
		return invalid("a mutex that is held by a dead tasklet, or with another's signal")
	}
	for t := range m.queue.All() {
		if c := (*Cond)(m.queue.Slot(t)); t == m.owner || c != nil && c.L != m {
			return invalid("a mutex that its owner waits for, or that somebody waits for with another's signal")
		}
	}
	return nil
}

// departMutex lets go of what has moved: its owner has, too.
func departMutex(m *Mutex) { m.owner, m.signal, m.abandoned = nil, nil, "" }

// PickleImage makes a Cond something that package pickle can write and load.
func (*Cond) PickleImage() pickle.Image {
	return pickle.Owned(pickle.NewImage("wait.cond", pickle.StandardVersion, saveCond, loadCond, nil).Standard(), (*Cond).inOnePickle)
}

func saveCond(c *Cond, into *condImage) error {
	*into = condImage{Name: c.name, Flags: c.flags(false), Mutex: c.L, Waiters: c.waiters(into.Waiters[:0])}
	return nil
}

func loadCond(loading *pickle.Loading, c *Cond, from *condImage) error {
	c.L = from.Mutex
	if len(from.Waiters) > 0 && c.L == nil || from.Flags&flagOn != 0 {
		return invalid("a condition without a mutex")
	}
	if err := c.load(loading, c, from.Name, from.Flags, len(from.Waiters) > 0); err != nil {
		return err
	}
	return c.await(loading, from.Waiters, nil)
}

// PickleImage makes a semaphore something that package pickle can write and load.
func (*Semaphore) PickleImage() pickle.Image {
	return pickle.Owned(pickle.NewImage("wait.semaphore", pickle.StandardVersion, saveSemaphore, loadSemaphore, departSemaphore).Standard(), (*Semaphore).inOnePickle)
}

func saveSemaphore(s *Semaphore, into *semaphoreImage) error {
	*into = semaphoreImage{Name: s.name, Flags: s.flags(false), Size: s.size, Free: s.free, Given: into.Given[:0], Waiters: into.Waiters[:0]}
	for r := s.given; r != nil; r = r.next {
		into.Given = append(into.Given, asker{r.by, r.n})
	}
	for t := range s.queue.All() {
		into.Waiters = append(into.Waiters, asker{t, (*request)(s.queue.Slot(t)).n})
	}
	return nil
}

func loadSemaphore(loading *pickle.Loading, s *Semaphore, from *semaphoreImage) error {
	if err := s.load(loading, s, from.Name, from.Flags, len(from.Waiters)+len(from.Given) > 0); err != nil {
		return err
	}
	s.size, s.free = from.Size, from.Free
	if s.free < 0 || s.free > s.size || from.Flags&flagOn != 0 {
		return invalid("a semaphore with %d of %d permits free", s.free, s.size)
	}
	for _, g := range from.Given {
		if g.Tasklet == nil || g.Permits < 0 || g.Permits > s.size {
			return invalid("a semaphore that has given what it has not")
		}
		s.give(&request{n: g.Permits, by: g.Tasklet})
	}
	for i, w := range from.Waiters {
		if w.Permits < 0 || w.Permits > s.size || i == 0 && w.Permits <= s.free {
			return invalid("somebody waits for %d permits of %d, %d free", w.Permits, s.size, s.free)
		}
		if err := s.queue.Restore(loading, w.Tasklet, tasklet.OpAcquire, unsafe.Pointer(s.request(w.Permits))); err != nil {
			return err
		}
	}
	return nil
}

// departSemaphore forgets those who have moved with their permits.
func departSemaphore(s *Semaphore) { s.given, s.lastGiven = nil, nil }

// PickleImage makes an event something that package pickle can write and load.
func (*Event) PickleImage() pickle.Image {
	return pickle.Owned(pickle.NewImage("wait.event", pickle.StandardVersion, func(e *Event, into *lineImage) error {
		*into = lineImage{Name: e.name, Flags: e.flags(e.set), Waiters: e.waiters(into.Waiters[:0])}
		return nil
	}, func(loading *pickle.Loading, e *Event, from *lineImage) error {
		e.set = from.Flags&flagOn != 0
		if e.set && len(from.Waiters) > 0 || from.Count != 0 {
			return invalid("an event that is set, and waited for")
		}
		if err := e.load(loading, e, from.Name, from.Flags, len(from.Waiters) > 0); err != nil {
			return err
		}
		return e.await(loading, from.Waiters, (*eventCase)(e))
	}, nil).Standard(), (*Event).inOnePickle)
}

// PickleImage makes a group something that package pickle can write and load.
func (*Group) PickleImage() pickle.Image {
	return pickle.Owned(pickle.NewImage("wait.group", pickle.StandardVersion, func(g *Group, into *lineImage) error {
		*into = lineImage{Name: g.name, Flags: g.flags(false), Count: int64(g.count), Waiters: g.waiters(into.Waiters[:0])}
		return nil
	}, func(loading *pickle.Loading, g *Group, from *lineImage) error {
		if from.Count < 0 || from.Count > math.MaxInt || from.Count == 0 && len(from.Waiters) > 0 || from.Flags&flagOn != 0 {
			return invalid("a group of %d that %d wait for", from.Count, len(from.Waiters))
		}
		g.count = int(from.Count)
		if err := g.load(loading, g, from.Name, from.Flags, len(from.Waiters) > 0); err != nil {
			return err
		}
		return g.await(loading, from.Waiters, (*groupCase)(g))
	}, nil).Standard(), (*Group).inOnePickle)
}

// bufferImage is a buffer. Its values are the oldest first.
type bufferImage[T any] struct {
	Name     string
	Flags    flags
	Capacity int64
	Values   []T       `pickle:",owned"`
	Waiters  []peer[T] `pickle:",owned"`
}

// A peer waits to receive, or to send its value.
type peer[T any] = struct {
	Tasklet *tasklet.Tasklet
	Op      tasklet.Op
	Value   *T `pickle:",owned"`
	Case    uint32
}

// PickleImage makes a buffer something that package pickle can write and load.
func (*Buffer[T]) PickleImage() pickle.Image {
	return pickle.Owned(pickle.NewImage("wait.buffer", pickle.StandardVersion, saveBuffer[T], loadBuffer[T], departBuffer[T]).Standard(reflect.TypeFor[T]()), (*Buffer[T]).inOnePickle)
}

func saveBuffer[T any](b *Buffer[T], into *bufferImage[T]) error {
	*into = bufferImage[T]{Name: b.name, Flags: b.flags(b.closing), Capacity: int64(b.capacity), Values: into.Values[:0], Waiters: into.Waiters[:0]}
	for v := range b.each {
		into.Values = append(into.Values, v)
	}
	for t := range b.queue.All() {
		p := peer[T]{Tasklet: t.Self(), Op: t.Op(), Case: tasklet.CaseOf(t)}
		if p.Op == tasklet.OpSend {
			p.Value = &(*cell[T])(b.queue.Brought(t)).value
		}
		into.Waiters = append(into.Waiters, p)
	}
	return nil
}

func loadBuffer[T any](loading *pickle.Loading, b *Buffer[T], from *bufferImage[T]) error {
	if err := b.load(loading, b, from.Name, from.Flags, len(from.Waiters) > 0); err != nil {
		return err
	}
	b.closing = from.Flags&flagOn != 0
	if from.Capacity < int64(len(from.Values)) || from.Capacity > math.MaxInt {
		return invalid("a buffer of %d values that has room for %d", len(from.Values), from.Capacity)
	}
	b.capacity, b.len = int(from.Capacity), len(from.Values)
	if b.len > 0 {
		b.values = append([]T(nil), from.Values...)
	}
	for _, p := range from.Waiters {
		if p.Op != from.Waiters[0].Op || p.Op == tasklet.OpSend && b.len < b.capacity || p.Op == tasklet.OpReceive && (b.len > 0 || b.closing) {
			return invalid("somebody waits in a buffer for what is there, or both senders and receivers do")
		}
		if err := b.restore(loading, p); err != nil {
			return err
		}
	}
	return nil
}

// restore lets somebody wait again.
func (b *Buffer[T]) restore(loading *pickle.Loading, p peer[T]) error {
	var slot unsafe.Pointer
	switch {
	case p.Op == tasklet.OpReceive && p.Value == nil:
	case p.Op == tasklet.OpSend && p.Value != nil:
		slot = unsafe.Pointer(b.keep(*p.Value))
	default:
		return invalid("a %v with what another operation has", p.Op)
	}
	if p.Case != 0 {
		return b.queue.RestoreCase(loading, p.Tasklet, p.Case, (*bufferCase[T])(b), p.Op, slot)
	}
	return b.queue.Restore(loading, p.Tasklet, p.Op, slot)
}

// departBuffer drops the values, which have moved elsewhere.
func departBuffer[T any](b *Buffer[T]) { b.values, b.start, b.len = nil, 0, 0 }

// Brings reports whether v is of the type of the buffer's values. It is for those who
// restore tasklets.
func (*Buffer[T]) Brings(v any) bool {
	_, ok := v.(T)
	return ok || v == nil && reflect.TypeFor[T]().Kind() == reflect.Interface
}
