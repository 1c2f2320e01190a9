package schedtest_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// A recorder is a test that is told of failures and writes them down, instead of
// failing. What it lacks of a testing.TB, nobody here calls.
type recorder struct {
	testing.TB
	name    string
	out     io.Writer
	failed  bool
	skipped bool
}

func (r *recorder) Helper()                        {}
func (r *recorder) Name() string                   { return r.name }
func (r *recorder) Failed() bool                   { return r.failed }
func (r *recorder) Skipped() bool                  { return r.skipped }
func (r *recorder) Fail()                          { r.failed = true }
func (r *recorder) FailNow()                       { r.failed = true; runtime.Goexit() }
func (r *recorder) Log(args ...any)                { fmt.Fprintln(r.out, args...) }
func (r *recorder) Logf(format string, arg ...any) { fmt.Fprintf(r.out, format+"\n", arg...) }
func (r *recorder) Error(args ...any)              { r.Log(args...); r.Fail() }
func (r *recorder) Errorf(format string, a ...any) { r.Logf(format, a...); r.Fail() }
func (r *recorder) Fatal(args ...any)              { r.Log(args...); r.FailNow() }
func (r *recorder) Fatalf(format string, a ...any) { r.Logf(format, a...); r.FailNow() }
func (r *recorder) Skip(args ...any)               { r.Log(args...); r.skipped = true; runtime.Goexit() }

// record runs f with a recorder, as a test of that name, and returns what it wrote
// and whether it failed. It reports in panicked what f panicked with.
func record(name string, f func(t testing.TB)) (out string, failed bool, panicked any) {
	var b strings.Builder
	r := &recorder{name: name, out: &b}
	over := make(chan struct{})
	go func() { // which a FailNow ends
		defer close(over)
		defer func() { panicked = recover() }()
		f(r)
	}()
	<-over
	return b.String(), r.failed, panicked
}
