package sched

import (
	"context"
	"errors"
	"log/slog"

	"github.com/stackless-go/stackless/tasklet"
)

// A trace writes everything that happens to a log.
type trace struct{ to slog.Handler }

// WithTrace is [Scheduler.Trace] from the start.
func WithTrace(logger *slog.Logger) Option {
	return func(s *Scheduler) {
		o := s.look()
		o.traces = append(o.traces, &trace{logger.Handler()})
	}
}

// Trace has logger told everything that happens from now on, until stop is
// called. Each event is a record without a time of its own, whose attributes are:
//
//	at       the time on the scheduler's clock
//	step     how many steps had been run
//	tasklet  whose event it is, by number; name, if it has one
//	frame    what it runs
//	by       the tasklet whose doing it was; none if the scheduler's
//	op       the operation by which it waits, or that it performs
//	channel  what that is on; for anything but a channel, on
//	peer     the tasklet that waits there for it
//	status   where the tasklet is now
//	until    when it wakes
//	from     the tasklet that had the turn before
//	error    with what something failed
//
// On a virtual clock the same program gives the same trace, byte for byte. Turns,
// operations and waits are of [slog.LevelDebug]; beginnings and ends of tasklets
// and runs of [slog.LevelInfo]; failures of [slog.LevelError]. An event that the
// handler does not want costs only that question.
//
// The handler is called by the goroutine that drives the scheduler, in the middle
// of what happens: it may not use the scheduler.
func (s *Scheduler) Trace(logger *slog.Logger) (stop func()) {
	t := &trace{logger.Handler()}
	o := s.look()
	o.traces = append(o.traces, t)
	s.attend()
	return func() {
		var rest []*trace
		for _, other := range o.traces {
			if other != t {
				rest = append(rest, other)
			}
		}
		o.traces = rest
		s.attend()
	}
}

// An event is something that happened, as a trace writes it.
type event interface {
	// subject is whose event it is.
	subject() *tasklet.Tasklet
	level() slog.Level
	// words names the event and adds what is special about it.
	words(r *record) string
}

// A record collects the attributes of an event.
type record struct{ attrs []slog.Attr }

func (r *record) add(a ...slog.Attr) { r.attrs = append(r.attrs, a...) }

func (r *record) error(err error) {
	if err != nil {
		r.add(slog.String("error", err.Error()))
	}
}

func (r *record) tasklet(key string, t *tasklet.Tasklet) {
	if t != nil {
		r.add(slog.Uint64(key, t.ID()))
	}
}

// on says what somebody waits on by op.
func (r *record) on(on tasklet.Waitable, op tasklet.Op) {
	switch {
	case on == nil:
	case op == tasklet.OpSend || op == tasklet.OpSendError || op == tasklet.OpReceive:
		r.add(slog.String("channel", on.WaitName()))
	default:
		r.add(slog.String("on", on.WaitName()))
	}
}

// trace writes an event to whoever wants it.
func (o *observers) trace(e event) {
	if len(o.traces) == 0 || o.tracing {
		return
	}
	o.tracing = true // what a handler does is nobody's event
	defer func() { o.tracing = false }()
	for _, to := range o.traces {
		o.guard("trace", e.subject(), func() error {
			if !to.to.Enabled(context.Background(), e.level()) {
				return nil
			}
			r := o.record(e) // before Tell, which hides the operation under way
			var err error
			return errors.Join(o.s.home.Tell(func() { err = to.to.Handle(context.Background(), r) }), err)
		})
	}
}

// record writes an event down.
func (o *observers) record(e event) slog.Record {
	t := e.subject()
	var all record
	all.add(slog.Time("at", o.s.clock.Now()), slog.Uint64("step", o.s.Steps()))
	all.tasklet("tasklet", t)
	if t.Name() != "" {
		all.add(slog.String("name", t.Name()))
	}
	r := slog.Record{Level: e.level(), Message: e.words(&all)}
	r.AddAttrs(all.attrs...)
	return r
}

// turned: another tasklet gets the turn.
type turned struct{ from, to *tasklet.Tasklet }

func (e turned) subject() *tasklet.Tasklet { return e.to }

func (e turned) level() slog.Level { return slog.LevelDebug }

func (e turned) words(r *record) string {
	r.tasklet("from", e.from)
	return "turn"
}

// waits: a tasklet's step is over.
type waits struct {
	t      *tasklet.Tasklet
	status tasklet.Status
}

func (e waits) subject() *tasklet.Tasklet { return e.t }

func (e waits) level() slog.Level { return slog.LevelDebug }

func (e waits) words(r *record) string {
	r.add(slog.String("op", e.t.Op().String()), slog.String("status", e.status.String()))
	r.on(e.t.BlockedOn())
	if at, ok := e.t.Wakes(); ok {
		r.add(slog.Time("until", at))
	}
	return "waits"
}

// entered: a tasklet is ready or parked now.
type entered struct {
	t, by  *tasklet.Tasklet
	status tasklet.Status
	made   bool
}

func (e entered) subject() *tasklet.Tasklet { return e.t }

func (e entered) level() slog.Level {
	if e.made {
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

func (e entered) words(r *record) string {
	if e.made {
		r.add(slog.String("frame", tasklet.FrameName(e.t.Frame())))
	}
	if e.by != e.t {
		r.tasklet("by", e.by)
	}
	if op := e.t.Op(); op != tasklet.OpNone {
		r.add(slog.String("op", op.String()))
	}
	r.add(slog.String("status", e.status.String()))
	if e.made {
		return "made"
	}
	return e.status.String()
}

// thrown: an error awaits a tasklet.
type thrown struct {
	t, by *tasklet.Tasklet
	err   error
}

func (e thrown) subject() *tasklet.Tasklet { return e.t }

func (e thrown) level() slog.Level { return slog.LevelDebug }

func (e thrown) words(r *record) string {
	r.tasklet("by", e.by)
	r.error(e.err)
	return "thrown"
}

// ended: a tasklet is dead.
type ended struct {
	t   *tasklet.Tasklet
	f   tasklet.Frame
	err error
}

func (e ended) subject() *tasklet.Tasklet { return e.t }

func (e ended) level() slog.Level {
	if e.err == nil || e.err == tasklet.ErrMoved || tasklet.IsExit(e.err) || errors.Is(e.err, ErrStopped) {
		return slog.LevelInfo
	}
	return slog.LevelError
}

func (e ended) words(r *record) string {
	r.add(slog.String("frame", tasklet.FrameName(e.f)))
	if e.err == tasklet.ErrMoved {
		return "moved"
	}
	r.error(e.err)
	return "ended"
}

// arrives: a tasklet has come from another scheduler, or was made by the pool.
type arrives struct {
	t    *tasklet.Tasklet
	made bool
}

func (e arrives) subject() *tasklet.Tasklet { return e.t }

func (e arrives) level() slog.Level { return slog.LevelInfo }

func (e arrives) words(r *record) string {
	r.add(slog.String("frame", tasklet.FrameName(e.t.Frame())))
	if e.made {
		return "made"
	}
	return "arrived"
}

// operates: a tasklet performs an operation on a channel.
type operates struct{ tasklet.ChannelEvent }

func (e operates) subject() *tasklet.Tasklet { return e.Tasklet }

func (e operates) level() slog.Level { return slog.LevelDebug }

func (e operates) words(r *record) string {
	r.add(slog.String("op", e.Op.String()))
	r.on(e.ChannelEvent.Channel, e.Op)
	r.tasklet("peer", e.Peer)
	r.error(e.Err)
	if e.Sending {
		return "send"
	}
	return "receive"
}

// runs: main drives the others, or goes on.
type runs struct {
	main *tasklet.Tasklet
	over bool
	err  error
}

func (e runs) subject() *tasklet.Tasklet { return e.main }

func (e runs) level() slog.Level {
	if e.err != nil {
		return slog.LevelError
	}
	return slog.LevelInfo
}

func (e runs) words(r *record) string {
	r.error(e.err)
	if e.over {
		return "run ends"
	}
	return "run begins"
}
