package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sample is a recorded run of a part of the suite.
func sample(t *testing.T) *record {
	t.Helper()
	r, err := readRecord(filepath.Join("testdata", "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRecordIsReadAsWritten(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	written, err := sample(t).encode()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written, data) {
		t.Error("a record that was read is written otherwise")
	}
	empty := &record{Version: recordVersion}
	written, err = empty.encode()
	if err != nil || !bytes.HasSuffix(written, []byte("\"figures\": [\n  ]\n}\n")) {
		t.Errorf("%s %v", written, err)
	}
}

func TestRecordRefused(t *testing.T) {
	dir := t.TempDir()
	if _, err := readRecord(filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	for text, says := range map[string]string{
		"Benchmarks":      "is no recorded run",
		`{"version": 99}`: "has version 99, this command knows 1",
	} {
		path := filepath.Join(dir, "run.json")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := readRecord(path); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want %q", err, says)
		}
	}
}

// made is a record of given values of ns/op.
func made(values map[key][]float64) *record {
	r := &record{Version: recordVersion, Machine: machine{Arch: "amd64", Cores: 2, CPU: "a processor"}, Settings: settings{Rounds: 3, Seconds: 0.2}}
	for _, s := range allSystems() {
		r.Systems = append(r.Systems, presence{Name: s.name, Title: s.title})
	}
	for k, rounds := range values {
		for _, v := range rounds {
			r.ensure(k).add(map[string]float64{nsPerOp: v}, 1, 0)
		}
	}
	r.sort()
	return r
}

// TestRatios: a ratio is that of values of the same round, and the median of those.
func TestRatios(t *testing.T) {
	a, b, c := at("Yield", 10, "", goroutines), at("Yield", 10, "", tasklets), at("Yield", 10, "", "lua")
	r := made(map[key][]float64{
		a: {100, 300, 90},
		b: {10, 20, 10}, // the machine was slow in the second round
		c: {50},         // took too long for another one
	})
	if got, ok := r.ratio(a, b, nsPerOp); got != 10 || !ok {
		t.Error(got, ok)
	}
	if got, ok := r.ratio(c, b, nsPerOp); got != 5 || !ok {
		t.Error(got, ok)
	}
	if got, ok := r.median(a, nsPerOp); got != 100 || !ok {
		t.Error(got, ok)
	}
	if _, ok := r.ratio(a, b, bytesPerUnit); ok {
		t.Error("a ratio of nothing")
	}
	if _, ok := r.ratio(a, at("Yield", 10, "", "erlang"), nsPerOp); ok {
		t.Error("a ratio to nobody")
	}
}

func TestText(t *testing.T) {
	for _, test := range []struct {
		value float64
		unit  string
		want  string
	}{
		{5.614, nsPerOp, "5.61 ns"}, {17.44, nsPerOp, "17.4 ns"}, {9.996, nsPerOp, "10.0 ns"}, {120.5, nsPerOp, "120 ns"},
		{999.6, nsPerOp, "1.00 µs"}, {47_320, nsPerOp, "47.3 µs"}, {208_900_000, nsPerOp, "209 ms"}, {12.82e9, endedNS, "12.82 s"},
		{0.33, times, "0.33 ×"}, {12.55, times, "12.6 ×"}, {72.1, times, "72.1 ×"}, {1234, times, "1,234 ×"}, {0.0123, times, "0.012 ×"},
		{2691, bytesPerUnit, "2,691 B"}, {85.02, bytesPerUnit, "85.0 B"}, {93 << 20, resident, "93.0 MB"}, {1536, resident, "1.50 KB"},
		{7, "hops", "7.00 hops"},
	} {
		if got := inUnit(test.value, test.unit); got != test.want {
			t.Errorf("%v in %s: %q, want %q", test.value, test.unit, got, test.want)
		}
	}
	for n, want := range map[int]string{10: "10", 1000: "1,000", 1_000_000: "1,000,000", 1_100_000: "1,100,000"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}
