package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestShippedPrograms measures the programs in testdata/units, as far as what
// they need is installed.
func TestShippedPrograms(t *testing.T) {
	units := filepath.Join("..", "..", "testdata", "units")
	for _, test := range []struct {
		name    string
		needs   []string // a command that succeeds where the program can run
		command string
		times   []string // what it measures itself
	}{
		{"threads.py", []string{"python3", "--version"}, "python3 threads.py {n}", []string{"create_ns"}},
		{"greenlets.py", []string{"python3", "-c", "import greenlet"}, "python3 greenlets.py {n}", []string{"create_ns", "switch_ns"}},
		{"stackless.py", []string{"python3", "-c", "import stackless"}, "python3 stackless.py {n}", []string{"create_ns", "switch_ns"}},
		{"coroutines.lua", []string{"lua5.4", "-v"}, "lua5.4 coroutines.lua {n}", []string{"create_ns", "switch_ns"}},
		{"processes.erl", []string{"escript", filepath.Join(units, "processes.erl"), "0"}, "escript processes.erl {n}", []string{"create_ns", "switch_ns"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := exec.Command(test.needs[0], test.needs[1:]...).Run(); err != nil {
				t.Skipf("%q: %v", test.needs, err)
			}
			t.Chdir(units)
			d, stderr := measureJSON(t, "--kinds", "tasklet", "--counts", "40", "--exec", test.name+"="+test.command)
			r := d.Results[1]
			if r["kind"] != test.name || r["error"] != nil || r["created"] != 40.0 || r["rss_bytes"] == nil || stderr != "" {
				t.Fatalf("%v, stderr %q", r, stderr)
			}
			for _, key := range test.times {
				if r[key] == nil {
					t.Errorf("%s is not known", key)
				}
			}
		})
	}
}
