package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/store"
	"github.com/stackless-go/stackless/store/storetest"
)

func openDirectory(t *testing.T, path string) *store.Directory {
	t.Helper()
	d, err := store.OpenDirectory(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDirectory(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		return openDirectory(t, filepath.Join(t.TempDir(), "made", "as", "needed"))
	})
}

func TestDirectoryReopened(t *testing.T) {
	path := t.TempDir()
	d := openDirectory(t, path)
	v := save(t, d, "key", "2", save(t, d, "key", "1", store.None))
	gone := save(t, d, "gone", "", v-2)
	if err := d.Delete(t.Context(), "gone", gone); err != nil {
		t.Fatal(err)
	}
	again := openDirectory(t, path)
	holds(t, again, "key", "2", v)
	if back := save(t, again, "gone", "", store.None); back <= gone {
		t.Errorf("version %v after %v", back, gone)
	}
	save(t, d, "key", "3", v)
	if _, err := again.Save(t.Context(), "key", nil, v); !errors.Is(err, store.ErrConflict) {
		t.Errorf("conflict between two Directories: %v", err)
	}
}

// What crashed writers left is ignored, and removed by whoever opens next. What
// is not the store's stays.
func TestDirectoryLeftovers(t *testing.T) {
	path := t.TempDir()
	d := openDirectory(t, path)
	v := save(t, d, "key", "value", store.None)
	for _, name := range []string{"new-1", "new-2", "README", "k-UPPER", "k-a.bak", ".hidden"} {
		if err := os.WriteFile(filepath.Join(path, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(path, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	listed := func() []store.Info {
		var infos []store.Info
		for info, err := range d.List(t.Context(), "") {
			if err != nil {
				t.Error(err)
			}
			infos = append(infos, info)
		}
		return infos
	}
	want := []store.Info{{Key: "key", Version: v, Size: 5}}
	if infos := listed(); !slices.Equal(infos, want) {
		t.Errorf("listed %v, want %v", infos, want)
	}
	openDirectory(t, path)
	var names []string
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{".hidden", "README", "k-UPPER", "k-a.bak", "k-key", "lock", "sub"}; !slices.Equal(names, want) {
		t.Errorf("the directory has %q, want %q", names, want)
	}
	if infos := listed(); !slices.Equal(infos, want) {
		t.Errorf("listed %v, want %v", infos, want)
	}
}

// Every damage to a file is told by load, and none stops a list. A key whose
// header is whole can still be replaced.
func TestDirectoryDamage(t *testing.T) {
	long := strings.Repeat("Long", 100)
	for _, key := range []string{"key", long} {
		path := t.TempDir()
		d := openDirectory(t, path)
		v := save(t, d, key, "the value", store.None)
		save(t, d, "other", "", store.None)
		save(t, d, "A", "", store.None)
		files, err := filepath.Glob(filepath.Join(path, "[kl]-*"))
		if err != nil {
			t.Fatal(err)
		}
		file := files[slices.IndexFunc(files, func(f string) bool {
			return filepath.Base(f) == "k-key" || strings.HasPrefix(filepath.Base(f), "l-")
		})]
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		check := func(what string, b []byte) {
			if err := os.WriteFile(file, b, 0o600); err != nil {
				t.Fatal(err)
			}
			value, _, err := d.Load(t.Context(), key)
			if !errors.Is(err, store.ErrDamaged) || value != nil || !strings.Contains(err.Error(), filepath.Base(file)) {
				t.Fatalf("%s: load says %q, %v", what, value, err)
			}
			listed := 0
			for info, err := range d.List(t.Context(), "") {
				listed++
				if err != nil && (!errors.Is(err, store.ErrDamaged) || !strings.HasPrefix(key, info.Key) || info.Key == "") {
					t.Fatalf("%s: list says %v, %v", what, info, err)
				}
			}
			if listed != 3 {
				t.Fatalf("%s: %d listed, want 3", what, listed)
			}
		}
		for i := range len(whole) * 8 {
			b := slices.Clone(whole)
			b[i/8] ^= 1 << (i % 8)
			check(fmt.Sprintf("bit %d", i), b)
		}
		for n := range whole {
			check(fmt.Sprintf("%d bytes", n), whole[:n])
		}
		check("a byte more", append(slices.Clone(whole), 0))
		if _, err := d.Save(t.Context(), key, nil, v+1); !errors.Is(err, store.ErrConflict) {
			t.Errorf("save expecting another version: %v", err)
		}
		v = save(t, d, key, "new", v)
		holds(t, d, key, "new", v)

		check("no header", []byte("nothing"))
		if _, err := d.Save(t.Context(), key, nil, v); !errors.Is(err, store.ErrDamaged) {
			t.Errorf("save over a damaged header: %v", err)
		}
		if err := d.Delete(t.Context(), key, v); !errors.Is(err, store.ErrDamaged) {
			t.Errorf("delete of a damaged header: %v", err)
		}
		other, err := os.ReadFile(filepath.Join(path, "k-other"))
		if err != nil {
			t.Fatal(err)
		}
		check("the file of another key", other)
	}
}

func TestOpenDirectoryFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := store.OpenDirectory(t.Context(), file)
	var e *store.Error
	if !errors.As(err, &e) || e.Op != "open" || !strings.Contains(e.Store, "file") {
		t.Errorf("opened a file: %v", err)
	}
}
