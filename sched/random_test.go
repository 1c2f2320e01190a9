package sched_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// randomScript writes a script of up to six tasklets and three channels, of the usual
// operations and more.
func randomScript(r *rand.Rand, more ...string) *script {
	s := new(script)
	tasklets := []string{"a", "b", "c", "d", "e"}[:1+r.IntN(5)]
	channels := []string{"x", "y", "z"}[:1+r.IntN(3)]
	for _, c := range channels {
		p := &program{name: c, ops: []op{{verb: "preference", args: []string{fmt.Sprint(r.IntN(3) - 1)}}}}
		if r.IntN(6) == 0 {
			p.ops = append(p.ops, op{verb: "schedule_all"})
		}
		s.channels = append(s.channels, p)
	}
	everyone := append([]string{"main"}, tasklets...)
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	channel := func() string { return pick(channels) }
	// Channels are what most scripts are about, so they are what most get.
	verbs := []string{"send", "send", "send", "recv", "recv", "recv", "yield", "yield", "log"}
	rare := []string{"park", "sleep", "senderr", "sendall", "range", "rung", "switch", "insert", "remove", "throw", "kill",
		"throwlater", "killlater", "join", "close", "open", "setvalue", "seterror", "fail", "cleanup",
		"state", "runcount", "balance", "queue", "flags", "spawn", "tick", "tick", "watch", "watch", "atomic", "ready", "trap", "switchtrap"}
	verbs = append(verbs, rare[:r.IntN(len(rare)+1)]...)
	if r.IntN(2) == 0 {
		verbs = append(verbs, "select", "select", "select", "select")
	}
	for range 2 {
		verbs = append(verbs, more...)
	}
	limits := r.IntN(2) == 0
	limited := []string{"send", "senderr", "sendall", "recv", "range", "park", "sleep", "join", "yield", "rung", "select", "await"}
	count := 0
	write := func(name string, n int) *program {
		p := &program{name: name}
		trapped := 0 // for how many operations yet
		for range n {
			count++
			o := op{verb: pick(verbs), try: r.IntN(3) > 0 || name == "main"}
			if limits && r.IntN(3) == 0 && slices.Contains(limited, o.verb) {
				o.within = fmt.Sprint(r.IntN(5))
				if o.within == "0" && (o.verb == "yield" || o.verb == "rung") {
					o.within = "5" // they are complete, and when the clock is looked at is not the model's to know
				}
			}
			id := fmt.Sprintf("%s%d", name, count)
			if name == "child" && o.verb == "spawn" {
				o.verb = "log" // or there would be no end
			}
			switch o.verb {
			case "send":
				o.args = []string{channel(), id}
			case "senderr":
				o.args = []string{channel(), pick([]string{"E" + id, "END"})}
			case "sendall":
				o.args = []string{channel(), id + "i", id + "ii", id + "iii"}
			case "recv", "range", "close", "open", "balance", "queue", "flags":
				o.args = []string{channel()}
			case "select":
				o.args = randomCases(r, id, channels, everyone)
				o.try = o.try || bothWays(o.choices()) // which others are not to hear of
			case "await":
				o.args = []string{"0", pick([]string{"value", "value", "value", "error", "panic"}), id}
				if r.IntN(20) == 0 {
					o.args = []string{"0", "exit"}
				}
			case "sleep":
				o.args = []string{fmt.Sprint(1 + r.IntN(4))}
			case "rung", "switch", "kill", "killlater", "join", "state", "insert", "remove":
				o.args = []string{pick(everyone)}
			case "watch":
				for _, word := range []string{fmt.Sprint(1 + r.IntN(4)), "soft", "total"} {
					if r.IntN(2) == 0 {
						o.args = append(o.args, word)
					}
				}
			case "switchtrap":
				o.args = []string{"1"}
			case "atomic", "trap":
				o.args = []string{pick(everyone), pick([]string{"on", "off", "off"})}
			case "throw", "throwlater", "seterror":
				o.args = []string{pick(everyone), "E" + id}
			case "setvalue":
				o.args = []string{pick(everyone), "V" + id}
			case "fail":
				o.args = []string{pick([]string{"F" + id, "EXIT"})}
			case "cleanup":
				o.args = []string{"C" + id}
			case "spawn":
				o.args = []string{"child"}
			case "log":
				o.args = []string{id}
			}
			p.ops = append(p.ops, o)
			if o.verb == "switchtrap" {
				trapped = 1 + r.IntN(3)
			} else if trapped--; trapped == 0 {
				p.ops = append(p.ops, op{verb: "switchtrap", args: []string{"-1"}})
			}
			if o.verb == "select" {
				p.ops = append(p.ops, op{verb: "log", args: []string{id + "=$k:$v"}})
			}
			if o.verb == "recv" || o.verb == "yield" || o.verb == "park" || o.verb == "sendall" || o.verb == "watch" || o.verb == "await" {
				p.ops = append(p.ops, op{verb: "log", args: []string{id + "=$v"}})
			}
		}
		return p
	}
	for _, name := range tasklets {
		s.tasklets = append(s.tasklets, write(name, 1+r.IntN(8)))
		if r.IntN(8) == 0 {
			s.tasklets[len(s.tasklets)-1].kind = "parked"
		}
	}
	child := write("child", 2)
	child.kind = "program"
	main := write("main", 1+r.IntN(6))
	for range 4 {
		main.ops = append(main.ops, op{verb: "run", try: true})
	}
	s.tasklets = append(s.tasklets, child, main)
	return s
}

// randomCases writes the cases of a select. Few of them are on both ways of one channel,
// which it refuses.
func randomCases(r *rand.Rand, id string, channels, everyone []string) (words []string) {
	sends := make(map[string]bool)
	for _, c := range channels {
		sends[c] = r.IntN(2) == 0
	}
	for i := range r.IntN(5) + r.IntN(2) {
		if i > 0 {
			words = append(words, "|")
		}
		switch n := r.IntN(40); {
		case n < 28:
			c := channels[r.IntN(len(channels))]
			if sends[c] != (r.IntN(40) == 0) {
				words = append(words, "send", c, fmt.Sprintf("%s.%d", id, i))
			} else {
				words = append(words, "recv", c)
			}
		case n < 32:
			words = append(words, "end", everyone[r.IntN(len(everyone))])
		case n < 35:
			words = append(words, "after", fmt.Sprint(r.IntN(5)-r.IntN(2)))
		case n < 37:
			words = append(words, "at", fmt.Sprint(r.IntN(8)))
		case n < 38:
			words = append(words, "else")
		default:
			words = append(words, "never")
		}
	}
	return words
}

// slowDown has functions outside take time, if nothing in s counts what lets them in:
// steps, and turns of those who are not in the script.
func slowDown(r *rand.Rand, s *script) {
	counts := []string{"watch", "steps", "runcount", "ready"}
	for _, p := range s.tasklets {
		if slices.ContainsFunc(p.ops, func(o op) bool { return slices.Contains(counts, o.verb) }) {
			return
		}
	}
	for _, p := range s.tasklets {
		for i, o := range p.ops {
			if o.verb == "await" {
				p.ops[i].args[0] = fmt.Sprint(r.IntN(4))
			}
		}
	}
}
