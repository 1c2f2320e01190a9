package store

import (
	"errors"
	"fmt"
)

// The kinds of errors, for errors.Is. What is returned is an [*Error], which
// says more.
var (
	// ErrConflict: the key has another version than the expected one.
	ErrConflict = errors.New("version conflict")
	// ErrNotFound: there is nothing under the key.
	ErrNotFound = errors.New("not found")
	// ErrKey: this can't be a key, or the prefix of one.
	ErrKey = errors.New("not a key")
	// ErrVersion: this can't be the expected version.
	ErrVersion = errors.New("not a version to expect")
	// ErrTooLarge: the value is over MaxValue.
	ErrTooLarge = errors.New("value too large")
	// ErrDamaged: what is stored is not what was saved.
	ErrDamaged = errors.New("damaged")
	// ErrTable: this can't be the name of a table.
	ErrTable = errors.New("not a table name")
	// ErrDialect: this is no dialect of SQL that the package knows.
	ErrDialect = errors.New("unknown SQL dialect")
)

// An Error says what failed where. For errors.Is and errors.As it is also what
// went wrong.
type Error struct {
	Store string // which store: its kind, and its path or table if it has one
	Op    string // "save", "load", "list", "delete", "open" or "create table"
	Key   string // the key, or the prefix of a list; empty if there is none
	Err   error  // what went wrong
}

// Error names the store, the operation, the key and what went wrong.
func (e *Error) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("%s: %s: %v", e.Store, e.Op, e.Err)
	}
	return fmt.Sprintf("%s: %s %q: %v", e.Store, e.Op, e.Key, e.Err)
}

// Unwrap returns what went wrong.
func (e *Error) Unwrap() error { return e.Err }

// A Conflict is an [ErrConflict] with its versions.
type Conflict struct {
	Key      string
	Expected Version // None: it should have been a new key
	Found    Version // when it was looked at, just after; None: nothing is there
}

// Error names both versions. The key is in the [*Error] around it.
func (e *Conflict) Error() string {
	return fmt.Sprintf("%v: expected %v, found %v", ErrConflict, e.Expected, e.Found)
}

// Unwrap returns ErrConflict.
func (e *Conflict) Unwrap() error { return ErrConflict }

// The operations, as an Error names them.
const (
	opSave   = "save"
	opLoad   = "load"
	opList   = "list"
	opDelete = "delete"
	opOpen   = "open"
	opTable  = "create table"
)
