package pickle

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// A shelf is written as what stands on it. It keeps the very slices of its image.
type shelf struct{ items []string }

type shelfImage struct {
	Items []string `pickle:",owned"`
	Last  *string  `pickle:",owned"`
}

// PickleImage says how.
func (*shelf) PickleImage() Image {
	return NewImage("shelf", 1,
		func(s *shelf, i *shelfImage) error {
			i.Items, i.Last = s.items, nil
			if n := len(s.items); n > 0 {
				i.Last = &s.items[n-1]
			}
			return nil
		},
		func(_ *Loading, s *shelf, i *shelfImage) error {
			s.items = i.Items
			if (len(i.Items) > 0) != (i.Last != nil) {
				return errors.New("the image of another")
			}
			return nil
		}, nil)
}

// TestImages: what an image's load keeps of it is not another's next.
func TestImages(t *testing.T) {
	v := []shelf{{[]string{"a", "b"}}, {}, {[]string{"c"}}, {[]string{"d", "e", "f"}}, {}}
	b, err := Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	w, err := Unmarshal[[]shelf](b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range v {
		if !slices.Equal(v[i].items, w[i].items) {
			t.Errorf("shelf %d: %q, want %q", i, w[i].items, v[i].items)
		}
	}
}

// A club has members that must be there when it is checked, and opens its doors
// when nothing can fail any more.
type club struct{ members []*node }

type clubImage struct{ Members []*node }

var (
	doors    []string
	founders []Place // where each club stands
	errHeir  = errors.New("the founder's heir")
)

// PickleImage says how.
func (*club) PickleImage() Image {
	return NewImage("club", 1,
		func(c *club, i *clubImage) error { i.Members = c.members; return nil },
		func(l *Loading, c *club, i *clubImage) error {
			c.members = i.Members
			n := l.State("clubs", func() any { return new(int) }).(*int)
			*n++
			at := l.Place()
			founders = append(founders, at)
			l.Check(func() error {
				for _, m := range c.members {
					switch m.name {
					case "nobody":
						return fmt.Errorf("club %d of %d lets in %s", *n, *n, m.name)
					case "heir": // whose fault it is
						return founders[0].Blame(errHeir)
					}
				}
				return nil
			})
			l.Commit(func() { doors = append(doors, fmt.Sprint(l.Into(), len(c.members))) })
			return nil
		}, nil)
}

// TestLoading: checks see everything, and nothing is committed if one fails.
func TestLoading(t *testing.T) {
	r := testRegistry(t)
	a := &node{name: "a"}
	doors = nil
	load := func(v []*club) error {
		b, err := Marshal(v, In(r))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Unmarshal[[]*club](b, In(r), Into("town"))
		return err
	}
	if err := load([]*club{{[]*node{a, a}}, {nil}}); err != nil || !reflect.DeepEqual(doors, []string{"town2", "town0"}) {
		t.Errorf("%v, %q", err, doors)
	}
	doors = nil
	var e *Error
	clubs := func(name string) []*club { return []*club{{[]*node{a}}, {[]*node{a, {name: name}}}, {[]*node{a}}} }
	if err := load(clubs("nobody")); !errors.As(err, &e) || doors != nil || e.Path != "[]*club[1]" {
		t.Errorf("%v, %q", err, doors)
	}
	founders = nil
	if err := load(clubs("heir")); !errors.As(err, &e) || !errors.Is(err, errHeir) || doors != nil || e.Path != "[]*club[0]" {
		t.Errorf("%v, %q", err, doors)
	}
}

// TestPanics: a panic in the program's own functions is an error of the pickle's.
func TestPanics(t *testing.T) {
	type then struct{ N int }
	type now struct{ N []int }
	a := program(t, nil, registered[then]("t"))
	b := program(t, nil, registered[now]("t", Version(2), Upgrade(1, func(old *then, next *now) error {
		next.N[old.N] = 1 // which is not there
		return nil
	})))
	_, err := later[*now](t, &then{3}, a, b)
	var e *Error
	if !errors.Is(err, ErrInvalid) || !errors.As(err, &e) || e.Path != "*t" {
		t.Errorf("%v", err)
	}
}
