// Package progressbar shows on a terminal how far a long measurement is; anywhere else it
// is silent. It is for this module's commands.
package progressbar

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// A Bar is one line that is drawn over and over. The zero Bar is silent. Only the
// goroutine that made it uses it.
type Bar struct {
	writer  progress.Writer // nil where there is no terminal
	tracker *progress.Tracker
	output  io.Writer
	ended   chan struct{}
}

// New begins a bar of so many steps, with what look says beside it, such as the time that
// is left. What is measured stands in a column of so many characters; 0 is for one that
// does not change.
func New(w io.Writer, steps int64, column int, look progress.StyleVisibility) *Bar {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || os.Getenv("TERM") == "dumb" {
		return &Bar{}
	}
	look.Tracker = true
	writer := progress.NewWriter()
	writer.SetOutputWriter(w)
	writer.SetUpdateFrequency(100 * time.Millisecond)
	writer.SetTrackerLength(24)
	writer.SetMessageLength(column)
	writer.SetStyle(progress.StyleBlocks)
	writer.SetTrackerPosition(progress.PositionRight)
	writer.Style().Visibility = look
	writer.Style().Options.TimeInProgressPrecision = time.Second
	writer.Style().Options.ETAPrecision = time.Second
	tracker := &progress.Tracker{Message: "measuring", Total: max(1, steps)}
	writer.AppendTracker(tracker)
	b := &Bar{writer: writer, tracker: tracker, output: w, ended: make(chan struct{})}
	go func() {
		defer close(b.ended)
		writer.Render()
	}()
	return b
}

// Say names what is measured now.
func (b *Bar) Say(what string) {
	if b.writer != nil {
		b.tracker.UpdateMessage(what)
	}
}

// Step says that n more steps are done.
func (b *Bar) Step(n int64) {
	if b.writer != nil {
		b.tracker.Increment(n)
	}
}

// End takes the bar away.
func (b *Bar) End() {
	if b.writer == nil {
		return
	}
	b.tracker.MarkAsDone()
	b.writer.Stop()
	<-b.ended
	fmt.Fprint(b.output, text.CursorUp.Sprint()+text.EraseLine.Sprint())
}
