package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stackless-go/stackless/store"
)

// What many do at once, and what one does at random.

// together runs f n times at once and waits for all.
func together(n int, f func(i int)) {
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	group.Wait()
}

// creators race to create the same keys.
func creators(t *testing.T, s tester) {
	const rounds, racers = 10, 8
	for round := range rounds {
		key := fmt.Sprintf("key %d", round)
		var won [racers]store.Version
		together(racers, func(i int) {
			v, err := s.Save(t.Context(), key, fmt.Append(nil, i), store.None)
			if err != nil && !errors.Is(err, store.ErrConflict) {
				t.Errorf("create: %v", err)
			}
			won[i] = v
		})
		winners := 0
		for i, v := range won {
			if v != store.None {
				winners++
				s.holds(key, fmt.Sprint(i), v)
			}
		}
		if winners != 1 {
			t.Fatalf("%d created %q", winners, key)
		}
	}
}

// writers count up one key: each loads it and saves what follows, and begins
// again after a conflict. No count is lost, and none made twice.
func writers(t *testing.T, s tester) {
	const racers, each = 8, 10
	first := s.save("count", "0", store.None)
	var mu sync.Mutex
	wrote := map[store.Version]string{first: "0"}
	together(racers, func(i int) {
		for done := 0; done < each; {
			value, version, err := s.Load(t.Context(), "count")
			if err != nil {
				t.Errorf("load: %v", err)
				return
			}
			var n int
			if _, err := fmt.Sscan(string(value), &n); err != nil {
				t.Errorf("load: %q: %v", value, err)
				return
			}
			next := fmt.Sprint(n + 1)
			saved, err := s.Save(t.Context(), "count", []byte(next), version)
			var conflict *store.Conflict
			switch {
			case err == nil:
				mu.Lock()
				if before, ok := wrote[saved]; ok {
					t.Errorf("version %v was given to %s and %s", saved, before, next)
				}
				wrote[saved] = next
				mu.Unlock()
				done++
			case !errors.As(err, &conflict):
				t.Errorf("save: %v", err)
				return
			case conflict.Found <= version:
				t.Errorf("conflict with a version that is not later: %v", conflict)
				return
			}
		}
	})
	if t.Failed() {
		return
	}
	// In the order of their versions, the counts are in order too.
	var order []store.Version
	for v := range wrote {
		order = append(order, v)
	}
	slices.Sort(order)
	for n, v := range order {
		if wrote[v] != fmt.Sprint(n) {
			t.Fatalf("version %v is %s, want %d", v, wrote[v], n)
		}
	}
	s.holds("count", fmt.Sprint(racers*each), order[racers*each])
}

// savesAndDeletes race from one version.
func savesAndDeletes(t *testing.T, s tester) {
	const rounds, racers = 10, 8
	last := store.None
	for range rounds {
		v := s.save("key", "value", store.None)
		if v <= last {
			t.Fatalf("version %v after %v", v, last)
		}
		last = v
		var won [racers]bool
		together(racers, func(i int) {
			var err error
			if i%2 == 0 {
				err = s.Delete(t.Context(), "key", v)
			} else {
				_, err = s.Save(t.Context(), "key", []byte("new"), v)
			}
			if err != nil && !errors.Is(err, store.ErrConflict) {
				t.Errorf("race: %v", err)
			}
			won[i] = err == nil
		})
		winners := 0
		for i, w := range won {
			if !w {
				continue
			}
			winners++
			if i%2 == 0 {
				s.absent("key")
				continue
			}
			_, v, err := s.Load(t.Context(), "key")
			if err != nil || v <= last {
				t.Fatalf("load after save: %v, %v", v, err)
			}
			s.delete("key", v)
			last = v
		}
		if winners != 1 {
			t.Fatalf("%d won a version", winners)
		}
	}
}

// model runs random operations on the store and on a map, and compares.
func model(t *testing.T, s tester) {
	const seed, operations = 1, 600
	random := rand.New(rand.NewPCG(seed, 0))
	type saved struct {
		value   string
		version store.Version
	}
	have := make(map[string]saved)
	last := make(map[string]store.Version) // of all a key ever had
	keys := []string{"a", "A", "a/b", "b", "日", "x y"}
	for i := range operations {
		key := keys[random.IntN(len(keys))]
		now := have[key]
		expected := now.version
		if random.IntN(4) == 0 {
			expected = store.Version(random.Int64N(int64(last[key]) + 2))
		}
		value := fmt.Sprintf("%d of %s", i, key)
		switch random.IntN(8) {
		case 0, 1, 2, 3:
			v, err := s.Save(t.Context(), key, []byte(value), expected)
			if expected != now.version {
				s.conflicts(err, "save", key, expected, now.version)
				break
			}
			if err != nil || v <= last[key] {
				t.Fatalf("save %q, expecting %v: %v, %v; it had %v", key, expected, v, err, last[key])
			}
			have[key] = saved{value, v}
			last[key] = v
		case 4, 5:
			err := s.Delete(t.Context(), key, expected)
			switch {
			case expected == store.None:
				s.fails(err, store.ErrVersion, "delete", key)
			case expected != now.version:
				s.conflicts(err, "delete", key, expected, now.version)
			case err != nil:
				t.Fatalf("delete %q: %v", key, err)
			default:
				delete(have, key)
			}
		case 6:
			if now.version == store.None {
				s.absent(key)
			} else {
				s.holds(key, now.value, now.version)
			}
		case 7:
			var want []store.Info
			for _, key := range keys {
				if h, ok := have[key]; ok {
					want = append(want, store.Info{Key: key, Version: h.version, Size: int64(len(h.value))})
				}
			}
			slices.SortFunc(want, func(a, b store.Info) int {
				if a.Key < b.Key {
					return -1
				}
				return 1
			})
			if infos := s.infos(""); !slices.Equal(infos, want) {
				t.Fatalf("listed %v, want %v", infos, want)
			}
		}
	}
}
