package main

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
)

// writeJSON writes a comparison for programs; what isn't known is null.
func writeJSON(w io.Writer, c comparison) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(c)
}

// csvHeader names the columns as JSON names the keys; year is empty for what was
// measured now.
var csvHeader = []string{
	"kind", "state", "year", "count", "created", "rss_bytes", "vms_bytes", "pss_bytes", "kernel_bytes",
	"rss_empty_bytes", "kernel_empty_bytes", "bytes_per_unit", "kernel_bytes_per_unit", "create_ns", "switch_ns", "ended_ns", "error",
}

// writeCSV writes a comparison for spreadsheets; what isn't known is empty.
func writeCSV(w io.Writer, c comparison) error {
	records := csv.NewWriter(w)
	if err := records.Write(csvHeader); err != nil {
		return err
	}
	for _, g := range c.groups() {
		year := ""
		if g.year != 0 {
			year = strconv.Itoa(g.year)
		}
		for _, r := range g.rows {
			if err := records.Write(append([]string{g.kind, g.state, year, strconv.Itoa(r.Count)}, csvFigures(r)...)); err != nil {
				return err
			}
		}
	}
	records.Flush()
	return records.Error()
}

func csvFigures(r result) []string {
	whole := func(n *int64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatInt(*n, 10)
	}
	decimal := func(f *float64) string {
		if f == nil {
			return ""
		}
		return strconv.FormatFloat(*f, 'f', -1, 64)
	}
	created := ""
	if r.Created != nil {
		created = strconv.Itoa(*r.Created)
	}
	return []string{
		created, whole(r.RSS), whole(r.VMS), whole(r.PSS), whole(r.Kernel), whole(r.RSSEmpty), whole(r.KernelEmpty),
		decimal(r.BytesPerUnit), decimal(r.KernelBytesPerUnit), decimal(r.CreateNS), decimal(r.SwitchNS), decimal(r.EndedNS), errorText(r),
	}
}
