package main

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"os"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v3/process"
)

// memory is what the operating system says about a process, seen from outside.
// What it doesn't say is nil.
type memory struct {
	rss, vms int64
	pss      *int64
	kernel   *int64 // page tables and the kernel stacks of its threads
}

// add sums two processes; a sum with an unknown part is unknown.
func (m memory) add(other memory) memory {
	return memory{
		rss:    m.rss + other.rss,
		vms:    m.vms + other.vms,
		pss:    sum(m.pss, other.pss),
		kernel: sum(m.kernel, other.kernel),
	}
}

func sum(a, b *int64) *int64 {
	if a == nil || b == nil {
		return nil
	}
	return new(*a + *b)
}

// readMemory reads a process. stack is the size of one kernel stack, nil where
// it isn't known.
func readMemory(ctx context.Context, pid int32, stack *int64) (memory, error) {
	proc, err := process.NewProcessWithContext(ctx, pid)
	if err != nil {
		return memory{}, fmt.Errorf("looking at process %d: %w", pid, err)
	}
	return readProcess(ctx, proc, stack)
}

// readMemoryOfTree reads a process and all its descendants. One that ends
// meanwhile isn't counted.
func readMemoryOfTree(ctx context.Context, pid int32, stack *int64) (memory, error) {
	proc, err := process.NewProcessWithContext(ctx, pid)
	if err != nil {
		return memory{}, fmt.Errorf("looking at process %d: %w", pid, err)
	}
	total, err := readProcess(ctx, proc, stack)
	if err != nil {
		return memory{}, err
	}
	children, err := proc.ChildrenWithContext(ctx)
	if err != nil {
		return total, nil // gopsutil's way to say that there are none
	}
	for _, child := range children {
		if m, err := readMemoryOfTree(ctx, child.Pid, stack); err == nil {
			total = total.add(m)
		}
	}
	return total, ctx.Err()
}

func readProcess(ctx context.Context, proc *process.Process, stack *int64) (memory, error) {
	info, err := proc.MemoryInfoWithContext(ctx)
	if err != nil {
		return memory{}, fmt.Errorf("reading the memory of process %d: %w", proc.Pid, err)
	}
	m := memory{rss: int64(info.RSS), vms: int64(info.VMS), pss: proportional(ctx, proc)}
	threads, err := proc.NumThreadsWithContext(ctx)
	if tables := pageTables(proc.Pid); err == nil && tables != nil && stack != nil {
		m.kernel = new(*tables + int64(threads)**stack)
	}
	return m, nil
}

// pageTables is the size of a process's page tables: Linux's VmPTE.
func pageTables(pid int32) *int64 {
	return kilobytes(fmt.Sprintf("/proc/%d/status", pid), "VmPTE")
}

// kernelStack is the size of the stack that the kernel keeps for a thread. Linux
// tells it only as the sum over all threads; each has a power of two of bytes.
func kernelStack() *int64 {
	all := kilobytes("/proc/meminfo", "KernelStack")
	load, err := os.ReadFile("/proc/loadavg")
	if all == nil || err != nil {
		return nil
	}
	// As in "0.15 0.03 0.01 2/79 2533": of 79 threads, 2 can run.
	fields := strings.Fields(string(load))
	if len(fields) < 4 {
		return nil
	}
	_, total, _ := strings.Cut(fields[3], "/")
	threads, err := strconv.ParseInt(total, 10, 64)
	if err != nil || threads < 1 {
		return nil
	}
	return stackSize(*all, threads)
}

// stackSize is the power of two nearest to each thread's share, if a kernel
// could have stacks of that size.
func stackSize(all, threads int64) *int64 {
	const smallest, largest = 4 << 10, 64 << 10
	share := float64(all) / float64(threads)
	size := int64(math.Exp2(math.Round(math.Log2(share))))
	if size < smallest || size > largest || bits.OnesCount64(uint64(size)) != 1 {
		return nil
	}
	return &size
}

// kilobytes reads a line "key:  123 kB" of a file of /proc, as bytes.
func kilobytes(path, key string) *int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != key+":" {
			continue
		}
		if kb, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
			return new(kb << 10)
		}
	}
	return nil
}
