//go:build !linux

package main

import (
	"context"

	"github.com/shirou/gopsutil/v3/process"
)

// proportional is unknown: only Linux has proportional sizes.
func proportional(context.Context, *process.Process) *int64 { return nil }
