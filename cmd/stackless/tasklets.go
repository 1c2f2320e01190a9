package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/tasklet"
)

// This file shows tasklets, channels and groups: the fields that their pickles
// have by the format.

// The marks that an operation can have beside its kind, and the flags of tasklets
// and channels, as the format has them.
const (
	markLater  tasklet.Op = 1 << 5
	markDone   tasklet.Op = 1 << 6
	markThrown tasklet.Op = 1 << 7

	flagBlockTrap = 1

	flagScheduleAll = 1
	flagClosing     = 2
	flagBound       = 4
)

// number returns a small number, -1 if n is none.
func number(n *pickle.Node) int {
	v, err := strconv.ParseInt(n.Text, 10, 16)
	if n.Kind != pickle.NodeNumber || err != nil {
		return -1
	}
	return int(v)
}

// operation returns the operation that a field has, and its marks apart.
func operation(n *pickle.Node) (kind, marks tasklet.Op) {
	v := number(n)
	if v < 0 || v > 255 {
		return tasklet.OpNone, 0
	}
	const all = markLater | markDone | markThrown
	return tasklet.Op(v) &^ all, tasklet.Op(v) & all
}

// name returns an object's number and the name that it was given.
func (r *report) name(object int) string {
	if s, ok := r.names[object]; ok {
		return s
	}
	s := "#" + strconv.Itoa(object)
	v := r.doc.Value(object, 1)
	for _, n := range []*pickle.Node{v.Field("Name"), v.Field("More").Field("Name")} {
		t := r.typeOf(r.doc.Object(object))
		if n.Kind == pickle.NodeString && n.Text != "" && (isStandard("tasklet")(t) || isStandard("channel")(t)) {
			s += " " + words(n)
		}
	}
	r.names[object] = s
	return s
}

// waitsOn names what an operation is with.
func (r *report) waitsOn(on *pickle.Node) string {
	if on.Kind != pickle.NodeReference {
		return ""
	}
	what := strings.TrimPrefix(on.Type, "*")
	if i := strings.IndexByte(what, '['); i > 0 {
		what = what[:i]
	}
	return plain(what) + " " + r.name(on.Object)
}

// tasklet shows a tasklet: how it is, what it does, its frames from the top.
func (r *report) tasklet(o pickle.Object) {
	v := r.doc.Value(o.Number, r.most)
	if v.Kind != pickle.NodeStruct {
		r.printf("  #%d  %s\n", o.Number, words(&v))
		return
	}
	r.printf("  %s  %s\n", r.name(o.Number), strings.Join(r.condition(&v), ", "))
	more := v.Field("More")
	for _, f := range []struct{ field, title string }{
		{"Value", "value"}, {"Err", "error"}, {"Returned", "returned from"}, {"Kept", "has received"},
		{"OnExit", "exit hooks"}, {"Joiners", "joined by"},
	} {
		n := more.Field(f.field)
		if n.Kind == pickle.NodeUnread || n.Kind == pickle.NodeList && n.Len == 0 {
			continue
		}
		if n.Kind == pickle.NodeNil && (f.field != "Kept" || n.Type != "any") { // it may have received nil
			continue
		}
		r.printf("      %s: %s\n", f.title, words(n))
	}
	frames := v.Field("Frames")
	if frames.Len > len(frames.Parts) { // the top is the end of the list
		all := r.doc.Value(o.Number, 0)
		frames = all.Field("Frames")
	}
	for shown := range frames.Parts {
		if r.most > 0 && shown == r.most {
			r.printf("      … %s below, see --max\n", counted(frames.Len-shown, "frame", "frames"))
			break
		}
		r.frame(&frames.Parts[len(frames.Parts)-1-shown])
	}
}

// condition says how a tasklet is and what it does.
func (r *report) condition(v *pickle.Node) []string {
	status := "unknown status"
	if s := number(v.Field("Status")); s >= 0 && s < 256 {
		status = tasklet.Status(s).String()
	}
	says := []string{plain(status)}
	kind, marks := operation(v.Field("Op"))
	wake := v.Field("Wake")
	switch {
	case kind == tasklet.OpNone, kind == tasklet.OpPark && says[0] == tasklet.Parked.String() && marks == 0:
	case kind == tasklet.OpSleep && wake.Kind == pickle.NodeTime:
		says[0] += " until " + wake.Text
	default:
		what := kind.String()
		if on := r.waitsOn(v.Field("On")); on != "" {
			if kind == tasklet.OpJoin || kind == tasklet.OpSwitch {
				what += " with " + on
			} else {
				what += " on " + on
			}
		}
		if marks&markDone != 0 {
			what += " is complete"
		}
		says = append(says, what)
	}
	if marks&markThrown != 0 {
		if marks&markLater != 0 {
			says = append(says, "the operation after it fails")
		} else {
			says = append(says, "an error is on its way")
		}
	}
	if f := number(v.Field("Flags")); f > 0 && f&flagBlockTrap != 0 {
		says = append(says, "may not block")
	}
	return says
}

// frame shows a frame with its fields.
func (r *report) frame(n *pickle.Node) {
	if n.Kind != pickle.NodeReference {
		r.fields("      "+plain(n.Type), "          ", n, "")
		return
	}
	o := r.doc.Object(n.Object)
	v := r.doc.Value(n.Object, fewParts)
	title := fmt.Sprintf("      %s #%d", plain(o.Type), n.Object)
	if o.Holder > 0 {
		title += fmt.Sprintf(" in #%d%s", o.Holder, plain(o.Way))
	}
	r.fields(title, "          ", &v, "")
}

// channel shows a channel, and who waits in it.
func (r *report) channel(o pickle.Object) {
	v := r.doc.Value(o.Number, r.most)
	if v.Kind != pickle.NodeStruct {
		r.printf("  #%d  %s  %s\n", o.Number, plain(o.Type), words(&v))
		return
	}
	waiters := v.Field("Waiters")
	balance := waiters.Len
	if len(waiters.Parts) > 0 {
		if kind, _ := operation(waiters.Parts[0].Field("Op")); kind == tasklet.OpReceive {
			balance = -balance
		}
	}
	r.printf("  %s  %s, %s, balance %s\n", r.name(o.Number), plain(o.Type), strings.Join(rules(&v), ", "), thousands(balance))
	for i := range waiters.Parts {
		r.waiter(i+1, &waiters.Parts[i])
	}
	if hidden := waiters.Len - len(waiters.Parts); hidden > 0 {
		r.printf("      … %s more, see --max\n", thousands(hidden))
	}
}

// rules says how a channel is set.
func rules(v *pickle.Node) []string {
	preference := "unknown preference"
	if p := v.Field("Preference"); p.Kind == pickle.NodeNumber {
		switch p.Text {
		case strconv.Itoa(int(channel.PreferReceiver)):
			preference = "prefers receivers"
		case strconv.Itoa(int(channel.PreferNeither)):
			preference = "prefers neither"
		case strconv.Itoa(int(channel.PreferSender)):
			preference = "prefers senders"
		}
	}
	says := []string{preference}
	flags := max(number(v.Field("Flags")), 0)
	if flags&flagScheduleAll != 0 {
		says = append(says, "schedules all")
	}
	if flags&flagClosing != 0 {
		says = append(says, "closing")
	}
	if flags&flagBound == 0 {
		says = append(says, "of no scheduler")
	}
	return says
}

// waiter shows somebody who waits in a channel.
func (r *report) waiter(place int, w *pickle.Node) {
	who := words(w.Field("Tasklet"))
	if n := w.Field("Tasklet"); n.Kind == pickle.NodeReference {
		who = r.name(n.Object)
	}
	kind, _ := operation(w.Field("Op"))
	what := kind.String()
	switch kind {
	case tasklet.OpSend:
		what += " " + words(w.Field("Value"))
	case tasklet.OpSendError:
		what += " " + words(w.Field("Err"))
	}
	r.printf("      %d. %s  %s\n", place, who, what)
}

// group shows the order of tasklets.
func (r *report) group(o pickle.Object) {
	v := r.doc.Value(o.Number, min(max(r.most, 1), fewParts))
	r.printf("  #%d\n", o.Number)
	for _, f := range []struct{ field, title string }{
		{"Ready", "ready"}, {"Sleeping", "sleeping"}, {"Parked", "parked"}, {"Blocked", "blocked"},
	} {
		if n := v.Field(f.field); n.Len > 0 {
			r.printf("      %-8s  %s  %s\n", f.title, thousands(n.Len), words(n))
		}
	}
}
