package store

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// What a Directory does with a single file. A file in its place never changes:
// another takes its place. Only whoever has the lock writes, renames or removes.

// version returns the version in a file's header, or None if there is no such
// file. Under the lock it stays true.
func (d *Directory) version(name string) (Version, error) {
	file, h, err := d.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return None, nil
	}
	if err != nil {
		return None, err
	}
	return h.version, file.Close()
}

// read opens a file and reads its header, which must be of that name. If the
// error is nil, the file stands at its value and is the caller's to close.
func (d *Directory) read(name string) (*os.File, header, error) {
	file, err := os.Open(d.file(name))
	if err != nil {
		return nil, header{}, err
	}
	h, err := readHeader(file)
	if err == nil && name != h.fileName() {
		err = fmt.Errorf("%w: it is the file of %q", ErrDamaged, h.key)
	}
	if err != nil {
		file.Close()
		return nil, header{}, inFile(file, err)
	}
	return file, h, nil
}

// checkSize says whether a file is as long as its header says.
func checkSize(file *os.File, h header) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() != h.fileSize() {
		return inFile(file, fmt.Errorf("%w: it has %d bytes, not %d", ErrDamaged, info.Size(), h.fileSize()))
	}
	return nil
}

// write puts a file in its place, at once and for good. Under the lock only.
func (d *Directory) write(name, key string, value []byte, version Version) error {
	file, err := os.CreateTemp(d.path, newPrefix+"*")
	if err != nil {
		return err
	}
	h := header{key, version, int64(len(value)), crc32.Checksum(value, castagnoli)}
	_, err = file.Write(h.append(nil))
	if err == nil {
		_, err = file.Write(value)
	}
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), d.file(name))
	}
	if err != nil {
		os.Remove(file.Name()) // if that fails too, the next to open does it
		return err
	}
	return syncDirectory(d.path)
}

// makeDirectory makes a directory, and those that it is in, unless they are
// there.
func makeDirectory(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(path)
	if err := makeDirectory(parent); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDirectory(parent)
}

// syncDirectory waits until a directory's entries are on disk.
func syncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil // which can't, and writes them in order
	}
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	err = directory.Sync()
	if closed := directory.Close(); err == nil {
		err = closed
	}
	return err
}

// inFile says which file an error is about.
func inFile(file *os.File, err error) error {
	return fmt.Errorf("file %q: %w", filepath.Base(file.Name()), err)
}
