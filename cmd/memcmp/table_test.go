package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// example is a comparison with everything in it that can be shown.
func example() comparison {
	const k, m = 1 << 10, 1 << 20
	row := func(kind, state string, count int, rss, vms, pss, kernel int64, create, change float64) result {
		return result{
			Kind: kind, State: state, Count: count, Created: &count,
			RSS: &rss, VMS: &vms, PSS: &pss, Kernel: &kernel, CreateNS: &create, SwitchNS: &change,
		}
	}
	empty := result{RSS: new(int64(12 * m)), Kernel: new(int64(256 * k))}

	threads := []result{
		row(kindThread, stateYield, 2, 12*m, 2051*m, 6892*k, 448*k, 50_000, 1732.6),
		row(kindThread, stateYield, 2000, 28*m, 18<<30, 23*m, 40*m, 28_000, 2900),
		row(kindThread, stateYield, 40_000, 275*m, 255<<30, 270*m, 635*m, 36_000, 5100),
	}
	threads[2].Created = new(32_428)
	threads[2].Error = new("created 32428 of 40000: Resource temporarily unavailable")
	setSlopes(threads, empty)

	goroutines := []result{
		row(kindGoroutine, stateSleeping, 2, 12*m, 1603*m, 6849*k, 264*k, 11_000, 0),
		row(kindGoroutine, stateSleeping, 100_000, 271*m, 1861*m, 266*m, 788*k, 3400, 0),
	}
	for i := range goroutines {
		goroutines[i].SwitchNS = nil
		goroutines[i].EndedNS = new([]float64{10.001e9, 10.4e9}[i])
	}
	setSlopes(goroutines, empty)

	tasklets := []result{
		row(kindTasklet, stateYield, 2, 12*m, 1603*m, 6849*k, 264*k, 1100, 7.74),
		row(kindTasklet, stateYield, 100_000, 20*m, 1603*m, 15*m, 272*k, 172, 8),
	}
	setSlopes(tasklets, empty)

	failed := []result{
		{Kind: "python, | 3", State: stateExec, Count: 2, Error: new(`ended before it was ready: ImportError: "greenlet"`)},
		{Kind: "python, | 3", State: stateExec, Count: 100_000, Error: new(`ended before it was ready: ImportError: "greenlet"`)},
	}
	skipped := result{Kind: "absent", State: stateExec, Count: 2, Error: new("lua: not found"), skipped: true}

	c := comparison{
		Host: host{
			OS: "linux", Arch: "amd64", CPUs: 2, CPUModel: new("Example 9000"), Memory: new(int64(24 << 30)),
			Kernel: new("6.1"), Go: "go1.26",
		},
		Baseline: article(),
		capped:   "thread: no more than 40,000 (--max-threads)",
	}
	for _, rows := range [][]result{threads, goroutines, tasklets, failed, {skipped}} {
		c.Results = append(c.Results, rows...)
	}
	return c
}

func TestFormats(t *testing.T) {
	for format, file := range map[string]string{
		formatTable: "table.txt", formatMarkdown: "table.md", formatCSV: "table.csv", formatJSON: "table.json",
	} {
		var got bytes.Buffer
		if err := renderers[format](&got, example()); err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", file)
		if *rewrite {
			if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s has changed (go test ./cmd/memcmp -rewrite, if it should); now:\n%s", golden, got.String())
		}
	}
}

func TestJSONHasEveryKey(t *testing.T) {
	var text bytes.Buffer
	if err := writeJSON(&text, comparison{Results: []result{{Kind: kindThread, State: stateYield, Count: 2}}}); err != nil {
		t.Fatal(err)
	}
	var d decoded
	if err := json.Unmarshal(text.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"kind", "state", "count"} {
		if d.Results[0][key] == nil {
			t.Errorf("%s is null", key)
		}
	}
	for _, key := range []string{
		"created", "rss_bytes", "vms_bytes", "pss_bytes", "kernel_bytes", "rss_empty_bytes", "kernel_empty_bytes",
		"bytes_per_unit", "kernel_bytes_per_unit", "create_ns", "switch_ns", "ended_ns", "error",
	} {
		if figure, there := d.Results[0][key]; !there || figure != nil {
			t.Errorf("%s is %v, there %v; want null", key, figure, there)
		}
	}
}

func TestCSVReadsBack(t *testing.T) {
	var text bytes.Buffer
	if err := writeCSV(&text, example()); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records[1:] {
		if record[0] == "python, | 3" && !strings.HasSuffix(record[len(record)-1], `"greenlet"`) {
			t.Errorf("lost in writing: %q", record)
		}
	}
}

func TestPictureOfNothing(t *testing.T) {
	if drawn := picture(comparison{Results: []result{{Kind: kindThread}}}); drawn != "" {
		t.Errorf("drawn: %q", drawn)
	}
}

func TestSizesAsTheArticleWritesThem(t *testing.T) {
	const k, m, g = 1 << 10, 1 << 20, 1 << 30
	for bytes, want := range map[int64]string{
		0: "0K", 3412 * k: "3412K", 9999 * k: "9999K", 17 * m: "17M", 1037 * m: "1037M", 18 * g: "18G", 40_000 * g: "39T",
	} {
		if got := size(&bytes); got != want {
			t.Errorf("%d bytes are %s, want %s", bytes, got, want)
		}
	}
	for _, got := range []string{size(nil), perUnitBytes(nil), span(nil), seconds(nil)} {
		if got != dash {
			t.Errorf("unknown is %q", got)
		}
	}
}

func TestNumbersForPeople(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 2000: "2,000", -1234567: "-1,234,567", -999: "-999", 100000: "100,000"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
	for ns, want := range map[float64]string{7.74: "7.7 ns", 322: "322 ns", 1732: "1.7 µs", 28_000: "28 µs", 4.2e6: "4.2 ms", 3e9: "3.0 s"} {
		if got := span(&ns); got != want {
			t.Errorf("%v ns is %s, want %s", ns, got, want)
		}
	}
	for ns, want := range map[float64]string{10.0049e9: "10.00 s", 10.386e9: "10.39 s", 5e6: "0.01 s"} {
		if got := seconds(&ns); got != want {
			t.Errorf("%v ns are %s, want %s", ns, got, want)
		}
	}
	for bytes, want := range map[float64]string{0.04: "<0.1", 5.2: "5.2", 86.1: "86", 20519: "20,519"} {
		if got := perUnitBytes(&bytes); got != want {
			t.Errorf("%v bytes are %s, want %s", bytes, got, want)
		}
	}
}
