package main

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

func TestParseLines(t *testing.T) {
	output := `goos: linux
pkg: github.com/stackless-go/stackless/benchmarks
BenchmarkYield/n=1000/on=tasklets 	 1042	 11.55 ns/op	 0 B/op	 0 allocs/op
some chatter
BenchmarkPickle/n=10/do=write/on=gob-2  5000  136.5 ns/op  11.35 B/unit
PASS
`
	lines, err := parseLines([]byte(output))
	if err != nil || len(lines) != 2 {
		t.Fatalf("%d lines: %v", len(lines), err)
	}
	if want := at("Yield", 1000, "", tasklets); lines[0].key != want || lines[0].iterations != 1042 || lines[0].values[nsPerOp] != 11.55 {
		t.Errorf("%+v", lines[0])
	}
	if want := at("Pickle", 10, "write", gob); lines[1].key != want || lines[1].values[bytesPerUnit] != 11.35 || lines[1].values[nsPerOp] != 136.5 {
		t.Errorf("%+v", lines[1])
	}
	if got := lines[1].key.String(); got != "Pickle/n=10/do=write/on=gob" {
		t.Error(got)
	}
}

func TestParseLinesRefuses(t *testing.T) {
	for _, test := range []struct{ line, says string }{
		{"BenchmarkUnheard/n=1/on=lua 1 2 ns/op", "there is no such workload"},
		{"BenchmarkYield/n=many/on=lua 1 2 ns/op", "n is no number"},
		{"BenchmarkYield/n=10 1 2 ns/op", "must be Yield/n=1000/on=SYSTEM"},
		{"BenchmarkYield/on=lua 1 2 ns/op", "must be Yield"},
		{"BenchmarkPickle/n=1/on=gob 1 2 ns/op", "must be Pickle/n=1000/do=write|read/on=SYSTEM"},
		{"BenchmarkPickle/n=1/do=burn/on=gob 1 2 ns/op", "/do=burn is not expected"},
		{"BenchmarkYield/n=10/mood=good/on=lua 1 2 ns/op", "/mood=good is not expected"},
		{"BenchmarkYield/n=10/on=lua 1 two ns/op", "parsing measurement"},
	} {
		lines, err := parseLines([]byte(test.line + "\n"))
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, %v; want %q", test.line, lines, err, test.says)
		}
	}
}

// TestLinesOfRecord: what is written for benchstat is read by what reads benchstat's
// input, round after round.
func TestLinesOfRecord(t *testing.T) {
	r := sample(t)
	var text bytes.Buffer
	if err := writeLines(&text, r); err != nil {
		t.Fatal(err)
	}
	read := newSampleLike(r)
	reader := benchfmt.NewReader(bytes.NewReader(text.Bytes()), "compare.txt")
	count := 0
	for reader.Scan() {
		result, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			t.Fatal(reader.Result())
		}
		count++
		for k, want := range map[string]string{"goos": "linux", "goarch": "amd64", "cpu": "AMD EPYC", "pkg": benchmarksPackage} {
			if got := result.GetConfig(k); got != want {
				t.Fatalf("%s: %s is %q", result.Name, k, got)
			}
		}
	}
	lines, err := parseLines(text.Bytes())
	if err != nil || len(lines) != count || count < 100 {
		t.Fatalf("%d lines, %d results: %v", len(lines), count, err)
	}
	for _, l := range lines {
		read.ensure(l.key).add(l.values, l.iterations, 0)
	}
	for i := range r.Figures {
		f := &r.Figures[i]
		for unit, values := range f.Values {
			got := read.values(f.key(), unit)
			if len(got) != len(values) {
				t.Fatalf("%s: %d rounds of %s, want %d", f.key(), len(got), unit, len(values))
			}
			for round := range values {
				// Lines have six digits.
				if got[round] < values[round]*0.9999 || got[round] > values[round]*1.0001 {
					t.Errorf("%s, %s: %v, want %v", f.key(), unit, got, values)
				}
			}
		}
	}
}

func newSampleLike(r *record) *record {
	return &record{Machine: r.Machine, Settings: r.Settings, Systems: r.Systems}
}
