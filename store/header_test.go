package store

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

var headers = []header{
	{"key", 1, 0, 0},
	{"", 7, 0, 0}, // a floor
	{"日本/🥚", math.MaxInt64, MaxValue, math.MaxUint32},
	{strings.Repeat("k", MaxKey), 1 << 40, 12345, 0xdeadbeef},
}

func TestHeader(t *testing.T) {
	for _, h := range headers {
		b := h.append([]byte("before"))
		r := bytes.NewReader(append(b[len("before"):], "value"...))
		got, err := readHeader(iotest.OneByteReader(r))
		if err != nil || got != h {
			t.Errorf("read %+v, %v, want %+v", got, err, h)
		}
		if rest, _ := io.ReadAll(r); string(rest) != "value" {
			t.Errorf("%q is left, want the value", rest)
		}
	}
}

// The bytes of a header are the same for ever.
func TestHeaderBytes(t *testing.T) {
	h := header{"key", 2, 5, 0x01020304}
	want := "slstore\x01" + "\x00\x00\x00\x00\x00\x00\x00\x02" + "\x00\x00\x00\x00\x00\x00\x00\x05" +
		"\x01\x02\x03\x04" + "\x00\x03" + "\x00\x00" + "\xd1\xd2\x51\x81" + "key"
	if got := string(h.append(nil)); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Every bit that is another and every byte that is missing is noticed.
func TestHeaderDamage(t *testing.T) {
	for _, h := range headers {
		b := h.append(nil)
		for i := range len(b) * 8 {
			damaged := slices.Clone(b)
			damaged[i/8] ^= 1 << (i % 8)
			if got, err := readHeader(bytes.NewReader(damaged)); !errors.Is(err, ErrDamaged) {
				t.Errorf("with bit %d another: %+v, %v", i, got, err)
			}
		}
		for n := range b {
			if got, err := readHeader(bytes.NewReader(b[:n])); !errors.Is(err, ErrDamaged) {
				t.Errorf("with %d bytes: %+v, %v", n, got, err)
			}
		}
	}
	// What no Directory writes is damage too, even with a good checksum.
	for _, h := range []header{{"k", 0, 0, 0}, {"k", -1, 0, 0}, {"k", 1, -1, 0}, {"k", 1, MaxValue + 1, 0}, {strings.Repeat("k", MaxKey+1), 1, 0, 0}} {
		if got, err := readHeader(bytes.NewReader(h.append(nil))); !errors.Is(err, ErrDamaged) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	broken := errors.New("broken")
	if _, err := readHeader(iotest.ErrReader(broken)); !errors.Is(err, broken) || errors.Is(err, ErrDamaged) {
		t.Errorf("a disk that fails: %v", err)
	}
}

// FuzzHeader: whatever is read is what would be written, and never panics.
func FuzzHeader(f *testing.F) {
	for _, h := range headers {
		b := h.append(nil)
		f.Add(b, true)
		f.Add(b[:len(b)-1], true)
		f.Add(append(b, "value"...), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, mend bool) {
		if n := headerSize; mend && len(b) >= n {
			// Past the checksum, which a fuzzer does not guess.
			b = slices.Clone(b)
			length := min(int(b[28])<<8|int(b[29]), len(b)-n)
			sum := crc32.Checksum(b[:32], castagnoli)
			sum = crc32.Update(sum, castagnoli, b[n:n+length])
			b[32], b[33], b[34], b[35] = byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum)
		}
		r := bytes.NewReader(b)
		h, err := readHeader(r)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatalf("%v is not ErrDamaged", err)
			}
			return
		}
		if again := h.append(nil); !bytes.Equal(again, b[:len(b)-r.Len()]) {
			t.Fatalf("read %q, would write %q", b[:len(b)-r.Len()], again)
		}
	})
}

func TestFileName(t *testing.T) {
	long := strings.Repeat("ä", 100)
	for key, want := range map[string]string{
		"a":       "k-a",
		"user/17": "k-user%2f17",
		"User":    "k-%55ser",
		"..":      "k-%2e%2e",
		"con":     "k-con",
		"%2f":     "k-%252f",
		"é":       "k-%c3%a9",
		long:      "l-" + strings.Repeat("%c3%a4", 16) + "%c3-8c8b9015d474565b2a23d5e5bf090051720ce25d08a503044204b3438b1e10ed",
	} {
		if got := fileName(key); got != want {
			t.Errorf("%q has the file %q, want %q", key, got, want)
		}
	}
	for _, name := range []string{
		"", "k", "k-", "a", "k-A", "k-%", "k-%2", "k-%2F", "k-%61", "k-%zz", "k-a.b", "k-%00", "k-%ff", "k-" + strings.Repeat("a", 201),
		"l-", "l-a", "l-a-" + strings.Repeat("0", 63), "l-A-" + strings.Repeat("0", 64), "lock", "floor", "new-1",
	} {
		if key, _, ok := keyOf(name); ok {
			t.Errorf("file %q has the key %q", name, key)
		}
	}
}

// FuzzFileName: names are safe, apart whatever their case, and lead back.
func FuzzFileName(f *testing.F) {
	for _, key := range []string{"a", "A", "a/b", "..", "日本", strings.Repeat("a", 201), strings.Repeat("É", 256)} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if CheckKey(key) != nil {
			return
		}
		name := fileName(key)
		if len(name) > 210 || strings.ToLower(name) != name || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_%") != "" {
			t.Fatalf("%q has the file %q", key, name)
		}
		back, long, ok := keyOf(name)
		if !ok || !long && back != key || long && !strings.HasPrefix(key, back) {
			t.Fatalf("%q has the file %q, which leads to %q, %v, %v", key, name, back, long, ok)
		}
	})
}
