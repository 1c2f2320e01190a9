package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/store"
	"github.com/stackless-go/stackless/tasklet"
)

// awake is a tasklet that was loaded, or has just been made.
type awake struct {
	t       *tasklet.Tasklet
	f       *signUp       // its frame, which outlives it
	version store.Version // of the pickle that it was loaded from
}

// wake loads the tasklets of some users, tells them of an event, lets them run,
// and saves them. It returns those it told; who has ended or, if the event is
// that time is up, has time left, is passed over, as somebody else was faster. Who
// can't be woken because the database is damaged is left as it is, and damage says
// why.
//
// Nothing is locked while they are loaded and run. If somebody else has woken one
// of them meanwhile, its pickle has another version when it is to be saved: then
// all that was done here is dropped and begun again.
func (s *service) wake(ctx context.Context, e event, emails ...string) (woken []*signUp, damage []error, err error) {
	for {
		woken, damage, err = s.tryWake(ctx, e, emails)
		if !errors.Is(err, store.ErrConflict) {
			return woken, damage, err
		}
	}
}

func (s *service) tryWake(ctx context.Context, e event, emails []string) (woken []*signUp, damage []error, err error) {
	// The scheduler is these tasklets' alone and is dropped with them. They wait
	// in their pickles, not in memory.
	scheduler := sched.New(sched.WithClock(s.clock()))
	var all []awake
	for _, email := range emails {
		a, err := s.load(ctx, email, scheduler)
		switch {
		case errors.Is(err, store.ErrNotFound):
			err = s.passOver(ctx, e, email, "has ended")
		case err == nil && e == timeIsUp && a.f.due.After(scheduler.Now()):
			err = s.passOver(ctx, e, email, "has time left until "+a.f.due.Format(time.RFC3339))
		case err == nil:
			all = append(all, a)
		}
		if errors.As(err, new(*damaged)) {
			damage = append(damage, err)
		} else if err != nil {
			return nil, nil, err
		}
	}
	if len(all) == 0 {
		return nil, damage, nil
	}
	s.loaded += len(all)
	s.mostLoaded = max(s.mostLoaded, len(all))
	if err := s.between("load"); err != nil {
		return nil, nil, err
	}
	for _, a := range all {
		if err := a.f.events.Put(scheduler.Main(), e); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", a.f.email, err)
		}
		woken = append(woken, a.f)
	}
	if err := scheduler.RunReady(); err != nil { // until all wait again or have ended
		return nil, nil, err
	}
	if err := s.between("run"); err != nil {
		return nil, nil, err
	}
	return woken, damage, s.transaction(ctx, func(tx *sql.Tx) error {
		for _, a := range all {
			if err := s.save(ctx, tx, a, scheduler.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// passOver makes sure that a tasklet that is not to be woken is so in its user's row,
// too. That was changed in one transaction with the pickle, which was looked at
// before.
func (s *service) passOver(ctx context.Context, e event, email, because string) error {
	where := "due IS NOT NULL"
	if e == timeIsUp {
		where = "due <= ?2"
	}
	var wrong bool
	err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM users WHERE email = ?1 AND "+where, email, s.now().Unix()).Scan(&wrong)
	if err == nil && wrong {
		err = &damaged{email, fmt.Errorf("it is due in the table users, and its tasklet %s", because)}
	}
	return err
}

// damaged is why a user's tasklet can't be woken, though others can.
type damaged struct {
	email string
	err   error
}

func (d *damaged) Error() string { return fmt.Sprintf("%s is left as it is: %v", d.email, d.err) }
func (d *damaged) Unwrap() error { return d.err }

// load makes a user's tasklet again. It waits in its channel, as it did when it
// was saved.
func (s *service) load(ctx context.Context, email string, scheduler *sched.Scheduler) (awake, error) {
	b, version, err := s.pickles.Load(ctx, keyOf(email))
	if err != nil {
		return awake{}, err
	}
	t, err := pickle.Unmarshal[*tasklet.Tasklet](b, pickle.Into(scheduler))
	if err != nil {
		return awake{}, &damaged{email, err}
	}
	f, ok := t.Frame().(*signUp)
	if !ok {
		return awake{}, &damaged{email, fmt.Errorf("its tasklet is no sign-up, but a %T", t.Frame())}
	}
	if f.email != email {
		return awake{}, &damaged{email, fmt.Errorf("its tasklet is %s's", f.email)}
	}
	if on, by := t.BlockedOn(); on != tasklet.Waitable(f.events) || by != tasklet.OpReceive {
		return awake{}, &damaged{email, fmt.Errorf("its tasklet does not wait for events: %v", t)}
	}
	return awake{t, f, version}, nil
}

// save writes down where a tasklet is, in its pickle and in its user's row, and
// takes its letters into the outbox. The pickle of one that has ended is deleted.
func (s *service) save(ctx context.Context, tx *sql.Tx, a awake, now time.Time) error {
	letters := a.f.letters
	a.f.letters = nil
	var err error
	var due any // NULL
	if a.t.Alive() {
		due = a.f.due.Unix()
		var b []byte
		if b, err = pickle.Marshal(a.t); err == nil {
			_, err = s.pickles.In(tx).Save(ctx, keyOf(a.f.email), b, a.version)
		}
	} else {
		err = s.pickles.In(tx).Delete(ctx, keyOf(a.f.email), a.version)
	}
	if err == nil {
		err = s.between("save")
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, "UPDATE users SET state = ?, due = ? WHERE email = ?", a.f.state.String(), due, a.f.email)
	}
	if err == nil {
		err = s.between("update")
	}
	for _, l := range letters {
		if err == nil {
			_, err = tx.ExecContext(ctx, "INSERT INTO outbox (email, letter, time) VALUES (?, ?, ?)", a.f.email, string(l), now.Unix())
		}
	}
	return err
}

// transaction does all that f does, or nothing.
func (s *service) transaction(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // of what was not committed
	if err := f(tx); err != nil {
		return err
	}
	if err := s.between("commit"); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return s.between("end")
}
