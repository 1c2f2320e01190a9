package store

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// The names of a Directory's files. A key's file begins with keyPrefix or, if
// that would be too long a name, with longPrefix; nothing else does. As no
// letter of theirs is upper-case, they stay apart on file systems that take
// upper and lower case, or forms of one character, as the same; and no key
// makes a name that a system has reserved.
const (
	keyPrefix  = "k-"    // and the key, escaped
	longPrefix = "l-"    // and how the key begins, escaped, "-" and its SHA-256
	newPrefix  = "new-"  // a file that is being written; under the lock only
	lockName   = "lock"  // empty; whoever changes something has it locked
	floorName  = "floor" // a header alone: the greatest version deleted
	maxEscaped = 200     // how long an escaped key may be; most systems take names of 255
	headLength = 100     // how much of a longer one is in its name
	lowerHex   = "0123456789abcdef"
)

// fileName returns the name of a key's file.
func fileName(key string) string {
	escaped := escape(key)
	if len(escaped) <= maxEscaped {
		return keyPrefix + escaped
	}
	end := headLength
	if i := strings.LastIndexByte(escaped[:end], '%'); i > end-3 {
		end = i // not through an escape
	}
	sum := sha256.Sum256([]byte(key))
	return longPrefix + escaped[:end] + "-" + hex.EncodeToString(sum[:])
}

// keyOf returns the key of a file's name; or, for a long one, how its key
// begins, and long. If the file is no key's, ok is false.
func keyOf(name string) (key string, long, ok bool) {
	if escaped, is := strings.CutPrefix(name, keyPrefix); is {
		key, ok = unescape(escaped)
		return key, false, ok && fileName(key) == name && CheckKey(key) == nil
	}
	rest, long := strings.CutPrefix(name, longPrefix)
	end := len(rest) - 1 - hex.EncodedLen(sha256.Size)
	if !long || end < 0 || rest[end] != '-' {
		return "", false, false
	}
	key, ok = unescape(rest[:end])
	return key, true, ok
}

// escape writes every byte but a-z, 0-9, "-" and "_" as "%" and two digits.
func escape(key string) string {
	var b strings.Builder
	for i := range len(key) {
		c := key[i]
		if plain(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(lowerHex[c>>4])
			b.WriteByte(lowerHex[c&15])
		}
	}
	return b.String()
}

// unescape is the way back. It takes only what escape writes.
func unescape(name string) (key string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		c := name[i]
		if plain(c) {
			b.WriteByte(c)
			continue
		}
		if c != '%' || i+2 >= len(name) {
			return "", false
		}
		high := strings.IndexByte(lowerHex, name[i+1])
		low := strings.IndexByte(lowerHex, name[i+2])
		if high < 0 || low < 0 || plain(byte(high<<4|low)) {
			return "", false
		}
		b.WriteByte(byte(high<<4 | low))
		i += 2
	}
	return b.String(), true
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}
