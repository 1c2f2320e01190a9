package store

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Directory is a store in a directory, with a file for each key. It survives
// the end of its process, and of the machine, at any point: a key has its old
// value then, or its new one, whole.
//
// Any number of processes and of Directories may use one directory, where the
// system has flock: Linux, macOS and the BSDs, on a local file system. On other
// systems nothing keeps two Directories apart, so there may be one at a time.
//
// Each save is on disk when it returns, so it waits for the disk, and changes
// wait for each other. A load waits for nobody; it may see a save that somebody
// still waits for. A file whose bytes are not those that were
// written is [ErrDamaged], which names the file; if its header is whole, the
// key can still be replaced or deleted.
//
// A list first takes down the names of all files, about a hundred bytes for
// each. Of each file that it comes to it reads the header only. What else lies
// in the directory is left alone, unless its name begins with "new-".
//
// A Directory holds no file open between two operations and needs no Close.
type Directory struct {
	path string
	turn chan struct{} // has one place: whoever fills it may try for the lock file
}

var _ Store = (*Directory)(nil)

// OpenDirectory returns the store in a directory, which it makes if it is not
// there, for its owner alone. What writers that were killed have left
// unfinished is removed.
func OpenDirectory(ctx context.Context, path string) (*Directory, error) {
	d := &Directory{path, make(chan struct{}, 1)}
	if err := d.open(ctx); err != nil {
		return nil, d.failed(opOpen, "", err)
	}
	return d, nil
}

func (d *Directory) open(ctx context.Context) error {
	absolute, err := filepath.Abs(d.path)
	if err != nil {
		return err
	}
	d.path = absolute
	if err := makeDirectory(d.path); err != nil {
		return err
	}
	unlock, err := d.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	// A new file exists under the lock only, and the lock is ours.
	names, err := d.namesLocked()
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasPrefix(name, newPrefix) {
			if err := os.Remove(d.file(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Save implements [Store].
func (d *Directory) Save(ctx context.Context, key string, value []byte, expected Version) (Version, error) {
	version, err := d.save(ctx, key, value, expected)
	if err != nil {
		return None, d.failed(opSave, key, err)
	}
	return version, nil
}

func (d *Directory) save(ctx context.Context, key string, value []byte, expected Version) (Version, error) {
	if err := CheckSave(ctx, key, value, expected); err != nil {
		return None, err
	}
	unlock, err := d.lock(ctx)
	if err != nil {
		return None, err
	}
	defer unlock()
	name := fileName(key)
	found, err := d.version(name)
	if err != nil {
		return None, err
	}
	if found != expected {
		return None, &Conflict{key, expected, found}
	}
	if expected == None {
		if found, err = d.version(floorName); err != nil {
			return None, err
		}
	}
	return found + 1, d.write(name, key, value, found+1)
}

// Load implements [Store].
func (d *Directory) Load(ctx context.Context, key string) ([]byte, Version, error) {
	value, version, err := d.load(ctx, key)
	if err != nil {
		return nil, None, d.failed(opLoad, key, err)
	}
	return value, version, nil
}

func (d *Directory) load(ctx context.Context, key string) ([]byte, Version, error) {
	if err := checkLoad(ctx, key); err != nil {
		return nil, None, err
	}
	file, h, err := d.read(fileName(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, None, ErrNotFound
	}
	if err != nil {
		return nil, None, err
	}
	defer file.Close()
	if err := checkSize(file, h); err != nil {
		return nil, None, err
	}
	value := make([]byte, h.size)
	if _, err := io.ReadFull(file, value); err != nil {
		return nil, None, inFile(file, cutShort(err))
	}
	if crc32.Checksum(value, castagnoli) != h.checksum {
		return nil, None, inFile(file, fmt.Errorf("%w: the value's checksum is another", ErrDamaged))
	}
	return value, h.version, nil
}

// List implements [Store].
func (d *Directory) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := checkList(ctx, prefix); err != nil {
			yield(Info{}, d.failed(opList, prefix, err))
			return
		}
		entries, err := d.entries(ctx, prefix)
		if err != nil {
			yield(Info{}, d.failed(opList, prefix, err))
			return
		}
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				yield(Info{}, d.failed(opList, prefix, err))
				return
			}
			info, err := d.info(e)
			if errors.Is(err, fs.ErrNotExist) {
				continue // deleted meanwhile
			}
			if err != nil {
				err = d.failed(opList, info.Key, err)
			}
			if !yield(info, err) {
				return
			}
		}
	}
}

// An entry is a file that has a key.
type entry struct {
	key  string
	name string
	err  error // the name was too long for the key, and the file doesn't tell it
}

// entries returns those whose keys start with prefix, in order. A file with a
// long name is asked for its key. If it can't tell, how the key begins has to
// stand for it.
func (d *Directory) entries(ctx context.Context, prefix string) ([]entry, error) {
	names, err := d.names(ctx)
	if err != nil {
		return nil, err
	}
	var entries []entry
	for _, name := range names {
		key, long, ok := keyOf(name)
		e := entry{key: key, name: name}
		begins := strings.HasPrefix(key, prefix)
		if long && (begins || strings.HasPrefix(prefix, key)) {
			file, h, err := d.read(name)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				continue // deleted meanwhile
			case err != nil:
				e.err, begins = err, true
			default:
				file.Close()
				e.key, begins = h.key, strings.HasPrefix(h.key, prefix)
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		if ok && begins {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	return entries, nil
}

// names returns the names of all files. It waits for the lock: in many file
// systems a file that takes the place of another may be missed, or seen twice,
// by someone who reads the directory meanwhile.
func (d *Directory) names(ctx context.Context) ([]string, error) {
	unlock, err := d.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return d.namesLocked()
}

func (d *Directory) namesLocked() ([]string, error) {
	directory, err := os.Open(d.path)
	if err != nil {
		return nil, err
	}
	defer directory.Close()
	return directory.Readdirnames(-1)
}

// info returns what a list says of a file.
func (d *Directory) info(e entry) (Info, error) {
	if e.err != nil {
		return Info{Key: e.key}, e.err
	}
	file, h, err := d.read(e.name)
	if err != nil {
		return Info{Key: e.key}, err
	}
	defer file.Close()
	if err := checkSize(file, h); err != nil {
		return Info{Key: e.key}, err
	}
	return Info{h.key, h.version, h.size}, nil
}

// Delete implements [Store].
func (d *Directory) Delete(ctx context.Context, key string, expected Version) error {
	if err := d.delete(ctx, key, expected); err != nil {
		return d.failed(opDelete, key, err)
	}
	return nil
}

func (d *Directory) delete(ctx context.Context, key string, expected Version) error {
	if err := CheckDelete(ctx, key, expected); err != nil {
		return err
	}
	unlock, err := d.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	name := fileName(key)
	found, err := d.version(name)
	if err != nil {
		return err
	}
	if found != expected {
		return &Conflict{key, expected, found}
	}
	// The floor first: if we end between the two, it is only higher than it
	// need be.
	floor, err := d.version(floorName)
	if err != nil {
		return err
	}
	if floor < found {
		if err := d.write(floorName, "", nil, found); err != nil {
			return err
		}
	}
	if err := os.Remove(d.file(name)); err != nil {
		return err
	}
	return syncDirectory(d.path)
}

// lock waits until the directory is ours alone to change.
func (d *Directory) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case d.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	file, err := lockFile(ctx, d.file(lockName))
	if err != nil {
		<-d.turn
		return nil, err
	}
	return func() {
		file.Close()
		<-d.turn
	}, nil
}

func (d *Directory) file(name string) string { return filepath.Join(d.path, name) }

func (d *Directory) failed(op, key string, err error) error {
	return &Error{fmt.Sprintf("directory %q", d.path), op, key, err}
}
