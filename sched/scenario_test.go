package sched_test

import (
	"bytes"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/sched"
)

var rewrite = flag.Bool("rewrite", false, "write what the scenarios log into testdata")

const scenarios = "../testdata/scenarios/*.txt"

// TestScenarios runs each transcript in testdata/scenarios as frames and as
// plain functions, and against the model where that knows all the operations.
// Both are to log what stands under the script.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob(scenarios)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios in %s: %v", scenarios, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			for i, part := range strings.Split(string(text), "\n----\n") {
				if i > 0 {
					_, rest, _ := strings.Cut(part, "\n")
					part = rest
				}
				if strings.TrimSpace(part) == "" {
					break
				}
				out.WriteString(part)
				log := testScenario(t, part)
				out.WriteString("\n----\n" + log + "\n")
			}
			if *rewrite {
				if err := os.WriteFile(file, out.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if got, want := out.String(), string(text); got != want {
				t.Errorf("transcript differs; with -rewrite it is written anew\n--- got\n%s--- want\n%s", got, want)
			}
		})
	}
}

// testScenario runs one script in every form and returns its log as frames.
func testScenario(t *testing.T, text string) string {
	t.Helper()
	s, err := parseScript(text)
	if err != nil {
		t.Fatal(err)
	}
	frames, err := runScript(s, false)
	if err != nil {
		t.Errorf("as frames: %v\n%s", err, text)
	}
	log := strings.Join(frames, " ")
	functions, err := runScript(s, true)
	if err != nil {
		t.Errorf("as functions: %v\n%s", err, text)
	}
	if got := strings.Join(functions, " "); got != log {
		t.Errorf("as functions, %s\nlogs  %s\nand as frames %s", text, got, log)
	}
	observed, err := runWorld(s, false, sched.WithTrace(slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	if err != nil {
		t.Errorf("observed: %v\n%s", err, text)
	}
	if got := strings.Join(observed.log, " "); got != log {
		t.Errorf("observed, %s\nlogs  %s\nand otherwise %s", text, got, log)
	}
	if model, ok := runModel(s); ok {
		if got := strings.Join(model, " "); got != log {
			t.Errorf("the model of %s\nlogs  %s\nand the scheduler %s", text, got, log)
		}
	}
	return log
}
