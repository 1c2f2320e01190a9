package sched_test

import (
	"strings"

	"github.com/stackless-go/stackless/tasklet"
)

// This file is Select in scripts: "select recv c | send d word | end t | after 5 | else".
// A case "never" is one of a nil channel. Then $k is the number of the case that has
// fired or failed, from 0, or -1; and $v what a receive has received.

// choices returns the cases of a select, each as the operation that it is.
func (o op) choices() (cases []op) {
	for part := range strings.SplitSeq(strings.Join(o.args, " "), "|") {
		if words := strings.Fields(part); len(words) > 0 {
			cases = append(cases, op{verb: words[0], args: words[1:]})
		}
	}
	return cases
}

// cases makes the cases of a's select of what stands in the script. It may be called
// again while the select waits.
func (a *actor) cases(choices []op) []tasklet.Case {
	w := a.w
	a.out = make([]string, len(choices))
	for i, c := range choices {
		if c.verb == "send" {
			a.out[i] = c.args[1]
		}
	}
	a.out = a.begin(a.out)
	cases := make([]tasklet.Case, len(choices))
	for i, c := range choices {
		switch c.verb {
		case "send":
			cases[i] = w.channel(c.args[0]).OnSend(&a.out[i])
		case "recv":
			cases[i] = w.channel(c.args[0]).OnReceive(&a.in)
		case "end":
			cases[i] = tasklet.OnEnd(w.tasklets[c.args[0]])
		case "after":
			cases[i] = tasklet.After(seconds(c))
		case "at":
			cases[i] = tasklet.At(start.Add(seconds(c)))
		case "else":
			cases[i] = tasklet.Otherwise()
		case "never":
		default:
			panic("script: no case " + c.verb)
		}
	}
	return cases
}

// selects performs a select in its form for frames.
func (a *actor) selects(t *tasklet.Tasklet, o op) (s tasklet.Step) {
	choices := o.choices()
	if a.fired, s = t.Select(a.cases(choices)...); s == tasklet.Next {
		a.chose(choices)
	}
	return s
}

// selectsBlocking performs a select in its blocking form.
func (a *actor) selectsBlocking(co *tasklet.Coroutine, o op) (err error) {
	choices := o.choices()
	if a.fired, err = co.Select(a.cases(choices)...); err == nil {
		a.chose(choices)
	}
	return err
}

// chose notes what the case that has fired came to.
func (a *actor) chose(choices []op) {
	switch c := choices[a.fired]; c.verb {
	case "send":
		a.w.ledger.sent(a.out[a.fired])
	case "recv":
		a.receives(c, a.in)
	}
}
