package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/store"
)

const day = 24 * time.Hour

// A bench is a database with a clock, on which services are started.
type bench struct {
	*testing.T
	file string
	now  time.Time
}

func newBench(t *testing.T) *bench {
	return &bench{t, filepath.Join(t.TempDir(), "test.db"), time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// start opens the database; the test closes it.
func (b *bench) start() *service {
	b.Helper()
	s, err := open(b.Context(), b.file, "OFF", func() time.Time { return b.now }, 10)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.close() })
	return s
}

func (b *bench) signUp(s *service, email string) {
	b.Helper()
	if _, err := s.signUp(b.Context(), email); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) work(s *service) map[state]int {
	b.Helper()
	done, err := s.work(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return done
}

// letters returns what the outbox has for a user.
func (b *bench) letters(s *service, email string) string {
	b.Helper()
	rows, err := s.db.QueryContext(b.Context(), "SELECT letter FROM outbox WHERE email = ? ORDER BY number", email)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var l string
		if err := rows.Scan(&l); err != nil {
			b.Fatal(err)
		}
		all = append(all, l)
	}
	return strings.Join(all, ", ")
}

// lives are the letters that a user in each state can have had.
var lives = map[string][]string{
	"waiting":   {"please confirm"},
	"reminded":  {"please confirm, reminder"},
	"confirmed": {"please confirm, welcome", "please confirm, reminder, welcome"},
	"expired":   {"please confirm, reminder, goodbye"},
}

// check holds users, pickles and letters against each other.
func (b *bench) check(s *service) {
	b.Helper()
	type user struct {
		email, state string
		due          *int64
	}
	var users []user
	rows, err := s.db.QueryContext(b.Context(), "SELECT email, state, due FROM users")
	if err != nil {
		b.Fatal(err)
	}
	for rows.Next() {
		var u user
		if err := rows.Scan(&u.email, &u.state, &u.due); err != nil {
			b.Fatal(err)
		}
		users = append(users, u)
	}
	rows.Close()
	rest := 0
	for _, u := range users {
		if l := b.letters(s, u.email); !slices.Contains(lives[u.state], l) {
			b.Errorf("%s is %s and had the letters %s", u.email, u.state, l)
		}
		a, err := s.load(b.Context(), u.email, sched.New())
		if ended := u.state == "confirmed" || u.state == "expired"; ended {
			if !errors.Is(err, store.ErrNotFound) || u.due != nil {
				b.Errorf("%s is %s, but due: %v, pickle: %v", u.email, u.state, u.due, err)
			}
			continue
		}
		rest++
		switch {
		case err != nil || u.due == nil:
			b.Errorf("%s is %s, but due: %v, pickle: %v", u.email, u.state, u.due, err)
		case a.f.state.String() != u.state || a.f.due.Unix() != *u.due || a.f.email != u.email || a.f.letters != nil:
			b.Errorf("%s is %s and due at %d, but the tasklet is %+v", u.email, u.state, *u.due, a.f)
		}
	}
	c, err := s.census(b.Context())
	if err != nil || c.pickles != rest {
		b.Errorf("%d pickles of %d who wait: %v", c.pickles, rest, err)
	}
}

// TestLives leads a sign-up through a script, once in one program and once with
// a new start before each step.
func TestLives(t *testing.T) {
	for _, test := range []struct{ script, state, letters string }{
		{"", "waiting", "please confirm"},
		{"23h59m59s work", "waiting", "please confirm"},
		{"confirm", "confirmed", "please confirm, welcome"},
		{"23h confirm confirm 240h work", "confirmed", "please confirm, welcome"},
		{"24h work work", "reminded", "please confirm, reminder"},
		{"24h work 143h59m59s work", "reminded", "please confirm, reminder"},
		{"24h work 1h confirm 240h work", "confirmed", "please confirm, reminder, welcome"},
		{"24h work 144h work work late", "expired", "please confirm, reminder, goodbye"},
		{"240h confirm", "confirmed", "please confirm, welcome"},    // nobody has told it that it is late
		{"2400h work work", "reminded", "please confirm, reminder"}, // the week begins with the reminder
		{"2400h work 143h work confirm", "confirmed", "please confirm, reminder, welcome"},
		{"2400h work 144h work late", "expired", "please confirm, reminder, goodbye"},
	} {
		for _, restarts := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s restarts=%v", test.script, restarts), func(t *testing.T) {
				b := newBench(t)
				s := b.start()
				b.signUp(s, "ann@example.org")
				b.signUp(s, "bob@example.org") // who is never led anywhere but by the work
				for _, step := range strings.Fields(test.script) {
					if restarts {
						if err := s.close(); err != nil {
							t.Fatal(err)
						}
						s = b.start()
					}
					switch step {
					case "work":
						b.work(s)
					case "confirm":
						if err := s.confirm(t.Context(), "ann@example.org"); err != nil {
							t.Fatal(err)
						}
					case "late":
						if err := s.confirm(t.Context(), "ann@example.org"); !errors.Is(err, errTooLate) {
							t.Fatal(err)
						}
					default:
						d, err := time.ParseDuration(step)
						if err != nil {
							t.Fatal(err)
						}
						b.now = b.now.Add(d)
					}
					b.check(s)
				}
				var state string
				if err := s.db.QueryRow("SELECT state FROM users WHERE email = 'ann@example.org'").Scan(&state); err != nil {
					t.Fatal(err)
				}
				if letters := b.letters(s, "ann@example.org"); state != test.state || letters != test.letters {
					t.Errorf("%s, %s; want %s, %s", state, letters, test.state, test.letters)
				}
			})
		}
	}
}

func TestRefused(t *testing.T) {
	b := newBench(t)
	s := b.start()
	b.signUp(s, "ann@example.org")
	for _, email := range []string{"", "ann", "Ann <ann@example.com>", "a@b@c", strings.Repeat("x", 250) + "@example.org"} {
		if _, err := s.signUp(t.Context(), email); err == nil {
			t.Errorf("%q has signed up", email)
		}
	}
	if _, err := s.signUp(t.Context(), "ann@example.org"); !errors.Is(err, errKnown) {
		t.Errorf("twice: %v", err)
	}
	if err := s.confirm(t.Context(), "bob@example.org"); !errors.Is(err, errUnknown) {
		t.Errorf("a stranger: %v", err)
	}
	b.check(s)
}

// TestRest: of those at rest, none is loaded but who has something to do.
func TestRest(t *testing.T) {
	people := 10_000
	if testing.Short() {
		people = 500
	}
	b := newBench(t)
	s := b.start()
	for i := range people {
		if i == 25 {
			b.now = b.now.Add(time.Second)
		}
		b.signUp(s, fmt.Sprintf("user%d@example.org", i))
	}
	b.now = b.now.Add(day - time.Second) // the first 25 are due
	if s.loaded != 0 {
		t.Errorf("%d were loaded, and nobody was due", s.loaded)
	}
	if done := b.work(s); done[reminded] != 25 || s.loaded != 25 || s.mostLoaded != 10 {
		t.Errorf("%v, %d were loaded, %d at once", done, s.loaded, s.mostLoaded)
	}
	if err := s.confirm(t.Context(), "user200@example.org"); err != nil || s.loaded != 26 {
		t.Errorf("%v, %d were loaded", err, s.loaded)
	}
	if c, err := s.census(t.Context()); err != nil || c.pickles != people-1 || s.loaded != 26 {
		t.Errorf("%v, %d were loaded, %d are at rest", err, s.loaded, c.pickles)
	}
	var plan string
	var x any
	if err := s.db.QueryRow("EXPLAIN QUERY PLAN "+selectDue, 1, 1, "", 1).Scan(&x, &x, &x, &plan); err != nil || !strings.Contains(plan, "INDEX users_due") || !strings.HasPrefix(plan, "SEARCH") {
		t.Errorf("the due are not found by the index: %s, %v", plan, err)
	}
}
