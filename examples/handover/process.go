package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A process is one side that was started from here, for the demo and the tests.
type process struct {
	name  string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	pipes sync.WaitGroup

	mu  sync.Mutex
	log []string // what it wrote to standard error
}

// startProcess starts one. Said is called with each line of its standard output
// and logged with each of its standard error, from two goroutines.
func startProcess(executable, name string, args []string, said, logged func(line string)) (*process, error) {
	p := &process{name: name, cmd: exec.Command(executable, args...)}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	read := func(from io.Reader, line func(string)) {
		p.pipes.Go(func() {
			lines := bufio.NewScanner(from)
			for lines.Scan() {
				line(lines.Text())
			}
		})
	}
	read(stdout, said)
	read(stderr, func(line string) {
		p.mu.Lock()
		p.log = append(p.log, line)
		p.mu.Unlock()
		logged(line)
	})
	return p, nil
}

// tell types a command.
func (p *process) tell(command string) { _, _ = fmt.Fprintln(p.stdin, command) }

// kill ends the process as no program can prepare for, and returns when all that
// it had written was read.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.wait()
}

// quit tells the process to end and waits until it has. If that takes too long,
// it is killed, and the error says so.
func (p *process) quit(within time.Duration) error {
	p.tell("quit")
	defer time.AfterFunc(within, func() { _ = p.cmd.Process.Kill() }).Stop()
	if err := p.wait(); err != nil {
		return fmt.Errorf("%s: told to quit: %w", p.name, err)
	}
	return nil
}

// wait waits until the process has ended, and everything it wrote was read.
func (p *process) wait() error {
	p.pipes.Wait()
	return p.cmd.Wait()
}

// written returns what it wrote to standard error.
func (p *process) written() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.log, "\n")
}

// nextPort is where freeAddresses looks next. It looks below the ports that
// systems give to connections, so that none of these takes the place of a side
// that is down; and each process that looks begins elsewhere.
var nextPort atomic.Uint32

const (
	firstPort = 12_000
	lastPort  = 32_000
)

// freeAddresses returns addresses on this machine that nobody listens on now, and
// others with each call.
func freeAddresses(n int) (addresses []string, err error) {
	nextPort.CompareAndSwap(0, 101*uint32(os.Getpid()))
	for range lastPort - firstPort {
		port := firstPort + nextPort.Add(1)%(lastPort-firstPort)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		addresses = append(addresses, l.Addr().String())
		if err := l.Close(); err != nil || len(addresses) == n {
			return addresses, err
		}
	}
	return nil, errors.New("no port of 127.0.0.1 is free")
}
