package pickle

import (
	"fmt"
	"io"

	"github.com/vmihailenco/msgpack/v5"
)

// A reader reads msgpack's primitives from a slice, and never more than is
// there. Lengths are checked against what is left before anything is made of
// them: msgpack/v5 given a length believes it, and what it decodes into an any it
// follows as deep as it goes. So it is asked for primitives alone.
type reader struct {
	b  []byte // up to the end of what may be read
	at int
	mp *msgpack.Decoder
}

func (r *reader) decoder() *msgpack.Decoder {
	if r.mp == nil {
		r.mp = msgpack.NewDecoder(r)
	}
	return r.mp
}

func (r *reader) left() int { return len(r.b) - r.at }

// Read, ReadByte and UnreadByte are for msgpack's decoder.
func (r *reader) Read(p []byte) (int, error) {
	if r.at == len(r.b) && len(p) > 0 {
		return 0, io.EOF
	}
	n := copy(p, r.b[r.at:])
	r.at += n
	return n, nil
}

func (r *reader) ReadByte() (byte, error) {
	if r.at == len(r.b) {
		return 0, io.EOF
	}
	r.at++
	return r.b[r.at-1], nil
}

func (r *reader) UnreadByte() error {
	r.at--
	return nil
}

// bad makes of msgpack's error one of ours.
func (r *reader) bad(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return ErrTruncated
	}
	return fmt.Errorf("%w: %w", ErrInvalid, err)
}

// length reads an integer that is not negative.
func (r *reader) length() (uint64, error) {
	if r.at < len(r.b) {
		switch c := r.b[r.at]; {
		case c < 0x80: // most are one byte
			r.at++
			return uint64(c), nil
		case c < 0xcc || c > 0xcf:
			return 0, fmt.Errorf("%w: %#x where a length was expected", ErrInvalid, c)
		}
	}
	n, err := r.decoder().DecodeUint64()
	if err != nil {
		return 0, r.bad(err)
	}
	if int64(n) < 0 {
		return 0, fmt.Errorf("%w: a length of %d", ErrInvalid, n)
	}
	return n, nil
}

// count reads how many things follow that take at least so many bytes each.
func (r *reader) count(least int) (int, error) {
	n, err := r.length()
	if err != nil {
		return 0, err
	}
	if n > uint64(r.left()/max(least, 1)) {
		return 0, fmt.Errorf("%w: %d things of %d bytes or more, %d bytes are left", ErrTruncated, n, least, r.left())
	}
	return int(n), nil
}

// bytes reads a string or bytes; what it returns is part of the input.
func (r *reader) bytes() ([]byte, error) {
	if r.left() == 0 {
		return nil, ErrTruncated
	}
	c := r.b[r.at]
	var n, size int // of the length: bytes
	switch {
	case c >= 0xa0 && c < 0xc0:
		n = int(c & 31)
	case c >= 0xc4 && c <= 0xc6:
		size = 1 << (c - 0xc4)
	case c >= 0xd9 && c <= 0xdb:
		size = 1 << (c - 0xd9)
	default:
		return nil, fmt.Errorf("%w: %#x where a string or bytes were expected", ErrInvalid, c)
	}
	if size >= r.left() {
		return nil, ErrTruncated
	}
	for _, c := range r.b[r.at+1 : r.at+1+size] {
		if n = n<<8 | int(c); n > len(r.b) {
			return nil, fmt.Errorf("%w: more than %d bytes, %d are left", ErrTruncated, n, r.left())
		}
	}
	if r.at += 1 + size; n > r.left() {
		return nil, fmt.Errorf("%w: %d bytes, %d are left", ErrTruncated, n, r.left())
	}
	r.at += n
	return r.b[r.at-n : r.at], nil
}

func (r *reader) text() (string, error) {
	b, err := r.bytes()
	return string(b), err
}
