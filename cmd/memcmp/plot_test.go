package main

import (
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func drawTo(t *testing.T, path string, c comparison) error {
	t.Helper()
	f, err := openPlot(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.discard()
	return f.write(c)
}

func TestPlotSVG(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memory.svg")
	if err := os.WriteFile(path, []byte("an older one"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := drawTo(t, path, example()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for decoder := xml.NewDecoder(strings.NewReader(string(text))); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if data, ok := token.(xml.CharData); ok {
			words[strings.TrimSpace(string(data))] = true
		}
	}
	for _, want := range []string{"thread yield", "thread 2009 sleeping, resident", "goroutine sleeping", "tasklet yield", "100,000", "10 MB"} {
		if !words[want] {
			t.Errorf("%q isn't in the plot", want)
		}
	}
	if left, _ := filepath.Glob(path + ".*"); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

func TestPlotPNG(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memory.PNG")
	if err := drawTo(t, path, example()); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	picture, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if bounds := picture.Bounds(); bounds.Dx() < 800 || bounds.Dy() < 400 {
		t.Errorf("the plot has %v", bounds)
	}
}

func TestPlotOfNothingLeavesTheOldOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memory.svg")
	if err := os.WriteFile(path, []byte("an older one"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := drawTo(t, path, comparison{}); err == nil || !strings.Contains(err.Error(), "nothing was measured") {
		t.Errorf("error %v", err)
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != "an older one" {
		t.Errorf("now %q, %v", text, err)
	}
	if left, _ := filepath.Glob(path + ".*"); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

func TestPlotToADirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plots.svg")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := openPlot(path); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("error %v", err)
	}
}
