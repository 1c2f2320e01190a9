package main

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"

	"github.com/shirou/gopsutil/v3/cpu"
	gohost "github.com/shirou/gopsutil/v3/host"
	"github.com/shirou/gopsutil/v3/mem"
)

// machine is what was measured on. What the system doesn't tell is empty.
type machine struct {
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	Cores  int    `json:"cores"`
	CPU    string `json:"cpu,omitempty"`
	Memory int64  `json:"memory_bytes,omitempty"`
	Kernel string `json:"kernel,omitempty"`
	Go     string `json:"go_version"`
}

func thisMachine(ctx context.Context) machine {
	m := machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version()}
	if models, err := cpu.InfoWithContext(ctx); err == nil && len(models) > 0 {
		m.CPU = strings.Join(strings.Fields(models[0].ModelName), " ")
	}
	if total, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		m.Memory = int64(total.Total)
	}
	if kernel, err := gohost.KernelVersionWithContext(ctx); err == nil {
		m.Kernel = kernel
	}
	return m
}

// same says whether times of the two machines may be held against each other.
func (m machine) same(other machine) bool {
	return m.CPU != "" && m.CPU == other.CPU && m.Cores == other.Cores && m.Arch == other.Arch
}

// String is the machine for people.
func (m machine) String() string {
	processor := m.CPU
	if processor == "" {
		processor = m.Arch + " processor"
	}
	text := fmt.Sprintf("%d × %s", m.Cores, processor)
	if m.Memory > 0 {
		text += fmt.Sprintf(", %.1f GB", float64(m.Memory)/(1<<30))
	}
	text += ", " + m.OS + "/" + m.Arch
	if m.Kernel != "" {
		text += " " + m.Kernel
	}
	return text + ", " + m.Go
}

// revision is that of the sources, or "" where git doesn't know.
func revision(ctx context.Context, root string) string {
	cmd := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--abbrev=10")
	cmd.Dir = root
	text, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
