package pickle

import (
	"fmt"
	"math"
)

// checkMsgpack checks the outside of msgpack that a type is to decode for itself:
// that no length is larger than what is there, and nothing lies too deep. For
// msgpack/v5 given five bytes makes a slice of 512 MiB, and follows nested arrays
// until the stack overflows, which can't be recovered from.
func checkMsgpack(b []byte, depth int) error {
	left := []uint64{math.MaxUint64} // of each list that we are in, how many values are to come
	var owed uint64                  // of all lists together
	need := func(n int) (uint64, bool) {
		if len(b) < n {
			return 0, false
		}
		v := uint64(0)
		for _, c := range b[:n] {
			v = v<<8 | uint64(c)
		}
		b = b[n:]
		return v, true
	}
	for len(b) > 0 {
		for len(left) > 1 && left[len(left)-1] == 0 {
			left = left[:len(left)-1]
		}
		left[len(left)-1]--
		if len(left) > 1 {
			owed--
		}
		c := b[0]
		b = b[1:]
		var skip, values uint64
		ok := true
		switch {
		case c < 0x80 || c >= 0xe0 || c >= 0xc0 && c <= 0xc3: // numbers, nil, bools
		case c < 0x90:
			values = 2 * uint64(c&15)
		case c < 0xa0:
			values = uint64(c & 15)
		case c < 0xc0:
			skip = uint64(c & 31)
		case c <= 0xc6: // bin
			skip, ok = need(1 << (c - 0xc4))
		case c <= 0xc9: // ext
			skip, ok = need(1 << (c - 0xc7))
			skip++
		case c <= 0xcb: // floats
			skip = 4 << (c - 0xca)
		case c <= 0xcf:
			skip = 1 << (c - 0xcc)
		case c <= 0xd3:
			skip = 1 << (c - 0xd0)
		case c <= 0xd8: // fixext
			skip = 1 + 1<<(c-0xd4)
		case c <= 0xdb: // str
			skip, ok = need(1 << (c - 0xd9))
		case c <= 0xdd: // array
			values, ok = need(2 << (c - 0xdc))
		default: // map
			values, ok = need(2 << (c - 0xde))
			values *= 2
		}
		if !ok || skip > uint64(len(b)) || values > uint64(len(b))-skip || owed+values > uint64(len(b))-skip {
			return fmt.Errorf("%w: in a type's own form", ErrTruncated)
		}
		b = b[skip:]
		owed += values
		if values > 0 {
			if left = append(left, values); len(left) > depth {
				return fmt.Errorf("%w: in a type's own form", ErrTooDeep)
			}
		}
	}
	if owed > 0 {
		return fmt.Errorf("%w: in a type's own form", ErrTruncated)
	}
	return nil
}
