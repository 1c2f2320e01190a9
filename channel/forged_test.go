package channel_test

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// Forged tasklets and channels are written under the names of real ones, whose images
// theirs have the fields of; so a pickle can say of a Select what no program ever would.
// As pickles don't list these fields, a field that a real image gains is to be added
// here, too.
type (
	forgedTasklet struct {
		Status    tasklet.Status
		Op        tasklet.Op
		Flags     uint8
		On        any
		Wake      *time.Time `pickle:",owned"`
		Frames    []any      `pickle:",owned"`
		Name      string
		Value     any
		Err       error
		Kept      *any             `pickle:",owned"`
		Joiners   []*forgedTasklet `pickle:",owned"`
		Cases     []uint32         `pickle:",owned"`
		Select    *forgedSelect
		Deadlines []forgedLimit
	}
	forgedImage struct {
		Status tasklet.Status
		Op     tasklet.Op
		Flags  uint8
		On     any
		Wake   *time.Time  `pickle:",owned"`
		Frames []any       `pickle:",owned"`
		More   *forgedMore `pickle:",owned"`
	}
	forgedMore = struct {
		Name      string
		Value     any
		Err       error
		Returned  any
		Kept      *any             `pickle:",owned"`
		OnExit    []func()         `pickle:",owned"`
		Joiners   []*forgedTasklet `pickle:",owned"`
		Cases     []uint32         `pickle:",owned"`
		Select    *forgedSelect    `pickle:",owned"`
		Watch     *forgedWatch     `pickle:",owned"`
		Deadlines []forgedLimit    `pickle:",owned"`
	}
	forgedSelect = struct {
		Waiting, Fired, Turn uint32
		Time                 *forgedTime `pickle:",owned"`
	}
	forgedTime = struct {
		Number uint32
		At     time.Time
		Order  uint64
	}
	forgedWatch = struct {
		Depth       int
		Steps, Left int64
		Total, Soft bool
		Victim      *forgedTasklet
	}
	forgedLimit = struct {
		Depth uint32
		At    time.Time
		After int64
		Order uint64
		Flags uint8
	}

	forgedChannel[T any] struct {
		Name       string
		Preference channel.Preference
		Flags      uint8 // 1: schedule all, 2: closing, 4: bound
		Waiters    []forgedWaiter[T]
	}
	forgedChannelImage[T any] struct {
		Name       string
		Preference channel.Preference
		Flags      uint8
		Waiters    []forgedWaiter[T] `pickle:",owned"`
	}
	forgedWaiter[T any] = struct {
		Tasklet *forgedTasklet
		Op      tasklet.Op
		Value   *T `pickle:",owned"`
		Err     error
		Case    uint32
	}

	// forgedChooser is written as a chooser.
	forgedChooser struct {
		Ints  *forgedChannel[int]
		Words *forgedChannel[string]
		Out   *forgedChannel[int]
		I     int
		W     string
		O     int
		Log   []string
	}
	// idle parks for ever.
	idle struct{}
)

// The marks of an operation, as docs/FORMAT.md has them.
const (
	opLater  tasklet.Op = 32
	opDone   tasklet.Op = 64
	opThrown tasklet.Op = 128
)

func (idle) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := t.Park(); s != tasklet.Next {
			return s
		}
	}
}

func init() { pickle.Register[idle]("test.idle") }

// PickleImage says that it is a tasklet.
func (*forgedTasklet) PickleImage() pickle.Image {
	return pickle.NewImage("tasklet", pickle.StandardVersion, func(t *forgedTasklet, into *forgedImage) error {
		*into = forgedImage{t.Status, t.Op, t.Flags, t.On, t.Wake, t.Frames, &forgedMore{
			Name: t.Name, Value: t.Value, Err: t.Err, Kept: t.Kept, Joiners: t.Joiners, Cases: t.Cases, Select: t.Select, Deadlines: t.Deadlines,
		}}
		return nil
	}, func(*pickle.Loading, *forgedTasklet, *forgedImage) error { return errors.New("forged") }, nil).Standard()
}

// PickleImage says that it is a channel.
func (*forgedChannel[T]) PickleImage() pickle.Image {
	m := pickle.NewImage("channel", pickle.StandardVersion, func(c *forgedChannel[T], into *forgedChannelImage[T]) error {
		*into = forgedChannelImage[T](*c)
		return nil
	}, func(*pickle.Loading, *forgedChannel[T], *forgedChannelImage[T]) error { return errors.New("forged") }, nil)
	return m.Standard(reflect.TypeFor[T]())
}

// A forgery is two tasklets that select, x and y, one that is parked, z, and their
// channels. X waits on ints and words and to send to out; y on words, and on z's end.
type forgery struct {
	ints  *forgedChannel[int]
	words *forgedChannel[string]
	out   *forgedChannel[int]
	x     *forgedTasklet
	y     *forgedTasklet
	z     *forgedTasklet
}

func newForgery() *forgery {
	f := &forgery{
		ints: &forgedChannel[int]{"ints", 0, 4, nil}, words: &forgedChannel[string]{"words", 0, 4, nil}, out: &forgedChannel[int]{"out", 0, 4, nil},
	}
	frame := func() any { return &forgedChooser{Ints: f.ints, Words: f.words, Out: f.out, O: 10} }
	f.x = &forgedTasklet{Status: tasklet.Blocked, Op: tasklet.OpSelect, Frames: []any{frame()}, Name: "x", Select: &forgedSelect{Waiting: 3}}
	f.y = &forgedTasklet{Status: tasklet.Blocked, Op: tasklet.OpSelect, Frames: []any{frame()}, Name: "y", Select: &forgedSelect{Waiting: 2}}
	f.z = &forgedTasklet{Status: tasklet.Parked, Frames: []any{idle{}}, Name: "z", Joiners: []*forgedTasklet{f.y}, Cases: []uint32{5}}
	ten := 10
	f.ints.Waiters = []forgedWaiter[int]{{Tasklet: f.x, Op: tasklet.OpReceive, Case: 1}}
	f.words.Waiters = []forgedWaiter[string]{{Tasklet: f.y, Op: tasklet.OpReceive, Case: 2}, {Tasklet: f.x, Op: tasklet.OpReceive, Case: 2}}
	f.out.Waiters = []forgedWaiter[int]{{Tasklet: f.x, Op: tasklet.OpSend, Value: &ten, Case: 3}}
	return f
}

// program is what forgeries are written by.
var program = func() *pickle.Registry {
	r := pickle.NewRegistry()
	for name, t := range map[string]any{"test.chooser": forgedChooser{}, "test.idle": idle{}} {
		if err := r.Register(reflect.TypeOf(t), name); err != nil {
			panic(err)
		}
	}
	return r
}()

// orders are those in which the decoder comes to the parts of the forgery.
const orders = 3

// parts are the parts in one of the orders.
func (f *forgery) parts(order int) []any {
	parts := []any{f.x, f.y, f.z, f.ints, f.words, f.out}
	switch order {
	case 1:
		slices.Reverse(parts)
	case 2:
		parts = []any{f.words, f.y, f.ints, f.z, f.x, f.out}
	}
	return parts
}

// pickled writes it, with its parts in one of the orders.
func (f *forgery) pickled(t *testing.T, order int) []byte {
	t.Helper()
	b, err := pickle.Marshal(f.parts(order), pickle.In(program))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// step is one of a path: an element, a type or a field.
var step = regexp.MustCompile(`^(?:\[(\d+)\]|\.\(.*?\)|\.(\w+))`)

// at returns the name of the last part that a path leads through.
func (f *forgery) at(t *testing.T, path string, order int) (name string) {
	t.Helper()
	rest := strings.TrimPrefix(path, "[]any")
	for v := reflect.ValueOf(f.parts(order)); ; {
		for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
			if v = v.Elem(); v.Kind() == reflect.Struct && v.FieldByName("Name").IsValid() {
				name = v.FieldByName("Name").String()
			}
		}
		at := step.FindStringSubmatch(rest)
		if at == nil {
			if rest != "" {
				t.Fatalf("can't follow %q from %q", path, rest)
			}
			return name
		}
		rest = rest[len(at[0]):]
		switch {
		case at[1] != "":
			i, _ := strconv.Atoi(at[1])
			v = v.Index(i)
		case at[2] != "" && at[2] != "More":
			v = v.FieldByName(at[2])
		}
	}
}

// loaded is a forgery that the decoder has taken for true.
type loaded struct {
	s     *sched.Scheduler
	clock *sched.VirtualClock
	ints  *channel.Channel[int]
	words *channel.Channel[string]
	out   *channel.Channel[int]
	all   []*tasklet.Tasklet
}

// load loads a forgery; if it is refused, nothing has happened.
func (f *forgery) load(t *testing.T, b []byte, options ...sched.Option) (*loaded, error) {
	t.Helper()
	l := &loaded{clock: sched.NewVirtualClock(time.Unix(1000, 0))}
	l.s = sched.New(append(options, sched.WithClock(l.clock))...)
	v, err := pickle.Unmarshal[[]any](b, pickle.Into(l.s))
	check(t, l.s)
	if err != nil {
		if l.s.RunCount() != 1 || l.s.Everyone().Len() != 0 || l.s.Sleeping() != 0 {
			t.Errorf("refused, and something has happened: %v", err)
		}
		return nil, err
	}
	for _, p := range v {
		switch p := p.(type) {
		case *channel.Channel[int]:
			if p.Name() == "ints" {
				l.ints = p
			} else {
				l.out = p
			}
		case *channel.Channel[string]:
			l.words = p
		case *tasklet.Tasklet:
			l.all = append(l.all, p)
		}
	}
	return l, nil
}

// runs has everything happen that can, in ways chosen by seed. Whatever goes wrong is
// an error that is told, and what is left can be pickled and loaded again.
func (l *loaded) runs(t *testing.T, seed int) {
	t.Helper()
	main, s := l.s.Main(), l.s
	l.again(t)
	for i := range 12 {
		switch (seed + i) % 6 {
		case 0:
			if l.words.Balance() < 0 {
				_ = l.words.Put(main, fmt.Sprint("w", i))
			}
		case 1:
			if l.ints.Balance() < 0 {
				_ = l.ints.Put(main, i)
			}
		case 2:
			if l.out.Balance() > 0 {
				_, _ = l.out.Get(main)
			}
		case 3:
			l.clock.Advance(time.Hour)
		case 4:
			if u := l.all[(seed+i)%len(l.all)]; i > 6 && u.Alive() {
				_ = main.Kill(u)
			}
		case 5:
			for _, u := range l.all {
				if u.Paused() {
					_ = u.Insert()
				}
			}
		}
		check(t, s)
		_ = s.Run()
		check(t, s)
	}
	l.again(t)
	l.words.Close()
	l.ints.Close()
	_ = s.Run()
	check(t, s)
	_ = s.Close()
}

// again pickles all, and loads and runs it elsewhere.
func (l *loaded) again(t *testing.T) {
	t.Helper()
	b, err := pickle.Marshal(l.s.Everyone())
	if err != nil {
		t.Fatal(err)
	}
	s := sched.New(sched.WithClock(l.clock))
	if _, err := pickle.Unmarshal[*tasklet.Group](b, pickle.Into(s)); err != nil {
		t.Fatal(err)
	}
	check(t, s)
	_ = s.Run()
	check(t, s)
}
