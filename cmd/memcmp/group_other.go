//go:build !unix

package main

import "os/exec"

// separate does nothing where there are no process groups.
func separate(*exec.Cmd) {}

// kill ends a process at once.
func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill() // an error here means that it has ended
}
