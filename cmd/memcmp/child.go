package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// How long a process may take to end once its input has, and how long when the
// user waits for the prompt.
const (
	grace            = 5 * time.Second
	graceInterrupted = time.Second
)

// child is a process that is being measured.
type child struct {
	cmd     *exec.Cmd
	own     bool // this command again, not a program of --exec
	stdin   io.Closer
	stderr  *firstAndLast
	ready   chan readyLine // gets the ready line, if there is one
	ended   chan readyLine // gets the line that says that all have ended their sleep
	silent  chan struct{}  // closed when the output has ended
	created string         // how far it said it got before; valid once silent is closed
}

// Why a process is not measured.
var (
	errEarlyEnd = errors.New("ended before it was ready")
	errNotReady = errors.New("not ready in time")
)

func startChild(words []string, own bool) (*child, error) {
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = append(os.Environ(), goSettings()...)
	// Descendants that keep the error output open don't keep us.
	cmd.WaitDelay = time.Second
	separate(cmd)
	c := &child{cmd: cmd, own: own, stderr: &firstAndLast{}, ready: make(chan readyLine, 1), ended: make(chan readyLine, 1), silent: make(chan struct{})}
	cmd.Stderr = c.stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.stdin = stdin
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go c.listen(stdout)
	return c, nil
}

// goSettings are for processes that run Go. One that dies of too many threads
// shall not list them all; and the garbage collector, which each runs before it
// is ready, shall stop everything: otherwise it works alongside the units, and a
// hundred thousand that are always ready to run keep it from its work for a minute.
func goSettings() []string {
	debug := "gcstoptheworld=2"
	if given := os.Getenv("GODEBUG"); given != "" {
		debug = given + "," + debug
	}
	return []string{"GOTRACEBACK=none", "GODEBUG=" + debug}
}

// listen waits for the ready line, and for that of units that have slept. Other
// output is passed over, to the end, so that the process never waits for us to read
// it.
func (c *child) listen(stdout io.Reader) {
	defer close(c.silent)
	lines := bufio.NewReader(stdout)
	for inside := false; ; { // inside a line too long to be the ready line
		text, err := lines.ReadSlice('\n')
		words := strings.ReplaceAll(strings.TrimSpace(string(text)), "\t", " ")
		if word, rest, _ := strings.Cut(words, " "); inside {
			// whatever it says
		} else if word == "ready" {
			c.ready <- parseReady(rest)
			if !c.own {
				break
			}
		} else if word == endedWord && c.own {
			c.ended <- parseReady(rest)
			break
		} else if word == createdWord && c.own {
			c.created = rest
		}
		inside = errors.Is(err, bufio.ErrBufferFull)
		if err != nil && !inside {
			return
		}
	}
	_, _ = io.Copy(io.Discard, lines)
}

// parseReady reads what follows the word ready. What isn't JSON tells us nothing.
func parseReady(rest string) readyLine {
	var line readyLine
	if err := json.Unmarshal([]byte(rest), &line); err != nil {
		return readyLine{}
	}
	if line.Error != nil && *line.Error == "" {
		line.Error = nil
	}
	return line
}

func (c *child) waitReady(ctx context.Context, timeout time.Duration) (readyLine, error) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case line := <-c.ready:
		return line, nil
	case <-c.silent:
		// Both may be so, when it said ready and ended at once.
		select {
		case line := <-c.ready:
			return line, nil
		default:
			return readyLine{}, errEarlyEnd
		}
	case <-timer.C:
		return readyLine{}, fmt.Errorf("%w, which is %v (--timeout)", errNotReady, timeout)
	case <-ctx.Done():
		return readyLine{}, ctx.Err()
	}
}

// waitEnded waits for the line that says that all units have ended their sleep.
func (c *child) waitEnded(ctx context.Context, timeout time.Duration) (readyLine, error) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case line := <-c.ended:
		return line, nil
	case <-c.silent:
		select {
		case line := <-c.ended:
			return line, nil
		default:
			return readyLine{}, errEarlyEnd
		}
	case <-timer.C:
		return readyLine{}, fmt.Errorf("not all had ended their sleep after %v (--sleep and --timeout)", timeout)
	case <-ctx.Done():
		return readyLine{}, ctx.Err()
	}
}

// end closes the process's input and waits for it to end; if it doesn't in time,
// it is killed.
func (c *child) end(ctx context.Context) error {
	_ = c.stdin.Close() // it may have closed its side already
	patience := grace
	if ctx.Err() != nil {
		patience = graceInterrupted
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-c.silent:
		// Its output is closed, as a rule because it has ended. If it lives on,
		// the same patience applies.
		stop := time.AfterFunc(patience, func() { kill(c.cmd) })
		defer stop.Stop()
	case <-timer.C:
		kill(c.cmd)
		<-c.silent
	}
	return c.cmd.Wait()
}

// abandon ends a process that never was ready. The reason it returns is complete
// with how far the process got and what it said on its error output.
func (c *child) abandon(ctx context.Context, reason error, count int) error {
	early := errors.Is(reason, errEarlyEnd)
	if !early {
		kill(c.cmd)
	}
	status := c.end(ctx)
	if !early {
		return reason
	}
	said := c.stderr.lastLine()
	if c.own {
		said = c.stderr.firstLine() // Go's runtime says first what happened
	}
	switch {
	case said == "" && status != nil:
		said = status.Error()
	case said == "":
		return reason
	}
	if c.created != "" {
		return fmt.Errorf("created %s of %d or a few more: %s", c.created, count, said)
	}
	return fmt.Errorf("%w: %s", reason, said)
}

// firstAndLast keeps the beginning and the end of what is written to it.
type firstAndLast struct {
	mu          sync.Mutex
	first, last []byte
}

const keptOutput = 4 << 10

func (w *firstAndLast) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if room := keptOutput - len(w.first); room > 0 {
		w.first = append(w.first, text[:min(room, len(text))]...)
	}
	w.last = append(w.last, text...)
	if extra := len(w.last) - keptOutput; extra > 0 {
		w.last = append(w.last[:0], w.last[extra:]...)
	}
	return len(text), nil
}

// firstLine and lastLine are the first and the last line that say something.
func (w *firstAndLast) firstLine() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	line, _, _ := bytes.Cut(bytes.TrimSpace(w.first), []byte("\n"))
	return string(bytes.TrimSpace(line))
}

func (w *firstAndLast) lastLine() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := bytes.TrimSpace(w.last)
	return string(bytes.TrimSpace(text[bytes.LastIndexByte(text, '\n')+1:]))
}
