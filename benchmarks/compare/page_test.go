package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/page.md anew, to be reviewed as a diff")

// plotNames are the plots that a record has.
func plotNames(r *record) []string {
	var names []string
	for _, c := range charts(r) {
		names = append(names, c.file)
	}
	return names
}

// TestPage holds the page of the sample against the one that was reviewed.
func TestPage(t *testing.T) {
	r := sample(t)
	page, err := writePage(r, plotNames(r))
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "page.md")
	if *rewrite {
		if err := os.WriteFile(golden, page, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page, want) {
		got, want := strings.Split(string(page), "\n"), strings.Split(string(want), "\n")
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("line %d is\n%s\nand was\n%s\n(go test ./benchmarks/compare -run TestPage -rewrite, if that is meant)", i+1, got[i], want[i])
			}
		}
		t.Fatalf("%d lines, were %d", len(got), len(want))
	}
}

// TestPageIsWhole: what the page refers to is there, tables have as many cells in each
// row, and nothing is left of the template.
func TestPageIsWhole(t *testing.T) {
	r := sample(t)
	names := plotNames(r)
	data, err := writePage(r, names)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, bad := range []string{"{{", "}}", "<no value>", "NaN", "Inf", "%!", "\n\n\n"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q is in the page", bad)
		}
	}
	var shown []string
	for _, found := range regexp.MustCompile(`!\[[^]]*\]\(benchmarks/([^)]*)\.svg\)`).FindAllStringSubmatch(text, -1) {
		shown = append(shown, found[1])
	}
	slices.Sort(shown)
	if all := slices.Sorted(slices.Values(names)); !slices.Equal(shown, all) {
		t.Errorf("plots shown: %v; drawn: %v", shown, all)
	}
	headings := make(map[string]bool)
	for _, found := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(text, -1) {
		headings[anchor(found[1])] = true
	}
	for _, found := range regexp.MustCompile(`\]\(#([^)]*)\)`).FindAllStringSubmatch(text, -1) {
		if !headings[found[1]] {
			t.Errorf("there is no heading #%s", found[1])
		}
	}
	columns := 0
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		if n := strings.Count(line, "|"); columns == 0 {
			columns = n
		} else if n != columns {
			t.Errorf("a row has %d columns and not %d: %s", n, columns, line)
		}
	}
}

// TestPageOfNothing: without a single figure there is a page that says so.
func TestPageOfNothing(t *testing.T) {
	r := made(nil)
	for i := range r.Systems {
		if !isGo(r.Systems[i].Name) {
			r.Systems[i].Missing = "get it"
		}
	}
	text, err := writePage(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{fmt.Sprintf("0 of %d are met, 0 fall short, %[1]d could not be measured", len(goals)), "- Erlang/OTP: get it", "- Stackless Python: get it"} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if bytes.Contains(text, []byte("| n |")) {
		t.Error("a table of nothing")
	}
}

// TestNotes: every note is of a goal or a workload.
func TestNotes(t *testing.T) {
	known := map[string]bool{"notes/measured.md": true, "notes/alike.md": true, "notes/workloads/sleepers.md": true}
	for _, g := range goals {
		known["notes/goals/"+g.id+".md"] = true
	}
	for _, w := range workloads {
		known["notes/workloads/"+strings.ToLower(w.name)+".md"] = true
	}
	err := fs.WalkDir(notes, "notes", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !known[name] {
			t.Errorf("%s is for nothing on the page", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPlots: each plot is well-formed and has all its lines in its legend.
func TestPlots(t *testing.T) {
	drawn := charts(sample(t))
	if len(drawn) < 4 {
		t.Fatalf("%d plots", len(drawn))
	}
	for _, c := range drawn {
		picture, err := c.draw("svg")
		if err != nil {
			t.Fatalf("%s: %v", c.file, err)
		}
		var words strings.Builder
		decoder := xml.NewDecoder(bytes.NewReader(picture))
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", c.file, err)
			}
			if text, ok := token.(xml.CharData); ok {
				words.Write(text)
				words.WriteByte('\n')
			}
		}
		for _, l := range c.lines {
			if !strings.Contains(words.String(), "\n"+l.system.Title+"\n") {
				t.Errorf("%s: %s is not in the legend", c.file, l.system.Title)
			}
		}
		if !strings.Contains(words.String(), c.title) {
			t.Errorf("%s has no title", c.file)
		}
	}
	if _, err := drawn[0].draw("png"); err != nil {
		t.Error(err)
	}
}

// TestEverySystemIsDrawn in a colour and a shape of its own.
func TestEverySystemIsDrawn(t *testing.T) {
	for _, s := range allSystems() {
		if paints[s.name] == nil || shapes[s.name] == nil {
			t.Errorf("%s has no colour or no shape", s.name)
		}
	}
}
