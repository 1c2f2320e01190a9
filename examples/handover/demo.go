package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	demoLines = 10                     // are shown
	demoPause = 100 * time.Millisecond // between them
	demoTime  = time.Minute            // in which all is over, on any machine
)

// demo starts two sides as processes of their own. The group starts with a, goes
// to b after line 3 and back to a after line 8; b is killed after line 5.
func demo(stdout io.Writer) (err error) {
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "handover")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	certs := filepath.Join(folder, "certs")
	if err := makeCerts(certs, []string{"a", "b"}, time.Now()); err != nil {
		return err
	}
	addresses, err := freeAddresses(2)
	if err != nil {
		return err
	}

	type printed struct{ name, line string }
	lines := make(chan printed, 1000)
	processes := make(map[string]*process)
	start := func(name, listen, peer string, more ...string) error {
		args := append([]string{"serve", "--name", name, "--listen", listen, "--peer", peer,
			"--certs", certs, "--dir", filepath.Join(folder, name)}, more...)
		p, err := startProcess(executable, name, args, func(line string) { lines <- printed{name, line} }, func(string) {})
		if err == nil {
			processes[name] = p
		}
		return err
	}
	startB := func() error {
		return start("b", addresses[1], "a="+addresses[0], "--give-after", "8")
	}
	defer func() {
		for _, p := range processes {
			p.kill() // no harm if it has ended
			if err != nil {
				err = fmt.Errorf("%w\n%s", err, p.written())
			}
		}
	}()
	err = errors.Join(startB(), start("a", addresses[0], "b="+addresses[1],
		"--start", "--pause", demoPause.String(), "--give-after", "3"))
	if err != nil {
		return err
	}

	timeout := time.After(demoTime)
	with := "a"
	early := make(map[int]printed) // the pipes of two processes have no order
	for n := 1; n <= demoLines; {
		if next, ok := early[n]; ok {
			if next.name != with {
				fmt.Fprintf(stdout, "-- it goes over to %s\n", next.name)
				with = next.name
			}
			fmt.Fprintf(stdout, "%s: %s\n", next.name, next.line)
			if n == 5 {
				fmt.Fprintln(stdout, "-- b is killed, and started again")
				processes["b"].kill()
				if err := startB(); err != nil {
					return err
				}
			}
			n++
			continue
		}
		select {
		case p := <-lines:
			number, _, _ := strings.Cut(p.line, " ")
			i, err := strconv.Atoi(number)
			if err != nil {
				return fmt.Errorf("%s printed %q", p.name, p.line)
			}
			// A line can come twice, if its printer was killed just then.
			if _, twice := early[i]; !twice {
				early[i] = p
			}
		case <-timeout:
			return fmt.Errorf("line %d has not come", n)
		}
	}
	for _, name := range []string{"a", "b"} {
		if err := processes[name].quit(demoTime); err != nil {
			return err
		}
	}
	fmt.Fprintln(stdout, "-- both have saved and ended")
	return nil
}
