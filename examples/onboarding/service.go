package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"net/mail"
	"path/filepath"
	"time"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/store"

	_ "modernc.org/sqlite"
)

// A service takes sign-ups and confirmations, and does what is due. All that it
// knows is in its database, so it can end at any moment; and any number of them
// may work on one database.
type service struct {
	db      *sql.DB
	pickles *store.SQL // of the tasklets, by keyOf
	now     func() time.Time
	batch   int // how many are woken at once, at most

	loaded     int // pickles, in all
	mostLoaded int // of these, at once

	// For tests: called between any two steps. Its error is as if the process
	// had ended there.
	between func(step string) error
}

// The tables beside that of the pickles. In due, users has when the tasklet wants
// to be woken: so who is due is found by the index, without a look at any pickle.
// Letters are not sent here but written down, in the same transaction as the
// rest; whoever sends them takes them from there.
var tables = []string{
	`CREATE TABLE IF NOT EXISTS users (
		email TEXT NOT NULL PRIMARY KEY,
		state TEXT NOT NULL,
		due   INTEGER -- in seconds since 1970, as all times; NULL if the tasklet has ended
	)`,
	`CREATE INDEX IF NOT EXISTS users_due ON users (due, email) WHERE due IS NOT NULL`,
	`CREATE TABLE IF NOT EXISTS outbox (
		number INTEGER PRIMARY KEY,
		email  TEXT NOT NULL,
		letter TEXT NOT NULL,
		time   INTEGER NOT NULL
	)`,
}

// keyOf returns the key of a user's tasklet in the store.
func keyOf(email string) string { return "sign-up/" + email }

// open opens the database in a file, and makes it if it is not there. Synchronous
// is SQLite's setting: FULL, and what is committed is on disk.
func open(ctx context.Context, file, synchronous string, now func() time.Time, batch int) (*service, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(file)+
		"?_pragma=busy_timeout(60000)&_pragma=journal_mode(WAL)&_pragma=synchronous("+synchronous+")&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	s := &service{db: db, now: now, batch: batch, between: func(string) error { return nil }}
	s.pickles, err = store.OpenSQL(db, store.SQLite, "tasklets")
	if err == nil {
		err = s.pickles.CreateTable(ctx)
	}
	for _, table := range tables {
		if err == nil {
			_, err = db.ExecContext(ctx, table)
		}
	}
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

func (s *service) close() error { return s.db.Close() }

// clock returns a scheduler's clock that stands still at the present second: a
// whole one, as the database has no others.
func (s *service) clock() sched.Clock {
	return sched.NewVirtualClock(s.now().UTC().Truncate(time.Second))
}

var (
	errKnown   = errors.New("has signed up already")
	errUnknown = errors.New("has not signed up")
	errTooLate = errors.New("the time to confirm is over")
)

// signUp makes a user and the tasklet that waits for the confirmation: both or
// neither.
func (s *service) signUp(ctx context.Context, email string) (due time.Time, err error) {
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > 254 {
		return due, fmt.Errorf("%q is not an address", email)
	}
	scheduler := sched.New(sched.WithClock(s.clock()))
	f := newSignUp(scheduler, email)
	t := scheduler.Go(f)
	if err := scheduler.RunReady(); err != nil { // up to its first wait
		return due, err
	}
	return f.due, s.transaction(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "INSERT INTO users (email, state) VALUES (?, ?) ON CONFLICT DO NOTHING", email, f.state.String())
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("%s %w", email, errKnown))
		}
		return s.save(ctx, tx, awake{t, f, store.None}, scheduler.Now())
	})
}

// confirm tells a user's tasklet that the user confirms. To confirm twice is to
// confirm.
func (s *service) confirm(ctx context.Context, email string) error {
	woken, damage, err := s.wake(ctx, userConfirms, email)
	if err = errors.Join(append(damage, err)...); err != nil || len(woken) == 1 {
		return err
	}
	var is string
	err = s.db.QueryRowContext(ctx, "SELECT state FROM users WHERE email = ?", email).Scan(&is)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%s %w", email, errUnknown)
	case err == nil && is != confirmed.String():
		return fmt.Errorf("%s: %w", email, errTooLate)
	}
	return err
}

// work tells all tasklets whose time is up that it is, and returns how many of
// them are in which state now. Those of which the pickle or the row is damaged are
// left as they are, and are what the error says when all others have been told.
func (s *service) work(ctx context.Context) (map[state]int, error) {
	done := make(map[state]int)
	var damage []error
	for last := nobody; ; {
		due, err := s.due(ctx, last)
		if err != nil || len(due) == 0 {
			return done, errors.Join(append(damage, err)...)
		}
		emails := make([]string, len(due))
		for i, u := range due {
			emails[i] = u.email
		}
		woken, wrong, err := s.wake(ctx, timeIsUp, emails...)
		damage = append(damage, wrong...)
		if err != nil {
			return done, errors.Join(append(damage, err)...)
		}
		for _, f := range woken {
			done[f.state]++
		}
		last = due[len(due)-1]
	}
}

// A turn is a user and when the tasklet wants to be woken. Turns are ordered by
// that, then by the user.
type turn struct {
	due   int64
	email string
}

// nobody's turn is before all others.
var nobody = turn{due: math.MinInt64}

const selectDue = "SELECT due, email FROM users WHERE due <= ? AND (due, email) > (?, ?) ORDER BY due, email LIMIT ?"

// due returns whose turn it is after that of last: a batch of them.
func (s *service) due(ctx context.Context, last turn) (turns []turn, err error) {
	rows, err := s.db.QueryContext(ctx, selectDue, s.now().Unix(), last.due, last.email, s.batch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var t turn
		if err := rows.Scan(&t.due, &t.email); err != nil {
			return nil, err
		}
		turns = append(turns, t)
	}
	return turns, rows.Err()
}
