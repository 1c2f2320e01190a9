package sched_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// page awaits the library and notes what it gets.
type page struct {
	title string
	text  string
}

// library is where pages come from: what the tests have it do.
var library func(ctx context.Context, title string) (string, error)

func (p *page) fetch(ctx context.Context) (string, error) { return library(ctx, p.title) }

func (p *page) Resume(t *tasklet.Tasklet) tasklet.Step {
	switch s := tasklet.Await(t, &p.text, p.fetch); s {
	case tasklet.Next:
		notes.say("%s:%s", p.title, p.text)
	case tasklet.Failed:
		notes.say("%s:E(%v)", p.title, t.Recover())
	default:
		return s
	}
	return tasklet.Return
}

// report awaits what can't be pickled.
type report struct {
	lines chan string `pickle:"-"`
}

func (r *report) Resume(t *tasklet.Tasklet) tasklet.Step {
	if s := tasklet.Await(t, &r.lines, func(context.Context) (chan string, error) { return make(chan string), nil }); s != tasklet.Next {
		return s
	}
	return tasklet.Return
}

func init() {
	pickle.Register[page]("test.page")
	pickle.Register[report]("test.report")
}

// TestAwaitPickle: who awaits begins anew where it is loaded: parked if it is
// alone, ready and before the others in a group. Here it goes on.
func TestAwaitPickle(t *testing.T) {
	notes.take()
	release := make(chan struct{})
	library = func(_ context.Context, title string) (string, error) { <-release; return "text", nil }
	s := sched.New(sched.WithWorkers(1))
	a, b := s.Go(&page{title: "a"}), s.Go(&page{title: "b"}) // b waits for its turn
	s.Go(&count{to: 1})
	if err := s.RunReady(); err != nil {
		t.Fatal(err)
	}
	everyone := s.Everyone()
	if len(everyone.Blocked) != 2 || everyone.Blocked[0] != a || everyone.Blocked[1] != b {
		t.Fatalf("%v", everyone.Blocked)
	}
	there := sched.New()
	g := copied(t, there, everyone)
	if len(g.Ready) != 2 || len(g.Blocked) != 0 || len(g.Parked) != 1 || g.Ready[0].ID() != a.ID() || g.Ready[1].ID() != b.ID() {
		t.Errorf("loaded: %v ready, %v blocked", g.Ready, g.Blocked)
	}
	if len(everyone.Blocked) != 2 || len(everyone.Ready) != 0 {
		t.Error("pickling has changed the group")
	}
	alone := copied(t, there, b)
	if !alone.Paused() || alone.Op() != tasklet.OpNone {
		t.Errorf("loaded alone: %v", alone.Describe())
	}
	insert(t, alone)
	close(release)
	notes.take()
	run(t, there)
	if got := notes.take(); strings.Count(got, "a:text") != 1 || strings.Count(got, "b:text") != 2 {
		t.Errorf("there: %s", got)
	}
	run(t, s)
	if got := notes.take(); strings.Count(got, "a:text") != 1 || strings.Count(got, "b:text") != 1 {
		t.Errorf("here: %s", got)
	}
}

// TestAwaitMove: a move cancels the work under way here, and has it begun anew
// there. If the move fails, nothing has happened.
func TestAwaitMove(t *testing.T) {
	notes.take()
	causes := make(chan error, 9)
	begun := make(chan struct{}, 9)
	library = func(ctx context.Context, title string) (string, error) {
		begun <- struct{}{}
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return "", context.Cause(ctx)
	}
	s := sched.New()
	a := s.Go(&page{title: "a"})
	if err := s.RunReady(); err != nil {
		t.Fatal(err)
	}
	<-begun
	if err := pickle.Move(s.Everyone(), func([]byte) error { return errLost }); !errors.Is(err, errLost) {
		t.Fatal(err)
	}
	if _, by := a.BlockedOn(); by != tasklet.OpAwait || len(causes) > 0 {
		t.Errorf("a move that failed: %v, %d cancelled", a.Describe(), len(causes))
	}
	var b []byte
	if err := pickle.Move(s.Everyone(), func(p []byte) error { b = p; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := <-causes; !errors.Is(err, tasklet.ErrMoved) || a.Alive() {
		t.Errorf("cancelled by %v; %v", err, a)
	}
	run(t, s)
	expect(t, "")
	library = func(context.Context, string) (string, error) { return "text", nil }
	there := sched.New()
	if _, err := pickle.Unmarshal[*tasklet.Group](b, pickle.Into(there)); err != nil {
		t.Fatal(err)
	}
	run(t, there)
	expect(t, "a:text")
}

// TestAwaitPickleResult: a result that has come, and is not in the frame yet, is
// written down, and so is an error that came after it. One that can't be is an
// error that says where it is.
func TestAwaitPickleResult(t *testing.T) {
	notes.take()
	library = func(_ context.Context, title string) (string, error) {
		if title == "bad" {
			return "", errLost
		}
		return "text of " + title, nil
	}
	for _, test := range []struct{ title, want string }{{"good", "good:text of good"}, {"bad", "bad:E(lost)"}} {
		s := sched.New(sched.WithWorkInOrder())
		u := s.Go(&page{title: test.title})
		if _, err := s.Step(1); err != nil {
			t.Fatal(err)
		}
		if u.Op() != tasklet.OpAwait || u.Status() != tasklet.Ready {
			t.Fatal(u.Describe())
		}
		calls := 0
		before := library
		library = func(context.Context, string) (string, error) { calls++; return "again", nil }
		c := copied(t, s, copied(t, s, u)) // also what was loaded
		insert(t, c)
		run(t, s)
		library = before
		if got := notes.take(); got != test.want+" "+test.want || calls != 0 {
			t.Errorf("%s; called again %d times", got, calls)
		}
	}
	s := sched.New(sched.WithWorkInOrder())
	var uncaught *tasklet.Uncaught
	later := s.Go(&page{title: "good"})
	if _, err := s.Step(1); err != nil {
		t.Fatal(err)
	}
	c := copied(t, s, later)
	if err := errors.Join(later.ThrowLater(errLost), c.ThrowLater(errLost)); err != nil {
		t.Fatal(err)
	}
	for _, x := range []*tasklet.Tasklet{later, c, copied(t, s, c), copied(t, s, later)} {
		insert(t, x)
		if err := s.Run(); !errors.As(err, &uncaught) || uncaught.Tasklet != x || !errors.Is(err, errLost) && err.Error() != uncaught.Error() {
			t.Errorf("thrown at after its result: %v", err)
		}
		expect(t, "good:text of good")
	}
	u := s.Go(&report{})
	if _, err := s.Step(1); err != nil {
		t.Fatal(err)
	}
	if _, err := pickle.Marshal(u); !errors.Is(err, pickle.ErrUnpicklable) || !strings.Contains(err.Error(), "More.Kept") {
		t.Errorf("a result that can't be pickled: %v", err)
	}
	run(t, s)
}

// TestAwaitPickleOrder: who asked first has its result first, also where the work
// is begun anew and somebody else asks meanwhile.
func TestAwaitPickleOrder(t *testing.T) {
	notes.take()
	library = func(context.Context, string) (string, error) { return "text", nil }
	s := sched.New(sched.WithWorkInOrder())
	for _, title := range []string{"a", "b", "c"} {
		s.Go(&page{title: title})
	}
	if _, err := s.Step(2); err != nil { // c has not asked yet
		t.Fatal(err)
	}
	there := sched.New(sched.WithWorkInOrder())
	copied(t, there, s.Everyone())
	run(t, s)
	run(t, there)
	expect(t, "a:text b:text c:text a:text b:text c:text")
}
