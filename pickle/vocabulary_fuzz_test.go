package pickle_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stackless-go/stackless/pickle"
)

// outcome is what comes of a pickle: the error, or what its value is pickled as.
func outcome(b []byte) (said string, err error) {
	w := newStage()
	v, err := pickle.Unmarshal[any](b, pickle.Into(w.s))
	if err != nil {
		return err.Error(), err
	}
	again, err := pickle.Marshal(v)
	if err != nil {
		return "read, and not to be written: " + err.Error(), nil
	}
	return string(again), nil
}

// sameOutcome has bytes read whose types are known from another pickle, and by those who
// have read none. Memory that types take is asked for only once, so those may want too
// much.
func sameOutcome(t *testing.T, known, b []byte) {
	t.Helper()
	if _, err := outcome(known); err != nil {
		t.Fatal(err)
	}
	later, _ := outcome(b)
	pickle.ForgetVocabularies()
	first, err := outcome(b)
	if first != later && !errors.Is(err, pickle.ErrTooLarge) {
		t.Errorf("at first %.300q\nthen     %.300q\nof %q", first, later, pickle.Inside(b))
	}
}

// FuzzVocabulary: what comes of a pickle does not tell whether its types have been read
// before. It changes golden pickles behind their checksums.
func FuzzVocabulary(f *testing.F) {
	all := goldenBytes(f)
	for i := range all {
		f.Add(uint8(i), uint16(20), uint8(1), uint16(40), uint8(2), uint16(60), []byte{})
	}
	f.Fuzz(func(t *testing.T, which uint8, at uint16, xor uint8, at2 uint16, xor2 uint8, cut uint16, put []byte) {
		known := all[int(which)%len(all)]
		b := bytes.Clone(pickle.Inside(known))
		b[len(b)-1-int(at)%len(b)] ^= xor
		b[len(b)-1-int(at2)%len(b)] ^= xor2
		if len(put) > 0 && len(put) < 100 {
			k := len(b) - int(cut)%len(b)
			b = append(b[:k:k], append(put, b[k:]...)...)
		}
		sameOutcome(t, known, pickle.Outside(b))
	})
}

// TestVocabularyIsInvisible runs FuzzVocabulary's property on what differs most from each
// other.
func TestVocabularyIsInvisible(t *testing.T) {
	n := 60
	if testing.Short() {
		n = 6
	}
	for _, known := range goldenBytes(t) {
		inside := pickle.Inside(known)
		for i := range n {
			b := bytes.Clone(inside)
			for k := range 1 + i%3 {
				b[len(b)-1-(i*7919+k*104729)%(len(b)/(1+i%2))] = byte(i*31 + k*17)
			}
			sameOutcome(t, known, pickle.Outside(b))
		}
	}
}
