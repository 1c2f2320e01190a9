//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// separate gives a process a group of its own, so that it can be ended with its
// descendants, and so that Ctrl-C reaches it only by way of this command.
func separate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// kill ends a process and its descendants at once.
func kill(cmd *exec.Cmd) {
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil {
		_ = cmd.Process.Kill() // an error here means that it has ended
	}
}
