package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files in testdata anew")

// TestMain lets the test binary be what the tests start: this command, the
// process it measures, or a program of --exec.
func TestMain(m *testing.M) {
	// What the race detector would add to the end of each of many processes.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "memcmp":
			os.Args = slices.Delete(os.Args, 1, 2)
			main()
		case "unit":
			main()
		case "fake":
			fakeProgram(os.Args[2], os.Args[3:])
		}
	}
	os.Exit(m.Run())
}

// fakeProgram does what a program of --exec might do.
func fakeProgram(how string, args []string) {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		panic(err)
	}
	memory := bytes.Repeat([]byte{1}, n<<10) // a unit takes 1 KiB
	untilInputEnds := func() {
		for buffer := make([]byte, 1); ; {
			if _, err := os.Stdin.Read(buffer); err != nil {
				fmt.Fprint(os.Stderr, memory[:0])
				os.Exit(0)
			}
		}
	}
	switch how {
	case "plain":
		fmt.Println("readying", strings.Repeat("x", 100_000), "ready")
		fmt.Println("ready")
	case "telling":
		fmt.Printf("ready {\"created\": %d, \"create_ns\": 1.5, \"switch_ns\": 2.5}\n", n)
	case "partly":
		fmt.Printf("ready {\"created\": %d, \"error\": \"no more than half\"}\n", n/2)
	case "never empty":
		if n == 0 {
			os.Exit(1)
		}
		fmt.Println("ready")
	case "dies":
		fmt.Fprintln(os.Stderr, "Traceback:\n  line 1\nOutOfUnits: none left")
		os.Exit(3)
	case "family":
		child := exec.Command(os.Args[0], "fake", "plain", args[0])
		child.Stdin, child.Stdout = os.Stdin, os.Stdout
		if err := child.Run(); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	case "hangs":
		// The connection tells the test that this process lives, and when it
		// doesn't any more.
		test, err := net.Dial("tcp", args[1])
		if err != nil {
			panic(err)
		}
		_, _ = test.Read(make([]byte, 1)) // nothing comes
		select {}
	}
	untilInputEnds()
}

// execute runs the command as a user would.
func execute(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errors bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &errors)
	return code, out.String(), errors.String()
}

// self is the command line of a fake program.
func self(t *testing.T, words ...string) string {
	t.Helper()
	file, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	quoted := []string{"'" + file + "'", "fake"}
	for _, word := range words {
		quoted = append(quoted, "'"+word+"'")
	}
	return strings.Join(quoted, " ")
}

func TestMistakes(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--counts", "0"}, 2, "--counts 0: must be 1 or more"},
		{[]string{"--counts", "2,-5"}, 2, "--counts -5: must be 1 or more"},
		{[]string{"--counts", "many"}, 2, `--counts "many": not a whole number`},
		{[]string{"--counts", ""}, 2, "--counts: none given"},
		{[]string{"--counts", "5000000000"}, 2, "at most 1,000,000,000"},
		{[]string{"--kinds", "fibre"}, 2, "--kinds fibre: unknown; any of thread, locked"},
		{[]string{"--kinds", ""}, 2, "--kinds: none given"},
		{[]string{"--states", "dead"}, 2, "--states dead: unknown; any of yield"},
		{[]string{"--format", "xml"}, 2, "--format xml: unknown; one of table"},
		{[]string{"--repeat", "0"}, 2, "--repeat 0: must be 1 or more"},
		{[]string{"--repeat", "x"}, 2, `--repeat "x": must be a whole number`},
		{[]string{"--max-threads", "0"}, 2, "--max-threads 0: must be 1 or more"},
		{[]string{"--sleep", "0s"}, 2, "--sleep 0s: must be more than 0"},
		{[]string{"--sleep", "long"}, 2, `--sleep "long": must be a time`},
		{[]string{"--timeout", "0s"}, 2, "--timeout 0s: must be more than 0"},
		{[]string{"--timeout", "soon"}, 2, `--timeout "soon": must be a time`},
		{[]string{"--plot", "memory.pdf"}, 2, "--plot memory.pdf: must end in .svg or .png"},
		{[]string{"--kinds", "tasklet", "--plot", filepath.Join(dir, "absent", "memory.svg")}, 1, "can't be written: no such file"},
		{[]string{"--exec", "lua"}, 2, "must be NAME=COMMAND {n}"},
		{[]string{"--exec", "=lua {n}"}, 2, "must be NAME=COMMAND {n}"},
		{[]string{"--exec", "lua=lua units.lua"}, 2, "must have {n}"},
		{[]string{"--exec", "lua=lua '{n}"}, 2, "can't be split into words"},
		{[]string{"--exec", "lua=lua {n} | tee log"}, 2, "no shell runs it"},
		{[]string{"--exec", "tasklet=lua {n}"}, 2, `the name "tasklet" is taken`},
		{[]string{"--exec", "a=lua {n}", "--exec", "a=luajit {n}"}, 2, `the name "a" is taken`},
		{[]string{"--no-such-flag"}, 2, "unknown flag: --no-such-flag"},
		{[]string{"tasklets"}, 2, `unexpected argument "tasklets"`},
		{[]string{"unit"}, 2, "unit: no"},
		{[]string{"unit", "more"}, 2, `unexpected argument "more"`},
	} {
		code, stdout, stderr := execute(t, test.args...)
		if code != test.code || stdout != "" || !strings.Contains(stderr, test.says) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("memcmp %s: code %d, stdout %q, stderr %q; want code %d and one line with %q",
				strings.Join(test.args, " "), code, stdout, stderr, test.code, test.says)
		}
	}
}

func TestHelp(t *testing.T) {
	code, stdout, stderr := execute(t, "--help")
	if code != 0 || stderr != "" {
		t.Fatalf("code %d, stderr %q", code, stderr)
	}
	for _, part := range []string{"Examples:", "--counts 1000000", "--baseline", "ready", "--states sleeping", "ended "} {
		if !strings.Contains(stdout, part) {
			t.Errorf("help says nothing of %q", part)
		}
	}
	if strings.Contains(stdout, "unit --kind") || strings.Contains(stdout, "Available Commands") {
		t.Error("help shows the hidden command")
	}
}

// decoded is the JSON as another program sees it.
type decoded struct {
	Host     map[string]any
	Results  []map[string]any
	Baseline map[string]any
}

func measureJSON(t *testing.T, args ...string) (decoded, string) {
	t.Helper()
	code, stdout, stderr := execute(t, append(args, "--format", "json")...)
	if code != 0 {
		t.Fatalf("memcmp %v: code %d, stderr %q", args, code, stderr)
	}
	var d decoded
	if err := json.Unmarshal([]byte(stdout), &d); err != nil {
		t.Fatalf("%v in %q", err, stdout)
	}
	return d, stderr
}

func TestEachKindAndStateIsMeasured(t *testing.T) {
	kinds := []string{kindLocked, kindGoroutine, kindTasklet, kindFunction}
	if threadsAvailable {
		kinds = append(kinds, kindThread)
	}
	d, stderr := measureJSON(t, "--kinds", strings.Join(kinds, ","), "--states", "yield,blocked,sleeping", "--counts", "3", "--sleep", "500ms")
	if stderr != "" {
		t.Errorf("said %q on a pipe", stderr)
	}
	for _, key := range []string{"os", "arch", "cpus", "cpu_model", "memory_bytes", "kernel", "go_version"} {
		if _, ok := d.Host[key]; !ok {
			t.Errorf("host has no %s: %v", key, d.Host)
		}
	}
	if want := len(kinds) * 3; len(d.Results) != want {
		t.Fatalf("%d results, want %d", len(d.Results), want)
	}
	for _, r := range d.Results {
		if r["error"] != nil || r["created"] != r["count"] {
			t.Errorf("not all there: %v", r)
		}
		for _, key := range []string{"rss_bytes", "vms_bytes", "create_ns", "rss_empty_bytes"} {
			if figure, ok := r[key].(float64); !ok || figure <= 0 {
				t.Errorf("%s is %v in %v", key, r[key], r)
			}
		}
		for _, key := range []string{"bytes_per_unit", "pss_bytes", "kernel_bytes", "kernel_bytes_per_unit", "kernel_empty_bytes"} {
			if figure, ok := r[key]; !ok || figure == 0.0 {
				t.Errorf("%s is %v in %v", key, figure, r)
			}
		}
		if (r["switch_ns"] == nil) != (r["state"] == stateSleeping) {
			t.Errorf("switch_ns is %v in %v", r["switch_ns"], r)
		}
		if ended, _ := r["ended_ns"].(float64); (r["state"] == stateSleeping) != (ended >= 5e8) {
			t.Errorf("ended_ns is %v in %v", r["ended_ns"], r)
		}
	}
}

func TestRepeatAndMemoryOfManyUnits(t *testing.T) {
	d, _ := measureJSON(t, "--kinds", "goroutine", "--states", "blocked", "--counts", "5000", "--repeat", "2")
	r := d.Results[0]
	if bytes, ok := r["bytes_per_unit"].(float64); !ok || bytes < 1000 {
		t.Errorf("a goroutine takes %v bytes, its stack alone has 2,048", r["bytes_per_unit"])
	}
}

func TestSleepTooShort(t *testing.T) {
	d, _ := measureJSON(t, "--kinds", "goroutine,tasklet", "--states", "sleeping", "--counts", "1000", "--sleep", "1ns")
	for _, r := range d.Results {
		if said, _ := r["error"].(string); !strings.Contains(said, "some had ended before all slept") || r["ended_ns"] == nil || r["created"] != nil || r["bytes_per_unit"] != nil {
			t.Errorf("a sleep that nobody can see: %v", r)
		}
	}
}

func TestThreadsStopAtTheMost(t *testing.T) {
	d, _ := measureJSON(t, "--kinds", "locked", "--counts", "2,50,500", "--max-threads", "20")
	var counts []any
	for _, r := range d.Results {
		counts = append(counts, r["count"])
	}
	if !slices.Equal(counts, []any{2.0, 20.0}) {
		t.Errorf("counts %v, want 2 and 20", counts)
	}
}

func TestPrograms(t *testing.T) {
	d, stderr := measureJSON(t, "--kinds", "tasklet", "--counts", "3000,6000",
		"--exec", "plain="+self(t, "plain", "{n}"),
		"--exec", "telling="+self(t, "telling", "{n}"),
		"--exec", "partly="+self(t, "partly", "{n}"),
		"--exec", "never empty="+self(t, "never empty", "{n}"),
		"--exec", "dies="+self(t, "dies", "{n}"),
		"--exec", "family="+self(t, "family", "{n}"),
		"--exec", "absent=no-such-interpreter {n}")
	if want := "memcmp: absent is skipped: no-such-interpreter: "; !strings.HasPrefix(stderr, want) || strings.Count(stderr, "\n") != 1 {
		t.Errorf("stderr %q, want one line that begins with %q", stderr, want)
	}
	rows := map[string][]map[string]any{}
	for _, r := range d.Results {
		kind := r["kind"].(string)
		rows[kind] = append(rows[kind], r)
	}

	for _, name := range []string{"plain", "telling", "never empty", "family"} {
		for _, r := range rows[name] {
			bytes, _ := r["bytes_per_unit"].(float64)
			if r["error"] != nil || r["state"] != stateExec || r["created"] != r["count"] || bytes < 900 {
				t.Errorf("%s, whose units take 1,024 bytes: %v", name, r)
			}
		}
	}
	if r := rows["telling"][0]; r["create_ns"] != 1.5 || r["switch_ns"] != 2.5 {
		t.Errorf("what it told is lost: %v", r)
	}
	if r := rows["plain"][0]; r["create_ns"] != nil || r["switch_ns"] != nil {
		t.Errorf("what it didn't tell is known: %v", r)
	}
	if r := rows["partly"][0]; r["created"] != 1500.0 || r["error"] != "no more than half" || r["rss_bytes"] == nil {
		t.Errorf("half of them: %v", r)
	}
	for name, says := range map[string]string{"dies": "OutOfUnits: none left", "absent": "no-such-interpreter"} {
		if len(rows[name]) != 2 {
			t.Errorf("%s has %d rows, want 2", name, len(rows[name]))
		}
		for _, r := range rows[name] {
			said, _ := r["error"].(string)
			if !strings.Contains(said, says) || strings.Contains(said, "\n") || r["rss_bytes"] != nil || r["created"] != nil {
				t.Errorf("%s: %v", name, r)
			}
		}
	}
}

func TestTheRestGoesOnAfterATimeout(t *testing.T) {
	listener := listen(t)
	go func() {
		for {
			if _, err := listener.Accept(); err != nil {
				return
			}
		}
	}()
	d, _ := measureJSON(t, "--kinds", "goroutine", "--counts", "1,2", "--timeout", "1s",
		"--exec", "hangs="+self(t, "hangs", "{n}", listener.Addr().String()))
	var said []any
	for _, r := range d.Results {
		said = append(said, r["error"])
	}
	want := []any{nil, nil, "not ready in time, which is 1s (--timeout)", "not tried: 1 were not ready in time"}
	if !slices.Equal(said, want) {
		t.Errorf("errors %q, want %q", said, want)
	}
}

func TestNotesOfSkippedProgramsStayOutOfTheTable(t *testing.T) {
	code, stdout, _ := execute(t, "--kinds", "tasklet", "--counts", "2", "--exec", "absent=no-such-interpreter {n}")
	if code != 0 || strings.Contains(stdout, "absent") {
		t.Errorf("code %d, stdout %q", code, stdout)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

func TestCancelEndsTheChild(t *testing.T) {
	listener := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	codes := make(chan int, 1)
	var stdout, stderr bytes.Buffer
	hangs := "hangs=" + self(t, "hangs", "{n}", listener.Addr().String())
	plot := filepath.Join(t.TempDir(), "memory.svg")
	go func() {
		codes <- run(ctx, []string{"--kinds", "tasklet", "--counts", "1", "--exec", hangs, "--plot", plot},
			strings.NewReader(""), &stdout, &stderr)
	}()
	child, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := child.Read(make([]byte, 1)); err == nil {
		t.Error("the child speaks instead of ending")
	}
	if code := <-codes; code != exitInterrupted {
		t.Errorf("code %d, want %d", code, exitInterrupted)
	}
	if stdout.Len() > 0 || stderr.String() != "memcmp: interrupted\n" {
		t.Errorf("stdout %q, stderr %q", stdout.String(), stderr.String())
	}
	if left, _ := filepath.Glob(plot + "*"); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

// TestProgramsAlone: with --exec, none of the kinds of this command has to be measured.
func TestProgramsAlone(t *testing.T) {
	d, _ := measureJSON(t, "--kinds", "", "--counts", "3000", "--exec", "plain="+self(t, "plain", "{n}"))
	if len(d.Results) != 1 || d.Results[0]["kind"] != "plain" || d.Results[0]["error"] != nil {
		t.Errorf("%v", d.Results)
	}
}
