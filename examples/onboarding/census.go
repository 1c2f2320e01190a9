package main

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// A census is what there is in the database.
type census struct {
	users   [len(stateNames)]int // by state
	pickles int
	bytes   int // of the pickles
	letters int
	next    time.Time // when somebody is due next; zero if nobody is
}

// census counts. It loads no pickle.
func (s *service) census(ctx context.Context) (c census, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT state, count(*) FROM users GROUP BY state")
	if err != nil {
		return c, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			return c, err
		}
		i := slices.Index(stateNames[:], name)
		if i < 0 {
			return c, fmt.Errorf("a user's state is %q, which this program does not know", name)
		}
		c.users[i] = n
	}
	if err := rows.Err(); err != nil {
		return c, err
	}
	for info, err := range s.pickles.List(ctx, keyOf("")) {
		if err != nil {
			return c, err
		}
		c.pickles++
		c.bytes += int(info.Size)
	}
	var next sql.NullInt64
	err = s.db.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM outbox), (SELECT min(due) FROM users)").Scan(&c.letters, &next)
	if next.Valid {
		c.next = time.Unix(next.Int64, 0).UTC()
	}
	return c, err
}
