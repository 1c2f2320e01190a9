package pickle

import (
	"errors"
	"fmt"
	"strings"
)

// Why something can't be pickled, for errors.Is.
var (
	// ErrUnregistered: a type, function or dynamic type is met that has no
	// registered name.
	ErrUnregistered = errors.New("is not registered")
	// ErrUnpicklable: a value that no pickle can hold: a Go channel, an unsafe
	// pointer, or what its own type refuses to write.
	ErrUnpicklable = errors.New("can't be pickled")
)

// Why bytes can't be loaded, for errors.Is.
var (
	// ErrNotPickle: the bytes do not begin as a pickle does.
	ErrNotPickle = errors.New("not a pickle")
	// ErrNewer: the pickle has a format that this program is too old for.
	ErrNewer = errors.New("newer format")
	// ErrTruncated: the pickle ends before its end.
	ErrTruncated = errors.New("truncated")
	// ErrTrailing: something follows the pickle's end.
	ErrTrailing = errors.New("trailing bytes")
	// ErrChecksum: the bytes have changed since they were written.
	ErrChecksum = errors.New("checksum does not match: the bytes are damaged")
	// ErrUnsealed: a key is given, and the pickle has no seal.
	ErrUnsealed = errors.New("no seal")
	// ErrKey: the pickle was sealed with a key that is not among those given.
	ErrKey = errors.New("sealed with another key")
	// ErrSeal: the pickle's seal is of a given key, but not of these bytes.
	ErrSeal = errors.New("seal does not match: the bytes were changed")
	// ErrTooLarge: the pickle is larger, or wants more memory, than the Limits
	// allow.
	ErrTooLarge = errors.New("too large")
	// ErrTooDeep: types lie in each other deeper than the Limits allow.
	ErrTooDeep = errors.New("too deep")
	// ErrUnknown: the pickle names a type, function, global or state that this
	// program has not registered.
	ErrUnknown = errors.New("unknown name")
	// ErrVersion: the pickle has a version of a type that this program has not
	// heard of.
	ErrVersion = errors.New("unknown version")
	// ErrType: a field or value has another type than the program's.
	ErrType = errors.New("type has changed")
	// ErrReference: a reference leads to what the pickle does not have, or to
	// something of another type.
	ErrReference = errors.New("dangling reference")
	// ErrInvalid: what was read is well-formed, but can't be as it says.
	ErrInvalid = errors.New("invalid pickle")
)

// An Error says where in a graph or a pickle something went wrong.
type Error struct {
	Op     string // "marshal", "unmarshal", "inspect"
	Path   string // from the root to the value, as in "worker.jobs[3].conn"; "" before the root
	Offset int    // in the pickle, in bytes; -1 if it was not being read
	Err    error
}

// Error gives the operation, the place and the reason.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("pickle: " + e.Op)
	if e.Offset >= 0 {
		fmt.Fprintf(&b, " at byte %d", e.Offset)
	}
	if e.Path != "" {
		b.WriteString(", " + e.Path)
	}
	b.WriteString(": " + e.Err.Error())
	return b.String()
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// failure is what the encoder and the decoder panic with, for their outermost
// function to make an Error of: so that errors need no mention on the hot path.
type failure struct{ err error }

func fail(err error) { panic(failure{err}) }

func failf(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }
