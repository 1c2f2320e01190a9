package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Errors of a process that was measured.
var (
	errTooLong = errors.New("did not end in time")
	errUnfair  = errors.New("can't do that fairly")
)

// command is a process to be.
type command struct {
	words []string
	dir   string
	env   []string // beside what is ours
	limit time.Duration
}

// ending is how long a process may take to end by itself when asked to.
const ending = 2 * time.Second

// outcome is what came of a process.
type outcome struct {
	output []byte
	took   time.Duration
	peak   int64 // resident, at the most; 0 where the system doesn't tell
}

// run runs the process and all its descendants to their end. If the context is
// cancelled or the limit reached, none of them is left when it returns.
func (c command) run(ctx context.Context) (outcome, error) {
	if err := ctx.Err(); err != nil {
		return outcome{}, err
	}
	limited, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	cmd := exec.CommandContext(limited, c.words[0], c.words[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append(plainEnvironment(), c.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &tail{buffer: &stderr}
	separate(cmd)
	var killing *time.Timer
	cmd.Cancel = func() error {
		// Asked first: memcmp ends the processes that it has started itself.
		killing = time.AfterFunc(ending, func() { kill(cmd) })
		return terminate(cmd)
	}
	cmd.WaitDelay = 2 * ending
	start := time.Now()
	err := cmd.Start()
	if err != nil {
		return outcome{}, err
	}
	watch := watchPeak(cmd.Process.Pid)
	err = cmd.Wait()
	took := time.Since(start)
	if killing != nil {
		killing.Stop()
		kill(cmd) // what of its group has outlived it
	}
	result := outcome{output: stdout.Bytes(), took: took, peak: watch.end(peakOf(cmd.ProcessState))}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return result, ctx.Err()
	case limited.Err() != nil:
		return result, fmt.Errorf("%w, %v", errTooLong, c.limit)
	case errors.As(err, &exit):
		return result, fmt.Errorf("%s: %w: %s", c.words[0], err, lastLine(stderr.Bytes(), stdout.Bytes()))
	}
	return result, err
}

// plainEnvironment is ours without what would change how Go's programs run.
func plainEnvironment() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains([]string{"GOGC", "GODEBUG", "GOMAXPROCS", "GOMEMLIMIT", "BENCH_SECONDS"}, name)
	})
}

// lastLine is the last line that says something, of the first text that has one.
func lastLine(texts ...[]byte) string {
	for _, text := range texts {
		text = bytes.TrimSpace(text)
		if len(text) > 0 {
			return string(bytes.TrimSpace(text[bytes.LastIndexByte(text, '\n')+1:]))
		}
	}
	return "it said nothing"
}

// tail keeps the last of what is written.
type tail struct{ buffer *bytes.Buffer }

const keptOutput = 16 << 10

func (t *tail) Write(text []byte) (int, error) {
	t.buffer.Write(text)
	if extra := t.buffer.Len() - keptOutput; extra > 0 {
		t.buffer.Next(extra)
	}
	return len(text), nil
}
