package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// execute runs the command as a user would.
func execute(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestMistakes(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent.json")
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--rounds", "0"}, 2, "--rounds 0: must be 1 or more"},
		{[]string{"--rounds", "x"}, 2, `--rounds "x": must be a whole number`},
		{[]string{"--time", "soon"}, 2, `--time "soon": must be a time such as 200ms`},
		{[]string{"--only", "juggling"}, 2, "nothing to measure"},
		{[]string{"--only", "("}, 2, "--only (: error parsing regexp"},
		{[]string{"--systems", "cobol"}, 2, "--systems cobol: unknown; any of tasklets, pool, functions, goroutines, erlang"},
		{[]string{"--systems", "pool", "--only", "yield"}, 2, "nothing to measure"},
		{[]string{"--format", "xml"}, 2, "--format xml: unknown; table or json"},
		{[]string{"--no-such-flag"}, 2, "unknown flag"},
		{[]string{"everything"}, 2, `unexpected argument "everything"`},
		{[]string{"--from", absent}, 1, "no such file"},
		{[]string{"--from", filepath.Join("testdata", "run.json"), "--compare-with", absent}, 1, "no such file"},
	} {
		code, stdout, stderr := execute(t, test.args...)
		if code != test.code || stdout != "" || !strings.Contains(stderr, test.says) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: code %d, stdout %q, stderr %q; want %d and %q", test.args, code, stdout, stderr, test.code, test.says)
		}
	}
}

// TestFrom writes the files of a recorded run, all of them, and nothing beside.
func TestFrom(t *testing.T) {
	from, err := filepath.Abs(filepath.Join("testdata", "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	code, stdout, stderr := execute(t, "--from", from)
	if code != 0 || stderr != "" || !strings.Contains(stdout, "There is no earlier run to compare with.") {
		t.Fatalf("code %d, %q, %q", code, stdout, stderr)
	}
	r, err := readRecord(from)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"bin/compare.txt", "bin/compare/BENCHMARKS.md", "bin/compare/benchmarks/compare.json"}
	for _, name := range plotNames(r) {
		want = append(want, "bin/compare/benchmarks/"+name+".svg")
	}
	var got []string
	err = filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			got = append(got, filepath.ToSlash(path))
		}
		return err
	})
	slices.Sort(want)
	slices.Sort(got)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("wrote %v, want %v: %v", got, want, err)
	}
	again, err := readRecord("bin/compare/benchmarks/compare.json")
	if err != nil || len(again.Figures) != len(r.Figures) {
		t.Error(err)
	}
}

// TestCheckOnly compares two runs, as text and as JSON, writes nothing, and fails for
// nothing that got slower.
func TestCheckOnly(t *testing.T) {
	from, err := filepath.Abs(filepath.Join("testdata", "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	r, err := readRecord(from)
	if err != nil {
		t.Fatal(err)
	}
	slow := r.figure(at("Pickle", 10_000, "write", tasklets))
	slow.Values[bytesPerUnit][0] *= 2
	slow.Values[bytesPerUnit][1] *= 2
	data, err := r.encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("now.json", data, 0o666); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := execute(t, "--from", "now.json", "--compare-with", from, "--check-only")
	if code != 0 || stderr != "" || !strings.Contains(stdout, "more than a tenth: 1.") || !strings.Contains(stdout, "+100 %") ||
		!strings.Contains(stdout, "Pickle/n=10000/do=write/on=tasklets, B/unit") {
		t.Errorf("code %d, %q\n%s", code, stderr, stdout)
	}
	code, stdout, stderr = execute(t, "--from", "now.json", "--compare-with", from, "--check-only", "--format", "json")
	var rep report
	if err := json.Unmarshal([]byte(stdout), &rep); err != nil || code != 0 || stderr != "" {
		t.Fatalf("code %d, %q, %v", code, stderr, err)
	}
	if len(rep.Goals) != len(goals) || rep.Against == nil || rep.Comparison == nil || len(rep.Comparison.Slower) != 1 || rep.Wrote != nil {
		t.Errorf("%s", stdout)
	}
	if left, err := os.ReadDir("."); err != nil || len(left) != 1 {
		t.Errorf("%v %v", left, err)
	}
}

// TestWriteAll: if one file can't be written, none changes and nothing is left.
func TestWriteAll(t *testing.T) {
	dir := t.TempDir()
	page, blocked := filepath.Join(dir, "page.md"), filepath.Join(dir, "file", "page.svg")
	for _, path := range []string{page, filepath.Join(dir, "file")} {
		if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeAll([]output{{page, []byte("new")}, {blocked, []byte("new")}}); err == nil {
		t.Error("a file was written below a file")
	}
	if data, err := os.ReadFile(page); err != nil || string(data) != "old" {
		t.Errorf("%q %v", data, err)
	}
	if err := writeAll([]output{{page, []byte("new")}, {filepath.Join(dir, "deep", "er", "page.svg"), []byte("new")}}); err != nil {
		t.Error(err)
	}
	if data, err := os.ReadFile(page); err != nil || string(data) != "new" {
		t.Errorf("%q %v", data, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.tmp"))
	if err != nil || len(left) > 0 {
		t.Error(left, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "deep", "er", "page.svg")); errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestDestination: what can't be written is found out before anything is measured, and
// nothing is left of the look.
func TestDestination(t *testing.T) {
	dir := t.TempDir()
	bin, docs := filepath.Join(dir, "bin"), filepath.Join(dir, "docs")
	if b, out := destination(options{}, dir, true); b != bin || out != docs {
		t.Error(b, out)
	}
	if _, out := destination(options{}, dir, false); out != filepath.Join(bin, "compare") {
		t.Error(out)
	}
	if _, out := destination(options{out: "there"}, dir, true); out != "there" {
		t.Error(out)
	}
	if err := writable(bin, docs); err != nil {
		t.Error(err)
	}
	for _, d := range []string{bin, filepath.Join(docs, "benchmarks")} {
		if left, err := os.ReadDir(d); err != nil || len(left) != 0 {
			t.Error(left, err)
		}
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := writable(bin, file); err == nil {
		t.Error("a file is no directory")
	}
}

// TestRescued: a run that can't be written is not lost.
func TestRescued(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	r, err := readRecord(filepath.Join("testdata", "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("the disk is full")
	err = rescued(r, full)
	saved, globErr := filepath.Glob(filepath.Join(os.TempDir(), "compare-*.json"))
	if globErr != nil || len(saved) != 1 || !errors.Is(err, full) || !strings.HasSuffix(err.Error(), "compare --from "+saved[0]) {
		t.Fatal(saved, err)
	}
	if again, err := readRecord(saved[0]); err != nil || len(again.Figures) != len(r.Figures) {
		t.Error(err)
	}
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "gone"))
	if err := rescued(r, full); !errors.Is(err, full) || !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestAlone: one at a time, until it is done.
func TestAlone(t *testing.T) {
	dir := t.TempDir()
	unlock, err := alone(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := alone(dir); !errors.Is(err, errNotAlone) && lockable {
		t.Error(err)
	}
	unlock()
	unlock, err = alone(dir)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}
