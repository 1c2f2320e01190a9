package pickle

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A pickle is
//
//	magic     4 bytes
//	format    1 byte, the version of the format
//	flags     1 byte
//	length    of types and body together, a msgpack integer
//	types     the table of types
//	body      the root and the objects
//	checksum  4 bytes, CRC-32C of all before it, the first byte being the highest
//	seal      40 bytes, if flags say so: which key it is, and HMAC-SHA256 of all
//	          before the HMAC
const (
	magic         = "\xc1SLG" // 0xc1 begins nothing in msgpack
	formatVersion = 1
	flagSealed    = 1

	checksumSize = 4
	keyIDSize    = 8
	sealSize     = keyIDSize + sha256.Size
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// finish makes the pickle of what was encoded.
func (e *encoder) finish(c *config) []byte {
	e.writeTypes()
	flags := byte(0)
	size := len(magic) + 2 + 9 + e.types.len() + e.out.len() + checksumSize
	if len(c.keys) > 0 {
		flags = flagSealed
		size += sealSize
	}
	b := make([]byte, 0, size)
	b = append(b, magic...)
	b = append(b, formatVersion, flags)
	head := buffer{last: b} // which has room enough
	e.write(&head)
	e.uint(uint64(e.types.len() + e.out.len()))
	e.write(&e.out)
	b = head.last
	b = e.types.appendTo(b)
	b = e.out.appendTo(b)
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	if len(c.keys) > 0 {
		b = append(b, keyID(c.keys[0])...)
		b = append(b, seal(c.keys[0], b)...)
	}
	return b
}

func seal(key, b []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(b)
	return h.Sum(nil)
}

// keyID tells keys from each other without telling them.
func keyID(key []byte) []byte {
	return seal(key, []byte("stackless pickle key"))[:keyIDSize]
}

// open checks a pickle from outside to inside and returns where its types begin
// and its body ends.
func open(b []byte, c *config) (begin, end int, err error) {
	switch {
	case len(b) > c.limits.Bytes:
		return 0, 0, fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooLarge, len(b), c.limits.Bytes)
	case len(b) < len(magic) && string(b) == magic[:len(b)]:
		return len(b), 0, ErrTruncated
	case len(b) < len(magic) || string(b[:len(magic)]) != magic:
		return 0, 0, ErrNotPickle
	case len(b) < len(magic)+2:
		return len(b), 0, ErrTruncated
	}
	format, flags := b[len(magic)], b[len(magic)+1]
	if format != formatVersion {
		if format == 0 {
			return len(magic), 0, fmt.Errorf("%w: format 0", ErrNotPickle)
		}
		return len(magic), 0, fmt.Errorf("%w: %d, this program reads up to %d", ErrNewer, format, formatVersion)
	}
	sealed := flags&flagSealed != 0
	if len(c.keys) > 0 && !sealed {
		return len(magic) + 1, 0, ErrUnsealed
	}
	if flags&^flagSealed != 0 {
		return len(magic) + 1, 0, fmt.Errorf("%w: flags %#x", ErrNewer, flags)
	}
	r := reader{b: b, at: len(magic) + 2}
	length, err := r.length()
	if err != nil {
		return r.at, 0, err
	}
	tail := checksumSize
	if sealed {
		tail += sealSize
	}
	switch rest := len(b) - r.at; {
	case length > uint64(rest) || int(length)+tail > rest:
		return len(b), 0, fmt.Errorf("%w: %d bytes, it says that it has %d", ErrTruncated, len(b), uint64(r.at)+length+uint64(tail))
	case int(length)+tail < rest:
		return r.at + int(length) + tail, 0, fmt.Errorf("%w: %d", ErrTrailing, rest-int(length)-tail)
	}
	end = r.at + int(length)
	if len(c.keys) > 0 {
		if err := checkSeal(b, end+checksumSize, c.keys); err != nil {
			return end + checksumSize, 0, err
		}
	}
	if crc32.Checksum(b[:end], castagnoli) != binary.BigEndian.Uint32(b[end:]) {
		return end, 0, ErrChecksum
	}
	return r.at, end, nil
}

// checkSeal checks the seal at this offset of b.
func checkSeal(b []byte, at int, keys [][]byte) error {
	id, sum := b[at:at+keyIDSize], b[at+keyIDSize:]
	for _, key := range keys {
		if hmac.Equal(id, keyID(key)) {
			if !hmac.Equal(sum, seal(key, b[:at+keyIDSize])) {
				return ErrSeal
			}
			return nil
		}
	}
	return ErrKey
}
