package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"github.com/shirou/gopsutil/v3/cpu"
	gohost "github.com/shirou/gopsutil/v3/host"
	"github.com/shirou/gopsutil/v3/mem"
)

// host is the machine that was measured on. What the system doesn't tell is nil.
type host struct {
	OS       string  `json:"os"`
	Arch     string  `json:"arch"`
	CPUs     int     `json:"cpus"`
	CPUModel *string `json:"cpu_model"`
	Memory   *int64  `json:"memory_bytes"`
	Kernel   *string `json:"kernel"`
	Go       string  `json:"go_version"`
}

func thisHost(ctx context.Context) host {
	h := host{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version()}
	if models, err := cpu.InfoWithContext(ctx); err == nil && len(models) > 0 {
		if model := strings.Join(strings.Fields(models[0].ModelName), " "); model != "" {
			h.CPUModel = &model
		}
	}
	if total, err := mem.VirtualMemoryWithContext(ctx); err == nil && total.Total > 0 {
		h.Memory = new(int64(total.Total))
	}
	if kernel, err := gohost.KernelVersionWithContext(ctx); err == nil && kernel != "" {
		h.Kernel = &kernel
	}
	return h
}

// String is the machine in a line, for people.
func (h host) String() string {
	var parts []string
	system := h.OS + "/" + h.Arch
	if h.Kernel != nil {
		system += ", kernel " + *h.Kernel
	}
	parts = append(parts, system)
	processors := fmt.Sprintf("%d × ", h.CPUs)
	if h.CPUModel != nil {
		processors += *h.CPUModel
	} else {
		processors += "processor"
	}
	parts = append(parts, processors)
	if h.Memory != nil {
		parts = append(parts, fmt.Sprintf("%.1f GB", float64(*h.Memory)/(1<<30)))
	}
	return strings.Join(append(parts, h.Go), ", ")
}
