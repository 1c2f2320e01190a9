// Package storetest holds a [store.Store] to the rules of package store: for
// the stores there, and for your own.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.Store {
//			return mystore.Open(t.TempDir())
//		})
//	}
//
// Run it under the race detector too.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/store"
)

// Run runs all tests, each on a store of its own that open returns: a new, empty
// one. What it needs afterwards, such as closing, open leaves to t.Cleanup. The
// store is used by several goroutines at once.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, tester)
	}{
		{"Create", create},
		{"Replace", replace},
		{"Delete", remove},
		{"VersionsNeverComeBack", versions},
		{"AwkwardKeys", awkwardKeys},
		{"RefusedKeys", refusedKeys},
		{"RefusedVersions", refusedVersions},
		{"Values", values},
		{"LargeValues", largeValues},
		{"BytesAreCopied", copies},
		{"List", list},
		{"ListMany", listMany},
		{"ListStoppedEarly", listStopped},
		{"ListWhileChanging", listWhileChanging},
		{"DoneContexts", contexts},
		{"OneCreatorWins", creators},
		{"OneWriterWinsEachVersion", writers},
		{"OneOfSavesAndDeletesWins", savesAndDeletes},
		{"RandomOperations", model},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.run(t, tester{t, open(t)})
		})
	}
}

// A tester has the assertions that the tests share.
type tester struct {
	*testing.T
	store.Store
}

// save saves and returns the new version.
func (s tester) save(key, value string, expected store.Version) store.Version {
	s.T.Helper()
	v, err := s.Save(s.Context(), key, []byte(value), expected)
	if err != nil {
		s.Fatalf("save %.40q, expecting %v: %v", key, expected, err)
	}
	if v <= expected {
		s.Fatalf("save %.40q, expecting %v: version %v", key, expected, v)
	}
	return v
}

// holds says that key has this value and version.
func (s tester) holds(key, value string, version store.Version) {
	s.T.Helper()
	got, v, err := s.Load(s.Context(), key)
	if err != nil || v != version || string(got) != value {
		s.Fatalf("load %.40q: %.40q, %v, %v; want %.40q, %v", key, got, v, err, value, version)
	}
}

// absent says that key is not there.
func (s tester) absent(key string) {
	s.T.Helper()
	got, v, err := s.Load(s.Context(), key)
	if len(got) != 0 || v != store.None {
		s.Fatalf("load %.40q, which is not there: %.40q, %v", key, got, v)
	}
	s.fails(err, store.ErrNotFound, "load", key)
}

// delete deletes.
func (s tester) delete(key string, version store.Version) {
	s.T.Helper()
	if err := s.Delete(s.Context(), key, version); err != nil {
		s.Fatalf("delete %.40q, expecting %v: %v", key, version, err)
	}
}

// fails says that err is of a kind, and an [*store.Error] with everything in it.
func (s tester) fails(err, kind error, op, key string) {
	s.T.Helper()
	var e *store.Error
	switch {
	case !errors.Is(err, kind):
		s.Fatalf("%s %.40q: error %v, want %v", op, key, err, kind)
	case !errors.As(err, &e):
		s.Fatalf("%s %.40q: error %v is not a *store.Error", op, key, err)
	case e.Store == "" || e.Op != op || e.Key != key:
		s.Fatalf("%s %.40q: error %v names store %q, operation %q, key %.40q", op, key, err, e.Store, e.Op, e.Key)
	}
}

// conflicts says that err is a conflict with these versions.
func (s tester) conflicts(err error, op, key string, expected, found store.Version) {
	s.T.Helper()
	s.fails(err, store.ErrConflict, op, key)
	var c *store.Conflict
	if !errors.As(err, &c) {
		s.Fatalf("%s %.40q: error %v is not a *store.Conflict", op, key, err)
	}
	if want := (store.Conflict{Key: key, Expected: expected, Found: found}); *c != want {
		s.Fatalf("%s %.40q: conflict %+v, want %+v", op, key, *c, want)
	}
	for _, said := range []string{fmt.Sprintf("%q", key), expected.String(), found.String()} {
		if !strings.Contains(err.Error(), said) {
			s.Fatalf("%s %.40q: error %q does not say %s", op, key, err, said)
		}
	}
}

// infos lists what starts with prefix.
func (s tester) infos(prefix string) []store.Info {
	s.T.Helper()
	var infos []store.Info
	for info, err := range s.List(s.Context(), prefix) {
		if err != nil {
			s.Fatalf("list %q: %v", prefix, err)
		}
		infos = append(infos, info)
	}
	return infos
}

// keys lists the keys that start with prefix.
func (s tester) keys(prefix string) []string {
	s.T.Helper()
	var keys []string
	for _, info := range s.infos(prefix) {
		keys = append(keys, info.Key)
	}
	return keys
}

func create(t *testing.T, s tester) {
	s.absent("key")
	v := s.save("key", "value", store.None)
	s.holds("key", "value", v)

	_, err := s.Save(t.Context(), "key", []byte("other"), store.None)
	s.conflicts(err, "save", "key", store.None, v)
	s.holds("key", "value", v)

	_, err = s.Save(t.Context(), "another", []byte("other"), 7)
	s.conflicts(err, "save", "another", 7, store.None)
	s.absent("another")
}

func replace(t *testing.T, s tester) {
	v1 := s.save("key", "one", store.None)
	other := s.save("other", "stays", store.None)
	v2 := s.save("key", "two", v1)
	s.holds("key", "two", v2)
	v3 := s.save("key", "two", v2) // the same value is a save like any other
	s.holds("key", "two", v3)

	for _, expected := range []store.Version{v1, v2, v3 + 1, v3 + 1000} {
		_, err := s.Save(t.Context(), "key", []byte("lost"), expected)
		s.conflicts(err, "save", "key", expected, v3)
	}
	s.holds("key", "two", v3)
	s.holds("other", "stays", other)
}

func remove(t *testing.T, s tester) {
	s.conflicts(s.Delete(t.Context(), "key", 1), "delete", "key", 1, store.None)
	v1 := s.save("key", "one", store.None)
	v2 := s.save("key", "two", v1)
	other := s.save("key2", "stays", store.None)
	for _, expected := range []store.Version{v1, v2 + 1} {
		s.conflicts(s.Delete(t.Context(), "key", expected), "delete", "key", expected, v2)
	}
	s.holds("key", "two", v2)
	s.delete("key", v2)
	s.absent("key")
	if keys := s.keys(""); !slices.Equal(keys, []string{"key2"}) {
		t.Fatalf("listed %q", keys)
	}
	s.conflicts(s.Delete(t.Context(), "key", v2), "delete", "key", v2, store.None)
	_, err := s.Save(t.Context(), "key", nil, v2)
	s.conflicts(err, "save", "key", v2, store.None)
	s.holds("key2", "stays", other)
}

func versions(t *testing.T, s tester) {
	var last store.Version
	for round := range 5 {
		v := store.None
		for range round + 1 {
			v = s.save("key", "value", v)
			if v <= last {
				t.Fatalf("version %v after %v", v, last)
			}
			last = v
		}
		s.delete("key", v)
		// Other keys come and go meanwhile, at versions of their own.
		o := s.save("other", "value", store.None)
		s.delete("other", o)
	}
	v := s.save("key", "new", store.None)
	_, err := s.Save(t.Context(), "key", []byte("late"), last)
	s.conflicts(err, "save", "key", last, v)
	s.conflicts(s.Delete(t.Context(), "key", last), "delete", "key", last, v)
	s.holds("key", "new", v)
}

// awkward are keys that a store may confuse or mangle.
var awkward = []string{
	"a", "A", "aa", "aA", "Aa", "AA", "straße", "STRASSE",
	" ", "  ", " a", "a ", "\t", "\n", "\r\n", "\x01", "\x7f",
	".", "..", "...", "a.", ".a", "a..b", "a.b",
	"/", "//", "/a", "a/", "a/b", "a//b", "a/../b", "../a", "./a", `\`, `a\b`, `..\a`,
	"con", "CON", "nul", "aux.txt", "com1", "lock", "floor", "new-1", "k-a", "l-a", "C:", "a:b", "~", "~a",
	"%", "%%", "%41", "%2f", "%s", "%d", "_", "__", "a_b", "a%b", "*", "?", "a*", "[a]", "{a}", "$1", "?1", ":a", "@a", "#", "&", "|", "<", ">",
	"'", "''", `"`, "`", "a'b", `a"b`, "'; DROP TABLE pickles; --", ";",
	"é", "e\u0301", "日本語", "Ω", "\u2126", "ﬁ", "fi", "i", "I", "ı", "İ", "\u00a0", "\u200b", "\ufeff", "\ufffd", "\uffff", "🥚", "\U0010ffff", "אב", "\u202e",
	"null", "NULL", "true", "0", "00", "-1", "1e9", "-", "--", "-rf",
	strings.Repeat("a", 66), strings.Repeat("a", 67), strings.Repeat("A", 66), strings.Repeat("A", 67),
	strings.Repeat("/", 100), strings.Repeat("a", 199), strings.Repeat("a", 200), strings.Repeat("a", 201), strings.Repeat("a", 255), strings.Repeat("a", 256),
	strings.Repeat("a", store.MaxKey), strings.Repeat("a", store.MaxKey-1) + "b", strings.Repeat("a", store.MaxKey-1) + "B",
	strings.Repeat("A", store.MaxKey), strings.Repeat(".", store.MaxKey), strings.Repeat("/", store.MaxKey), strings.Repeat("🥚", store.MaxKey/4),
}

func awkwardKeys(t *testing.T, s tester) {
	version := make(map[string]store.Version)
	for _, key := range awkward {
		version[key] = s.save(key, "first "+key, store.None)
	}
	for _, key := range awkward {
		s.holds(key, "first "+key, version[key])
		version[key] = s.save(key, "then "+key, version[key])
	}
	sorted := slices.Sorted(slices.Values(awkward))
	if keys := s.keys(""); !slices.Equal(keys, sorted) {
		t.Fatalf("listed\n%q, want\n%q", keys, sorted)
	}
	for _, prefix := range awkward {
		want := slices.DeleteFunc(slices.Clone(sorted), func(key string) bool { return !strings.HasPrefix(key, prefix) })
		if keys := s.keys(prefix); !slices.Equal(keys, want) {
			t.Fatalf("listed under %q:\n%q, want\n%q", prefix, keys, want)
		}
	}
	for i, key := range awkward {
		s.holds(key, "then "+key, version[key])
		s.delete(key, version[key])
		s.absent(key)
		if rest := s.keys(""); len(rest) != len(awkward)-i-1 {
			t.Fatalf("%d keys after deleting %q, want %d", len(rest), key, len(awkward)-i-1)
		}
	}
}

func refusedKeys(t *testing.T, s tester) {
	for _, key := range []string{
		"", "\x00", "a\x00", "\x00a", "\xff", "a\xc3", "\xed\xa0\x80", "\xc0\xaf",
		strings.Repeat("a", store.MaxKey+1), strings.Repeat("é", store.MaxKey/2) + "é",
	} {
		_, err := s.Save(t.Context(), key, []byte("value"), store.None)
		s.fails(err, store.ErrKey, "save", key)
		_, _, err = s.Load(t.Context(), key)
		s.fails(err, store.ErrKey, "load", key)
		s.fails(s.Delete(t.Context(), key, 1), store.ErrKey, "delete", key)
		if key == "" {
			continue // as a prefix it means all
		}
		n := 0
		for info, err := range s.List(t.Context(), key) {
			s.fails(err, store.ErrKey, "list", key)
			if n++; n > 1 || info != (store.Info{}) {
				t.Fatalf("list %q went on: %v", key, info)
			}
		}
		if n == 0 {
			t.Fatalf("list %q was not refused", key)
		}
	}
	if keys := s.keys(""); len(keys) > 0 {
		t.Fatalf("refused keys are there: %q", keys)
	}
}

func refusedVersions(t *testing.T, s tester) {
	v := s.save("key", "value", store.None)
	_, err := s.Save(t.Context(), "key", nil, -1)
	s.fails(err, store.ErrVersion, "save", "key")
	_, err = s.Save(t.Context(), "new", nil, -1)
	s.fails(err, store.ErrVersion, "save", "new")
	s.fails(s.Delete(t.Context(), "key", -1), store.ErrVersion, "delete", "key")
	s.fails(s.Delete(t.Context(), "key", store.None), store.ErrVersion, "delete", "key")
	s.fails(s.Delete(t.Context(), "new", store.None), store.ErrVersion, "delete", "new")
	s.holds("key", "value", v)
	s.absent("new")
}

func values(t *testing.T, s tester) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	var want []store.Info
	for i, value := range []string{
		"", "\x00", "a", "\x00\x00\x00", "a\x00b", "\n", "\r\n", "\\x00", `\\`, "'", "\xff\xfe", "text, not bytes: é",
		string(every), strings.Repeat(string(every), 16), strings.Repeat("\x00", 4096), strings.Repeat("x", 65537),
	} {
		key := fmt.Sprintf("key %02d", i)
		v := s.save(key, value, store.None)
		s.holds(key, value, v)
		v = s.save(key, value+value, v)
		s.holds(key, value+value, v)
		want = append(want, store.Info{Key: key, Version: v, Size: int64(2 * len(value))})
	}
	v, err := s.Save(t.Context(), "nil", nil, store.None)
	if err != nil {
		t.Fatalf("save of nil: %v", err)
	}
	s.holds("nil", "", v)
	want = append(want, store.Info{Key: "nil", Version: v})
	if infos := s.infos(""); !slices.Equal(infos, want) {
		t.Fatalf("listed\n%v, want\n%v", infos, want)
	}
}

func largeValues(t *testing.T, s tester) {
	large := make([]byte, 8<<20+1)
	rand.NewChaCha8([32]byte{1}).Read(large)
	v := s.save("large", string(large), store.None)
	s.holds("large", string(large), v)
	if infos := s.infos(""); len(infos) != 1 || infos[0].Size != int64(len(large)) {
		t.Fatalf("listed %v", infos)
	}
	v = s.save("large", "small", v)
	s.holds("large", "small", v)

	_, err := s.Save(t.Context(), "large", make([]byte, store.MaxValue+1), v)
	s.fails(err, store.ErrTooLarge, "save", "large")
	s.holds("large", "small", v)
}

func copies(t *testing.T, s tester) {
	value := []byte("value")
	v, err := s.Save(t.Context(), "key", value, store.None)
	if err != nil {
		t.Fatal(err)
	}
	value[0] = 'X'
	s.holds("key", "value", v)
	loaded, _, err := s.Load(t.Context(), "key")
	if err != nil {
		t.Fatal(err)
	}
	loaded[0] = 'X'
	s.holds("key", "value", v)
	v = s.save("key", "other", v)
	if !bytes.Equal(loaded, []byte("Xalue")) {
		t.Fatalf("what was loaded became %q", loaded)
	}
	s.holds("key", "other", v)
}

func list(t *testing.T, s tester) {
	if infos := s.infos(""); len(infos) != 0 {
		t.Fatalf("an empty store lists %v", infos)
	}
	var want []store.Info
	for i, key := range []string{"a", "a/", "a/1", "a/10", "a/2", "a0", "b", "b/1", "é", "é/1", "日"} {
		v := s.save(key, strings.Repeat("x", i), store.None)
		want = append(want, store.Info{Key: key, Version: v, Size: int64(i)})
	}
	for _, c := range []struct {
		prefix   string
		from, to int
	}{
		{"", 0, 11}, {"a", 0, 6}, {"a/", 1, 5}, {"a/1", 2, 4}, {"a/1x", 0, 0}, {"A", 0, 0}, {"b", 6, 8}, {"c", 0, 0},
		{"é", 8, 10}, {"e", 0, 0}, {"日", 10, 11}, {"日本", 0, 0}, {"%", 0, 0}, {"_", 0, 0}, {"\U0010ffff", 0, 0},
	} {
		if infos := s.infos(c.prefix); !slices.Equal(infos, want[c.from:c.to]) {
			t.Errorf("listed under %q: %v, want %v", c.prefix, infos, want[c.from:c.to])
		}
	}
	// A list is a value: it may be gone through again, and sees what is there then.
	all := s.List(t.Context(), "b")
	s.delete("b/1", want[7].Version)
	for range 2 {
		n := 0
		for info, err := range all {
			if n++; err != nil || info != want[6] {
				t.Errorf("listed %v, %v, want %v", info, err, want[6])
			}
		}
		if n != 1 {
			t.Errorf("listed %d, want 1", n)
		}
	}
}

// many keys, in order: more than anyone fetches at once.
func many(s tester) []store.Info {
	infos := make([]store.Info, 1100)
	for i := range infos {
		key := fmt.Sprintf("many/%04d", i)
		infos[i] = store.Info{Key: key, Version: s.save(key, "value", store.None), Size: 5}
	}
	return infos
}

func listMany(t *testing.T, s tester) {
	want := many(s)
	s.save("many", "before", store.None)
	s.save("many0", "behind", store.None)
	if infos := s.infos("many/"); !slices.Equal(infos, want) {
		t.Fatalf("%d listed, want %d", len(infos), len(want))
	}
	if infos := s.infos("many/05"); !slices.Equal(infos, want[500:600]) {
		t.Fatalf("%d listed, want 100", len(infos))
	}
}

func listStopped(t *testing.T, s tester) {
	want := many(s)
	for _, stop := range []int{1, 2, 256, 257, 1099} {
		n := 0
		for info, err := range s.List(t.Context(), "many/") {
			if err != nil || info != want[n] {
				t.Fatalf("listed %v, %v, want %v", info, err, want[n])
			}
			if n++; n == stop {
				break
			}
		}
		if n != stop {
			t.Fatalf("stopped at %d, want %d", n, stop)
		}
	}
	s.save("many/0000", "goes on", want[0].Version) // nothing is left locked
}

// listWhileChanging changes what was listed, and once what is still to come.
// What is there all the while comes once.
func listWhileChanging(t *testing.T, s tester) {
	all := many(s)
	want, gone := all[:1099], all[1099]
	n := 0
	for info, err := range s.List(t.Context(), "many/") {
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			s.delete(gone.Key, gone.Version)
		}
		if n == len(want) && info == gone {
			continue // it may still come, or not
		}
		if n >= len(want) || info != want[n] {
			t.Fatalf("listed %v as number %d", info, n)
		}
		if n%2 == 0 {
			s.delete(info.Key, info.Version)
		} else {
			s.save(info.Key, "changed", info.Version)
		}
		if n%100 == 0 && len(s.keys("many/")) == 0 {
			t.Fatal("a list within the list is empty")
		}
		n++
	}
	if n != len(want) {
		t.Fatalf("%d listed, want %d", n, len(want))
	}
	if rest := s.infos("many/"); len(rest) != 549 || rest[0].Size != int64(len("changed")) {
		t.Fatalf("%d left, want 549", len(rest))
	}
}

func contexts(t *testing.T, s tester) {
	v := s.save("key", "value", store.None)
	s.save("key2", "value", store.None)
	for _, c := range []struct {
		name string
		err  error
		done func() (context.Context, context.CancelFunc)
	}{
		{"canceled", context.Canceled, func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return ctx, cancel
		}},
		{"deadline", context.DeadlineExceeded, func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 0)
		}},
	} {
		ctx, cancel := c.done()
		defer cancel()
		_, err := s.Save(ctx, "key", []byte("late"), v)
		s.fails(err, c.err, "save", "key")
		_, err = s.Save(ctx, "new", []byte("late"), store.None)
		s.fails(err, c.err, "save", "new")
		_, _, err = s.Load(ctx, "key")
		s.fails(err, c.err, "load", "key")
		s.fails(s.Delete(ctx, "key", v), c.err, "delete", "key")
		n := 0
		for _, err := range s.List(ctx, "k") {
			n++
			s.fails(err, c.err, "list", "k")
		}
		if n != 1 {
			t.Fatalf("%s: the list went through %d errors", c.name, n)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var said []error
	for info, err := range s.List(ctx, "") {
		said = append(said, err)
		if err == nil && info.Key != "key" {
			t.Fatalf("listed %v after its context was done", info)
		}
		cancel()
	}
	if len(said) != 2 || said[0] != nil {
		t.Fatalf("a list whose context ended after the first key said %v", said)
	}
	s.fails(said[1], context.Canceled, "list", "")
	s.holds("key", "value", v)
	s.absent("new")
}
