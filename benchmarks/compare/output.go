package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// output is a file to be.
type output struct {
	path string
	data []byte
}

// outputs makes all files of a record: the lines go to bin, the rest under out.
func outputs(r *record, bin, out string) ([]output, error) {
	var lines bytes.Buffer
	if err := writeLines(&lines, r); err != nil {
		return nil, err
	}
	data, err := r.encode()
	if err != nil {
		return nil, err
	}
	pictures := filepath.Join(out, "benchmarks")
	files := []output{
		{filepath.Join(bin, "compare.txt"), lines.Bytes()},
		{filepath.Join(pictures, "compare.json"), data},
	}
	var plots []string
	for _, c := range charts(r) {
		picture, err := c.draw("svg")
		if err != nil {
			return nil, fmt.Errorf("drawing %s: %w", c.file, err)
		}
		plots = append(plots, c.file)
		files = append(files, output{filepath.Join(pictures, c.file+".svg"), picture})
	}
	text, err := writePage(r, plots)
	if err != nil {
		return nil, fmt.Errorf("the page: %w", err)
	}
	return append(files, output{filepath.Join(out, "BENCHMARKS.md"), text}), nil
}

// destination is where a run's lines go, and the page with its files.
func destination(o options, root string, whole bool) (bin, out string) {
	bin = filepath.Join(root, "bin")
	switch {
	case o.out != "":
		return bin, o.out
	case whole:
		return bin, filepath.Join(root, "docs")
	default:
		return bin, filepath.Join(bin, "compare")
	}
}

// writable finds out before minutes are spent whether files can be made where they are
// to go.
func writable(bin, out string) error {
	for _, dir := range []string{bin, out, filepath.Join(out, "benchmarks")} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
		probe, err := os.CreateTemp(dir, "compare.*.tmp")
		if err != nil {
			return err
		}
		if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
			return err
		}
	}
	return nil
}

// rescued saves a run that could not be written where it was to go, and says where it is.
func rescued(r *record, cause error) error {
	data, err := r.encode()
	if err != nil {
		return errors.Join(cause, err)
	}
	file, err := os.CreateTemp("", "compare-*.json")
	if err != nil {
		return errors.Join(cause, err)
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(cause, err, os.Remove(file.Name()))
	}
	return fmt.Errorf("%w; the run is saved: compare --from %s", cause, file.Name())
}

// writeAll writes all files under other names first, so that none is half written and
// none changes if one can't be.
func writeAll(files []output) (err error) {
	var temporary []string
	defer func() {
		for _, name := range temporary {
			if e := os.Remove(name); e != nil && !errors.Is(e, os.ErrNotExist) {
				err = errors.Join(err, e)
			}
		}
	}()
	for _, f := range files {
		if err := os.MkdirAll(filepath.Dir(f.path), 0o777); err != nil {
			return err
		}
		name := fmt.Sprintf("%s.%d.tmp", f.path, os.Getpid())
		temporary = append(temporary, name)
		if err := os.WriteFile(name, f.data, 0o666); err != nil {
			return err
		}
	}
	for i, f := range files {
		if err := os.Rename(temporary[i], f.path); err != nil {
			return err
		}
	}
	return nil
}
