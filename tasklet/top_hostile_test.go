package tasklet_test

import (
	"runtime"
	"testing"

	"github.com/stackless-go/stackless/tasklet"
)

// TestFrameOfNobody: a control block that no scheduler has made has no frame, and nothing
// leads behind its end, where another object lies or none.
func TestFrameOfNobody(t *testing.T) {
	var kept []tasklet.Frame
	var named []*tasklet.Tasklet
	for range 10_000 {
		u := new(tasklet.Tasklet)
		f := u.Frame()
		if f != nil || u.Alive() {
			t.Fatal("it is alive")
		}
		kept = append(kept, f)
		u.SetName("nobody")
		named = append(named, u)
	}
	runtime.GC() // which ends the process if a pointer leads to where nothing is
	runtime.KeepAlive(kept)
	runtime.KeepAlive(named)
}
