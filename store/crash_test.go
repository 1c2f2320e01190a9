//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package store_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stackless-go/stackless/store"
)

// The test binary is also the program that is killed while it writes, and one
// of those that count together.
const (
	roleVariable = "STORE_TEST_ROLE" // "write" or "count"
	pathVariable = "STORE_TEST_PATH" // the directory
	seedVariable = "STORE_TEST_SEED" // a number, another for each process
)

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(roleVariable) {
	case "write":
		err = writeForEver()
	case "count":
		err = count()
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// again returns this test binary, to be run in a role.
func again(t *testing.T, role, path string, seed int) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program)
	c.Env = append(os.Environ(), roleVariable+"="+role, pathVariable+"="+path, seedVariable+"="+strconv.Itoa(seed))
	return c
}

const crashKeys = 4

func crashKey(n int) string { return fmt.Sprintf("key/%d", n) }

// crashValue is what a key's save is: it says whose it is, and its length and
// every byte follow from that.
func crashValue(key string, seed, n int) []byte {
	random := rand.New(rand.NewPCG(uint64(seed), uint64(n)))
	b := fmt.Appendf(nil, "%s %d %d\n", key, seed, n)
	rest := make([]byte, random.IntN(1<<uint(random.IntN(18))))
	var key32 [32]byte
	copy(key32[:], b)
	rand.NewChaCha8(key32).Read(rest)
	return append(b, rest...)
}

// writeForEver saves and deletes, and says each before and after it, until it
// is killed.
func writeForEver() error {
	ctx := context.Background()
	seed, err := strconv.Atoi(os.Getenv(seedVariable))
	if err != nil {
		return err
	}
	d, err := store.OpenDirectory(ctx, os.Getenv(pathVariable))
	if err != nil {
		return err
	}
	version := make(map[string]store.Version)
	for info, err := range d.List(ctx, "") {
		if err != nil {
			return err
		}
		version[info.Key] = info.Version
	}
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	for n := 1; ; n++ {
		key := crashKey(random.IntN(crashKeys))
		if version[key] != store.None && random.IntN(5) == 0 {
			fmt.Printf("try delete %s 0 %d\n", key, version[key])
			if err := d.Delete(ctx, key, version[key]); err != nil {
				return err
			}
			fmt.Printf("did delete %s 0 %d\n", key, version[key])
			version[key] = store.None
			continue
		}
		fmt.Printf("try save %s %d 0\n", key, n)
		v, err := d.Save(ctx, key, crashValue(key, seed, n), version[key])
		if err != nil {
			return err
		}
		fmt.Printf("did save %s %d %d\n", key, n, v)
		version[key] = v
	}
}

// A state is what a key may be in: a save's value, or absent if n is 0.
type state struct{ seed, n int }

// TestDirectoryKilled kills a hundred writers, each somewhere in its work. What
// each had finished is there, what it was doing is there wholly or not at all,
// and the next one goes on from it.
func TestDirectoryKilled(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 20
	}
	path := t.TempDir()
	may := make(map[string][]state) // the states that each key may be in
	for n := range crashKeys {
		may[crashKey(n)] = []state{{}}
	}
	last := make(map[string]store.Version) // of all a key ever had
	unfinished, leftovers := 0, 0
	random := rand.New(rand.NewPCG(1, 2))
	for round := 1; round <= rounds; round++ {
		writer := again(t, "write", path, round)
		var stderr bytes.Buffer
		writer.Stderr = &stderr
		out, err := writer.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := writer.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		trying := ""
		var before []state
		for kill := random.IntN(40); lines.Scan(); kill-- {
			if kill == 0 {
				// Somewhere in what it does next: spin, as no timer is so fine.
				for end := time.Now().Add(time.Duration(random.IntN(500)) * time.Microsecond); time.Now().Before(end); {
				}
				if err := writer.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
			var when, what, key string
			var n int
			var v store.Version
			if _, err := fmt.Sscan(lines.Text(), &when, &what, &key, &n, &v); err != nil {
				continue // killed within the line: nothing was said
			}
			becomes := state{round, n}
			if what == "delete" {
				becomes = state{}
			}
			if when == "try" {
				trying, before = key, may[key]
				may[key] = append(before[:len(before):len(before)], becomes)
				continue
			}
			trying, may[key] = "", []state{becomes}
			if what == "save" {
				if v <= last[key] {
					t.Fatalf("round %d: %s has version %v after %v", round, key, v, last[key])
				}
				last[key] = v
			}
		}
		if err := writer.Wait(); stderr.Len() > 0 || err == nil {
			t.Fatalf("round %d: the writer was not killed: %v, %s", round, err, &stderr)
		}
		if trying != "" {
			unfinished++
		}
		halves, _ := filepath.Glob(filepath.Join(path, "new-*"))
		leftovers += len(halves)

		d := openDirectory(t, path)
		if halves, _ := filepath.Glob(filepath.Join(path, "new-*")); len(halves) > 0 {
			t.Fatalf("round %d: after opening there is %q", round, halves)
		}
		listed := make(map[string]store.Info)
		for info, err := range d.List(t.Context(), "") {
			if err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			listed[info.Key] = info
		}
		for key, states := range may {
			value, v, err := d.Load(t.Context(), key)
			var is state
			if !errors.Is(err, store.ErrNotFound) {
				if err != nil {
					t.Fatalf("round %d: %v", round, err)
				}
				line, _, _ := strings.Cut(string(value[:min(len(value), 100)]), "\n")
				var whose string
				if _, err := fmt.Sscan(line, &whose, &is.seed, &is.n); err != nil || whose != key ||
					!bytes.Equal(value, crashValue(key, is.seed, is.n)) {
					t.Fatalf("round %d: %s has %d bytes that nobody wrote, %q", round, key, len(value), line)
				}
			}
			found := false
			for _, s := range states {
				found = found || s == is
			}
			if !found {
				t.Fatalf("round %d: %s is of %v, want one of %v", round, key, is, states)
			}
			if v != store.None && v < last[key] {
				t.Fatalf("round %d: %s has version %v after %v", round, key, v, last[key])
			}
			if want := (store.Info{Key: key, Version: v, Size: int64(len(value))}); v != store.None && listed[key] != want {
				t.Fatalf("round %d: listed %v, want %v", round, listed[key], want)
			}
			may[key], last[key] = []state{is}, max(last[key], v)
		}
	}
	t.Logf("%d writers killed, %d within a save or delete, %d left a half file", rounds, unfinished, leftovers)
	if unfinished == 0 {
		t.Error("no writer was killed within a save or delete: the test does not test")
	}
}

const counts = 25

// count counts up one key, together with others.
func count() error {
	ctx := context.Background()
	d, err := store.OpenDirectory(ctx, os.Getenv(pathVariable))
	if err != nil {
		return err
	}
	for done := 0; done < counts; {
		value, v, err := d.Load(ctx, "count")
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		n, _ := strconv.Atoi(string(value))
		_, err = d.Save(ctx, "count", strconv.AppendInt(nil, int64(n+1), 10), v)
		if err == nil {
			done++
		} else if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return nil
}

// TestDirectoryProcesses has processes count together: no count is lost.
func TestDirectoryProcesses(t *testing.T) {
	const processes = 4
	path := t.TempDir()
	var group sync.WaitGroup
	for i := range processes {
		counter := again(t, "count", path, i)
		group.Go(func() {
			if out, err := counter.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	group.Wait()
	d := openDirectory(t, path)
	holds(t, d, "count", strconv.Itoa(processes*counts), processes*counts)
}

// TestDirectoryLockWaits: who waits for the lock of another can give up, and
// does no harm to those who wait on.
func TestDirectoryLockWaits(t *testing.T) {
	path := t.TempDir()
	d := openDirectory(t, path)
	v := save(t, d, "key", "value", store.None)
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		if _, err := d.Save(ctx, "key", []byte("late"), v); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("save under another's lock: %v", err)
		}
		if _, err := store.OpenDirectory(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("open under another's lock: %v", err)
		}
		cancel()
	}
	holds(t, d, "key", "value", v) // to load takes no lock
	waiting := make(chan error)
	go func() {
		_, err := d.Save(t.Context(), "key", []byte("in time"), v)
		waiting <- err
	}()
	lock.Close()
	if err := <-waiting; err != nil {
		t.Error(err)
	}
	holds(t, d, "key", "in time", v+1)
}
