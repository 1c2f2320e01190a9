//go:build unix

package main

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// separate gives a process a group of its own, so that it can be ended with its
// descendants, and so that Ctrl-C reaches it only by way of this command.
func separate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// terminate asks a process and its descendants to end.
func terminate(cmd *exec.Cmd) error {
	return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
}

// kill ends a process and its descendants at once.
func kill(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // an error means that all have ended
}

// peakOf is the most that a process that has ended had resident, or one of its
// descendants. See peak.go for when that is true.
func peakOf(state *os.ProcessState) int64 {
	if state == nil {
		return 0
	}
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	peak := int64(usage.Maxrss)
	if runtime.GOOS != "darwin" && runtime.GOOS != "ios" {
		peak *= 1024 // elsewhere it is in kilobytes
	}
	return peak
}
