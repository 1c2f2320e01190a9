package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// plotFormats are the file name endings that --plot knows.
var plotFormats = map[string]string{".svg": "svg", ".png": "png"}

// plotFormat is the format that a file's name asks for.
func plotFormat(path string) (string, error) {
	format, ok := plotFormats[strings.ToLower(filepath.Ext(path))]
	if !ok {
		return "", fmt.Errorf("--plot %s: must end in .svg or .png", path)
	}
	return format, nil
}

// plotFile is a file that will be there whole or not at all: it is written under
// another name first.
type plotFile struct {
	path, format string
	temporary    *os.File
}

// openPlot makes sure that a plot can be written to path.
func openPlot(path string) (*plotFile, error) {
	format, err := plotFormat(path)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("--plot %s: is a directory", path)
	}
	name := fmt.Sprintf("%s.%d.tmp", path, os.Getpid())
	temporary, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		var where *fs.PathError
		if errors.As(err, &where) {
			err = where.Err
		}
		return nil, fmt.Errorf("--plot %s: can't be written: %w", path, err)
	}
	return &plotFile{path: path, format: format, temporary: temporary}, nil
}

// write draws the comparison and puts the file in its place.
func (f *plotFile) write(c comparison) error {
	drawn, err := drawPlot(c, f.format)
	if err != nil {
		return fmt.Errorf("drawing %s: %w", f.path, err)
	}
	_, err = f.temporary.Write(drawn)
	if err := errors.Join(err, f.temporary.Close()); err != nil {
		return fmt.Errorf("writing the plot: %w", err)
	}
	if err := os.Rename(f.temporary.Name(), f.path); err != nil {
		return fmt.Errorf("writing the plot: %w", err)
	}
	return nil
}

// discard removes what is left if the plot was never written.
func (f *plotFile) discard() {
	_ = f.temporary.Close()           // closed already if it was written
	_ = os.Remove(f.temporary.Name()) // not there if it was written
}
