package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// workshop is where the sources are and what was built of them.
type workshop struct {
	root    string // of the module
	bin     string
	goTests string // the Go benchmarks' binary
	memcmp  string
}

// buildLimit is for one go command; the first has all modules to fetch.
const buildLimit = 10 * time.Minute

// findRoot is the directory of the module that the command was started in.
func findRoot(ctx context.Context) (string, error) {
	found, err := command{words: []string{"go", "list", "-m", "-f", "{{.Path}} {{.Dir}}"}, limit: time.Minute}.run(ctx)
	path, dir, _ := strings.Cut(strings.TrimSpace(string(found.output)), " ")
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil, benchmarksPackage != path+"/benchmarks":
		return "", errors.New("must be started in the sources' directory, as make compare does")
	}
	return dir, nil
}

// newWorkshop builds the Go parts.
func newWorkshop(ctx context.Context, root string) (*workshop, error) {
	w := &workshop{root: root, bin: filepath.Join(root, "bin")}
	ending := ""
	if runtime.GOOS == "windows" {
		ending = ".exe"
	}
	w.goTests = filepath.Join(w.bin, "benchmarks.test"+ending)
	w.memcmp = filepath.Join(w.bin, "memcmp"+ending)
	if err := os.MkdirAll(w.bin, 0o777); err != nil {
		return nil, err
	}
	for _, words := range [][]string{
		{"go", "test", "-c", "-o", w.goTests, "./benchmarks"},
		{"go", "build", "-o", w.memcmp, "./cmd/memcmp"},
	} {
		_, err := command{words: words, dir: root, limit: buildLimit}.run(ctx)
		if err != nil {
			return nil, fmt.Errorf("building: %s: %w", strings.Join(words, " "), err)
		}
	}
	return w, nil
}
