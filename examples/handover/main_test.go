package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// asHandover has the test's own binary be handover: so the tests start what they
// test, built as they are.
const asHandover = "HANDOVER_IS_RUN_BY_ITS_TEST"

func TestMain(m *testing.M) {
	if os.Getenv(asHandover) != "" && !slices.Contains(os.Args, "-test.fuzzworker") {
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Setenv(asHandover, "yes") // for those started from here
	os.Exit(m.Run())
}

// call runs the command in this process.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	code = run(args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

const shown = `a: 1 doubled is 2, all together 2
a: 2 doubled is 4, all together 6
a: 3 doubled is 6, all together 12
-- it goes over to b
b: 4 doubled is 8, all together 20
b: 5 doubled is 10, all together 30
-- b is killed, and started again
b: 6 doubled is 12, all together 42
b: 7 doubled is 14, all together 56
b: 8 doubled is 16, all together 72
-- it goes over to a
a: 9 doubled is 18, all together 90
a: 10 doubled is 20, all together 110
-- both have saved and ended
`

func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts processes")
	}
	if code, stdout, stderr := call(t, "demo"); code != 0 || stdout != shown || stderr != "" {
		t.Errorf("code %d, stderr %q, got\n%swant\n%s", code, stderr, stdout, shown)
	}
}

func TestUsage(t *testing.T) {
	serve := "serve --name a --listen 127.0.0.1:0 --peer b=127.0.0.1:1 --dir d "
	for _, args := range []string{
		"", "nonsense", "demo more", "certs", "certs --nonsense", "certs d ../x", "certs d ca", "certs d A",
		"serve", "serve --nonsense", serve + "more", serve + "--peer b", serve + "--peer b=c", serve + "--peer a=127.0.0.1:1",
		serve + "--name B", serve + "--pause 0", serve + "--give-after -1", serve + "--pause soon",
	} {
		code, stdout, stderr := call(t, strings.Fields(args)...)
		if code != 2 || stdout != "" {
			t.Errorf("%s: code %d, stdout %q", args, code, stdout)
		}
		if !strings.HasPrefix(stderr, "handover: ") || strings.Count(stderr, "\n") > 2 {
			t.Errorf("%s: stderr %q", args, stderr)
		}
	}
	for _, args := range []string{"--help", "help", "serve --help", "certs --help"} {
		code, stdout, stderr := call(t, strings.Fields(args)...)
		if code != 0 || !strings.Contains(stdout, "handover certs certs") || !strings.Contains(stdout, "-give-after") || stderr != "" {
			t.Errorf("%s: code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
}

// TestServeRefuses: what is wrong is said before anything is begun.
func TestServeRefuses(t *testing.T) {
	dir := t.TempDir()
	certs, ledger := filepath.Join(dir, "certs"), filepath.Join(dir, "ledger")
	args := []string{"serve", "--name", "a", "--listen", "127.0.0.1:0", "--peer", "b=127.0.0.1:1", "--dir", ledger, "--certs", certs}
	if code, _, stderr := call(t, args...); code != 1 || !strings.Contains(stderr, "handover certs") {
		t.Errorf("without certificates: code %d, stderr %q", code, stderr)
	}
	if code, stdout, stderr := call(t, "certs", certs); code != 0 || !strings.Contains(stdout, "a and b") {
		t.Fatalf("certs: code %d, stderr %q", code, stderr)
	}
	if code, _, stderr := call(t, "certs", certs); code != 1 || !strings.Contains(stderr, "is there already") {
		t.Errorf("certs again: code %d, stderr %q", code, stderr)
	}
	if err := os.WriteFile(ledger, []byte("in the way"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := call(t, args...); code != 1 || !strings.Contains(stderr, "ledger") {
		t.Errorf("a file for a folder: code %d, stderr %q", code, stderr)
	}
}
