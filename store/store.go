package store

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"
)

// Limits that every store has in common.
const (
	// MaxKey is the length of the longest key, in bytes.
	MaxKey = 512
	// MaxValue is the size of the largest value, in bytes: 256 MiB, which
	// every database takes in its default settings.
	MaxValue = 256 << 20
)

// A Version says which save of its key a value is. It is positive and grows
// with each save.
type Version int64

// None is the version of a key that is not there.
const None Version = 0

// String returns the number, or "none".
func (v Version) String() string {
	if v == None {
		return "none"
	}
	return fmt.Sprintf("%d", int64(v))
}

// A Store keeps values under keys, each with a version. All methods may be
// called from any goroutine, unless the store's own comment says otherwise.
//
// A key is a string of 1 to [MaxKey] bytes of valid UTF-8 without the zero
// byte, and two keys are the same if their bytes are. Any other is refused
// with [ErrKey].
//
// Every error of these methods is an [*Error].
type Store interface {
	// Save keeps value under key and returns its version, which is greater
	// than expected. With None the key must not be there yet; otherwise its
	// version must be the expected one. If it is another, the error is a
	// [*Conflict]. An empty value is a value like any other; one over
	// MaxValue is refused with ErrTooLarge. Save does not keep the slice.
	Save(ctx context.Context, key string, value []byte, expected Version) (Version, error)

	// Load returns the value under key, which belongs to the caller, and its
	// version. If there is none, the error is ErrNotFound.
	Load(ctx context.Context, key string) ([]byte, Version, error)

	// List goes through the keys that start with prefix, in the order of their
	// bytes, without loading their values. The empty prefix means all keys.
	//
	// The store goes on meanwhile. A key that is there all the while comes
	// once; one that is created or deleted meanwhile comes once or not at all.
	// The loop's body may use the store, also to delete what is listed.
	//
	// An error comes with a Key if it concerns that key alone, as ErrDamaged
	// does, and the list goes on behind it. Any other is the last that comes.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]

	// Delete removes key if its version is the expected one. If it is another,
	// or the key is not there, the error is a [*Conflict].
	Delete(ctx context.Context, key string, expected Version) error
}

// Info is what a list says of a key.
type Info struct {
	Key     string
	Version Version
	Size    int64 // of the value, in bytes
}

// CheckKey returns nil for a key that a store takes, and otherwise an error
// that is ErrKey and says why.
func CheckKey(key string) error {
	if key == "" {
		return fmt.Errorf("%w: empty", ErrKey)
	}
	return CheckPrefix(key)
}

// CheckPrefix is CheckKey for the prefix of a list, which may be empty.
func CheckPrefix(prefix string) error {
	switch {
	case len(prefix) > MaxKey:
		return fmt.Errorf("%w: %d bytes, the longest has %d", ErrKey, len(prefix), MaxKey)
	case !utf8.ValidString(prefix):
		return fmt.Errorf("%w: not UTF-8", ErrKey)
	case strings.IndexByte(prefix, 0) >= 0:
		return fmt.Errorf("%w: has a zero byte", ErrKey)
	}
	return nil
}

// CheckSave returns nil if a store may go on with this save, and otherwise what
// Save has to return, wrapped in an [*Error]: that the context is done, or
// ErrKey, ErrTooLarge or ErrVersion.
func CheckSave(ctx context.Context, key string, value []byte, expected Version) error {
	if err := checkLoad(ctx, key); err != nil {
		return err
	}
	if len(value) > MaxValue {
		return fmt.Errorf("%w: %d bytes, the largest has %d", ErrTooLarge, len(value), MaxValue)
	}
	if expected < None {
		return fmt.Errorf("%w: %d is negative", ErrVersion, expected)
	}
	return nil
}

// CheckDelete is CheckSave for a delete.
func CheckDelete(ctx context.Context, key string, expected Version) error {
	if err := checkLoad(ctx, key); err != nil {
		return err
	}
	if expected <= None {
		return fmt.Errorf("%w: %d is not the version of anything to delete", ErrVersion, expected)
	}
	return nil
}

func checkLoad(ctx context.Context, key string) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	return ctx.Err()
}

func checkList(ctx context.Context, prefix string) error {
	if err := CheckPrefix(prefix); err != nil {
		return err
	}
	return ctx.Err()
}
