package schedtest_test

import (
	"errors"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/sched/schedtest"
	"github.com/stackless-go/stackless/tasklet"
)

// once logs a name.
func once(log *string, name string) tasklet.Frame {
	return tasklet.Func(func(*tasklet.Tasklet) tasklet.Step {
		*log += name
		return tasklet.Return
	})
}

// looping yields for ever.
type looping struct{}

func (looping) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
	}
}

// parking parks for ever, and counts how often it began to.
type parking struct{ began *int }

func (p parking) Resume(t *tasklet.Tasklet) tasklet.Step {
	*p.began++
	return t.Park()
}

// TestRunPasses runs a program under as many seeds as it is to, each in a world of
// its own.
func TestRunPasses(t *testing.T) {
	var seeds []uint64
	orders := make(map[string]bool)
	out, failed, _ := record("TestX", func(t testing.TB) {
		schedtest.Run(t, func(w *schedtest.World) {
			seeds = append(seeds, w.Seed())
			var log string
			for _, name := range []string{"a", "b", "c"} {
				w.Go(once(&log, name))
			}
			w.Logf("nobody is to see this")
			w.Run()
			orders[log] = true
			if w.Failed() {
				t.Error("failed")
			}
		}, schedtest.Seeds(100))
	})
	if failed || out != "" || len(seeds) != 100 || seeds[0] != 0 || seeds[99] != 99 || len(orders) != 6 {
		t.Errorf("%v, seeds %v, orders %v\n%s", failed, seeds, orders, out)
	}
}

// TestRunFails has a program fail in each way in which one can. What is reported
// names the seed, and RunSeed with it fails again, with the same words.
func TestRunFails(t *testing.T) {
	wrong := errors.New("wrong")
	for _, c := range []struct {
		name    string
		program func(w *schedtest.World)
		options []schedtest.Option
		says    string
		panics  bool
	}{
		{name: "main is fatal", says: "order cba", program: func(w *schedtest.World) {
			var log string
			for _, name := range []string{"a", "b", "c"} {
				w.Go(once(&log, name))
			}
			w.Run()
			if log == "cba" {
				w.Fatalf("order %s", log)
			}
		}},
		{name: "main has an error", says: "order cba", program: func(w *schedtest.World) {
			var log string
			for _, name := range []string{"a", "b", "c"} {
				w.Go(once(&log, name))
			}
			w.Run()
			if log == "cba" {
				w.Errorf("order %s", log)
			}
		}},
		{name: "a frame is fatal", says: "b is first", program: func(w *schedtest.World) {
			var log string
			w.Go(once(&log, "a"))
			w.Go(tasklet.Func(func(*tasklet.Tasklet) tasklet.Step {
				if log == "" {
					w.Fatal("b is first")
				}
				return tasklet.Return
			}))
			w.Run()
			w.Log("all is well")
		}},
		{name: "a function is fatal", says: "b is first", program: func(w *schedtest.World) {
			var log string
			begun := false
			w.GoFunc(func(co *tasklet.Coroutine) error { // is to be ended too
				begun = true
				defer func() { log += "a" }()
				return co.Yield()
			})
			w.GoFunc(func(co *tasklet.Coroutine) error {
				if log == "" {
					w.Fatal("b is first")
				}
				return nil
			})
			w.Cleanup(func() {
				if begun && log != "a" {
					panic("the other function has not ended")
				}
			})
			w.Run()
		}},
		{name: "uncaught", says: "frame tasklet.Func: wrong", program: func(w *schedtest.World) {
			var log string
			w.Go(once(&log, "a"))
			w.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
				if log == "" {
					return t.Fail(wrong)
				}
				return tasklet.Return
			}))
			w.Run()
		}},
		{name: "main panics", says: "seed ", panics: true, program: func(w *schedtest.World) {
			var log string
			w.Go(once(&log, "a"))
			w.Go(once(&log, "b"))
			w.Run()
			if log == "ba" {
				panic(wrong)
			}
		}},
		{name: "always", says: "after step 3: wrong", program: func(w *schedtest.World) {
			var log string
			w.Always(func() error {
				if log == "ba" {
					return wrong
				}
				return nil
			})
			w.Go(once(&log, "a"))
			w.Go(once(&log, "b"))
			w.Run()
		}},
		{name: "always, and main does not care", says: "after step 3: wrong", program: func(w *schedtest.World) {
			var log string
			w.Always(func() error {
				if log == "ba" {
					return wrong
				}
				return nil
			})
			w.Go(once(&log, "a"))
			w.Go(once(&log, "b"))
			_ = w.Scheduler().Run()
		}},
		{name: "no end", says: "no end after 50 steps", options: []schedtest.Option{schedtest.MaxSteps(50)}, program: func(w *schedtest.World) {
			w.Go(looping{})
			w.Run()
		}},
		{name: "left", says: "1 of the tasklets have not ended:\n\ttasklet 2 (idler), frame schedtest_test.parking, parked", options: []schedtest.Option{schedtest.AllEnded()},
			program: func(w *schedtest.World) {
				w.Go(parking{new(int)}).SetName("idler")
				w.Run()
			}},
		{name: "recovers from its kill", says: "recovered from its kill", program: func(w *schedtest.World) {
			w.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step {
				if s := t.Park(); s == tasklet.Failed {
					t.Recover()
					return t.Yield()
				}
				return tasklet.Wait
			}))
			w.Run()
		}},
		{name: "deadlock", says: "deadlock: the last runnable tasklet cannot be blocked", program: func(w *schedtest.World) {
			if _, err := channel.New[int](w).Get(w.Main()); err != nil {
				w.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			last := uint64(0)
			out, failed, panicked := record("TestX/sub_case", func(t testing.TB) {
				schedtest.Run(t, func(w *schedtest.World) {
					last = w.Seed()
					w.Log("logged before")
					c.program(w)
				}, c.options...)
			})
			if failed == c.panics || (panicked != nil) != c.panics || !strings.Contains(out, c.says) {
				t.Fatalf("failed %v, panicked %v\n%s\nwant %s", failed, panicked, out, c.says)
			}
			found := regexp.MustCompile(`seed (\d+) fails; to replay it:\n\tgo test \S+/sched/schedtest -run '\^TestX\$/\^sub_case\$' -schedtest.seed=(\d+)\nthe last (\d+) of (\d+) steps:\n`).FindStringSubmatch(out)
			if found == nil || found[1] != fmt.Sprint(last) || found[2] != found[1] {
				t.Fatalf("no word of seed %d:\n%s", last, out)
			}
			if n := strings.Count(out, "logged before"); n != 1 {
				t.Errorf("the log is shown %d times:\n%s", n, out)
			}
			for range 2 {
				again, failed, _ := record("TestX/sub_case", func(t testing.TB) {
					if schedtest.RunSeed(t, last, func(w *schedtest.World) {
						w.Log("logged before")
						c.program(w)
					}, c.options...) {
						t.Error("passed")
					}
				})
				cut := regexp.MustCompile(`; to replay it:\n.*`)
				line := regexp.MustCompile(`_test.go:\d+`) // of the log: it stands twice in this file
				if failed == c.panics || line.ReplaceAllString(again, "") != line.ReplaceAllString(cut.ReplaceAllString(out, ""), "") {
					t.Errorf("replayed it is\n%s\nnot\n%s", again, out)
				}
			}
		})
	}
}

// TestFatalOfTheTest: a program may tell t, which its closure has, instead of w.
func TestFatalOfTheTest(t *testing.T) {
	out, failed, _ := record("TestX", func(t testing.TB) {
		schedtest.Run(t, func(w *schedtest.World) {
			if w.Seed() == 3 {
				w.GoFunc(func(*tasklet.Coroutine) error { t.Fatal("three"); return nil })
			}
			w.Run()
		})
		t.Log("not reached")
	})
	if !failed || !strings.HasPrefix(out, "three\nschedtest: seed 3 fails") || strings.Contains(out, "not reached") {
		t.Errorf("%v\n%s", failed, out)
	}
}

// TestSkip: a program that skips has not failed, and nothing else is run.
func TestSkip(t *testing.T) {
	runs := 0
	out, failed, _ := record("TestX", func(t testing.TB) {
		schedtest.Run(t, func(w *schedtest.World) {
			runs++
			w.Skip("not here")
		})
	})
	if failed || runs != 1 || out != "not here\n" {
		t.Errorf("%v, %d runs\n%s", failed, runs, out)
	}
}

// TestAsked replays the seed that a flag or the environment names.
func TestAsked(t *testing.T) {
	run := func() (seeds []uint64, out string, failed bool) {
		out, failed, _ = record("TestX", func(t testing.TB) {
			schedtest.Run(t, func(w *schedtest.World) { seeds = append(seeds, w.Seed()) }, schedtest.Seeds(2))
		})
		return seeds, out, failed
	}
	for _, c := range []struct {
		flag, env string // name=value
		want      []uint64
		says      string
	}{
		{want: []uint64{0, 1}},
		{flag: "seed=17", want: []uint64{17}, says: "seed 17 passes"},
		{env: "SEED=18", want: []uint64{18}, says: "seed 18 passes"},
		{flag: "seed=0x11", env: "SEED=18", want: []uint64{17}, says: "seed 17 passes"},
		{flag: "seeds=3", want: []uint64{0, 1, 2}},
		{env: "SEEDS=1", want: []uint64{0}},
		{flag: "seed=-1", says: `-schedtest.seed: "-1" is no seed`},
		{env: "SEED=one", says: `SCHEDTEST_SEED: "one" is no seed`},
		{flag: "seeds=0", says: `-schedtest.seeds: "0" is no number of seeds`},
	} {
		t.Run(c.flag+" "+c.env, func(t *testing.T) {
			for _, name := range []string{"SEED", "SEEDS"} {
				t.Setenv("SCHEDTEST_"+name, "")
			}
			if name, value, ok := strings.Cut(c.env, "="); ok {
				t.Setenv("SCHEDTEST_"+name, value)
			}
			if name, value, ok := strings.Cut(c.flag, "="); ok {
				f := flag.Lookup("schedtest." + name)
				before := f.Value.String()
				if err := f.Value.Set(value); err != nil {
					t.Fatal(err)
				}
				defer f.Value.Set(before)
			}
			seeds, out, failed := run()
			if !slices.Equal(seeds, c.want) || !strings.Contains(out, c.says) || failed != (c.want == nil) {
				t.Errorf("seeds %v, want %v, failed %v\n%s", seeds, c.want, failed, out)
			}
		})
	}
}

// TestOptions: what a world is made of can be chosen.
func TestOptions(t *testing.T) {
	start := time.Date(2031, 5, 1, 0, 0, 0, 0, time.UTC)
	var handled, began int
	orders := make(map[string]bool)
	schedtest.Run(t, func(w *schedtest.World) {
		if !w.Scheduler().Now().Equal(start) || !w.Clock().Now().Equal(start) {
			w.Errorf("it is %v", w.Scheduler().Now())
		}
		var log string
		began = 0
		w.Go(parking{&began})
		w.Go(once(&log, "a"))
		w.Go(once(&log, "b"))
		w.Go(tasklet.Func(func(t *tasklet.Tasklet) tasklet.Step { return t.Fail(errors.New("for the handler")) }))
		if err := w.Main().Sleep(time.Hour); err != nil {
			w.Error(err)
		}
		if began != 1 {
			w.Errorf("it began %d times to park", began)
		}
		if d := w.Clock().Now().Sub(start); d != time.Hour {
			w.Errorf("%v have passed", d)
		}
		orders[log] = true
	}, schedtest.Start(start), schedtest.InOrder(), schedtest.NoWakeups(), schedtest.Seeds(50), schedtest.CheckEvery(3),
		schedtest.With(sched.WithErrorHandler(func(*tasklet.Tasklet, error) error { handled++; return nil })))
	if handled != 50 || len(orders) != 1 || !orders["ab"] {
		t.Errorf("%d handled, orders %v", handled, orders)
	}
}

// TestHandovers: preferences hold unless they are shuffled.
func TestHandovers(t *testing.T) {
	for _, options := range [][]schedtest.Option{nil, {schedtest.ShuffleHandovers()}} {
		orders := make(map[string]bool)
		schedtest.Run(t, func(w *schedtest.World) {
			var log string
			c := channel.New[int](w)
			w.GoFunc(func(co *tasklet.Coroutine) error {
				_, err := c.Get(co)
				log += "r"
				return err
			})
			if _, err := w.Scheduler().Step(1); err != nil {
				w.Fatal(err)
			}
			w.GoFunc(func(co *tasklet.Coroutine) error {
				err := c.Put(co, 1)
				log += "s"
				return err
			})
			w.Run()
			orders[log] = true
		}, append(options, schedtest.Seeds(100))...)
		if len(orders) != 1+len(options) {
			t.Errorf("%d options, orders %v", len(options), orders)
		}
	}
}

// TestCleanup: what is registered with a world is called when it ends, once its
// tasklets have, the last first.
func TestCleanup(t *testing.T) {
	var log []string
	schedtest.RunSeed(t, 1, func(w *schedtest.World) {
		left := w.Go(looping{})
		w.Cleanup(func() { log = append(log, "first", strconv.FormatBool(left.Alive())) })
		w.Cleanup(func() { log = append(log, "last") })
		log = append(log, "program")
	})
	if got := strings.Join(log, " "); got != "program last first false" {
		t.Error(got)
	}
}

// FuzzSeeds shows that a fuzzer can think of seeds.
func FuzzSeeds(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		schedtest.RunSeed(t, seed, func(w *schedtest.World) {
			c := channel.New[int](w)
			w.GoFunc(func(co *tasklet.Coroutine) error { return c.Put(co, 7) })
			v, err := c.Get(w.Main())
			w.Run()
			if v != 7 || err != nil {
				w.Errorf("%d, %v", v, err)
			}
		}, schedtest.AllEnded())
	})
}
