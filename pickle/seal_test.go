package pickle

import (
	"bytes"
	"errors"
	"testing"
)

// TestSeal: damage, another key and changed bytes are told from each other.
func TestSeal(t *testing.T) {
	one, two, three := WithKey([]byte("one")), WithKey([]byte("two")), WithKey([]byte("three"))
	plain, err := Marshal([]string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := Marshal([]string{"a", "b"}, one)
	if err != nil {
		t.Fatal(err)
	}
	if len(sealed) != len(plain)+sealSize {
		t.Errorf("a seal of %d bytes", len(sealed)-len(plain))
	}
	end := len(sealed) - sealSize
	changed := func(at int, mend bool) []byte {
		b := bytes.Clone(sealed)
		b[at] ^= 1
		if mend {
			copy(b[:end], checked(b[:end]))
		}
		return b
	}
	body := end - checksumSize - 1
	for _, c := range []struct {
		name string
		b    []byte
		keys []Option
		err  error
	}{
		{"the key", sealed, []Option{one}, nil},
		{"the key after a new one", sealed, []Option{two, one}, nil},
		{"the key before an old one", sealed, []Option{one, two}, nil},
		{"no key", sealed, nil, nil},
		{"another key", sealed, []Option{two}, ErrKey},
		{"other keys", sealed, []Option{two, three}, ErrKey},
		{"no seal", plain, []Option{one}, ErrUnsealed},
		{"no seal and no key", plain, nil, nil},
		{"changed, with a checksum to match", changed(body, true), []Option{one}, ErrSeal},
		{"changed, with a checksum to match, and no key", changed(body, true), nil, ErrInvalid},
		{"changed", changed(body, false), []Option{one}, ErrSeal},
		{"damaged, and no key", changed(body, false), nil, ErrChecksum},
		{"the checksum changed", changed(end-1, false), []Option{one}, ErrSeal},
		{"the key's name changed", changed(end, false), []Option{one}, ErrKey},
		{"the seal changed", changed(len(sealed)-1, false), []Option{one}, ErrSeal},
		{"cut short", sealed[:len(sealed)-1], []Option{one}, ErrTruncated},
		{"cut off", sealed[:end], []Option{one}, ErrTruncated},
		{"one more", append(bytes.Clone(sealed), 0), []Option{one}, ErrTrailing},
		{"the flag taken away", changed(len(magic)+1, true), []Option{one}, ErrUnsealed},
		{"the flag taken away, and no key", changed(len(magic)+1, true), nil, ErrTrailing},
		{"a newer format", changed(len(magic), true), []Option{one}, ErrNotPickle},
	} {
		v, err := Unmarshal[[]string](c.b, c.keys...)
		if c.name == "changed, with a checksum to match, and no key" {
			if err == nil && v[1] == "b" { // it is somebody else's truth
				t.Errorf("%s: %v", c.name, v)
			}
			continue
		}
		if !errors.Is(err, c.err) || err == nil && (len(v) != 2 || v[1] != "b") {
			t.Errorf("%s: %v, %v, want %v", c.name, v, err, c.err)
		}
	}
	for i := range sealed {
		for bit := range 8 {
			b := bytes.Clone(sealed)
			b[i] ^= 1 << bit
			if _, err := Unmarshal[[]string](b, one); err == nil {
				t.Errorf("bit %d of byte %d does not matter", bit, i)
			}
		}
	}
}
