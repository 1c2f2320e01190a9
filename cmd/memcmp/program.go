package main

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"github.com/mattn/go-shellwords"
)

// stateExec is the state of a program's units: what they do is its own affair.
const stateExec = "exec"

// placeholder is where the number of units goes in a program's command.
const placeholder = "{n}"

// program is something other than this command that can be measured. Called with
// a number n in its command it makes n units and lets each run once, prints a
// line that begins with the word ready, and waits for its input to end. After the
// word may come JSON, of which every key is optional:
//
//	ready {"created": 200, "create_ns": 1234.5, "switch_ns": 56.7, "error": null}
//
// It is asked for 0 units as well, to see what it costs empty. If it can't do
// that, the smallest count is where the slope begins.
type program struct {
	name   string
	words  []string
	absent error // why it can't be started, or nil
}

// parseProgram reads NAME=COMMAND {n}. No shell is involved: words are split as
// a shell would, and that is all.
func parseProgram(definition string) (*program, error) {
	name, command, found := strings.Cut(definition, "=")
	name = strings.TrimSpace(name)
	if !found || name == "" {
		return nil, fmt.Errorf("--exec %q: must be NAME=COMMAND {n}", definition)
	}
	if !strings.Contains(command, placeholder) {
		return nil, fmt.Errorf("--exec %q: the command must have {n} where the number of units goes", definition)
	}
	parser := shellwords.NewParser()
	parser.ParseEnv, parser.ParseBacktick = false, false
	words, err := parser.Parse(command)
	if err != nil {
		return nil, fmt.Errorf("--exec %q: can't be split into words: %v", definition, err)
	}
	if parser.Position >= 0 {
		return nil, fmt.Errorf("--exec %q: has a shell's operator in it, but no shell runs it; quote it or use a script", definition)
	}
	return &program{name: name, words: words}, nil
}

// find looks for the program's interpreter and remembers what it misses.
func (p *program) find() error {
	_, err := exec.LookPath(p.words[0])
	var lookup *exec.Error
	if errors.As(err, &lookup) {
		err = fmt.Errorf("%s: %w", lookup.Name, lookup.Err)
	}
	p.absent = err
	return err
}

// command is the command line that makes n units.
func (p *program) command(n int) []string {
	words := make([]string, len(p.words))
	for i, word := range p.words {
		words[i] = strings.ReplaceAll(word, placeholder, strconv.Itoa(n))
	}
	return words
}

// sameName says whether two programs would share a name in the table.
func (p *program) sameName(other *program) bool { return p.name == other.name }
