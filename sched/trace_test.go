package sched_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/sched"
)

// frameNames matches what differs between a script's frames and its functions.
var frameNames = regexp.MustCompile(` frame[= ]\S+`)

// traceScript runs s, traced, and returns the trace.
func traceScript(t *testing.T, s *script, functions bool, handler func(*bytes.Buffer) slog.Handler) string {
	t.Helper()
	var out bytes.Buffer
	w, err := runWorld(s, functions, sched.WithTrace(slog.New(handler(&out))))
	if err != nil {
		t.Errorf("%v, after %v", err, w.log)
	}
	return out.String()
}

func asText(out *bytes.Buffer) slog.Handler {
	return slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug})
}

// TestTraces runs the scripts of testdata/traces: the trace is to be what stands
// under each, every time, as frames and, but for the frames' names, as functions.
func TestTraces(t *testing.T) {
	files, err := filepath.Glob("../testdata/traces/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no traces: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			program, want, _ := strings.Cut(string(text), "\n----\n")
			s, err := parseScript(program)
			if err != nil {
				t.Fatal(err)
			}
			got := traceScript(t, s, false, asText)
			for range 3 {
				if again := traceScript(t, s, false, asText); again != got {
					t.Fatalf("not the same twice:\n%s\n%s", got, again)
				}
			}
			functions := frameNames.ReplaceAllString(traceScript(t, s, true, asText), "")
			if frames := frameNames.ReplaceAllString(got, ""); functions != frames {
				t.Errorf("as functions\n%s\nas frames\n%s", functions, frames)
			}
			if *rewrite {
				if err := os.WriteFile(file, []byte(program+"\n----\n"+got), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if got != want {
				t.Errorf("trace differs; with -rewrite it is written anew\n--- got\n%s--- want\n%s", got, want)
			}
		})
	}
}
