package schedtest

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

// What is asked for by a flag comes before what the environment asks for.
var (
	seedFlag  = flag.String("schedtest.seed", "", "run the programs of schedtest.Run under this `seed` alone")
	seedsFlag = flag.String("schedtest.seeds", "", "run the programs of schedtest.Run under so `many` seeds")
)

// asked is what whoever runs the tests asks for.
type asked struct {
	one   bool
	seed  uint64 // if one
	seeds int    // 0: as the test says
}

func ask() (a asked, err error) {
	if text, from := either(*seedFlag, "seed"); text != "" {
		if a.seed, err = strconv.ParseUint(text, 0, 64); err != nil {
			return a, fmt.Errorf("schedtest: %s: %q is no seed: it is a number from 0 to %d", from, text, uint64(1<<64-1))
		}
		a.one = true
	}
	if text, from := either(*seedsFlag, "seeds"); text != "" {
		if a.seeds, err = strconv.Atoi(text); err != nil || a.seeds <= 0 {
			return a, fmt.Errorf("schedtest: %s: %q is no number of seeds: it is 1 or more", from, text)
		}
	}
	return a, nil
}

// either returns what the flag says, or the environment, and which of them it is.
func either(flagged, name string) (text, from string) {
	if flagged != "" {
		return flagged, "-schedtest." + name
	}
	from = "SCHEDTEST_" + strings.ToUpper(name)
	return os.Getenv(from), from
}

// report logs which seed has failed, how to replay it, and what led there.
func (w *World) report(replayable bool) {
	w.TB.Helper()
	w.showLog()
	var b strings.Builder
	fmt.Fprintf(&b, "schedtest: seed %d fails", w.seed)
	if replayable {
		fmt.Fprintf(&b, "; to replay it:\n\t%s", command(w.TB, w.seed))
	}
	if kept := min(w.trace.count, len(w.trace.last)); kept > 0 {
		fmt.Fprintf(&b, "\nthe last %d of %d steps:\n%s", kept, w.trace.count, strings.TrimSuffix(w.trace.String(), "\n"))
	}
	w.TB.Log(b.String())
}

// command returns the command line that runs the test t under seed alone.
func command(t testing.TB, seed uint64) string {
	what := "-run"
	if _, ok := t.(*testing.B); ok {
		what = "-run '^$' -bench"
	}
	return fmt.Sprintf("go test %s%s '%s' -schedtest.seed=%d", tested(), what, pattern(t.Name()), seed)
}

// pattern returns the regular expression that go test knows a test or subtest by.
func pattern(name string) string {
	var levels []string
	for level := range strings.SplitSeq(name, "/") {
		levels = append(levels, "^"+regexp.QuoteMeta(level)+"$")
	}
	return strings.ReplaceAll(strings.Join(levels, "/"), "'", `'\''`)
}

// tested returns the import path of the package that is tested, and a space; nothing if it
// is not known.
func tested() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		if path, ok := strings.CutSuffix(info.Path, ".test"); ok {
			return path + " "
		}
	}
	return ""
}
