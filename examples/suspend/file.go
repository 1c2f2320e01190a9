package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// load makes the tasklet of the file go on in s. It returns nil if there is no
// file. A file that can't be loaded stays as it is: it may be all that is left
// of somebody's work.
func load(s *sched.Scheduler, file string) (*tasklet.Tasklet, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t, err := pickle.Unmarshal[*tasklet.Tasklet](b, pickle.Into(s))
	if err != nil {
		return nil, fmt.Errorf("%s: %w; nothing was changed: move the file away to start anew", file, err)
	}
	if _, ok := t.Frame().(*greeter); !ok {
		return nil, fmt.Errorf("%s has no greeter in it; nothing was changed: give another --file", file)
	}
	if t.Paused() { // it was saved when its pause was over, and was about to speak
		err = t.Insert()
	}
	return t, err
}

// write puts a file in its place at once: whoever looks, also after a crash,
// sees the old one or the new one, whole. A process that is killed meanwhile may
// leave a file with ".new-" in its name, which nobody needs.
func write(file string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync() // or the name could reach the disk before the bytes
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	return syncFolder(filepath.Dir(file))
}

// syncFolder waits until the names in a folder are on disk.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // which can't, and writes them in order
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	err = folder.Sync()
	if closed := folder.Close(); err == nil {
		err = closed
	}
	return err
}
