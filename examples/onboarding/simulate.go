package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A simulation has so many people sign up within some days, while the program
// ends and starts again every few hours. The clock is virtual.
type simulation struct {
	people  int
	days    int // on which they sign up
	restart int // after how many hours
	batch   int
	seed    uint64

	file   string
	now    time.Time
	deeds  []deed // what is still to be done, in the order of time
	starts int    // of the program
}

// A deed is what somebody does at some time.
type deed struct {
	at      time.Time
	email   string
	confirm bool // or sign up
}

// plan draws what all will do: half of them confirm within a day, a quarter once
// they were reminded, and a quarter never.
func (m *simulation) plan() {
	chance := rand.New(rand.NewPCG(m.seed, 0))
	within := func(d time.Duration) time.Duration { return time.Duration(chance.Int64N(int64(d))) }
	for i := range m.people {
		d := deed{at: m.now.Add(within(time.Duration(m.days) * 24 * time.Hour)), email: fmt.Sprintf("user%d@example.org", i)}
		m.deeds = append(m.deeds, d)
		d.confirm = true
		switch chance.IntN(4) {
		case 0, 1:
			d.at = d.at.Add(within(untilReminder))
		case 2:
			d.at = d.at.Add(untilReminder + within(untilEnd))
		default:
			continue
		}
		m.deeds = append(m.deeds, d)
	}
	slices.SortStableFunc(m.deeds, func(a, b deed) int { return a.at.Compare(b.at) })
}

// run simulates until nobody waits any more. It prints to stdout what there is in
// the evening of each day, and to stderr what is not the same each time.
func (m *simulation) run(ctx context.Context, stdout, stderr io.Writer) error {
	folder, err := os.MkdirTemp("", "onboarding-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	m.file = filepath.Join(folder, "simulation.db")
	m.now = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	m.plan()
	began := time.Now()
	var end census
	most := 0
	fmt.Fprintln(stdout, "day  waiting  reminded  confirmed  expired  pickles  loaded  at once")
	for day := 1; len(m.deeds) > 0 || end.pickles > 0; day++ {
		loaded, atOnce, err := m.day(ctx, &end)
		if err != nil {
			return err
		}
		most = max(most, end.pickles)
		fmt.Fprintf(stdout, "%3d  %7d  %8d  %9d  %7d  %7d  %6d  %7d\n",
			day, end.users[waiting], end.users[reminded], end.users[confirmed], end.users[expired], end.pickles, loaded, atOnce)
		if day == m.days {
			info, err := os.Stat(m.file)
			if err != nil {
				return err
			}
			fmt.Fprintf(stderr, "the database has %d KB, of which %d are the pickles\n", info.Size()>>10, end.bytes>>10)
		}
	}
	fmt.Fprintf(stdout, "%d letters; the program was started %d times\n", end.letters, m.starts)
	fmt.Fprintf(stderr, "it took %v\n", time.Since(began).Round(time.Millisecond))
	return nil
}

// day simulates a day. It returns how many pickles were loaded, in all and at
// once.
func (m *simulation) day(ctx context.Context, evening *census) (loaded, atOnce int, err error) {
	for hour := 0; hour < 24; hour += m.restart {
		s, err := open(ctx, m.file, "OFF", func() time.Time { return m.now }, m.batch)
		if err != nil {
			return 0, 0, err
		}
		m.starts++
		err = m.hours(ctx, s, min(m.restart, 24-hour))
		if err == nil {
			*evening, err = s.census(ctx)
		}
		if err := errors.Join(err, s.close()); err != nil {
			return 0, 0, err
		}
		loaded, atOnce = loaded+s.loaded, max(atOnce, s.mostLoaded)
	}
	return loaded, atOnce, nil
}

// hours has people do what they do in the next hours, and the program work at the
// end of each.
func (m *simulation) hours(ctx context.Context, s *service, hours int) error {
	for range hours {
		end := m.now.Add(time.Hour)
		for len(m.deeds) > 0 && m.deeds[0].at.Before(end) {
			d := m.deeds[0]
			m.deeds, m.now = m.deeds[1:], d.at
			var err error
			if d.confirm {
				err = s.confirm(ctx, d.email)
			} else {
				_, err = s.signUp(ctx, d.email)
			}
			if err != nil {
				return err
			}
		}
		m.now = end
		if _, err := s.work(ctx); err != nil {
			return err
		}
	}
	return nil
}
