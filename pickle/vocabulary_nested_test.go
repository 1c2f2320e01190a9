package pickle

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// A doll has a form of its own, which is a pickle of the doll in it: so it is read while
// one with the same types is being read.
type doll struct{ depth int }

// dollhouse is what a doll is pickled as part of.
type dollhouse struct {
	Depth int
	Inner doll
}

var dolls = NewRegistry()

func (n doll) MarshalBinary() ([]byte, error) {
	if n.depth == 0 {
		return []byte{}, nil
	}
	return Marshal(&dollhouse{n.depth, doll{n.depth - 1}}, In(dolls))
}

func (n *doll) UnmarshalBinary(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	of, err := Unmarshal[*dollhouse](b, In(dolls))
	if err != nil {
		return err
	}
	if n.depth = of.Depth; n.depth == 13 {
		panic("an unlucky doll")
	}
	return nil
}

// TestVocabularyOfNested: a type's own form that is a pickle with the same types does not
// disturb the one outside, also when it panics in the middle.
func TestVocabularyOfNested(t *testing.T) {
	for _, err := range []error{
		dolls.Register(reflect.TypeFor[doll](), "test.doll"), dolls.Register(reflect.TypeFor[dollhouse](), "test.dollhouse"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		for depth := range 20 {
			b, err := Marshal(&dollhouse{depth, doll{depth}}, In(dolls))
			if err != nil {
				t.Fatal(err)
			}
			v, err := Unmarshal[*dollhouse](b, In(dolls))
			if unlucky := depth >= 13; unlucky {
				if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "unlucky") {
					t.Errorf("%d: %v, %v", depth, v, err)
				}
			} else if err != nil || *v != (dollhouse{depth, doll{depth}}) {
				t.Errorf("%d: %v, %v", depth, v, err)
			}
		}
	}
	if n := dolls.snapshot().vocabularies.len(); n == 0 || n > mostVocabularies {
		t.Errorf("%d vocabularies", n)
	}
}
