package examples

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestReadme runs each command that README.md shows in a block of its own and
// compares what it prints with what stands there. Blocks of text, not console,
// show sessions that somebody takes part in, or that are not the same each time.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds every example")
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for i, block := range strings.Split(string(text), "```") {
		if i%2 == 0 {
			continue // the text between two blocks
		}
		language, block, _ := strings.Cut(block, "\n")
		if language == "text" {
			continue
		}
		command, want, _ := strings.Cut(block, "\n")
		command, ok := strings.CutPrefix(command, "$ go run ./examples/")
		if !ok {
			t.Errorf("a block that shows no command: %q", block)
			continue
		}
		commands++
		t.Run(command, func(t *testing.T) {
			args := strings.Fields(command)
			args[0] = "./" + args[0]
			got, err := exec.Command("go", append([]string{"run"}, args...)...).Output()
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
	folders, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if folder.IsDir() && !strings.Contains(string(text), "$ go run ./examples/"+folder.Name()) {
			t.Errorf("no command of %s", folder.Name())
		}
	}
	if commands == 0 {
		t.Error("no commands")
	}
}
