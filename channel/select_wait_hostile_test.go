package channel_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
	"github.com/stackless-go/stackless/wait"
)

// Forged things of package wait, as forgedTasklet is a tasklet.
type (
	// forgedLine is an event, or a group if it is one of forgedGroup.
	forgedLine struct {
		Name    string
		Flags   uint8 // 1: bound, 2: set
		Count   int64
		Waiters []forgedSeat
	}
	forgedLineImage struct {
		Name    string
		Flags   uint8
		Count   int64
		Waiters []forgedSeat `pickle:",owned"`
	}
	forgedGroup forgedLine
	forgedSeat  = struct {
		Tasklet *forgedTasklet
		Case    uint32
	}
	forgedBuffer struct {
		Name     string
		Flags    uint8 // 1: bound, 2: closing
		Capacity int64
		Values   []string
		Waiters  []forgedPeer
	}
	forgedBufferImage struct {
		Name     string
		Flags    uint8
		Capacity int64
		Values   []string     `pickle:",owned"`
		Waiters  []forgedPeer `pickle:",owned"`
	}
	forgedPeer = struct {
		Tasklet *forgedTasklet
		Op      tasklet.Op
		Value   *string `pickle:",owned"`
		Case    uint32
	}

	// guest selects from what there is, for ever.
	guest struct {
		Event  *wait.Event
		Group  *wait.Group
		Buffer *wait.Buffer[string]
		Word   string
	}
	forgedGuest struct {
		Event  *forgedLine
		Group  *forgedGroup
		Buffer *forgedBuffer
		Word   string
	}

	// A lodging is a guest that selects, and all that it selects from.
	lodging struct {
		x      *forgedTasklet
		event  *forgedLine
		group  *forgedGroup
		buffer *forgedBuffer
	}
)

func (f *guest) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		switch fired, s := t.Select(f.Event.OnSet(), f.Group.OnDone(), f.Buffer.OnReceive(&f.Word)); {
		case s != tasklet.Next:
			return s
		case fired < 2: // it would be ready for ever
			return tasklet.Return
		}
	}
}

func init() {
	pickle.Register[guest]("test.guest")
	if err := program.Register(reflect.TypeFor[forgedGuest](), "test.guest"); err != nil {
		panic(err)
	}
}

// lineAs is the image of a forged event or group.
func lineAs[T any](name string, line func(of *T) *forgedLine) pickle.Image {
	return pickle.NewImage(name, pickle.StandardVersion, func(of *T, into *forgedLineImage) error {
		*into = forgedLineImage(*line(of))
		return nil
	}, func(*pickle.Loading, *T, *forgedLineImage) error { return errors.New("forged") }, nil).Standard()
}

// PickleImage says that it is an event.
func (*forgedLine) PickleImage() pickle.Image {
	return lineAs("wait.event", func(l *forgedLine) *forgedLine { return l })
}

// PickleImage says that it is a group.
func (*forgedGroup) PickleImage() pickle.Image {
	return lineAs("wait.group", func(g *forgedGroup) *forgedLine { return (*forgedLine)(g) })
}

// PickleImage says that it is a buffer.
func (*forgedBuffer) PickleImage() pickle.Image {
	return pickle.NewImage("wait.buffer", pickle.StandardVersion, func(b *forgedBuffer, into *forgedBufferImage) error {
		*into = forgedBufferImage(*b)
		return nil
	}, func(*pickle.Loading, *forgedBuffer, *forgedBufferImage) error { return errors.New("forged") }, nil).Standard(reflect.TypeFor[string]())
}

func newLodging() *lodging {
	l := &lodging{event: &forgedLine{Name: "event", Flags: 1}, group: &forgedGroup{Name: "group", Flags: 1, Count: 2}, buffer: &forgedBuffer{Name: "buffer", Flags: 1, Capacity: 3}}
	l.x = &forgedTasklet{Status: tasklet.Blocked, Op: tasklet.OpSelect, Name: "x", Select: &forgedSelect{Waiting: 3}}
	l.x.Frames = []any{&forgedGuest{Event: l.event, Group: l.group, Buffer: l.buffer}}
	l.event.Waiters = []forgedSeat{{l.x, 1}}
	l.group.Waiters = []forgedSeat{{l.x, 2}}
	l.buffer.Waiters = []forgedPeer{{l.x, tasklet.OpReceive, nil, 3}}
	return l
}

// TestSelectForgedWait is TestSelectForged for what package wait has.
func TestSelectForgedWait(t *testing.T) {
	word := "w"
	leave := func(l *lodging) {
		l.event.Waiters, l.group.Waiters, l.buffer.Waiters = nil, nil, nil
		l.x.Status, l.x.Op, l.x.Select.Waiting = tasklet.Parked, tasklet.OpSelect|opDone, 0
	}
	kept := func(l *lodging, v any) {
		leave(l)
		l.x.On, l.x.Kept, l.x.Select.Fired = l.buffer, &v, 2
	}
	for name, test := range map[string]struct {
		forge func(l *lodging)
		err   string // "" if it is accepted
	}{
		"nothing":                   {func(*lodging) {}, ""},
		"an event too few":          {func(l *lodging) { l.event.Waiters = nil }, "selects from 3 cases, and 2 wait"},
		"an event twice":            {func(l *lodging) { l.event.Waiters, l.x.Select.Waiting = append(l.event.Waiters, forgedSeat{l.x, 1}), 4 }, "by its case 1 twice"},
		"an event without a case":   {func(l *lodging) { l.event.Waiters[0].Case = 0 }, "a tasklet"},
		"an event that is set":      {func(l *lodging) { l.event.Flags |= 2 }, "an event that is set, and waited for"},
		"an event of nobody":        {func(l *lodging) { l.event.Flags = 0 }, "that belongs to nobody"},
		"a group of none":           {func(l *lodging) { l.group.Count = 0 }, "a group of 0 that 1 wait for"},
		"a group that has a case":   {func(l *lodging) { l.group.Waiters[0].Case = 1 << 31 }, "by a case that can't be"},
		"a group without its guest": {func(l *lodging) { l.group.Waiters[0].Tasklet = nil }, "nobody waits in a queue"},
		"a buffer with values":      {func(l *lodging) { l.buffer.Values = []string{"v"} }, "for what is there"},
		"a buffer that is closing":  {func(l *lodging) { l.buffer.Flags |= 2 }, "for what is there"},
		"a buffer with room":        {func(l *lodging) { l.buffer.Waiters[0].Op, l.buffer.Waiters[0].Value = tasklet.OpSend, &word }, "for what is there"},
		"a buffer with a value":     {func(l *lodging) { l.buffer.Waiters[0].Value = &word }, "with what another operation has"},
		"a buffer, both ways": {func(l *lodging) {
			l.buffer.Waiters, l.x.Select.Waiting = append(l.buffer.Waiters, forgedPeer{l.x, tasklet.OpSend, &word, 4}), 4
		}, "both senders and receivers"},
		"fired, by an event":             {func(l *lodging) { leave(l); l.x.On = l.event }, ""},
		"fired, by an event with a word": {func(l *lodging) { kept(l, "w"); l.x.On = l.event }, "brings no string"},
		"fired, by a buffer":             {func(l *lodging) { kept(l, "w") }, ""},
		"fired, by a buffer of others":   {func(l *lodging) { kept(l, 7) }, "brings no int"},
		"fired, by a buffer of nobody":   {func(l *lodging) { kept(l, "w"); l.buffer.Flags = 0 }, ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			for order := range orders {
				l := newLodging()
				test.forge(l)
				parts := [orders][]any{{l.x, l.event, l.group, l.buffer}, {l.buffer, l.group, l.event, l.x}, {l.group, l.x, l.buffer, l.event}}[order]
				b, err := pickle.Marshal(parts, pickle.In(program))
				if err != nil {
					t.Fatal(err)
				}
				s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))), sched.WithSpuriousWakeups(uint64(order)))
				v, err := pickle.Unmarshal[[]any](b, pickle.Into(s))
				check(t, s)
				var at *pickle.Error
				switch {
				case test.err == "" && err == nil:
					lodge(t, s, v)
				case test.err == "" || !errors.Is(err, pickle.ErrInvalid) || !errors.As(err, &at) || at.Path == "" || !strings.Contains(err.Error(), test.err):
					t.Errorf("order %d: got %v, want %q", order, err, test.err)
				case s.Everyone().Len() > 0:
					t.Errorf("order %d: refused, and something has happened", order)
				}
			}
		})
	}
}

// lodge has all happen that a guest waits for, after it was pickled once more.
func lodge(t *testing.T, s *sched.Scheduler, parts []any) {
	t.Helper()
	b, err := pickle.Marshal(s.Everyone())
	if err != nil {
		t.Fatal(err)
	}
	again := sched.New()
	if _, err := pickle.Unmarshal[*tasklet.Group](b, pickle.Into(again)); err != nil {
		t.Fatal(err)
	}
	check(t, again)
	run := func(what string) {
		err := s.Run()
		if check(t, s); err != nil && !errors.Is(err, tasklet.ErrMisuse) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := range 3 {
		for _, p := range parts {
			switch p := p.(type) {
			case *tasklet.Tasklet:
				if p.Paused() {
					_ = p.Insert()
				}
			case *wait.Buffer[string]:
				if i < 2 {
					_ = p.Put(s.Main(), fmt.Sprint("w", i))
				}
			case *wait.Event:
				if i == 2 {
					p.Set()
				}
			}
			run(fmt.Sprint(i))
		}
	}
	for _, p := range parts {
		if x, ok := p.(*tasklet.Tasklet); ok && x.Alive() {
			t.Errorf("it has not ended: %v", x)
		}
	}
	_ = s.Close()
}
