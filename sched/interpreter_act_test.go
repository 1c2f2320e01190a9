package sched_test

import (
	"strconv"
	"strings"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/tasklet"
)

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
	case "heard":
		w.hears(o.args[0])
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
