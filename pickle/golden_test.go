package pickle_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

var update = flag.Bool("update", false, "write the golden pickles that are missing")

const goldenFolder = "../testdata/pickle/v1"

// A golden pickle was written once and is never written again: see the README
// beside them. What is made of it is used, and the log of that is the one of what
// was pickled.
type golden struct {
	name string
	make func(w *stage) any
	use  func(w *stage, v any)
	with *pickle.Registry // the program that wrote it, if not this one
}

// A stage is a scheduler on a clock of its own, and the log of those who play.
type stage struct {
	s     *sched.Scheduler
	clock *sched.VirtualClock
}

var start = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func newStage() *stage {
	w := &stage{clock: sched.NewVirtualClock(start)}
	w.s = sched.New(sched.WithClock(w.clock))
	diary = nil
	return w
}

// diary is what was said on the stage. It is a global, so that frames need not be
// pickled with it.
var diary []string

func say(format string, args ...any) {
	diary = append(diary, fmt.Sprintf(format, args...))
}

// run runs whoever can.
func (w *stage) run() {
	if err := w.s.Run(); err != nil {
		say("run: %v", err)
	}
	w.check()
}

func (w *stage) check() {
	if err := w.s.Check(); err != nil {
		say("BROKEN: %v", err)
	}
}

// describe says of a tasklet what can be seen from outside.
func describe(t *tasklet.Tasklet) string {
	s := t.Status().String()
	if t.Op() != tasklet.OpNone {
		s += ", " + t.Op().String()
	}
	if t.Name() != "" {
		s += ", " + t.Name()
	}
	if t.Value() != nil {
		s += fmt.Sprintf(", value %v", t.Value())
	}
	if t.BlockTrap() {
		s += ", block trap"
	}
	frames := 0
	for range t.Frames() {
		frames++
	}
	return fmt.Sprintf("%s, %d frames", s, frames)
}

func goldens() []golden {
	return slices.Concat(shapes(), performances(), waits(), nests(), timings(), selects())
}

// load loads a golden pickle into a new stage.
func load(b []byte) (*stage, any, error) {
	w := newStage()
	v, err := pickle.Unmarshal[any](b, pickle.Into(w.s))
	return w, v, err
}

// TestGolden loads every golden pickle and compares what comes of it.
func TestGolden(t *testing.T) {
	known := make(map[string]bool)
	for _, g := range goldens() {
		known[g.name] = true
		t.Run(g.name, func(t *testing.T) {
			path := filepath.Join(goldenFolder, g.name)
			b, err := os.ReadFile(path + ".pickle")
			if errors.Is(err, os.ErrNotExist) && *update {
				b = g.write(t, path)
			} else if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(path + ".log")
			if err != nil {
				t.Fatal(err)
			}
			w, v, err := load(b)
			if err != nil {
				t.Fatal(err)
			}
			w.check()
			g.use(w, v)
			if got := strings.Join(diary, "\n") + "\n"; got != string(want) {
				t.Errorf("log\n%s\nwant\n%s", got, want)
			}
		})
	}
	files, err := filepath.Glob(filepath.Join(goldenFolder, "*.pickle"))
	if err != nil || len(files) == 0 {
		t.Errorf("no golden pickles: %v", err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".pickle"); !known[name] {
			t.Errorf("%s is not tested", f)
		}
	}
}

// write makes the pickle, and the log from what was pickled.
func (g *golden) write(t *testing.T, path string) []byte {
	t.Helper()
	w := newStage()
	v := g.make(w)
	var options []pickle.Option
	if g.with != nil {
		options = append(options, pickle.In(g.with))
	}
	b, err := pickle.Marshal(v, options...)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(goldenFolder, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".pickle", b, 0o666); err != nil {
		t.Fatal(err)
	}
	diary = nil
	if g.with != nil { // what it will be only a later program can say
		if w, v, err = load(b); err != nil {
			t.Fatal(err)
		}
	}
	g.use(w, v)
	if err := os.WriteFile(path+".log", []byte(strings.Join(diary, "\n")+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestGoldenAgain: what was loaded is pickled as it was, as long as the pickle's
// version of everything is the present one.
func TestGoldenAgain(t *testing.T) {
	for _, g := range goldens() {
		b, err := os.ReadFile(filepath.Join(goldenFolder, g.name+".pickle"))
		if err != nil {
			t.Fatal(err)
		}
		_, v, err := load(b)
		if err != nil {
			t.Fatal(err)
		}
		again, err := pickle.Marshal(v)
		if err != nil {
			t.Errorf("%s: %v", g.name, err)
			continue
		}
		_, v, err = load(again)
		if err != nil {
			t.Errorf("%s: %v", g.name, err)
			continue
		}
		third, err := pickle.Marshal(v)
		if err != nil || !bytes.Equal(again, third) {
			t.Errorf("%s: it changes from one pickle to the next: %v", g.name, err)
		}
	}
}

// TestGoldenDamage: a golden pickle of which any bit has changed or that is cut
// anywhere is refused, and nothing has happened. If its checksum is made to match,
// it can be what nobody has pickled; but that is in order, and runs.
func TestGoldenDamage(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 11
	}
	for _, g := range goldens() {
		b, err := os.ReadFile(filepath.Join(goldenFolder, g.name+".pickle"))
		if err != nil {
			t.Fatal(err)
		}
		w := newStage()
		refused := func(b []byte, how string, args ...any) {
			if _, err := pickle.Unmarshal[any](b, pickle.Into(w.s)); err == nil {
				t.Errorf("%s, %s: no error", g.name, fmt.Sprintf(how, args...))
			}
			if w.s.RunCount() != 1 || w.s.Everyone().Len() != 0 || w.s.Sleeping() != 0 || w.s.Check() != nil {
				t.Fatalf("%s, %s: something has happened: %v", g.name, fmt.Sprintf(how, args...), w.s.Check())
			}
		}
		for i := 0; i < len(b); i++ {
			refused(b[:i], "cut at %d", i)
		}
		for i := 0; i < 8*len(b); i++ {
			c := bytes.Clone(b)
			c[i/8] ^= 1 << (i % 8)
			refused(c, "bit %d", i)
			if i%step == 0 && i/8 < len(b)-4 {
				perform(t, pickle.Mended(c))
			}
		}
	}
}

// perform loads what may be anything, and if it can be loaded, has it run.
func perform(t testing.TB, b []byte) {
	t.Helper()
	w, v, err := load(b)
	if err != nil {
		if w.s.RunCount() != 1 || w.s.Everyone().Len() != 0 || w.s.Sleeping() != 0 || w.s.Check() != nil {
			t.Fatalf("refused, and something has happened: %v, %v\n%q", err, w.s.Check(), b)
		}
		return
	}
	if err := w.s.Check(); err != nil {
		t.Fatalf("%v\n%q", err, b)
	}
	for range 50 {
		if ran, _ := w.s.Step(20); ran == 0 {
			w.clock.Advance(time.Hour)
			for u := range w.s.Home().Parked().All() {
				if u != w.s.Main().Tasklet() {
					_ = u.Insert()
					break
				}
			}
		}
		diary = nil
	}
	if err := w.s.Check(); err != nil {
		t.Fatalf("after it ran: %v\n%q", err, b)
	}
	_, _ = pickle.Marshal(v)
}
