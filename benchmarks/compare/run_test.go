package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/internal/progressbar"
)

// fakeVariable, when set, makes this test's binary a Go test binary with benchmarks that
// have made-up times, and some that go wrong. It is the file in which each call is noted.
const fakeVariable = "COMPARE_FAKE"

func TestMain(m *testing.M) {
	if os.Getenv(fakeVariable) != "" {
		os.Exit(fakeBenchmarks(os.Args[1:]))
	}
	os.Exit(m.Run())
}

var fakePattern = regexp.MustCompile(`^-test\.bench=\^Benchmark(\w+)\$/\^n=(\d+)\$(/?)/\^on=(\w+)\$$`)

func fakeBenchmarks(args []string) int {
	var wanted []string
	for _, arg := range args {
		if found := fakePattern.FindStringSubmatch(arg); found != nil {
			wanted = found[1:]
		}
	}
	if wanted == nil {
		fmt.Fprintln(os.Stderr, "not called as a test binary is")
		return 3
	}
	name, n, on := wanted[0], wanted[1], wanted[3]
	if err := note(os.Getenv(fakeVariable), name+"/n="+n+"/on="+on); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	switch name + on {
	case "Sieve" + functions:
		fmt.Fprintln(os.Stderr, "panic: out of primes")
		return 1
	case "Skynet" + tasklets, "Skynet" + pool, "Skynet" + goroutines:
		time.Sleep(5 * glimpse) // to be seen
	case "Ring" + functions:
		time.Sleep(time.Hour)
	case "Chameneos" + functions:
		name = "Yield"
	case "FanIn" + functions:
		fmt.Println("PASS")
		return 0
	}
	fmt.Println("goos: linux")
	if wanted[2] != "" {
		for _, part := range []string{"write", "read"} {
			fmt.Printf("Benchmark%s/n=%s/do=%s/on=%s\t10\t12.5 ns/op\t3 B/unit\n", name, n, part, on)
		}
	} else {
		fmt.Printf("Benchmark%s/n=%s/on=%s\t10\t12.5 ns/op\t0 allocs/op\n", name, n, on)
	}
	fmt.Println("PASS")
	return 0
}

// note adds a line to a file.
func note(path, line string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, line)
	return errors.Join(err, file.Close())
}

// called is how often a cell's process was started.
func called(t *testing.T, cell string) int {
	t.Helper()
	calls, err := os.ReadFile(os.Getenv(fakeVariable))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count("\n"+string(calls), "\n"+cell+"\n")
}

// fakeRunner runs workloads on this binary.
func fakeRunner(t *testing.T, only string, systems ...string) *runner {
	t.Helper()
	dir := t.TempDir()
	t.Setenv(fakeVariable, filepath.Join(dir, "calls"))
	if err := os.Mkdir(filepath.Join(dir, "benchmarks"), 0o777); err != nil {
		t.Fatal(err)
	}
	o := defaults()
	o.only, o.rounds = only, 2
	chosen, err := chooseSystems(systems)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlan(o, chosen)
	if err != nil {
		t.Fatal(err)
	}
	p.cells = slices.DeleteFunc(p.cells, func(c cell) bool { return c.n > 1000 && c.workload.name != "Ring" && c.workload.name != "Skynet" })
	p.cells = slices.DeleteFunc(p.cells, func(c cell) bool { return c.growth && c.workload.name != "Yield" })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &runner{plan: p, limit: time.Minute, shop: &workshop{root: dir, goTests: self}, bar: new(progressbar.Bar),
		out: newRecord(p, machine{}, "")}
}

// TestRun: every cell has a value for each round, growth for the first only; what goes
// wrong with one is said with it and does not hold up the others.
func TestRun(t *testing.T) {
	r := fakeRunner(t, "yield|fanin|chameneos|sieve|pickle|skynet", tasklets, functions, gob)
	if err := r.measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range r.out.Figures {
		f := &r.out.Figures[i]
		want := 2
		if f.Workload == "Yield" && (f.N == 100 || f.N == 10_000) {
			want = 1
		}
		if f.Absent != "" {
			want = 0
		}
		if got := len(f.Values[nsPerOp]); got != want || len(f.Took) != want {
			t.Errorf("%s: %d rounds, want %d (%s)", f.key(), got, want, f.Absent)
		}
		if hasPeak := len(f.Values[residentPeak]) > 0; hasPeak != (f.Workload == "Skynet" && want > 0) {
			t.Errorf("%s: peak %v", f.key(), f.Values[residentPeak])
		}
	}
	for k, says := range map[key]string{
		at("Sieve", 500, "", functions):       "panic: out of primes",
		at("Chameneos", 10, "", functions):    "measured Yield/n=10/on=functions, asked for Chameneos",
		at("FanIn", 1000, "", functions):      "there is no such benchmark",
		at("Yield", 1_000_000, "", functions): "each function has a coroutine",
	} {
		f := r.out.figure(k)
		if f == nil || !strings.Contains(f.Absent, says) {
			t.Errorf("%s: %+v; want %q", k, f, says)
		}
	}
	for cell, want := range map[string]int{"Sieve/n=500/on=functions": 1, "Sieve/n=500/on=tasklets": 2, "Yield/n=100/on=tasklets": 1, "Pickle/n=1/on=gob": 2} {
		if got := called(t, cell); got != want {
			t.Errorf("%s was run %d times, want %d", cell, got, want)
		}
	}
	if got := r.out.values(at("Pickle", 1, "read", gob), bytesPerUnit); !slices.Equal(got, []float64{3, 3}) {
		t.Error(got)
	}
	if r.out.figure(at("Yield", 10, "", tasklets)) != &r.out.Figures[0] {
		t.Errorf("figures begin with %s", r.out.Figures[0].key())
	}
}

func TestRunInterrupted(t *testing.T) {
	r := fakeRunner(t, "ring", functions)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	if err := r.measure(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestRunLimited: a cell that takes too long is given up, once.
func TestRunLimited(t *testing.T) {
	r := fakeRunner(t, "ring", functions)
	r.limit = 200 * time.Millisecond
	if err := os.WriteFile(os.Getenv(fakeVariable), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := r.measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f := r.out.figure(at("Ring", 10_000, "", functions)); f == nil || !strings.HasPrefix(f.Absent, errTooLong.Error()) || f.Values != nil {
		t.Errorf("%+v", f)
	}
	if len(r.failed) != 1 || !strings.HasPrefix(r.failed[0], "Ring/n=10000/on=functions: "+errTooLong.Error()) || r.out.hasValues() {
		t.Errorf("%q", r.failed)
	}
	if n := called(t, "Ring/n=10000/on=functions"); n > 1 { // none, if it was given up before it had begun
		t.Errorf("it was begun %d times", n)
	}
}

// TestCores: one core for all but Skynet.
func TestCores(t *testing.T) {
	r := fakeRunner(t, "pingpong|skynet", tasklets, pool)
	for _, c := range r.plan.cells {
		if one := slices.Contains(r.command(c).words, "-test.cpu=1"); one == c.workload.allCores {
			t.Errorf("%s: %v", c.name(), r.command(c).words)
		}
	}
}

func TestParseMemcmp(t *testing.T) {
	for _, test := range []struct {
		json, says string
		values     map[string]float64
	}{
		{`{"results": [{"created": 5, "rss_bytes": 1}, {"created": 100000, "rss_bytes": 21000000, "kernel_bytes": 300000, "rss_empty_bytes": 12000000,
			"kernel_empty_bytes": 200000, "create_ns": 195, "ended_ns": null, "error": null}]}`, "",
			map[string]float64{resident: 21_000_000, bytesPerUnit: 91, createNS: 195}},
		{`{"results": [{"created": 1000, "rss_bytes": 12100000, "rss_empty_bytes": 12000000}]}`, "",
			map[string]float64{resident: 12_100_000}}, // the rest is noise
		{`{"results": [{"created": 10, "rss_bytes": 1, "error": "out of memory"}]}`, "out of memory", nil},
		{`{"results": [{"created": null, "rss_bytes": null, "error": null}]}`, "could not read", nil},
		{`{"results": []}`, "no result", nil},
		{`memcmp: no`, "memcmp's JSON", nil},
	} {
		values, err := parseMemcmp([]byte(test.json))
		if test.says != "" {
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v; want %q", err, test.says)
			}
			continue
		}
		if err != nil || len(values) != len(test.values) {
			t.Errorf("%v, %v; want %v", values, err, test.values)
		}
		for unit, want := range test.values {
			if values[unit] != want {
				t.Errorf("%s is %v, want %v", unit, values[unit], want)
			}
		}
	}
}

func TestQuoteWords(t *testing.T) {
	if got := quoteWords([]string{"erl", "it's", "{n}"}); got != `'erl' 'it'\''s' '{n}'` {
		t.Error(got)
	}
}
