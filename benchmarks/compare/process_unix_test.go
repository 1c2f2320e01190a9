//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestProcessLeavesNothing: a process that is given up, or interrupted, is gone with
// its descendants, though they ignore being asked.
func TestProcessLeavesNothing(t *testing.T) {
	for _, test := range []struct {
		name  string
		limit time.Duration
		stop  time.Duration
		want  error
	}{
		{"limit", 300 * time.Millisecond, 0, errTooLong},
		{"interrupted", time.Minute, 300 * time.Millisecond, context.Canceled},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			pids := filepath.Join(t.TempDir(), "pids")
			script := `trap '' TERM; echo $$ > "$0"; sh -c 'trap "" TERM; echo $$ >> "$0"; while :; do sleep 1; done' "$0" & while :; do sleep 1; done`
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if test.stop > 0 {
				time.AfterFunc(test.stop, cancel)
			}
			start := time.Now()
			_, err := command{words: []string{"sh", "-c", script, pids}, limit: test.limit}.run(ctx)
			if !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
			if took := time.Since(start); took > 15*time.Second {
				t.Errorf("took %v", took)
			}
			written, err := os.ReadFile(pids)
			if err != nil || len(strings.Fields(string(written))) != 2 {
				t.Fatalf("%q %v", written, err)
			}
			for _, word := range strings.Fields(string(written)) {
				pid, err := strconv.Atoi(word)
				if err != nil {
					t.Fatal(err)
				}
				if lives(pid) {
					t.Errorf("%d lives on", pid)
				}
			}
		})
	}
}

// lives says whether a process does, a moment being given for it to be reaped.
func lives(pid int) bool {
	for range 100 {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return false
		}
		// One that has ended and that nobody has waited for yet has no command line.
		if line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline")); err == nil && len(line) == 0 {
			return false
		}
		time.Sleep(10 * time.Millisecond)
	}
	return true
}

func TestProcess(t *testing.T) {
	t.Setenv("GOGC", "7")
	t.Setenv("BENCH_SECONDS", "9")
	shell := func(script string, env ...string) (outcome, error) {
		return command{words: []string{"sh", "-c", script}, env: env, limit: time.Minute}.run(t.Context())
	}
	result, err := shell(`echo "$GOGC/$BENCH_SECONDS"; echo noise >&2; sleep 0.05`, "BENCH_SECONDS=0.1")
	if err != nil || string(result.output) != "/0.1\n" || result.took <= 0 || result.peak < 1<<19 {
		t.Errorf("%q, %v, %d B: %v", result.output, result.took, result.peak, err)
	}
	_, err = shell("echo first >&2; echo 'no such workload' >&2; exit 3")
	if err == nil || !strings.HasSuffix(err.Error(), "exit status 3: no such workload") {
		t.Error(err)
	}
	_, err = shell("echo 'can not juggle' >&2; exit 2")
	if err = unfair(err); !errors.Is(err, errUnfair) || !strings.HasSuffix(err.Error(), ": can not juggle") {
		t.Error(err)
	}
	if _, err := (command{words: []string{"no-such-program"}, limit: time.Minute}).run(t.Context()); err == nil {
		t.Error("what isn't there was run")
	}
	var kept bytes.Buffer
	w := &tail{&kept}
	for range 5 {
		_, _ = w.Write(bytes.Repeat([]byte("x"), keptOutput))
	}
	_, _ = w.Write([]byte("end"))
	if kept.Len() != keptOutput || !strings.HasSuffix(kept.String(), "end") {
		t.Errorf("%d bytes kept", kept.Len())
	}
}
