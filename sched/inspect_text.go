package sched

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stackless-go/stackless/tasklet"
)

// lineWidth is how wide a frame on one line may become.
const lineWidth = 100

// String writes the snapshot for people: how many tasklets there are of each
// status, and then each, with a line for each frame, from the top.
func (s Snapshot) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, step %d", s.At.Format(time.RFC3339Nano), s.Step)
	if !s.Observed {
		b.WriteString(", not observed: since when is not known")
	}
	if s.Adopted {
		b.WriteString(", of the scheduler that has adopted this one")
	}
	b.WriteString("\n\n" + plural(len(s.Tasklets), "tasklet"))
	sep := ": "
	for _, status := range []tasklet.Status{tasklet.Running, tasklet.Ready, tasklet.Sleeping, tasklet.Parked, tasklet.Blocked} {
		count := 0
		for i := range s.Tasklets {
			if s.Tasklets[i].Status == status.String() {
				count++
			}
		}
		if count > 0 {
			fmt.Fprintf(&b, "%s%d %v", sep, count, status)
			sep = ", "
		}
	}
	b.WriteString("\n")
	for i := range s.Tasklets {
		s.Tasklets[i].write(&b, s.At)
	}
	return b.String()
}

// String writes what the tasklet is doing, with a line for each frame, from the
// top.
func (t State) String() string {
	var b strings.Builder
	t.write(&b, time.Time{})
	return b.String()
}

// write writes the tasklet as it is now; the zero time is not known.
func (t *State) write(b *strings.Builder, now time.Time) {
	fmt.Fprintf(b, "  #%d", t.ID)
	if t.Name != "" {
		b.WriteString(" " + strconv.Quote(t.Name))
	}
	b.WriteString("  " + strings.Join(t.condition(now), ", ") + "\n")
	if t.Error != "" {
		fmt.Fprintf(b, "      error: %s\n", printable(t.Error))
	}
	if t.Value != nil {
		fmt.Fprintf(b, "      value: %s\n", t.Value)
	}
	if len(t.Joiners) > 0 {
		var by []string
		for _, id := range t.Joiners {
			by = append(by, fmt.Sprintf("#%d", id))
		}
		fmt.Fprintf(b, "      joined by: [%s]\n", strings.Join(by, ", "))
	}
	for i := range t.Frames {
		t.Frames[i].write(b)
	}
	if t.Deeper > 0 {
		fmt.Fprintf(b, "      … %s deeper\n", plural(t.Deeper, "frame"))
	}
}

// condition says how a tasklet is and what it does.
func (t *State) condition(now time.Time) []string {
	says := []string{t.Status}
	switch {
	case t.Wakes != nil:
		says[0] += " until " + t.Wakes.Format(time.RFC3339Nano)
	case t.Op == "" || t.Op == tasklet.OpPark.String() && !t.Complete:
	case t.On != "":
		says = append(says, t.Op+" on "+printable(t.On))
	case t.Complete:
		says = append(says, t.Op+" is complete")
	default:
		says = append(says, t.Op)
	}
	if t.Deadline != nil {
		says = append(says, "deadline "+t.Deadline.Format(time.RFC3339Nano))
	}
	if t.Error != "" {
		says = append(says, "an error is on its way")
	}
	if t.BlockTrap {
		says = append(says, "may not block")
	}
	if t.Atomic {
		says = append(says, "atomic")
	}
	if t.Since != nil {
		since := fmt.Sprintf("since step %d", t.Since.Step)
		if !now.IsZero() {
			since += fmt.Sprintf(" (%v ago)", now.Sub(t.Since.At))
		}
		says = append(says, since)
	}
	return says
}

// write writes a frame: on one line if there is room, else a line for each field.
func (f *Frame) write(b *strings.Builder) {
	title := "      " + printable(f.Type)
	width := len(title)
	var all []string
	for i := range f.Fields {
		text := f.Fields[i].String()
		if name := f.Fields[i].Name; name != "" {
			text = name + ": " + text
		}
		all = append(all, text)
		width += len(text) + 2
	}
	b.WriteString(title)
	if width <= lineWidth {
		if len(all) > 0 {
			b.WriteString("  " + strings.Join(all, ", "))
		}
		b.WriteString("\n")
		return
	}
	for _, field := range all {
		b.WriteString("\n          " + field)
	}
	b.WriteString("\n")
}

// printable returns s without what a terminal could take for a command.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
}

func plural(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}
