package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDamaged: who can't be woken, as others have meddled with the database, is said
// to be so and left as is, each time, and all others go on.
func TestDamaged(t *testing.T) {
	for statement, want := range map[string]string{
		"UPDATE tasklets SET value = x'1234' WHERE key LIKE '%%/%s'":                                               "pickle: unmarshal",
		"UPDATE tasklets SET value = substr(value, 2) WHERE key LIKE '%%/%s'":                                      "pickle: unmarshal",
		"UPDATE tasklets SET value = x'' WHERE key LIKE '%%/%s'":                                                   "pickle: unmarshal",
		"UPDATE tasklets SET value = (SELECT value FROM tasklets WHERE key LIKE '%%bob%%') WHERE key LIKE '%%/%s'": "is bob@example.org's",
		"DELETE FROM tasklets WHERE key LIKE '%%/%s'":                                                              "has ended",
		"UPDATE users SET due = due - 86400 WHERE email = '%s'":                                                    "has time left",
	} {
		b := newBench(t)
		s := b.start()
		b.signUp(s, "bob@example.org")
		b.now = b.now.Add(time.Hour)
		b.signUp(s, "ann@example.org") // is due after bob
		b.now = b.now.Add(time.Hour)
		b.signUp(s, "zoe@example.org")
		b.now = b.now.Add(-2 * time.Hour)
		keep := [...]string{
			"CREATE TABLE tasklets2 AS SELECT * FROM tasklets", "CREATE TABLE users2 AS SELECT * FROM users",
			fmt.Sprintf(statement, "ann@example.org"),
		}
		for _, statement := range keep {
			if _, err := s.db.Exec(statement); err != nil {
				t.Fatal(err)
			}
		}
		late := 25 * time.Hour // ann is due, zoe is not
		if strings.Contains(statement, "86400") {
			late = 24*time.Hour + time.Minute
		}
		b.now = b.now.Add(late)
		for i := range 2 {
			done, err := s.work(t.Context())
			if err == nil || !strings.HasPrefix(err.Error(), "ann@example.org is left as it is: ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v", statement, err)
			}
			if done[reminded] != 1-i {
				t.Errorf("%s: %v", statement, done)
			}
		}
		b.now = b.now.Add(2 * time.Hour)
		if done, err := s.work(t.Context()); err == nil && want != "has time left" || done[reminded] == 0 || b.letters(s, "zoe@example.org") != "please confirm, reminder" {
			t.Errorf("%s: %v, %v", statement, done, err)
		}
		if want == "has time left" {
			continue // it was right in the end
		}
		if c, err := s.census(t.Context()); err != nil || c.users[waiting] != 1 || c.users[reminded] != 2 || c.letters != 5 {
			t.Errorf("%s: %+v, %v", statement, c, err)
		}
		if err := s.confirm(t.Context(), "ann@example.org"); err == nil || !strings.HasPrefix(err.Error(), "ann@example.org is left as it is: ") {
			t.Errorf("%s: confirm: %v", statement, err)
		}
		// Somebody mends it.
		if _, err := s.db.Exec("INSERT OR REPLACE INTO tasklets SELECT * FROM tasklets2 WHERE key LIKE '%ann%'"); err != nil {
			t.Fatal(err)
		}
		if done := b.work(s); done[reminded] != 1 {
			t.Errorf("%s: mended: %v", statement, done)
		}
		b.check(s)
	}
}

// TestMuchDamage: more are damaged than are loaded at once, and keep nobody from
// being woken who is due after them.
func TestMuchDamage(t *testing.T) {
	b := newBench(t)
	s := b.start()
	for i := range 35 {
		b.signUp(s, fmt.Sprintf("user%02d@example.org", i))
	}
	if _, err := s.db.Exec("UPDATE tasklets SET value = x'00' WHERE key < 'sign-up/user25' AND key > 'sign-up'"); err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(day)
	done, err := s.work(t.Context())
	if err == nil || strings.Count(err.Error(), "is left as it is") != 25 || strings.Count(err.Error(), "\n") != 24 || done[reminded] != 10 {
		t.Errorf("%v, %v", done, err)
	}
}

// TestDamageCommand: what is damaged is told on standard error, a line each, what was
// done on standard output.
func TestDamageCommand(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.db")
	do := func(args string) (code int, stdout, stderr string) {
		command, rest, _ := strings.Cut(args, " ")
		var out, err strings.Builder
		code = run(t.Context(), append([]string{command, "--db", file}, strings.Fields(rest)...), &out, &err)
		return code, out.String(), err.String()
	}
	for _, who := range []string{"ann", "bob", "cid"} {
		if code, _, stderr := do("signup " + who + "@example.org"); code != 0 {
			t.Fatal(stderr)
		}
	}
	s, err := open(t.Context(), file, "OFF", time.Now, 10)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.db.Exec("UPDATE tasklets SET value = x'00' WHERE key LIKE '%ann%' OR key LIKE '%cid%'")
	if err != nil || s.close() != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := do("work --ahead 24h")
	lines := strings.Split(stderr, "\n")
	if code != 1 || stdout != "1 reminded, 0 expired\n" || len(lines) != 3 || !strings.HasPrefix(lines[0], "onboarding: ann@example.org is left as it is: pickle: ") || !strings.HasPrefix(lines[1], "onboarding: cid@example.org is left as it is: pickle: ") {
		t.Errorf("code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}
