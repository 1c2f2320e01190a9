//go:build unix

package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/stackless-go/stackless/store"
)

func TestPostgreSQL(t *testing.T) {
	db := startPostgreSQL(t)
	testSQL(t, db, store.PostgreSQL)
	t.Run("WaitEndsWithContext", func(t *testing.T) {
		s := newTable(t, db, store.PostgreSQL)
		v := save(t, s, "key", "value", store.None)
		holder := begin(t, db)
		save(t, s.In(holder), "key", "held", v)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := s.Save(ctx, "key", []byte("late"), v); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("save of a held row: %v", err)
		}
		if err := holder.Rollback(); err != nil {
			t.Fatal(err)
		}
		// PostgreSQL may go on with the statement that nobody waits for any
		// more. The same again settles it: one of the two has effect.
		_, err := s.Save(t.Context(), "key", []byte("free"), v)
		if err != nil && !errors.Is(err, store.ErrConflict) {
			t.Fatal(err)
		}
		value, _, loaded := s.Load(t.Context(), "key")
		if want := map[bool]string{true: "free", false: "late"}[err == nil]; string(value) != want || loaded != nil {
			t.Errorf("loaded %q, %v, want %q", value, loaded, want)
		}
	})
	t.Run("SerializableTxIsNotAConflict", func(t *testing.T) {
		s := newTable(t, db, store.PostgreSQL)
		v := save(t, s, "key", "value", store.None)
		tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelSerializable})
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		holds(t, s.In(tx), "key", "value", v)
		save(t, s, "key", "faster", v)
		_, err = s.In(tx).Save(t.Context(), "key", []byte("slower"), v)
		if err == nil || errors.Is(err, store.ErrConflict) {
			t.Errorf("save in an overtaken transaction: %v", err)
		}
	})
}

// startPostgreSQL runs a server of its own for the test, with its data and its
// socket in a temporary directory and no port, and returns a database on it.
// Where PostgreSQL is not installed it skips the test.
func startPostgreSQL(t *testing.T) *sql.DB {
	t.Helper()
	bin := postgresBin()
	if bin == "" {
		t.Skip("PostgreSQL is not installed: no initdb in PATH or /usr/lib/postgresql")
	}
	// A socket's path has to be short, so this is not t.TempDir.
	directory, err := os.MkdirTemp("", "pg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(directory) })
	attributes := unprivileged(t, directory)

	data := filepath.Join(directory, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--pgdata", data, "--username", "test",
		"--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = directory, attributes
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}

	var log bytes.Buffer
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", directory,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=50")
	server.Dir, server.SysProcAttr = directory, attributes
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	var ended error
	done := make(chan struct{})
	go func() {
		ended = server.Wait()
		close(done)
	}()
	stop := sync.OnceFunc(func() {
		server.Process.Signal(syscall.SIGINT) // at once, whoever is connected
		<-done
		if t.Failed() {
			t.Logf("the server's log:\n%s", &log)
		}
	})
	t.Cleanup(stop)

	db, err := sql.Open("pgx", "host="+directory+" user=test dbname=postgres")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(40)
	t.Cleanup(func() { db.Close() })
	for deadline := time.Now().Add(time.Minute); ; {
		err := db.Ping()
		if err == nil {
			return db
		}
		select {
		case <-done:
			t.Fatalf("PostgreSQL ended: %v\n%s", ended, &log)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			stop()
			t.Fatalf("PostgreSQL does not answer: %v\n%s", err, &log)
		}
	}
}

// postgresBin returns where PostgreSQL's programs are, the newest of those that
// Debian installs if they are not in PATH; or "".
func postgresBin() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return ""
	}
	number := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return number(a) - number(b) }))
}

// unprivileged returns how a process becomes somebody who is not root, as
// PostgreSQL demands, and gives them the directory. For others than root there
// is nothing to do.
func unprivileged(t *testing.T, directory string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		who, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(who.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(who.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(directory, int(uid), int(gid)); err != nil {
			t.Fatal(err)
		}
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	t.Skip("running as root, and there is no user postgres or nobody to run PostgreSQL as")
	return nil
}
