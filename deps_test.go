package stackless

import (
	"os/exec"
	"strings"
	"testing"
)

// TestLinked: a program that imports tasklet, channel and sched alone links nothing
// but the standard library, msgpack and what that needs.
func TestLinked(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no go command:", err)
	}
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}",
		"./tasklet", "./channel", "./sched").Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := strings.Fields(string(out))
	if len(linked) < 4 {
		t.Fatalf("go list knows only of %v", linked)
	}
	for _, path := range linked {
		if !strings.HasPrefix(path, module+"/") && !strings.HasPrefix(path, "github.com/vmihailenco/") {
			t.Errorf("they link %s", path)
		}
	}
}
