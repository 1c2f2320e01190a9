package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"strings"
)

// SQL is a store in one table of a database. The program brings the driver and
// the database; this package imports database/sql alone.
//
// Each change is one statement, so on a *sql.DB each is a transaction of its
// own. [SQL.In] gives the same store inside a transaction of the program's:
//
//	tx, err := db.BeginTx(ctx, nil)
//	...
//	_, err = tx.ExecContext(ctx, "INSERT INTO users ...", name)
//	_, err = s.In(tx).Save(ctx, "sign-up/"+name, pickle, store.None)
//	err = tx.Commit()
//
// A version that was given in a transaction holds once that is committed. If it
// is rolled back, forget the version: another save may get it.
//
// A conflict, a key that is not there and every refusal leave such a
// transaction usable. Save and Delete wait for a transaction that has changed
// the same key and has not ended yet.
//
// On PostgreSQL this is so at READ COMMITTED, its default. Above that it ends a
// transaction itself when another was faster: the error is its serialization
// failure, not ErrConflict, and the transaction has to be begun again.
//
// On SQLite there is one writer at a time. How long others wait is the driver's
// busy timeout; without one, two at once are an error of the driver's. A
// transaction that reads before it writes should begin as IMMEDIATE.
//
// In a *sql.Tx the store is for one goroutine at a time, as the transaction is.
// A list fetches its keys by the page, and has no rows open while the loop's
// body runs.
//
// The table has the columns key, version and value, for the program's own
// statements to read; they may also delete rows. Versions come from a sequence
// in PostgreSQL. In SQLite a trigger keeps the greatest version deleted in a
// row with the empty key.
type SQL struct {
	on    Querier
	table string
	text  statements
}

// A Querier runs statements: a *sql.DB, *sql.Tx or *sql.Conn.
type Querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

var (
	_ Store   = (*SQL)(nil)
	_ Querier = (*sql.DB)(nil)
	_ Querier = (*sql.Tx)(nil)
	_ Querier = (*sql.Conn)(nil)
)

// page is how many keys a list fetches at once.
const page = 256

// OpenSQL returns the store in a table, which CreateTable makes. The name is
// that of the table or, with a dot, of its schema and the table: lower-case
// letters, digits and underscores, 55 at most in each part, not a digit first.
// Any other is ErrTable. The empty name means "pickles". Nothing is asked of
// the database yet.
func OpenSQL(on Querier, dialect Dialect, table string) (*SQL, error) {
	if table == "" {
		table = "pickles"
	}
	s := &SQL{on: on, table: table}
	name, err := parseTable(table)
	if err != nil {
		return nil, s.failed(opOpen, "", err)
	}
	if s.text, err = dialect.statements(name); err != nil {
		return nil, s.failed(opOpen, "", err)
	}
	return s, nil
}

// In returns the same store inside a transaction, or on a connection.
func (s *SQL) In(tx Querier) *SQL {
	return &SQL{tx, s.table, s.text}
}

// Table returns the name of the table, as OpenSQL took it.
func (s *SQL) Table() string { return s.table }

// CreateTable makes the table and what belongs to it, unless they are there.
func (s *SQL) CreateTable(ctx context.Context) error {
	for _, statement := range s.text.createTable {
		if _, err := s.on.ExecContext(ctx, statement); err != nil {
			return s.failed(opTable, "", err)
		}
	}
	return nil
}

// Save implements [Store].
func (s *SQL) Save(ctx context.Context, key string, value []byte, expected Version) (Version, error) {
	if err := CheckSave(ctx, key, value, expected); err != nil {
		return None, s.failed(opSave, key, err)
	}
	if value == nil {
		value = []byte{} // nil would be NULL
	}
	for {
		var saved, found Version
		var err error
		if expected == None {
			saved, err = s.version(ctx, s.text.create, key, value)
		} else {
			saved, err = s.version(ctx, s.text.replace, key, int64(expected), value)
		}
		if err != nil {
			return None, s.failed(opSave, key, err)
		}
		if saved != None {
			return saved, nil
		}
		if found, err = s.version(ctx, s.text.find, key); err != nil {
			return None, s.failed(opSave, key, err)
		}
		// What stood in a new key's way may have been deleted since.
		if found != expected {
			return None, s.failed(opSave, key, &Conflict{key, expected, found})
		}
	}
}

// Load implements [Store].
func (s *SQL) Load(ctx context.Context, key string) ([]byte, Version, error) {
	if err := checkLoad(ctx, key); err != nil {
		return nil, None, s.failed(opLoad, key, err)
	}
	var value []byte
	var version int64
	n, err := s.query(ctx, s.text.load, []any{key}, &version, &value)
	switch {
	case err != nil:
		return nil, None, s.failed(opLoad, key, err)
	case n == 0:
		return nil, None, s.failed(opLoad, key, ErrNotFound)
	}
	return value, Version(version), nil
}

// List implements [Store].
func (s *SQL) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := checkList(ctx, prefix); err != nil {
			yield(Info{}, s.failed(opList, prefix, err))
			return
		}
		from := max(prefix, "\x01") // the row with the empty key is not one of ours
		for {
			infos, err := s.fetch(ctx, from)
			for _, info := range infos {
				if !strings.HasPrefix(info.Key, prefix) {
					return
				}
				if err := ctx.Err(); err != nil {
					yield(Info{}, s.failed(opList, prefix, err))
					return
				}
				if !yield(info, nil) {
					return
				}
			}
			if err != nil {
				yield(Info{}, s.failed(opList, prefix, err))
				return
			}
			if len(infos) < page {
				return
			}
			// No key has a zero byte, so this is the least that may follow.
			from = infos[page-1].Key + "\x01"
		}
	}
}

// fetch returns a page of keys from one on.
func (s *SQL) fetch(ctx context.Context, from string) ([]Info, error) {
	rows, err := s.on.QueryContext(ctx, s.text.list, from, int64(page))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	infos := make([]Info, 0, page)
	for rows.Next() {
		var info Info
		if err := rows.Scan(&info.Key, (*int64)(&info.Version), &info.Size); err != nil {
			return infos, err
		}
		infos = append(infos, info)
	}
	return infos, rows.Err()
}

// Delete implements [Store].
func (s *SQL) Delete(ctx context.Context, key string, expected Version) error {
	if err := CheckDelete(ctx, key, expected); err != nil {
		return s.failed(opDelete, key, err)
	}
	deleted, err := s.version(ctx, s.text.remove, key, int64(expected))
	if err != nil {
		return s.failed(opDelete, key, err)
	}
	if deleted != None {
		return nil
	}
	found, err := s.version(ctx, s.text.find, key)
	if err != nil {
		return s.failed(opDelete, key, err)
	}
	return s.failed(opDelete, key, &Conflict{key, expected, found})
}

// version runs a statement on one key and returns the version that it answers
// with, or None if it found nothing to do.
func (s *SQL) version(ctx context.Context, statement string, args ...any) (Version, error) {
	var version int64
	_, err := s.query(ctx, statement, args, &version)
	return Version(version), err
}

// query runs a statement that answers with one row or none, and says how many.
// It reads to the end of the answer: a statement on its own is committed there,
// and an error of that comes only then.
func (s *SQL) query(ctx context.Context, statement string, args []any, into ...any) (int, error) {
	rows, err := s.on.QueryContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		if err := rows.Scan(into...); err != nil {
			return n, err
		}
	}
	if err := rows.Err(); err != nil {
		return n, err
	}
	return n, rows.Close()
}

func (s *SQL) failed(op, key string, err error) error {
	return &Error{fmt.Sprintf("table %q", s.table), op, key, err}
}
