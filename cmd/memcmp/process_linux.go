package main

import (
	"context"

	"github.com/shirou/gopsutil/v3/process"
)

// proportional is the proportional size of a process.
func proportional(ctx context.Context, proc *process.Process) *int64 {
	maps, err := proc.MemoryMapsWithContext(ctx, true)
	if err != nil || maps == nil || len(*maps) != 1 {
		return nil
	}
	// A kernel without proportional sizes leaves them out, and a process that is
	// resident can't have none.
	pss := (*maps)[0].Pss
	if pss == 0 {
		return nil
	}
	return new(int64(pss) << 10)
}
