// Walkers has a hundred thousand tasklets walk at random over a torus: a field
// whose right edge meets its left, and whose top meets its bottom. They start
// side by side along the middle row. Each sleeps between its steps, and the
// further to the right it started, the longer; so those on the left spread out
// while those on the right still stand about.
//
//	go run ./examples/walkers
//	go run ./examples/walkers --time 5m --seed 2
//
// One sees where they are after half a minute, on a virtual clock: a darker
// character stands for more of them. The same seed gives the same picture,
// always.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/bits"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// The torus. Two rows share a line of the picture, as a character is about
// twice as high as it is wide.
const (
	width  = 72
	height = 40
)

// How long a walker sleeps between two steps, on average, from left to right.
const (
	shortestPause = 250 * time.Millisecond
	longestPause  = 8 * time.Second
)

// A world is what all walkers share. It needs no lock: one tasklet runs at a
// time, and a step of it is never interrupted. The order of their turns is
// always the same, and so each draws the same numbers of chance in every run.
type world struct {
	chance *rand.Rand
	steps  int // of all walkers together
}

// A walker sleeps and makes a step, for ever.
type walker struct {
	world *world
	x, y  int
	pause time.Duration // how long it sleeps on average
	sleep time.Duration // how long it sleeps this time
}

// Resume steps after each sleep. The next sleep is drawn then as well and not
// where Sleep is called: that call is made again to go on after it, and would
// draw twice.
func (f *walker) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := t.Sleep(f.sleep); s != tasklet.Next {
			return s
		}
		f.step()
		f.drawSleep()
	}
}

// step moves the walker to one of the four fields beside it.
func (f *walker) step() {
	switch f.world.chance.IntN(4) {
	case 0:
		f.x = (f.x + 1) % width
	case 1:
		f.x = (f.x + width - 1) % width
	case 2:
		f.y = (f.y + 1) % height
	case 3:
		f.y = (f.y + height - 1) % height
	}
	f.world.steps++
}

// drawSleep draws from half the average pause up to half as much again.
func (f *walker) drawSleep() {
	f.sleep = f.pause/2 + time.Duration(f.world.chance.Int64N(int64(f.pause)))
}

// simulate lets so many walkers walk for so long. It returns them and their
// number of steps.
func simulate(count int, duration time.Duration, seed uint64) (walkers []walker, steps int, err error) {
	s := sched.New(sched.WithClock(sched.NewVirtualClock(time.Unix(0, 0))))
	w := &world{chance: rand.New(rand.NewPCG(seed, 0))}
	walkers = make([]walker, count)
	for i := range walkers {
		f := &walkers[i]
		*f = walker{world: w, x: i * width / count, y: height / 2}
		f.pause = shortestPause + (longestPause-shortestPause)*time.Duration(f.x)/(width-1)
		f.drawSleep()
		s.Go(f)
	}
	// Main is a tasklet as well: while it sleeps, the others walk.
	err = s.Main().Sleep(duration)
	return walkers, w.steps, err
}

// shades is what the picture is made of: a blank for nobody, then a character
// for one walker, for 2 or more, for 4 or more, each time for twice as many.
const shades = " .:-=+*#%@"

// draw prints where the walkers are.
func draw(stdout io.Writer, walkers []walker) {
	var crowds [height / 2][width]uint
	for _, f := range walkers {
		crowds[f.y/2][f.x]++
	}
	for _, row := range crowds {
		var line [width]byte
		for x, crowd := range row {
			line[x] = shades[min(bits.Len(crowd), len(shades)-1)]
		}
		fmt.Fprintln(stdout, strings.TrimRight(string(line[:]), " "))
	}
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole command: it returns 2 if it was not understood, 1 if it failed.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("walkers", flag.ContinueOnError)
	count := flags.Int("walkers", 100_000, "how many `walkers` there are")
	duration := flags.Duration("time", 30*time.Second, "how much simulated `time` passes")
	seed := flags.Uint64("seed", 1, "the `number` that all chance comes from")
	flags.SetOutput(io.Discard) // what is wrong is said below, in one line
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(stdout)
		flags.Usage()
		return 0
	case err == nil && flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case err == nil && *count < 0:
		err = fmt.Errorf("--walkers %d: there can't be fewer than none", *count)
	case err == nil && *duration < 0:
		err = fmt.Errorf("--time %v: time does not go backwards", *duration)
	}
	if err != nil {
		fmt.Fprintln(stderr, "walkers:", err)
		return 2
	}

	walkers, steps, err := simulate(*count, *duration, *seed)
	if err != nil {
		fmt.Fprintln(stderr, "walkers:", err)
		return 1
	}
	draw(stdout, walkers)
	fmt.Fprintf(stdout, "%d walkers, %d steps, %v of simulated time\n", *count, steps, *duration)
	return 0
}
