package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/stackless-go/stackless/store"
	"github.com/stackless-go/stackless/store/storetest"
)

// openSQLite opens a database in a file. Writers wait for each other.
func openSQLite(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(path)+
		"?_pragma=busy_timeout(60000)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestSQLite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	testSQL(t, openSQLite(t, path), store.SQLite)
	t.Run("Reopened", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "test.db")
		first := openTable(t, openSQLite(t, path), store.SQLite, "t")
		v := save(t, first, "key", "value", store.None)
		second := openTable(t, openSQLite(t, path), store.SQLite, "t")
		holds(t, second, "key", "value", v)
	})
	t.Run("OneConnection", func(t *testing.T) {
		// A list that held its rows open would wait for itself for ever.
		storetest.Run(t, func(t *testing.T) store.Store {
			db, err := sql.Open("sqlite", ":memory:")
			if err != nil {
				t.Fatal(err)
			}
			db.SetMaxOpenConns(1)
			t.Cleanup(func() { db.Close() })
			return openTable(t, db, store.SQLite, "")
		})
	})
	t.Run("RowsDeletedByOthers", func(t *testing.T) {
		db := openSQLite(t, filepath.Join(t.TempDir(), "test.db"))
		s := openTable(t, db, store.SQLite, "t")
		v := save(t, s, "key", "2", save(t, s, "key", "1", store.None))
		execute(t, db, `DELETE FROM t WHERE key LIKE 'k%'`)
		if again := save(t, s, "key", "3", store.None); again <= v {
			t.Errorf("version %v after %v", again, v)
		}
	})
}

var tables atomic.Int64

// newTable returns a table that is not there yet.
func newTable(t *testing.T, db store.Querier, dialect store.Dialect) *store.SQL {
	t.Helper()
	return openTable(t, db, dialect, fmt.Sprintf("t%d", tables.Add(1)))
}

func openTable(t *testing.T, db store.Querier, dialect store.Dialect, table string) *store.SQL {
	t.Helper()
	s, err := store.OpenSQL(db, dialect, table)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time does no harm
		if err := s.CreateTable(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// testSQL tests what the dialects have in common.
func testSQL(t *testing.T, db *sql.DB, dialect store.Dialect) {
	t.Run("DB", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) store.Store { return newTable(t, db, dialect) })
	})
	t.Run("TxRollback", func(t *testing.T) { testRollback(t, db, dialect) })
	t.Run("TxCommit", func(t *testing.T) { testCommit(t, db, dialect) })
	t.Run("TxSurvivesRefusals", func(t *testing.T) { testSurvives(t, db, dialect) })
	t.Run("TxListWhileChanging", func(t *testing.T) { testTxList(t, db, dialect) })
	t.Run("TxsRace", func(t *testing.T) { testTxsRace(t, db, dialect) })
	t.Run("Conn", func(t *testing.T) {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		s := newTable(t, conn, dialect)
		holds(t, s, "key", "value", save(t, s, "key", "value", store.None))
	})
	t.Run("CreateTableAtOnce", func(t *testing.T) {
		s, err := store.OpenSQL(db, dialect, "at_once")
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if err := s.CreateTable(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		save(t, s, "key", "value", store.None)
	})
	t.Run("ReservedAndQualifiedNames", func(t *testing.T) {
		schema := map[store.Dialect]string{store.SQLite: "main", store.PostgreSQL: "public"}[dialect]
		for _, table := range []string{"order", "table", "_", schema + ".select", schema + "." + strings.Repeat("x", 55)} {
			s := openTable(t, db, dialect, table)
			v := save(t, s, "key", "value", save(t, s, "key", "value", store.None))
			if err := s.Delete(t.Context(), "key", v); err != nil {
				t.Error(err)
			}
			if again := save(t, s, "key", "value", store.None); again <= v {
				t.Errorf("version %v after %v", again, v)
			}
		}
	})
	t.Run("NoTable", func(t *testing.T) {
		s, err := store.OpenSQL(db, dialect, "nowhere")
		if err != nil {
			t.Fatal(err)
		}
		_, saved := s.Save(t.Context(), "key", nil, store.None)
		_, _, loaded := s.Load(t.Context(), "key")
		errs := []error{saved, loaded, s.Delete(t.Context(), "key", 1)}
		for _, err := range s.List(t.Context(), "k") {
			errs = append(errs, err)
		}
		for _, err := range errs {
			var e *store.Error
			if !errors.As(err, &e) || e.Store != `table "nowhere"` || !strings.HasPrefix(e.Key, "k") {
				t.Errorf("error %v", err)
			}
		}
		if len(errs) != 4 {
			t.Errorf("%d errors, want 4", len(errs))
		}
	})
}

func testRollback(t *testing.T, db *sql.DB, dialect store.Dialect) {
	s := newTable(t, db, dialect)
	old := save(t, s, "old", "before", store.None)
	tx := begin(t, db)
	in := s.In(tx)
	v := save(t, in, "new", "2", save(t, in, "new", "1", store.None))
	holds(t, in, "new", "2", v) // the transaction sees its own
	if err := in.Delete(t.Context(), "old", old); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "old", "before", old)
	if _, _, err := s.Load(t.Context(), "new"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after a rollback: %v", err)
	}
	save(t, s, "old", "after", old)
}

func testCommit(t *testing.T, db *sql.DB, dialect store.Dialect) {
	s := newTable(t, db, dialect)
	users := fmt.Sprintf("users%d", tables.Add(1))
	execute(t, db, "CREATE TABLE "+users+" (name TEXT PRIMARY KEY)")
	tx := begin(t, db)
	execute(t, tx, "INSERT INTO "+users+" VALUES ('ann')")
	v := save(t, s.In(tx), "sign-up/ann", "pickle", store.None)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "sign-up/ann", "pickle", v)
	// Keys and sizes are there for the program's own statements.
	var name string
	row := db.QueryRow("SELECT name FROM " + users + " JOIN " + s.Table() + " ON key = 'sign-up/' || name")
	if err := row.Scan(&name); err != nil || name != "ann" {
		t.Errorf("joined: %q, %v", name, err)
	}
}

// testSurvives meets every refusal in one transaction, which commits after it.
func testSurvives(t *testing.T, db *sql.DB, dialect store.Dialect) {
	s := newTable(t, db, dialect)
	v := save(t, s, "key", "value", store.None)
	tx := begin(t, db)
	in := s.In(tx)
	before := save(t, in, "before", "kept", store.None)
	for want, try := range map[error]func() error{
		store.ErrConflict: func() error {
			_, create := in.Save(t.Context(), "key", nil, store.None)
			_, replace := in.Save(t.Context(), "key", nil, v+100)
			remove := in.Delete(t.Context(), "key", v+100)
			for _, err := range []error{create, replace, remove} {
				if !errors.Is(err, store.ErrConflict) {
					return err
				}
			}
			return remove
		},
		store.ErrNotFound: func() error { _, _, err := in.Load(t.Context(), "nothing"); return err },
		store.ErrKey:      func() error { _, err := in.Save(t.Context(), "\xff", nil, store.None); return err },
		store.ErrVersion:  func() error { return in.Delete(t.Context(), "key", store.None) },
		store.ErrTooLarge: func() error {
			_, err := in.Save(t.Context(), "big", make([]byte, store.MaxValue+1), store.None)
			return err
		},
	} {
		if err := try(); !errors.Is(err, want) {
			t.Errorf("error %v, want %v", err, want)
		}
	}
	after := save(t, in, "after", "kept too", store.None)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "before", "kept", before)
	holds(t, s, "after", "kept too", after)
	holds(t, s, "key", "value", v)
}

// testTxList uses the transaction while it lists in it.
func testTxList(t *testing.T, db *sql.DB, dialect store.Dialect) {
	s := newTable(t, db, dialect)
	tx := begin(t, db)
	in := s.In(tx)
	for i := range 600 {
		save(t, in, fmt.Sprintf("key %03d", i), "value", store.None)
	}
	n := 0
	for info, err := range in.List(t.Context(), "key ") {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if err := in.Delete(t.Context(), info.Key, info.Version); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil || n != 600 {
		t.Errorf("%d listed, %v", n, err)
	}
	for info, err := range s.List(t.Context(), "") {
		t.Errorf("left: %v, %v", info, err)
	}
}

// testTxsRace has transactions create a key and count it up at once. Each
// waits for the one before; one that lost has a conflict and can commit.
func testTxsRace(t *testing.T, db *sql.DB, dialect store.Dialect) {
	s := newTable(t, db, dialect)
	count := save(t, s, "count", "", store.None)
	const racers = 6
	var group sync.WaitGroup
	var created, counted, deleted atomic.Int64
	for i := range racers {
		group.Go(func() {
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer tx.Rollback()
			in := s.In(tx)
			tally := func(n *atomic.Int64, err error) {
				if err == nil {
					n.Add(1)
				} else if !errors.Is(err, store.ErrConflict) {
					t.Error(err)
				}
			}
			_, err = in.Save(t.Context(), "new", fmt.Append(nil, i), store.None)
			tally(&created, err)
			v, err := in.Save(t.Context(), "count", fmt.Append(nil, i), count)
			tally(&counted, err)
			if err == nil && i%2 == 0 {
				tally(&deleted, in.Delete(t.Context(), "count", v))
			}
			if err := tx.Commit(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if created.Load() != 1 || counted.Load() != 1 {
		t.Errorf("%d created, %d counted, want 1 and 1", created.Load(), counted.Load())
	}
	_, _, err := s.Load(t.Context(), "count")
	if gone := errors.Is(err, store.ErrNotFound); gone != (deleted.Load() == 1) {
		t.Errorf("deleted %d times, load says %v", deleted.Load(), err)
	}
}

func TestOpenSQLRefuses(t *testing.T) {
	for _, table := range []string{
		"1", "a b", "a-b", "A", "é", "a.b.c", ".a", "a.", ".", `"a"`, "a;", "a\n", " a", strings.Repeat("a", 56), "a." + strings.Repeat("a", 56),
	} {
		if _, err := store.OpenSQL(nil, store.SQLite, table); !errors.Is(err, store.ErrTable) {
			t.Errorf("table %q: %v", table, err)
		}
	}
	for _, dialect := range []store.Dialect{0, 3, -1} {
		if _, err := store.OpenSQL(nil, dialect, ""); !errors.Is(err, store.ErrDialect) {
			t.Errorf("dialect %v: %v", dialect, err)
		}
	}
}

func begin(t *testing.T, db *sql.DB) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Rollback() })
	return tx
}

func execute(t *testing.T, db store.Querier, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func save(t *testing.T, s store.Store, key, value string, expected store.Version) store.Version {
	t.Helper()
	v, err := s.Save(t.Context(), key, []byte(value), expected)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func holds(t *testing.T, s store.Store, key, value string, version store.Version) {
	t.Helper()
	got, v, err := s.Load(t.Context(), key)
	if err != nil || string(got) != value || v != version {
		t.Errorf("load %q: %.40q, %v, %v; want %.40q, %v", key, got, v, err, value, version)
	}
}
