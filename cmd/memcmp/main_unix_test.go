//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

func TestCtrlCEndsTheChild(t *testing.T) {
	file, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	listener := listen(t)
	command := exec.Command(file, "memcmp", "--kinds", "tasklet", "--counts", "1",
		"--exec", "hangs="+self(t, "hangs", "{n}", listener.Addr().String()))
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	child, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := command.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("%v, want exit code %d", err, exitInterrupted)
	}
	// The other end closes with the child's death, and not before.
	if _, err := child.Read(make([]byte, 1)); err == nil {
		t.Error("the child speaks instead of ending")
	}
}
