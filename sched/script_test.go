package sched_test

import (
	"fmt"
	"strconv"
	"strings"
)

// A script is a small program for a few tasklets, as the transcripts in
// testdata/scenarios write it:
//
//	a, b: 2*(log $n$i; yield); log $n-end
//	main: run
//
// Each line is the program of the tasklets before its colon, which are made in
// the order of the lines, ready to run. In a loop of n rounds $i counts from 0;
// $n is the tasklet's name, $v what its last operation gave it, and $k the number of
// the case that its last select took. A name in parentheses says what else:
// (parked), (unbound), or (program) for one that is only to be spawned or bound. A line "channel c: preference 1" sets a channel
// up; otherwise channels need no line. "try" before an operation logs its error
// as E(kind) and goes on; "within 5" limits it to so many seconds.
type script struct {
	tasklets []*program // in order, main last
	channels []*program // their programs set them up
}

// A program is what one tasklet does: loops are unrolled.
type program struct {
	name string
	kind string // "", parked, unbound or program
	ops  []op
}

type op struct {
	verb string
	args []string
	try  bool

	within string // seconds, "" for no limit
}

func (o op) String() string {
	s := strings.Join(append([]string{o.verb}, o.args...), " ")
	if o.within != "" {
		s = "within " + o.within + " " + s
	}
	if o.try {
		return "try " + s
	}
	return s
}

func (p *program) String() string {
	var ops []string
	for _, o := range p.ops {
		ops = append(ops, o.String())
	}
	return p.name + ": " + strings.Join(ops, "; ")
}

func (s *script) String() string {
	var b strings.Builder
	for _, p := range append(s.channels, s.tasklets...) {
		fmt.Fprintln(&b, p)
	}
	return b.String()
}

// program returns the program of that name.
func (s *script) program(name string) *program {
	for _, p := range s.tasklets {
		if p.name == name {
			return p
		}
	}
	panic("script: no program " + name)
}

// parseScript reads the lines of a script.
func parseScript(text string) (*script, error) {
	s := new(script)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		head, body, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("no colon in %q", line)
		}
		for name := range strings.SplitSeq(head, ",") {
			p := &program{name: strings.TrimSpace(name)}
			if before, after, ok := strings.Cut(p.name, "("); ok {
				p.name, p.kind = before, strings.TrimSuffix(after, ")")
			}
			ops, err := parseOps(body, map[string]string{"$n": p.name})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
			p.ops = ops
			if c, ok := strings.CutPrefix(p.name, "channel "); ok {
				p.name = c
				s.channels = append(s.channels, p)
			} else {
				s.tasklets = append(s.tasklets, p)
			}
		}
	}
	return s, nil
}

// parseOps reads operations with semicolons between, unrolling loops.
func parseOps(text string, vars map[string]string) (ops []op, err error) {
	depth, start := 0, 0
	text += ";"
	for i, r := range text {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ';':
			if depth > 0 {
				continue
			}
			part := strings.TrimSpace(text[start:i])
			start = i + 1
			if part == "" {
				continue
			}
			if n, body, ok := strings.Cut(part, "*("); ok {
				if rounds, err := strconv.Atoi(n); err == nil {
					for round := range rounds {
						inner := map[string]string{"$n": vars["$n"], "$i": strconv.Itoa(round)}
						more, err := parseOps(strings.TrimSuffix(body, ")"), inner)
						if err != nil {
							return nil, err
						}
						ops = append(ops, more...)
					}
					continue
				}
			}
			words := strings.Fields(part)
			o := op{}
			if words[0] == "try" {
				o.try, words = true, words[1:]
			}
			if words[0] == "within" {
				o.within, words = words[1], words[2:]
			}
			for i, w := range words {
				for name, value := range vars {
					w = strings.ReplaceAll(w, name, value)
				}
				words[i] = w
			}
			o.verb, o.args = words[0], words[1:]
			if (o.verb == "yield" || o.verb == "park") && len(o.args) > 0 {
				ops = append(ops, op{verb: "setvalue", args: []string{vars["$n"], o.args[0]}})
				o.args = nil
			}
			ops = append(ops, o)
		}
	}
	if depth != 0 {
		return nil, fmt.Errorf("parentheses do not match in %q", text)
	}
	return ops, nil
}

// expand puts what a tasklet knows into s, which a script says.
func expand(s, value string, fired int) string {
	return strings.NewReplacer("$v", value, "$k", strconv.Itoa(fired)).Replace(s)
}
