//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package store

import (
	"context"
	"io"
	"os"
	"syscall"
)

// lockFile waits until it has a file locked against every other open of it, in
// this process or another. To close it unlocks it, and so does the end of the
// process.
func lockFile(ctx context.Context, path string) (io.Closer, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = flock(file, syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return file, nil
	}
	if err != syscall.EWOULDBLOCK {
		file.Close()
		return nil, &os.PathError{Op: "flock", Path: path, Err: err}
	}
	// Nothing can end flock's wait, so it is left to wait alone if ctx ends.
	locked := make(chan error, 1)
	go func() { locked <- flock(file, syscall.LOCK_EX) }()
	select {
	case err := <-locked:
		if err != nil {
			file.Close()
			return nil, &os.PathError{Op: "flock", Path: path, Err: err}
		}
		return file, nil
	case <-ctx.Done():
		go func() {
			<-locked
			file.Close()
		}()
		return nil, ctx.Err()
	}
}

func flock(file *os.File, how int) error {
	for {
		if err := syscall.Flock(int(file.Fd()), how); err != syscall.EINTR {
			return err
		}
	}
}
