//go:build !unix

package main

import (
	"os"
	"os/exec"
)

// separate does nothing where there are no process groups.
func separate(*exec.Cmd) {}

// terminate ends a process: there is no asking here.
func terminate(cmd *exec.Cmd) error { return cmd.Process.Kill() }

// kill ends a process at once.
func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill() // an error means that it has ended
}

// peakOf is not known here.
func peakOf(*os.ProcessState) int64 { return 0 }
