package stackless

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is the picture of the house: which of our packages each may import. A
// package that is not listed by itself is part of the room that it lies in; a room
// that is not listed may import none of them. Imports go one way, from the cellar
// up, and channel and sched do not know each other.
var mayImport = map[string][]string{
	"pickle":     {},
	"tasklet":    {"pickle"},
	"channel":    {"pickle", "tasklet"},
	"wait":       {"pickle", "tasklet"},
	"sched":      {"pickle", "tasklet"},
	"metrics":    {"sched"},
	"store":      {"store"}, // its conformance suite
	"benchmarks": {"pickle", "tasklet", "channel", "sched", "wait", "benchmarks/peers", "internal/logplot", "internal/progressbar"},
	"cmd":        {"pickle", "tasklet", "channel", "sched", "wait", "internal/logplot", "internal/progressbar"},
	"examples":   {"pickle", "tasklet", "channel", "sched", "wait", "store"},

	"sched/schedtest": {"tasklet", "sched"},
}

// foreign are the modules that a room may import beside the standard library. The
// commands, the benchmarks and what these share may import what they like.
var foreign = map[string][]string{
	".": {}, "tasklet": {}, "channel": {}, "wait": {}, "sched": {}, "sched/schedtest": {}, "store": {},
	"pickle":   {"github.com/vmihailenco/msgpack/v5"},
	"metrics":  {"github.com/prometheus/client_golang/prometheus"},
	"examples": {"modernc.org/sqlite"}, // the database of onboarding
}

const module = "github.com/stackless-go/stackless"

// TestImports holds the picture against the code. Tests may import what they
// like.
func TestImports(t *testing.T) {
	checked := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		room := filepath.ToSlash(filepath.Dir(path))
		if _, ok := mayImport[room]; !ok {
			room, _, _ = strings.Cut(room, "/")
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		checked++
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			rest, ours := strings.CutPrefix(imported, module+"/")
			first, _, _ := strings.Cut(imported, "/")
			switch {
			case ours && !slices.Contains(mayImport[room], rest):
				t.Errorf("%s imports %s: %s may import %v of ours", path, rest, room, mayImport[room])
			case !ours && strings.Contains(first, "."):
				if may, limited := foreign[room]; limited && !slices.Contains(may, imported) {
					t.Errorf("%s imports %s: of other modules, %s may import %v", path, imported, room, may)
				}
			}
		}
		return nil
	})
	if err != nil || checked < 20 {
		t.Fatalf("%d files checked: %v", checked, err)
	}
}
