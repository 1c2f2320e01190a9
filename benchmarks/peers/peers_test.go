package peers

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

// tiny are sizes that take no time.
var tiny = map[string]int{"pingpong": 2, "select": 8, "skynet": 100, "chameneos": 4}

// unfair are the workloads that a system can't do.
var unfair = map[string][]string{
	"erlang":    {"pickle", "collect"},
	"lua":       {"pickle", "collect"},
	"greenlet":  {"pickle", "collect"},
	"tokio":     {"pickle", "collect"},
	"stackless": {"collect"},
}

// TestPrograms runs every workload and every state of each system that is
// installed, at a tiny size.
func TestPrograms(t *testing.T) {
	for _, p := range All() {
		t.Run(p.Name, func(t *testing.T) {
			program := build(t, p)
			t.Setenv("BENCH_SECONDS", "0.001")
			for _, w := range Workloads {
				t.Run(w.Word, func(t *testing.T) { testWorkload(t, program, w.Name, w.Word) })
			}
			for _, state := range States {
				t.Run(state, func(t *testing.T) { testUnits(t, program, state, 20) })
			}
			t.Run("empty", func(t *testing.T) { testUnits(t, program, "yield", 0) })
			t.Run("refused", func(t *testing.T) {
				for _, words := range [][]string{program.Bench("juggling", 3), program.Units("dancing", 3)} {
					if _, stderr, code := call(t, words); code != ExitUnfair || !strings.HasPrefix(stderr, p.Name+": no ") {
						t.Errorf("%q: exit code %d, %q", words, code, stderr)
					}
				}
				if _, stderr, code := call(t, program.Bench("yield", 0)); code != 1 || !strings.Contains(stderr, "usage: ") {
					t.Errorf("n=0: exit code %d, %q", code, stderr)
				}
			})
		})
	}
}

func build(t *testing.T, p Peer) *Program {
	bin := t.TempDir()
	if p.Name == "tokio" {
		if testing.Short() {
			t.Skip("building tokio takes a while")
		}
		bin = filepath.Join("..", "..", "bin") // where the next run finds it
	}
	program, err := p.Build(t.Context(), ".", bin)
	if errors.Is(err, ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if program.Version == "" {
		t.Error("its version isn't known")
	}
	return program
}

// testWorkload checks that a workload prints the line, or lines, that it should.
func testWorkload(t *testing.T, program *Program, name, word string) {
	n, ok := tiny[word]
	if !ok {
		n = 10
	}
	stdout, stderr, code := call(t, program.Bench(word, n))
	for _, not := range unfair[program.Peer.Name] {
		if word == not {
			if code != ExitUnfair || stdout != "" || !strings.HasPrefix(stderr, program.Peer.Name+": ") {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
			}
			return
		}
	}
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	want := []string{name + "/n=" + strconv.Itoa(n) + "/on=" + program.Peer.Name}
	if word == "pickle" {
		want = []string{
			name + "/n=" + strconv.Itoa(n) + "/do=write/on=" + program.Peer.Name,
			name + "/n=" + strconv.Itoa(n) + "/do=read/on=" + program.Peer.Name,
		}
	}
	lines := benchfmt.NewReader(strings.NewReader(stdout), word)
	for _, want := range want {
		if !lines.Scan() {
			t.Fatalf("no line for %s in %q", want, stdout)
		}
		result, ok := lines.Result().(*benchfmt.Result)
		if !ok {
			t.Fatalf("%q: %v", stdout, lines.Result())
		}
		if got := string(result.Name); got != want {
			t.Errorf("the line is called %s, not %s", got, want)
		}
		// benchfmt turns nanoseconds into seconds.
		if each, ok := result.Value("sec/op"); !ok || each <= 0 || each > 10 || result.Iters < 1 {
			t.Errorf("%q: %d times %v s", stdout, result.Iters, each)
		}
		if size, ok := result.Value("B/unit"); word == "pickle" && (!ok || size < 1) {
			t.Errorf("%q: no size", stdout)
		}
	}
	if lines.Scan() {
		t.Errorf("too much: %q", stdout)
	}
}

// testUnits checks that a program says ready and lives until its input ends.
func testUnits(t *testing.T, program *Program, state string, n int) {
	words := program.Units(state, n)
	cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	got, _ := lines.ReadString('\n')
	if want := `ready {"created": ` + strconv.Itoa(n) + `, "create_ns": `; !strings.HasPrefix(got, want) {
		t.Errorf("it says %q, not %q", got, want)
	}
	input.Close()
	if rest, err := io.ReadAll(lines); len(rest) > 0 || err != nil {
		t.Errorf("it goes on with %q: %v", rest, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func call(t *testing.T, words []string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	var exit *exec.ExitError
	if e := cmd.Run(); e != nil && !errors.As(e, &exit) {
		t.Fatal(e)
	}
	return out.String(), err.String(), cmd.ProcessState.ExitCode()
}

// TestFind: each peer is found by its name, and has what people need to know.
func TestFind(t *testing.T) {
	for _, p := range All() {
		found, err := Find(p.Name)
		if err != nil || found.Title != p.Title || p.Title == "" || p.Missing == "" {
			t.Errorf("%s: found %q, %q, %v", p.Name, found.Title, found.Missing, err)
		}
		if files, err := os.ReadDir(p.Name); err != nil || len(files) == 0 {
			t.Errorf("%s has no program: %v", p.Name, err)
		}
	}
	if _, err := Find("fortran"); err == nil || !strings.Contains(err.Error(), "erlang, lua, greenlet, tokio, stackless") {
		t.Errorf("fortran: %v", err)
	}
}

// TestMissing: with nothing installed, every peer says what is missing.
func TestMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, p := range []Peer{erlang, lua, tokio, stackless} { // greenlet is also looked for elsewhere
		if p.Name == "stackless" && os.Getenv("STACKLESS_PYTHON") != "" {
			continue
		}
		_, err := p.Look(t.Context())
		if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), p.Missing) {
			t.Errorf("%s: %v", p.Name, err)
		}
		if _, built := p.Build(t.Context(), ".", t.TempDir()); built == nil || built.Error() != err.Error() {
			t.Errorf("%s: built anyway: %v", p.Name, built)
		}
	}
}

// TestWords: Erlang has one scheduler, but for skynet all.
func TestWords(t *testing.T) {
	program := &Program{Peer: erlang, command: []string{"erl", "+S", oneScheduler}}
	for _, test := range []struct {
		words []string
		want  string
	}{
		{program.Bench("yield", 10), "erl +S 1:1 bench yield 10"},
		{program.Bench("skynet", 100), "erl +S " + allSchedulers() + " bench skynet 100"},
		{program.Units("yield", 10), "erl +S 1:1 units yield 10"},
	} {
		if got := strings.Join(test.words, " "); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
