package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// TestTranscripts compares what the command prints with files in testdata.
func TestTranscripts(t *testing.T) {
	b := marshal(t, shop(t))
	sealed := marshal(t, []any{&order{dish: "tea", note: []byte("no milk")}, "plain", errBurnt, sweepIn{sweep}}, pickle.WithKey([]byte("key\n")))
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(b)
	changed[len(b)-50] ^= 0x40
	for _, c := range []struct {
		name   string
		b      []byte
		args   []string
		code   int
		stderr string
	}{
		{"shop", b, nil, 0, ""},
		{"max", b, []string{"--max", "1"}, 0, ""},
		{"json", b, []string{"--json"}, 0, ""},
		{"sealed", sealed, []string{"--key-file", key}, 0, ""},
		{"unchecked", sealed, nil, 0, ""},
		{"nil", marshal(t, nil), nil, 0, ""},
		{"value", marshal(t, 3.5), nil, 0, ""},
		{"truncated", b[:len(b)*2/3], nil, 1, "stackless: standard input: at byte "},
		{"changed", changed, nil, 1, "stackless: standard input: at byte "},
		{"unsealed", b, []string{"--key-file", key, "--max", "1"}, 1, "stackless: standard input: at byte 5: no seal\n"},
	} {
		code, stdout, stderr := execute(t, c.b, append([]string{"inspect", "-"}, c.args...)...)
		if code != c.code || !strings.HasPrefix(stderr, c.stderr) || c.stderr == "" && stderr != "" {
			t.Errorf("%s: exit code %d, says %q", c.name, code, stderr)
		}
		if strings.ContainsRune(stdout, 0x1b) {
			t.Errorf("%s: the terminal is told to do something", c.name)
		}
		golden := filepath.Join("testdata", c.name+".txt")
		if stderr != "" {
			stdout += "--- standard error\n" + stderr
		}
		if *rewrite {
			if err := os.WriteFile(golden, []byte(stdout), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if stdout != string(want) {
			t.Errorf("%s has changed (go test ./cmd/stackless -rewrite, if it should); now:\n%s", golden, stdout)
		}
	}
}

// sweepIn holds a function.
type sweepIn struct{ f func(*tasklet.Tasklet) }

func init() { pickle.Register[sweepIn]("shop.sweep in") }

func TestMistakes(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"inspect"}, 2, "one FILE is needed, or - for standard input; there are 0; see stackless inspect --help"},
		{[]string{"inspect", "a", "b"}, 2, "there are 2"},
		{[]string{"inspect", "--max", "-1", "-"}, 2, "--max -1: must be 0 or more"},
		{[]string{"inspect", "--max", "all", "-"}, 2, `--max "all": must be a whole number`},
		{[]string{"inspect", "--yaml", "-"}, 2, "unknown flag: --yaml; see stackless inspect --help"},
		{[]string{"inspect", "--key-file", empty, "-"}, 2, "the file is empty"},
		{[]string{"inspect", "--key-file", filepath.Join(dir, "absent"), "-"}, 1, "--key-file: open "},
		{[]string{"inspect", filepath.Join(dir, "absent")}, 1, "no such file"},
		{[]string{"inspect", dir}, 1, "is a directory"},
		{[]string{"inspect", empty}, 1, "empty: at byte 0: truncated"},
		{[]string{"inspect", "-"}, 1, "standard input: at byte 0: not a pickle"},
		{[]string{"inspekt"}, 2, `unknown command "inspekt"; see stackless --help`},
		{[]string{"--no-such-flag"}, 2, "unknown flag"},
	} {
		code, stdout, stderr := execute(t, []byte("a text"), c.args...)
		if code != c.code || stdout != "" || !strings.Contains(stderr, c.says) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: exit code %d, prints %q, says %q", c.args, code, stdout, stderr)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{}, {"--help"}, {"inspect", "--help"}} {
		code, stdout, stderr := execute(t, nil, args...)
		if code != 0 || stderr != "" || !strings.Contains(stdout, "stackless inspect") || !strings.Contains(stdout, "Examples:") {
			t.Errorf("%q: exit code %d, %s%s", args, code, stdout, stderr)
		}
		for _, line := range lines(stdout) {
			if len([]rune(line)) > 100 {
				t.Errorf("%q: long line %q", args, line)
			}
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	stdin, _, err := os.Pipe() // nothing comes
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if code := run(ctx, []string{"inspect", "-"}, stdin, &out, &errs); code != exitInterrupted || errs.String() != "stackless: interrupted\n" {
		t.Errorf("exit code %d, %q", code, errs.String())
	}
}

// TestJSON: the JSON has every object of the pickle, whole.
func TestJSON(t *testing.T) {
	s := sched.New()
	defer func() { _ = s.Close() }()
	c := channel.New[*order](s)
	for range 1000 {
		s.Go(&cook{orders: c})
	}
	if err := s.RunReady(); err != nil && !errors.Is(err, tasklet.ErrDeadlock) {
		t.Fatal(err)
	}
	for _, b := range [][]byte{marshal(t, s.Everyone()), marshal(t, shop(t)), marshal(t, nil), {}, []byte("text"), marshal(t, shop(t))[:200]} {
		d, damage := pickle.Inspect(b)
		_, stdout, _ := execute(t, b, "inspect", "--json", "-")
		var got struct {
			Format, Size int
			Seal         string
			Types        []struct{ Objects int }
			Root         struct{ Value *struct{ Kind string } }
			Objects      []struct {
				Number, Offset, Size int
				Type                 string
				Value                *struct{ Kind string }
			}
			Error *struct {
				Offset  int
				Message string
			}
		}
		if err := json.Unmarshal([]byte(stdout), &got); err != nil {
			t.Fatalf("%v\n%s", err, stdout)
		}
		if got.Format != d.Format || got.Size != len(b) || got.Seal != string(d.Seal) || len(got.Types) != len(d.Types) ||
			len(got.Objects) != d.Len() || got.Root.Value == nil || (got.Error == nil) != (damage == nil) {
			t.Errorf("%d bytes: %s", len(b), stdout)
		}
		for i, o := range got.Objects {
			if o.Number != i+1 || o.Value == nil || damage == nil && o.Value.Kind == "unread" {
				t.Errorf("object %d is %+v", i+1, o)
			}
		}
	}
}

// TestNodeJSON: values are written as encoding/json writes them.
func TestNodeJSON(t *testing.T) {
	d, err := pickle.Inspect(marshal(t, map[string]any{"a\"b\\c": "grüß\n\x00", "d": []any{nil, 1, -2.5, true, &order{dish: "é"}}, "e": "\xff"}))
	if err != nil {
		t.Fatal(err)
	}
	for i := range d.Len() + 1 {
		v := d.Value(i, 0)
		var got bytes.Buffer
		out := bufio.NewWriter(&got)
		writeNode(out, &v)
		if err := out.Flush(); err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(v)
		if err != nil || got.String() != string(want) {
			t.Errorf("got  %s\nwant %s, %v", got.String(), want, err)
		}
	}
}

// TestDamage: whatever has happened to a pickle, the command shows what it can
// and says where it went wrong.
func TestDamage(t *testing.T) {
	b := marshal(t, shop(t))
	for i := range b {
		changed := bytes.Clone(b)
		changed[i] ^= 1 << (i % 8)
		for _, c := range [][]byte{b[:i], changed} {
			for _, format := range []string{"--json", "--max=5"} {
				code, stdout, stderr := execute(t, c, "inspect", format, "-")
				if code != 1 || !strings.HasPrefix(stderr, "stackless: standard input: at byte ") || strings.Contains(stderr, "panic") {
					t.Errorf("byte %d, %s: exit code %d, %s", i, format, code, stderr)
				}
				if format == "--json" && !json.Valid([]byte(stdout)) {
					t.Errorf("byte %d: no JSON: %s", i, stdout)
				}
			}
		}
	}
}

// TestMany: a hundred thousand tasklets are counted, and a few shown.
func TestMany(t *testing.T) {
	s := sched.New()
	defer func() { _ = s.Close() }()
	for range 100_000 {
		s.Go(&closing{})
	}
	b := marshal(t, s.Everyone())
	code, stdout, stderr := execute(t, b, "inspect", "--max", "2", "-")
	if code != 0 || stderr != "" {
		t.Fatal(code, stderr)
	}
	for _, want := range []string{"\n100,000 tasklets\n", "\n… 99,998 tasklets more, see --max\n", "\n      ready     100,000  [#2, #3, … 99,998 more]\n"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	if n := len(lines(stdout)); n > 60 {
		t.Errorf("%d lines", n)
	}
}

// TestDeepCalls: of many frames the top ones are shown.
func TestDeepCalls(t *testing.T) {
	s := sched.New()
	defer func() { _ = s.Close() }()
	deep := s.Go(&dive{depth: 50})
	if err := s.RunReady(); err != nil {
		t.Fatal(err)
	}
	_, stdout, _ := execute(t, marshal(t, deep), "inspect", "--max", "2", "-")
	if !strings.Contains(stdout, "shop.dive #52  depth: 0, next: nil\n      shop.dive #51  depth: 1, next: #52\n      … 49 frames below, see --max\n") {
		t.Error(stdout)
	}
}

// A dive calls itself, and parks at the bottom.
type dive struct {
	depth int
	next  *dive
}

func init() { pickle.Register[dive]("shop.dive") }

func (d *dive) Resume(t *tasklet.Tasklet) tasklet.Step {
	if d.depth == 0 {
		if s := t.Park(); s != tasklet.Next {
			return s
		}
		return tasklet.Return
	}
	if d.next == nil {
		d.next = &dive{depth: d.depth - 1}
	}
	if s := t.Call(d.next); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}
