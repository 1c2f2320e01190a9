package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
)

// A patient clock is virtual, and stands still once there has been an interrupt:
// so it is certain what had been said by then.
type patient struct {
	*sched.VirtualClock
	ctx context.Context
}

func (c patient) Wait(until time.Time, bell <-chan struct{}) {
	if c.ctx.Err() != nil {
		<-bell // the interrupt, which is on its way
		return
	}
	c.VirtualClock.Wait(until, bell)
}

// A listener interrupts when it hears a word.
type listener struct {
	bytes.Buffer
	word      string
	interrupt func()
}

func (l *listener) Write(b []byte) (int, error) {
	if l.word != "" && strings.Contains(string(b), l.word) {
		l.interrupt()
	}
	return l.Buffer.Write(b)
}

// suspend runs the command until it ends or has said the word.
func suspend(t *testing.T, word string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &listener{word: word, interrupt: cancel}
	var said strings.Builder
	clock := patient{sched.NewVirtualClock(time.Unix(0, 0)), ctx}
	code = run(ctx, clock, args, out, &said)
	return code, out.String(), said.String()
}

func hellos(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintf(&b, "hello %d\n", i)
	}
	return b.String()
}

func gone(t *testing.T, file string) {
	t.Helper()
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*"))
	if len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestSuspend(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.pickle")
	all := ""
	for _, part := range []struct {
		until            int
		stdout, stderr   string
		every, everyStep string
	}{
		{3, hellos(1, 3), "saved at 3 in " + file + "\n", "--every=1m", ""},
		{4, hellos(4, 4), "going on at 4\nsaved at 4 in " + file + "\n", "--every=1h", "--every-step"},
		{9, hellos(5, 9), "going on at 5\nsaved at 9 in " + file + "\n", "--every=1h", ""},
		{0, hellos(10, 10), "going on at 10\n", "--every=1h", ""},
	} {
		args := []string{"--file", file, part.every}
		if part.everyStep != "" {
			args = append(args, part.everyStep)
		}
		word, want := fmt.Sprintf("hello %d\n", part.until), saved
		if part.until == 0 {
			word, want = "", ended
		}
		code, stdout, stderr := suspend(t, word, args...)
		if code != want || stdout != part.stdout || stderr != part.stderr {
			t.Errorf("until %d: code %d, stdout %q, stderr %q", part.until, code, stdout, stderr)
		}
		all += stdout
	}
	if all != hellos(1, 10) {
		t.Errorf("in all: %q", all)
	}
	gone(t, file)
}

// Every step's save leaves what an interrupt then would leave.
func TestEveryStep(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.pickle")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dead := errors.New("the machine is off")
	silent := writer(func(b []byte) (int, error) {
		if string(b) == "hello 4\n" {
			return 0, dead
		}
		return len(b), nil
	})
	var stderr strings.Builder
	clock := sched.NewVirtualClock(time.Unix(0, 0))
	if code := run(ctx, clock, []string{"--file", file, "--every-step"}, silent, &stderr); code != failed || !strings.Contains(stderr.String(), dead.Error()) {
		t.Errorf("code %d, stderr %q", code, stderr.String())
	}
	if code, stdout, _ := suspend(t, "", "--file", file); code != ended || stdout != hellos(4, 10) {
		t.Errorf("code %d, stdout %q", code, stdout)
	}
	gone(t, file)
}

type writer func(b []byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

// An interrupt before the first hello loses nothing either.
func TestInterruptedAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.pickle")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr strings.Builder
	code := run(ctx, patient{sched.NewVirtualClock(time.Unix(0, 0)), ctx}, []string{"--file", file}, &stdout, &stderr)
	if code != saved || stdout.String() != "" || stderr.String() != "saved at 0 in "+file+"\n" {
		t.Errorf("code %d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
	}
	if code, stdout, _ := suspend(t, "", "--file", file); code != ended || stdout != hellos(1, 10) {
		t.Errorf("code %d, stdout %q", code, stdout)
	}
}

// What can't be loaded is left as it is.
func TestDamaged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.pickle")
	if code, _, stderr := suspend(t, "hello 5\n", "--file", file); code != saved {
		t.Fatalf("code %d, stderr %q", code, stderr)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	s := sched.New()
	other, err := pickle.Marshal(s.New(nil))
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"damaged": flipped, "truncated": whole[:len(whole)-1], "not a pickle": []byte("hello"), "no greeter": other, "": {},
	} {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := suspend(t, "", "--file", file)
		if code != failed || stdout != "" || !strings.HasPrefix(stderr, "suspend: "+file) || !strings.Contains(stderr, name) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: code %d, stdout %q, stderr %q", name, code, stdout, stderr)
		}
		if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, b) {
			t.Errorf("%s: the file has changed: %v", name, err)
		}
	}
	if err := os.WriteFile(file, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, _ := suspend(t, "", "--file", file); code != ended || stdout != hellos(6, 10) {
		t.Errorf("whole again: code %d, stdout %q", code, stdout)
	}
}

// What can't be saved is said.
func TestUnsaved(t *testing.T) {
	file := filepath.Join(t.TempDir(), "nowhere", "s.pickle")
	for _, more := range []string{"--every-step=false", "--every-step"} {
		code, stdout, stderr := suspend(t, "hello 2\n", "--file", file, more)
		if code != failed || !strings.HasPrefix(hellos(1, 2), stdout) || !strings.Contains(stderr, "nowhere") {
			t.Errorf("%s: code %d, stdout %q, stderr %q", more, code, stdout, stderr)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range []string{"--every 0s", "--every -1s", "--to x", "--to -1", "--file=", "--nonsense", "more"} {
		code, stdout, stderr := suspend(t, "", strings.Fields(args)...)
		if code != misunderstood || stdout != "" || !strings.HasPrefix(stderr, "suspend: ") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
	if code, stdout, _ := suspend(t, "", "--help"); code != ended || !strings.Contains(stdout, "-every-step") {
		t.Errorf("--help: code %d, stdout %q", code, stdout)
	}
}

// TestProcess is the same with processes: one is interrupted, the next is killed
// outright, and the last counts to the end.
func TestProcess(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("it builds the program, and interrupts it")
	}
	dir := t.TempDir()
	program := filepath.Join(t.TempDir(), "suspend")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	start := func(word string, with os.Signal) (code int, stdout, stderr string) {
		t.Helper()
		c := exec.Command(program, "--every=20ms", "--every-step", "--to=100") // so far that it is interrupted in time on a busy machine
		c.Dir = dir
		var said bytes.Buffer
		c.Stderr = &said
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(out); lines.Scan(); {
			stdout += lines.Text() + "\n"
			if lines.Text() == word {
				if err := c.Process.Signal(with); err != nil {
					t.Fatal(err)
				}
			}
		}
		err = c.Wait()
		if err != nil && !errors.As(err, new(*exec.ExitError)) {
			t.Fatal(err)
		}
		return c.ProcessState.ExitCode(), stdout, said.String()
	}
	code, first, stderr := start("hello 2", os.Interrupt)
	if code != saved || !strings.HasPrefix(first, hellos(1, 2)) || !strings.HasPrefix(stderr, "saved at ") || !strings.HasSuffix(stderr, " in suspend.pickle\n") {
		t.Fatalf("interrupted: code %d, stdout %q, stderr %q", code, first, stderr)
	}
	n := strings.Count(first, "\n")
	code, second, stderr := start(fmt.Sprintf("hello %d", n+2), os.Kill)
	if code != -1 || first+second != hellos(1, n+strings.Count(second, "\n")) {
		t.Fatalf("killed: code %d, stdout %q, stderr %q", code, second, stderr)
	}
	n += strings.Count(second, "\n")
	code, third, stderr := start("", nil)
	// Only the very last can have been said without having been saved.
	if once, twice := hellos(n+1, 100), hellos(n, 100); code != ended || third != once && third != twice {
		t.Errorf("to the end: code %d, stdout %q, stderr %q", code, third, stderr)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "suspend.pickle")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}
