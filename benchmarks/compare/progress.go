package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// progressBar shows on a terminal what is measured and how long it may yet take;
// anywhere else it is silent. Only the goroutine that made it uses it.
type progressBar struct {
	writer  progress.Writer // nil where there is no terminal
	tracker *progress.Tracker
	output  io.Writer
	ended   chan struct{}
}

// newProgress begins a bar of a length that is a time.
func newProgress(w io.Writer, total time.Duration) *progressBar {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || os.Getenv("TERM") == "dumb" {
		return &progressBar{}
	}
	writer := progress.NewWriter()
	writer.SetOutputWriter(w)
	writer.SetUpdateFrequency(100 * time.Millisecond)
	writer.SetTrackerLength(24)
	writer.SetMessageLength(48)
	writer.SetStyle(progress.StyleBlocks)
	writer.SetTrackerPosition(progress.PositionRight)
	writer.Style().Visibility = progress.StyleVisibility{Tracker: true, Time: true, ETA: true, Percentage: true}
	writer.Style().Options.TimeInProgressPrecision = time.Second
	writer.Style().Options.ETAPrecision = time.Second
	tracker := &progress.Tracker{Message: "measuring", Total: max(1, total.Milliseconds())}
	writer.AppendTracker(tracker)
	b := &progressBar{writer: writer, tracker: tracker, output: w, ended: make(chan struct{})}
	go func() {
		defer close(b.ended)
		writer.Render()
	}()
	return b
}

// begin names what is measured now.
func (b *progressBar) begin(cell string, round, rounds int) {
	if b.writer != nil {
		b.tracker.UpdateMessage(fmt.Sprintf("%d/%d %s", round+1, rounds, cell))
	}
}

// step says that what was to take so long is done.
func (b *progressBar) step(took time.Duration) {
	if b.writer != nil {
		b.tracker.Increment(took.Milliseconds())
	}
}

// end takes the bar away.
func (b *progressBar) end() {
	if b.writer == nil {
		return
	}
	b.tracker.MarkAsDone()
	b.writer.Stop()
	<-b.ended
	fmt.Fprint(b.output, text.CursorUp.Sprint()+text.EraseLine.Sprint())
}
