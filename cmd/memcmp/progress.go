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

// progressBar shows how far the measuring is, on a terminal; anywhere else it
// is silent. Only the goroutine that made it uses it.
type progressBar struct {
	writer  progress.Writer // nil where there is no terminal
	tracker *progress.Tracker
	output  io.Writer
	ended   chan struct{}
}

func newProgress(w io.Writer, total int) *progressBar {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || os.Getenv("TERM") == "dumb" {
		return &progressBar{}
	}
	writer := progress.NewWriter()
	writer.SetOutputWriter(w)
	writer.SetAutoStop(true) // when its one tracker is done
	writer.SetUpdateFrequency(100 * time.Millisecond)
	writer.SetTrackerLength(30)
	writer.SetStyle(progress.StyleBlocks)
	writer.SetTrackerPosition(progress.PositionRight)
	writer.Style().Visibility = progress.StyleVisibility{Tracker: true, Time: true, Value: true}
	writer.Style().Options.TimeInProgressPrecision = time.Second
	tracker := &progress.Tracker{Message: "measuring", Total: int64(total)}
	writer.AppendTracker(tracker)
	b := &progressBar{writer: writer, tracker: tracker, output: w, ended: make(chan struct{})}
	go func() {
		defer close(b.ended)
		writer.Render()
	}()
	return b
}

// step says that n more measurements are done.
func (b *progressBar) step(n int) {
	if b.writer != nil {
		b.tracker.Increment(int64(n))
	}
}

// end takes the bar away.
func (b *progressBar) end() {
	if b.writer == nil {
		return
	}
	b.tracker.MarkAsDone()
	<-b.ended
	fmt.Fprint(b.output, text.CursorUp.Sprint()+text.EraseLine.Sprint())
}
