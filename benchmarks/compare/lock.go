package main

import (
	"errors"
	"os"
	"path/filepath"
)

var errNotAlone = errors.New("another compare is at work here: the two would measure each other")

// alone keeps others from measuring in the same directory until it is unlocked, or the
// process ends.
func alone(root string) (unlock func(), err error) {
	bin := filepath.Join(root, "bin")
	if err := os.MkdirAll(bin, 0o777); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(bin, "compare.lock"), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if !lock(file) {
		return nil, errors.Join(errNotAlone, file.Close())
	}
	return func() { _ = file.Close() }, nil // nothing was written to it
}
