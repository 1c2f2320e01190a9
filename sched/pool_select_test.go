package sched_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/tasklet"
)

// TestPoolSelectTime: the case of time of a select that waits for another scheduler,
// and a limit around it, call back what is abroad, and lose nothing.
func TestPoolSelectTime(t *testing.T) {
	words := make(chan *channel.Channel[string], 1)
	values := make(chan *channel.Channel[int], 1)
	gate := make(chan *channel.Channel[string], 1)
	const n = 100
	together(t, func(d *duo) {
		main := d.a.Main()
		words, values := <-words, <-values
		d.a.OnChannel(func(tasklet.ChannelEvent) {})
		var w string
		var v int
		here := channel.New[int](d.a)
		for range 3 {
			if fired, err := main.Select(words.OnReceive(&w), here.OnReceive(&v), tasklet.After(time.Millisecond)); fired != 2 || err != nil {
				t.Errorf("%d, %v", fired, err)
			}
			for _, limit := range []time.Duration{0, 1, time.Millisecond} {
				if err := main.Within(limit, func() error {
					fired, err := main.Select(words.OnReceive(&w), tasklet.After(time.Hour))
					if fired != -1 {
						t.Errorf("%d fired within %v", fired, limit)
					}
					return err
				}); !errors.Is(err, tasklet.ErrTimeout) {
					t.Error(err)
				}
				if err := main.Within(limit, func() error { _, err := words.Get(main); return err }); !errors.Is(err, tasklet.ErrTimeout) {
					t.Error(err)
				}
			}
			if fired, err := main.Select(words.OnReceive(&w), tasklet.After(0)); fired != 1 || err != nil {
				t.Errorf("%d, %v", fired, err)
			}
			if _, err := main.Select(words.OnReceive(&w), here.OnReceive(&v), words.OnSend(&w)); !errors.Is(err, tasklet.ErrMisuse) {
				t.Error(err)
			}
			d.must(d.a.Check())
		}
		var got []int
		for i := 0; len(got) < n; i++ {
			fired, err := main.Select(values.OnReceive(&v), tasklet.After(time.Duration(i%40)*time.Microsecond))
			d.must(err)
			if fired == 0 {
				got = append(got, v)
			}
		}
		for i := range n {
			if !slices.Contains(got, i) {
				t.Errorf("%d is lost: %v", i, got)
				break
			}
		}
		d.must((<-gate).Put(main, "over"))
	}, func(d *duo) {
		w, v := channel.New[string](d.b), channel.New[int](d.b)
		for half := range 2 {
			d.b.GoFunc(func(co *tasklet.Coroutine) error {
				for i := range n / 2 {
					if err := v.Put(co, half*n/2+i); err != nil {
						return err
					}
				}
				return nil
			})
		}
		over := channel.New[string](d.b)
		words <- w
		values <- v
		gate <- over
		word, err := over.Get(d.b.Main())
		d.must(err)
		d.must(d.b.RunReady()) // and hears of what was called back
		if word != "over" || v.Balance() != 0 || w.Balance() != 0 {
			t.Errorf("%q, balances %d, %d", word, v.Balance(), w.Balance())
		}
	})
}
