package channel_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A forging makes a forgery of what is in order.
type forging struct {
	name  string
	forge func(f *forgery)
	err   string // what the error says; if there is no path either, it is accepted
	path  string // to which part the error leads, or parts, if it depends on their order
}

// forgings are all ways in which a Select in a pickle can be what none is, and some in
// which it can be odd.
func forgings() []forging {
	value := func(v any) *any { return &v }
	seven := 7
	word := "w"
	late := time.Unix(5000, 0)
	// leave takes x out of all queues.
	leave := func(f *forgery) {
		f.ints.Waiters, f.words.Waiters, f.out.Waiters = nil, f.words.Waiters[:1], nil
		f.x.Status, f.x.Select.Waiting = tasklet.Parked, 0
	}
	return []forging{
		{"nothing", func(*forgery) {}, "", ""},
		{"another turn", func(f *forgery) { f.x.Select.Turn = 2 }, "", ""},
		{"a turn beyond the cases", func(f *forgery) { f.x.Select.Turn = math.MaxInt32 }, "", ""},
		{"a turn beyond all", func(f *forgery) { f.x.Select.Turn = math.MaxInt32 + 1 }, "more cases than there can be", "x"},

		// How many wait, and where.
		{"too few wait", func(f *forgery) { f.x.Select.Waiting = 4 }, "selects from 4 cases, and 3 wait", "x"},
		{"too many wait", func(f *forgery) { f.x.Select.Waiting = 2 }, "selects from 2 cases, and 3 wait", "x"},
		{"very many wait", func(f *forgery) { f.x.Select.Waiting = math.MaxUint32 }, "selects from 4294967295 cases, and 3 wait", "x"},
		{"a queue without its case", func(f *forgery) { f.ints.Waiters = nil }, "selects from 3 cases, and 2 wait", "x"},
		{"nobody in an end's queue", func(f *forgery) { f.z.Joiners, f.z.Cases = nil, nil }, "selects from 2 cases, and 1 wait", "y"},
		{"none wait", func(f *forgery) { leave(f); f.x.Status = tasklet.Blocked }, "", ""},
		{"another's case", func(f *forgery) { f.ints.Waiters[0].Tasklet = f.y }, "cases, and", "x|y"},
		{"a case of one that is parked", func(f *forgery) { f.ints.Waiters[0].Tasklet = f.z }, "by a case, and does not select", "ints"},
		{"a case of the dead", func(f *forgery) {
			leave(f)
			*f.x = forgedTasklet{Name: "x"}
			f.ints.Waiters = []forgedWaiter[int]{{Tasklet: f.x, Op: tasklet.OpReceive, Case: 1}}
		}, "by a case, and does not select", "ints"},
		{"a case of nobody", func(f *forgery) { f.ints.Waiters[0].Tasklet = nil }, "nobody waits in a queue", "ints"},
		{"an end that nobody waits for", func(f *forgery) { f.z.Joiners[0] = nil }, "nobody waits in a queue", "z"},
		{"a case of one that receives", func(f *forgery) {
			leave(f)
			f.x.Status, f.x.Op, f.x.Select, f.x.On = tasklet.Blocked, tasklet.OpReceive, nil, f.ints
			f.ints.Waiters = []forgedWaiter[int]{{Tasklet: f.x, Op: tasklet.OpReceive, Case: 1}}
		}, "blocked by a receive, and in no queue", "x"},
		{"one that receives, in another queue", func(f *forgery) {
			leave(f)
			f.x.Status, f.x.Op, f.x.Select, f.x.On = tasklet.Blocked, tasklet.OpReceive, nil, f.ints
			f.words.Waiters = append(f.words.Waiters, forgedWaiter[string]{Tasklet: f.x, Op: tasklet.OpReceive})
		}, "waits in a queue", "x|words"},
		{"one that joins, in another queue", func(f *forgery) {
			f.y.Op, f.y.Select, f.y.On, f.z.Cases = tasklet.OpJoin, nil, f.x, nil
			f.words.Waiters = f.words.Waiters[1:]
		}, "waits in a queue", "y|z"},
		{"one that joins", func(f *forgery) {
			f.y.Op, f.y.Select, f.y.On, f.z.Cases = tasklet.OpJoin, nil, f.z, nil
			f.words.Waiters = f.words.Waiters[1:]
		}, "", ""},
		{"a case in another queue than its own", func(f *forgery) {
			f.ints.Waiters, f.out.Waiters = append(f.ints.Waiters, forgedWaiter[int]{Tasklet: f.x, Op: tasklet.OpReceive, Case: 3}), nil
		}, "", ""}, // that it is not the frame's case is found when it runs
		{"its own end", func(f *forgery) {
			f.x.Joiners, f.x.Cases, f.x.Select.Waiting = []*forgedTasklet{f.x}, []uint32{4}, 4
		}, "waits for its own end", "x"},
		{"the end of the dead", func(f *forgery) { f.z.Status, f.z.Frames = tasklet.Dead, nil }, "waits for the end of the dead", "z"},
		{"more cases than joiners", func(f *forgery) { f.z.Cases = []uint32{5, 6} }, "1 tasklets join by 2 cases", "z"},
		{"itself, without a case", func(f *forgery) { f.ints.Waiters[0].Case = 0 }, "", "ints|x"},
		{"itself, in an end's queue", func(f *forgery) { f.z.Cases = nil }, "", "z|y"},

		// Which cases.
		{"a case twice", func(f *forgery) { f.words.Waiters[1].Case = 1 }, "waits by its case 1 twice", "x"},
		{"a case twice in one queue", func(f *forgery) {
			f.ints.Waiters, f.x.Select.Waiting = append(f.ints.Waiters, f.ints.Waiters[0]), 4
		}, "waits by its case 1 twice", "x"},
		{"two cases in one queue", func(f *forgery) {
			f.ints.Waiters, f.x.Select.Waiting = append(f.ints.Waiters, forgedWaiter[int]{Tasklet: f.x, Op: tasklet.OpReceive, Case: 9}), 4
		}, "", ""},
		{"a case that can't be", func(f *forgery) { f.ints.Waiters[0].Case = math.MaxInt32 + 1 }, "by a case that can't be", "ints"},
		{"the last case that can be", func(f *forgery) { f.ints.Waiters[0].Case = math.MaxInt32 }, "", ""},

		// What the queues hold.
		{"a sender among receivers", func(f *forgery) { f.words.Waiters[1].Op, f.words.Waiters[1].Value = tasklet.OpSend, &word }, "senders and receivers wait at once", "words"},
		{"a receiver among senders", func(f *forgery) {
			f.out.Waiters, f.x.Select.Waiting = append(f.out.Waiters, forgedWaiter[int]{Tasklet: f.x, Op: tasklet.OpReceive, Case: 4}), 4
		}, "senders and receivers wait at once", "out"},
		{"a sender where it receives", func(f *forgery) { f.ints.Waiters[0].Op, f.ints.Waiters[0].Value = tasklet.OpSend, &seven }, "", ""}, // as above
		{"a sender without a value", func(f *forgery) { f.out.Waiters[0].Value = nil }, "with what another operation has", "out"},
		{"a sender of an error", func(f *forgery) {
			f.out.Waiters[0].Value, f.out.Waiters[0].Op, f.out.Waiters[0].Err = nil, tasklet.OpSendError, errors.New("e")
		}, "with what another operation has", "out"},
		{"a receiver with a value", func(f *forgery) { f.ints.Waiters[0].Value = &seven }, "with what another operation has", "ints"},
		{"a joiner in a channel", func(f *forgery) { f.ints.Waiters[0].Op = tasklet.OpJoin }, "with what another operation has", "ints"},
		{"a select in a channel", func(f *forgery) { f.ints.Waiters[0].Op = tasklet.OpSelect }, "with what another operation has", "ints"},
		{"a receive that is complete", func(f *forgery) { f.ints.Waiters[0].Op |= opDone }, "with what another operation has", "ints"},
		{"a closing channel", func(f *forgery) { f.ints.Flags |= 2 }, "receivers in a closing channel", "ints"},
		{"a closing channel with a sender", func(f *forgery) { f.out.Flags |= 2 }, "", ""},
		{"a channel of nobody", func(f *forgery) { f.ints.Flags = 0 }, "belongs to nobody", "ints"},

		// What the tasklet says.
		{"on something", func(f *forgery) { f.x.On = f.ints }, "or on nothing", "x"},
		{"without a select", func(f *forgery) { f.x.Select = nil }, "", "x"},
		{"without frames", func(f *forgery) { f.x.Frames = nil }, "the dead have no frames", "x"},
		{"a frame of none", func(f *forgery) { f.x.Frames = []any{nil} }, "a frame that is none", "x"},
		{"it receives", func(f *forgery) { f.x.Op = tasklet.OpReceive }, "", "x"},
		{"it is complete and waits", func(f *forgery) { f.x.Op |= opDone }, "complete", "x"},
		{"it fails and waits", func(f *forgery) { f.x.Op |= opThrown; f.x.Err = errors.New("e") }, "complete", "x"},
		{"it fails later and waits", func(f *forgery) { f.x.Op |= opThrown | opLater; f.x.Err = errors.New("e") }, "complete", "x"},
		{"it has fired and waits", func(f *forgery) { f.x.Select.Fired = 2 }, "has fired, and is not complete", "x"},
		{"it is complete, and its cases wait", func(f *forgery) { f.x.Status, f.x.Op, f.x.On = tasklet.Parked, tasklet.OpSelect|opDone, f.ints }, "", "x|ints|words|out"},
		{"it has left, and its cases wait", func(f *forgery) {
			f.x.Status, f.x.Op, f.x.On, f.x.Select.Waiting = tasklet.Parked, tasklet.OpSelect|opDone, f.ints, 0
		}, "by a case, and does not select", "ints|words|out"},
		{"it sleeps", func(f *forgery) { f.x.Status, f.x.Wake = tasklet.Sleeping, &late }, "only who sleeps wakes", "x"},
		{"it is ready and not complete", func(f *forgery) { leave(f); f.x.Status = tasklet.Ready }, "waits by nothing", "x"},
		{"it is parked and not complete", leave, "waits by nothing", "x"},
		{"it does not select, and waits by cases", func(f *forgery) { leave(f); f.x.Op, f.x.Select.Waiting = 0, 2 }, "waits by cases, and does not select", "x"},
		{"it does not select, and has fired", func(f *forgery) { leave(f); f.x.Op, f.x.Select.Fired = 0, 2 }, "has fired, and is not complete", "x"},
		{"it does not select, and has", func(f *forgery) { leave(f); f.x.Op, f.x.Select.Turn = 0, 2 }, "", ""},
		{"the dead select", func(f *forgery) { leave(f); f.x.Status, f.x.Frames = tasklet.Dead, nil }, "an operation of the dead", "x"},

		// What has fired.
		{"fired", func(f *forgery) { leave(f); f.x.Op, f.x.On = tasklet.OpSelect|opDone, f.ints }, "", ""},
		{"fired, with what was kept", func(f *forgery) {
			leave(f)
			f.x.Op, f.x.On, f.x.Kept = tasklet.OpSelect|opDone, f.ints, value(7)
		}, "", ""},
		{"fired, by another case", func(f *forgery) {
			leave(f)
			f.x.Op, f.x.On, f.x.Select.Fired = tasklet.OpSelect|opDone, f.ints, 1
		}, "", ""}, // as above
		{"fired, beyond its cases", func(f *forgery) {
			leave(f)
			f.x.Op, f.x.On, f.x.Select.Fired = tasklet.OpSelect|opDone, f.ints, math.MaxInt32
		}, "", ""},
		{"fired, beyond all", func(f *forgery) {
			leave(f)
			f.x.Op, f.x.On, f.x.Select.Fired = tasklet.OpSelect|opDone, f.ints, math.MaxUint32
		}, "more cases than there can be", "x"},
		{"fired, by nothing", func(f *forgery) { leave(f); f.x.Op = tasklet.OpSelect | opDone }, "", ""},
		{"fired, by no channel", func(f *forgery) {
			leave(f)
			f.x.Op, f.x.On = tasklet.OpSelect|opDone, (*forgedChannel[int])(nil)
		}, "with nothing", "x"},
		{"fired, by no tasklet", func(f *forgery) { leave(f); f.x.Op, f.x.On = tasklet.OpSelect|opDone, (*forgedTasklet)(nil) }, "with nothing", "x"},
		{"fired, by an end", func(f *forgery) { leave(f); f.x.Op, f.x.On = tasklet.OpSelect|opDone, f.z }, "", ""},
		{"fired, by an end that has a value", func(f *forgery) {
			leave(f)
			f.x.Op, f.x.On, f.x.Kept = tasklet.OpSelect|opDone, f.z, value(7)
		}, "brings no int", "x"},
		{"fired, by a channel of nobody", func(f *forgery) {
			leave(f)
			f.ints.Flags, f.x.Op, f.x.On = 0, tasklet.OpSelect|opDone, f.ints
		}, "", ""},
		{"fired, with what a channel of nobody brought", func(f *forgery) {
			leave(f)
			f.ints.Flags, f.x.Op, f.x.On, f.x.Kept = 0, tasklet.OpSelect|opDone, f.ints, value(7)
		}, "", ""},
		{"fired, with another's value", func(f *forgery) {
			leave(f)
			f.x.Op, f.x.On, f.x.Kept = tasklet.OpSelect|opDone, f.ints, value("seven")
		}, "brings no string", "x"},
		{"fired, with no value", func(f *forgery) {
			leave(f)
			f.x.Op, f.x.On, f.x.Kept = tasklet.OpSelect|opDone, f.ints, value(nil)
		}, "brings no <nil>", "x"},
		{"fired, with a value of nothing", func(f *forgery) {
			leave(f)
			f.x.Op, f.x.Kept = tasklet.OpSelect|opDone, value(7)
		}, "not by a receive", "x"},
		{"received, of another type", func(f *forgery) {
			leave(f)
			f.x.Op, f.x.On, f.x.Kept, f.x.Select = tasklet.OpReceive|opDone, f.ints, value("seven"), nil
		}, "brings no string", "x"},
		{"waits, with a value", func(f *forgery) { f.x.Kept = value(7) }, "not by a receive", "x"},
		{"fired, and fails", func(f *forgery) {
			leave(f)
			f.x.Op, f.x.On, f.x.Err = tasklet.OpSelect|opDone|opThrown, f.ints, errors.New("e")
		}, "", ""},
		{"fired, and fails later", func(f *forgery) {
			leave(f)
			f.x.Op, f.x.On, f.x.Kept, f.x.Err = tasklet.OpSelect|opDone|opThrown|opLater, f.ints, value(7), errors.New("e")
		}, "", ""},
		{"fails", func(f *forgery) { leave(f); f.x.Op, f.x.Err = tasklet.OpSelect|opThrown, errors.New("e") }, "", ""},
		{"fails, with nothing", func(f *forgery) { leave(f); f.x.Op = tasklet.OpSelect | opThrown }, "there is none", "x"},

		// Time.
		{"time", func(f *forgery) { f.x.Select.Time = &forgedTime{4, late, 1} }, "", ""},
		{"time and a deadline", func(f *forgery) {
			f.x.Select.Time, f.x.Deadlines = &forgedTime{4, late, 1}, []forgedLimit{{0, late, int64(time.Hour), 1, 0}}
		}, "", ""},
		{"time long ago", func(f *forgery) { f.x.Select.Time = &forgedTime{4, time.Time{}, 0} }, "", ""},
		{"time before all", func(f *forgery) { f.x.Select.Time = &forgedTime{4, time.Unix(-1<<60, 0), math.MaxUint64} }, "", ""},
		{"time after all", func(f *forgery) { f.x.Select.Time = &forgedTime{4, time.Unix(1<<60, 0), math.MaxUint64} }, "", ""},
		{"time of no case", func(f *forgery) { f.x.Select.Time = &forgedTime{0, late, 1} }, "waits for the time of a select", "x"},
		{"time of a case that can't be", func(f *forgery) { f.x.Select.Time = &forgedTime{math.MaxUint32, late, 1} }, "waits for the time of a select", "x"},
		{"time of a case that waits", func(f *forgery) { f.x.Select.Time = &forgedTime{2, late, 1} }, "case 2 is one of time, and waits", "x"},
		{"time of one that has fired", func(f *forgery) {
			leave(f)
			f.x.Op, f.x.On, f.x.Select.Time = tasklet.OpSelect|opDone, f.ints, &forgedTime{4, late, 1}
		}, "waits for the time of a select", "x"},
		{"time of one that is parked", func(f *forgery) { leave(f); f.x.Op, f.x.Select.Time = 0, &forgedTime{4, late, 1} }, "waits for the time of a select", "x"},
		{"a deadline of no frame", func(f *forgery) { f.x.Deadlines = []forgedLimit{{1, late, 1, 1, 0}} }, "a deadline that no frame of it has", "x"},
		{"a deadline that has passed", func(f *forgery) { f.x.Deadlines = []forgedLimit{{0, late, 1, 1, 1}} }, "", ""},
	}
}

// TestSelectForged: pickles in which a Select is what none can be are refused, whichever
// part of them comes first, and the error says what is wrong and leads to it; nothing
// has happened. Whatever is not refused is in order, and runs.
func TestSelectForged(t *testing.T) {
	for _, test := range forgings() {
		t.Run(strings.ReplaceAll(test.name, " ", "-"), func(t *testing.T) {
			for order := range orders {
				f := newForgery()
				test.forge(f)
				b := f.pickled(t, order)
				l, err := f.load(t, b)
				if test.err != "" || test.path != "" {
					f.refused(t, order, err, test.err, test.path)
					continue
				}
				if err != nil {
					t.Fatalf("order %d: %v", order, err)
				}
				for seed := range 6 {
					l.runs(t, seed)
					if l, err = f.load(t, b, sched.WithSpuriousWakeups(uint64(seed))); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

// TestSelectForgedTwice: two forgings at once are refused, or in order.
func TestSelectForgedTwice(t *testing.T) {
	all := forgings()
	step := 1
	if testing.Short() {
		step = 41
	}
	accepted := 0
	for i := 0; i < len(all)*len(all); i += step {
		f := newForgery()
		a, b := all[i/len(all)], all[i%len(all)]
		if !f.both(a, b) {
			continue
		}
		order := i % orders
		l, err := f.load(t, f.pickled(t, order), sched.WithSpuriousWakeups(uint64(i)))
		if err == nil {
			accepted++
			l.runs(t, i)
		} else if !errors.Is(err, pickle.ErrInvalid) || strings.Contains(err.Error(), "panic") {
			t.Errorf("%s, and %s, order %d: %v", a.name, b.name, order, err)
		}
		if t.Failed() {
			t.Fatalf("%s, and %s, order %d", a.name, b.name, order)
		}
	}
	if accepted == 0 {
		t.Error("nothing was accepted")
	}
}

// both forges twice, and reports whether the first has left the second its part.
func (f *forgery) both(a, b forging) (ok bool) {
	defer func() { ok = recover() == nil }()
	a.forge(f)
	b.forge(f)
	return true
}

// refused checks that err is that of an invalid pickle, says what and leads to one of
// the parts that where lists.
func (f *forgery) refused(t *testing.T, order int, err error, what, where string) {
	t.Helper()
	var at *pickle.Error
	if !errors.As(err, &at) || !errors.Is(err, pickle.ErrInvalid) || !strings.Contains(err.Error(), what) || strings.Contains(err.Error(), "panic") {
		t.Errorf("order %d: got %v, want %q", order, err, what)
	} else if name := f.at(t, at.Path, order); !slices.Contains(strings.Split(where, "|"), name) {
		t.Errorf("order %d: %v: the path leads to %q, not to %s", order, err, name, where)
	}
}
