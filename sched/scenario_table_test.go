package sched_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const scenarioTable = "../testdata/scenarios/README.md"

// A scenario is a line of the table: a number, what happens, and where it is tested,
// which is a transcript or the name of a test.
type scenario struct{ number, what, where string }

func (s scenario) String() string {
	return fmt.Sprintf("| %s | %s | %s |\n", s.number, s.what, s.where)
}

var (
	scenarioLine = regexp.MustCompile(`(?m)^\| ([SX]\d\d) \| (.*) \| (.*) \|\n`)
	inScript     = regexp.MustCompile(`^\[(\w+)\.txt\]\((\w+)\.txt\)$`)
	inTest       = regexp.MustCompile("^`(Test\\w+)(?:/(\\S+))?`, sched/(\\w+_test\\.go)$")
)

// TestScenarioTable holds the table of scenarios against the transcripts, each of which
// has a line with its title, and against the tests of those that no transcript can be
// of. With -rewrite the transcripts' lines are written anew.
func TestScenarioTable(t *testing.T) {
	text, err := os.ReadFile(scenarioTable)
	if err != nil {
		t.Fatal(err)
	}
	table, err := transcripts()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range scenarioLine.FindAllStringSubmatch(string(text), -1) {
		line := scenario{m[1], m[2], m[3]}
		if inScript.MatchString(line.where) {
			continue // it is there if it is one of the table's
		}
		if err := line.tested(); err != nil {
			t.Errorf("%s: %v", line.number, err)
		}
		table = append(table, line)
	}
	slices.SortStableFunc(table, func(a, b scenario) int { return cmp.Compare(a.number, b.number) })
	for i := range table[1:] {
		if table[i].number == table[i+1].number {
			t.Errorf("%s is there twice", table[i].number)
		}
	}

	lines := scenarioLine.FindAllIndex(text, -1)
	if len(lines) == 0 {
		t.Fatal("no table")
	}
	var want bytes.Buffer
	want.Write(text[:lines[0][0]])
	for _, s := range table {
		want.WriteString(s.String())
	}
	want.Write(text[lines[len(lines)-1][1]:])
	switch {
	case bytes.Equal(want.Bytes(), text):
	case *rewrite:
		if err := os.WriteFile(scenarioTable, want.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the table in %s differs from the transcripts; with -rewrite it is written anew\n--- want\n%s", scenarioTable, want.String())
	}
}

// transcripts returns the lines of the transcripts.
func transcripts() (table []scenario, err error) {
	files, err := filepath.Glob(scenarios)
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no scenarios in %s: %w", scenarios, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		number := strings.TrimSuffix(filepath.Base(file), ".txt")
		title, _, _ := strings.Cut(string(text), "\n")
		what, ok := strings.CutPrefix(title, "# "+number+" ")
		if !ok {
			return nil, fmt.Errorf("%s begins with %q, not with its number and title", file, title)
		}
		table = append(table, scenario{number, what, fmt.Sprintf("[%s.txt](%[1]s.txt)", number)})
	}
	return table, nil
}

// tested returns an error if there is no such test as the line says.
func (s scenario) tested() error {
	m := inTest.FindStringSubmatch(s.where)
	if m == nil {
		return fmt.Errorf("%q is neither a transcript nor a test", s.where)
	}
	source, err := os.ReadFile(m[3])
	if err != nil {
		return err
	}
	if !strings.Contains(string(source), "\nfunc "+m[1]+"(t *testing.T) {\n") {
		return fmt.Errorf("%s has no %s", m[3], m[1])
	}
	if sub := strings.ReplaceAll(m[2], "_", " "); sub != "" && !strings.Contains(string(source), fmt.Sprintf("t.Run(%q,", sub)) {
		return fmt.Errorf("%s does not run %q", m[3], sub)
	}
	return nil
}
