package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"
)

// The test binary is also the program that is killed.
const fileVariable = "ONBOARDING_TEST_FILE"

func TestMain(m *testing.M) {
	file := os.Getenv(fileVariable)
	if file == "" {
		os.Exit(m.Run())
	}
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	s, err := open(context.Background(), file, "OFF", func() time.Time { return now }, 7)
	if err == nil {
		err = everything(context.Background(), s, &now, func(deed string) { fmt.Println(deed) })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const crashPeople = 30

// everything is a whole history: all sign up; a third confirm at once, a third
// once they were reminded, and a third never. Each part of it can be done again,
// by a program that does not know how far the one before it has come.
func everything(ctx context.Context, s *service, now *time.Time, did func(deed string)) error {
	start := *now
	each := func(when time.Duration, do func(email string) error, remainders ...int) error {
		*now = start.Add(when)
		for i := range crashPeople {
			for _, r := range remainders {
				if i%3 != r {
					continue
				}
				email := fmt.Sprintf("user%d@example.org", i)
				if err := do(email); err != nil {
					return err
				}
				did(email)
			}
		}
		return nil
	}
	work := func(when time.Duration) error {
		*now = start.Add(when)
		for {
			due, err := s.due(ctx, nobody)
			if err != nil || len(due) == 0 {
				return err
			}
			var emails []string
			for _, u := range due {
				emails = append(emails, u.email)
			}
			if _, damage, err := s.wake(ctx, timeIsUp, emails...); err != nil || damage != nil {
				return errors.Join(append(damage, err)...)
			}
			did("woken")
		}
	}
	signUp := func(email string) error {
		_, err := s.signUp(ctx, email)
		if errors.Is(err, errKnown) {
			return nil
		}
		return err
	}
	confirm := func(email string) error { return s.confirm(ctx, email) }
	err := each(0, signUp, 0, 1, 2)
	if err == nil {
		err = each(time.Hour, confirm, 0)
	}
	if err == nil {
		err = work(day)
	}
	if err == nil {
		err = each(2*day, confirm, 1)
	}
	if err == nil {
		err = work(7 * day)
	}
	return err
}

// finished holds the database against what everything leads to.
func (b *bench) finished(s *service) {
	b.Helper()
	b.check(s)
	for i := range crashPeople {
		want := []string{"please confirm, welcome", "please confirm, reminder, welcome", "please confirm, reminder, goodbye"}[i%3]
		if l := b.letters(s, fmt.Sprintf("user%d@example.org", i)); l != want {
			b.Errorf("user %d had the letters %s; want %s", i, l, want)
		}
	}
}

var errCrash = errors.New("crash")

// TestCrashes ends a program at each of its steps in turn, and goes on with
// another each time.
func TestCrashes(t *testing.T) {
	b := newBench(t)
	start := b.now
	crashes := make(map[string]int)
	programs := 0
	for {
		s := b.start()
		// A step further in each program than in the one before it, so that in the
		// end it was after every kind of step.
		left := programs%47 + 1 // a batch has fewer
		programs++
		s.between = func(step string) error {
			if left--; left == 0 {
				crashes[step]++
				return errCrash
			}
			return nil
		}
		b.now = start
		err := everything(t.Context(), s, &b.now, func(string) {})
		if err == nil {
			b.finished(s)
			break
		}
		if !errors.Is(err, errCrash) {
			t.Fatal(err)
		}
		if b.check(s); t.Failed() {
			return
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("crashes after %v", crashes)
	for _, step := range []string{"load", "run", "save", "update", "commit", "end"} {
		if crashes[step] == 0 {
			t.Errorf("no crash after %s: the test does not test", step)
		}
	}
}

// TestKilled kills processes somewhere in their work, and goes on with others.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts processes and kills them")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	// On a busy machine a process can be through before it is killed: then once more,
	// from the beginning.
	for kills := 0; kills < 5; {
		more := killUntilDone(t, program, random)
		if t.Failed() {
			return
		}
		kills += more
	}
}

// killUntilDone kills one process after the other until one has done all there is to do,
// and returns how many it has killed.
func killUntilDone(t *testing.T, program string, random *rand.Rand) (kills int) {
	b := newBench(t)
	for {
		c := exec.Command(program)
		c.Env = append(os.Environ(), fileVariable+"="+b.file)
		var stderr bytes.Buffer
		c.Stderr = &stderr
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		// What was done before is soon done again, so each goes further.
		kill := kills*3 + random.IntN(6)
		for lines := bufio.NewScanner(out); lines.Scan(); kill-- {
			if kill == 0 {
				// Somewhere in what it does next: spin, as no timer is so fine.
				for end := time.Now().Add(time.Duration(random.IntN(2000)) * time.Microsecond); time.Now().Before(end); {
				}
				if err := c.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		err = c.Wait()
		if stderr.Len() > 0 {
			t.Fatalf("after %d kills: %v, %s", kills, err, &stderr)
		}
		s := b.start()
		if b.check(s); t.Failed() {
			return kills
		}
		if err == nil {
			b.finished(s)
			t.Logf("%d processes killed", kills)
			return kills
		}
		kills++
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
}
