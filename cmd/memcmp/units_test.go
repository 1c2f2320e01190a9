package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/benchmarks/peers"
)

// TestShippedPrograms measures the programs in benchmarks/peers, as far as what
// they need is installed.
func TestShippedPrograms(t *testing.T) {
	sources := filepath.Join("..", "..", "benchmarks", "peers")
	for _, p := range peers.All() {
		t.Run(p.Name, func(t *testing.T) {
			bin := t.TempDir()
			if p.Name == "tokio" {
				if testing.Short() {
					t.Skip("building tokio takes a while")
				}
				bin = filepath.Join("..", "..", "bin") // where the next run finds it
			}
			program, err := p.Build(t.Context(), sources, bin)
			if errors.Is(err, peers.ErrMissing) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			words := program.Units("yield", 0)
			words[len(words)-1] = placeholder
			testShipped(t, p.Name, words, "create_ns", "switch_ns")
		})
	}
	t.Run("threads", func(t *testing.T) {
		if err := exec.Command("python3", "--version").Run(); err != nil {
			t.Skip("python3:", err)
		}
		testShipped(t, "threads", []string{"python3", filepath.Join(sources, "threads", "threads.py"), placeholder}, "create_ns")
	})
}

// testShipped measures a program that measures some times itself.
func testShipped(t *testing.T, name string, words []string, times ...string) {
	d, stderr := measureJSON(t, "--kinds", "tasklet", "--counts", "40", "--exec", name+"="+strings.Join(words, " "))
	r := d.Results[1]
	if r["kind"] != name || r["error"] != nil || r["created"] != 40.0 || r["rss_bytes"] == nil || stderr != "" {
		t.Fatalf("%v, stderr %q", r, stderr)
	}
	for _, key := range times {
		if r[key] == nil {
			t.Errorf("%s is not known", key)
		}
	}
}
