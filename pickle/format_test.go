package pickle_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// counter is the frame of the example in docs/FORMAT.md.
type counter struct {
	n   int
	out *channel.Channel[int]
}

func (c *counter) Resume(t *tasklet.Tasklet) tasklet.Step {
	for ; ; c.n++ {
		if s := t.Yield(); s != tasklet.Next {
			return s
		}
	}
}

func init() { pickle.Register[counter]("counter") }

// TestFormatExample holds the example at the end of docs/FORMAT.md against what is
// written.
func TestFormatExample(t *testing.T) {
	page, err := os.ReadFile("../docs/FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```")
	var want []byte
	for line := range strings.Lines(blocks[len(blocks)-2]) {
		left, _, _ := strings.Cut(strings.TrimLeft(line, " "), "  ")
		for word := range strings.FieldsSeq(left) {
			if b, err := hex.DecodeString(word); err == nil && len(word) == 2 {
				want = append(want, b...)
			} else {
				want = append(want, word...)
			}
		}
	}
	s := sched.New()
	x := s.Go(&counter{n: 7, out: channel.New[int](s)})
	if _, err := s.Step(1); err != nil {
		t.Fatal(err)
	}
	got, err := pickle.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the page shows\n%x\n%q\nwritten is\n%x\n%q", want, want, got, got)
	}
}
