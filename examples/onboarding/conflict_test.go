package main

import (
	"fmt"
	"sync"
	"testing"
)

// TestConflict has another program be faster, between the load and the save of
// this one.
func TestConflict(t *testing.T) {
	for _, test := range []struct {
		name    string
		here    func(b *bench, s *service) error
		there   func(b *bench, s *service) error
		letters string
	}{
		{"confirmed before the reminder is saved", doWork, doConfirm, "please confirm, welcome"},
		{"reminded before the confirmation is saved", doConfirm, doWork, "please confirm, reminder, welcome"},
		{"confirmed twice", doConfirm, doConfirm, "please confirm, welcome"},
		{"reminded twice", doWork, doWork, "please confirm, reminder"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			here, there := b.start(), b.start()
			for i := range 3 {
				b.signUp(here, fmt.Sprintf("user%d@example.org", i))
			}
			b.now = b.now.Add(day)
			faster := false
			here.between = func(step string) error {
				if step != "run" || faster {
					return nil
				}
				faster = true
				return test.there(b, there)
			}
			if err := test.here(b, here); err != nil {
				t.Fatal(err)
			}
			if letters := b.letters(there, "user1@example.org"); letters != test.letters || !faster {
				t.Errorf("%s; want %s", letters, test.letters)
			}
			b.check(there)
		})
	}
}

func doWork(b *bench, s *service) error {
	_, err := s.work(b.Context())
	return err
}

func doConfirm(b *bench, s *service) error {
	return s.confirm(b.Context(), "user1@example.org")
}

// TestCrowd has programs confirm and work at once, with no regard to each other.
func TestCrowd(t *testing.T) {
	const people = 30
	b := newBench(t)
	first := b.start()
	for i := range people {
		b.signUp(first, fmt.Sprintf("user%d@example.org", i))
	}
	b.now = b.now.Add(day)
	var group sync.WaitGroup
	for n := range 4 {
		s := b.start()
		group.Go(func() {
			for i := range people {
				err := error(nil)
				if i%3 == 0 {
					err = s.confirm(t.Context(), fmt.Sprintf("user%d@example.org", i))
				} else if i%5 == n {
					_, err = s.work(t.Context())
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	b.work(first)
	b.check(first)
	c, err := first.census(t.Context())
	if err != nil || c.users != [...]int{0, people * 2 / 3, people / 3, 0} {
		t.Errorf("%v, %v", c.users, err)
	}
}
