package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestMessages(t *testing.T) {
	for _, m := range []message{
		{offer, 1, []byte("a pickle")}, {ready, 2, nil}, {commit, 3, nil}, {done, maxEpoch, nil}, {kept, 5, nil},
		{refused, 6, []byte("because")}, {refused, 6, nil}, {offer, 7, make([]byte, maxPickle)},
	} {
		var wire bytes.Buffer
		if err := writeMessage(&wire, m); err != nil {
			t.Fatal(err)
		}
		got, err := readMessage(&wire)
		if err != nil || got.kind != m.kind || got.epoch != m.epoch || !bytes.Equal(got.body, m.body) {
			t.Errorf("%v: %v", m.kind, err)
		}
		if _, err := readMessage(&wire); err != io.EOF {
			t.Errorf("%v: something is left: %v", m.kind, err)
		}
	}
	for _, m := range []message{{}, {offer, 1, nil}, {offer, 1, make([]byte, maxPickle+1)}, {ready, 1, []byte("x")}, {done, 0, nil}, {refused, 1, make([]byte, maxReason+1)}} {
		if err := writeMessage(io.Discard, m); err == nil {
			t.Errorf("%v %d with %d bytes was written", m.kind, m.epoch, len(m.body))
		}
	}
}

// frame writes a header by hand.
func frame(version, kind byte, epoch uint64, size uint32, body string) string {
	b := binary.BigEndian.AppendUint64([]byte{version, kind}, epoch)
	return string(binary.BigEndian.AppendUint32(b, size)) + body
}

func TestHostileMessages(t *testing.T) {
	for _, c := range []struct{ name, wire, want string }{
		{"another version", frame(2, 1, 1, 3, "abc"), "version 2"},
		{"another protocol", "GET / HTTP/1.1\r\n\r\n", "version 71"},
		{"no kind", frame(1, 0, 1, 0, ""), "unknown kind 0"},
		{"another kind", frame(1, 7, 1, 0, ""), "unknown kind 7"},
		{"no epoch", frame(1, 2, 0, 0, ""), "epoch 0"},
		{"the last epoch", frame(1, 1, 1<<64-1, 3, "abc"), "can't be"},
		{"too long", frame(1, 1, 1, 1<<32-1, "abc"), "the limit is"},
		{"a body that is none's", frame(1, 3, 1, 1, "a"), "the limit is 0"},
		{"an empty offer", frame(1, 1, 1, 0, ""), "offer of nothing"},
		{"cut in the header", frame(1, 1, 1, 3, "")[:5], "cut off in its header"},
		{"cut in the body", frame(1, 1, 1, 1000, "abc"), "after 3 of 1000"},
	} {
		_, err := readMessage(strings.NewReader(c.wire))
		if !errors.Is(err, errMessage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// FuzzMessage: whatever comes, what was understood is written as it came.
func FuzzMessage(f *testing.F) {
	f.Add([]byte(frame(1, 1, 1, 3, "abc")))
	f.Add([]byte(frame(1, 6, 9, 0, "")))
	f.Fuzz(func(t *testing.T, wire []byte) {
		m, err := readMessage(bytes.NewReader(wire))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := writeMessage(&again, m); err != nil || !bytes.HasPrefix(wire, again.Bytes()) {
			t.Errorf("%q was read, and %q written: %v", wire, again.Bytes(), err)
		}
	})
}
