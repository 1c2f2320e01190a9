package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

// A file of a Directory is a header, the key and the value. The header has all
// that a list needs, and two checksums: one of itself and the key, one of the
// value, so that a list need not read that. Numbers are big-endian, checksums
// are CRC-32C.
//
//	offset  bytes
//	     0      8  "slstore" and the format, 1
//	     8      8  version
//	    16      8  size of the value
//	    24      4  checksum of the value
//	    28      2  length of the key
//	    30      2  zero
//	    32      4  checksum of bytes 0 to 31 and the key
//	    36         the key, then the value
//
// The file has no more and no fewer bytes than that.
type header struct {
	key      string // empty: the file is the floor
	version  Version
	size     int64
	checksum uint32 // of the value
}

const (
	headerMagic = "slstore\x01"
	headerSize  = 36
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// append appends the header and the key to b.
func (h header) append(b []byte) []byte {
	start := len(b)
	b = append(b, headerMagic...)
	b = binary.BigEndian.AppendUint64(b, uint64(h.version))
	b = binary.BigEndian.AppendUint64(b, uint64(h.size))
	b = binary.BigEndian.AppendUint32(b, h.checksum)
	b = binary.BigEndian.AppendUint16(b, uint16(len(h.key)))
	b = binary.BigEndian.AppendUint16(b, 0)
	sum := crc32.Checksum(b[start:], castagnoli)
	b = binary.BigEndian.AppendUint32(b, crc32.Update(sum, castagnoli, []byte(h.key)))
	return append(b, h.key...)
}

// readHeader reads a header and its key. It reads no further, and checks all
// that can be checked without the value. What is wrong is ErrDamaged, or r's
// own error.
func readHeader(r io.Reader) (header, error) {
	var b [headerSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return header{}, cutShort(err)
	}
	if got := string(b[:8]); got != headerMagic {
		return header{}, fmt.Errorf("%w: it begins with %q, not %q", ErrDamaged, got, headerMagic)
	}
	h := header{
		version:  Version(binary.BigEndian.Uint64(b[8:])),
		size:     int64(binary.BigEndian.Uint64(b[16:])),
		checksum: binary.BigEndian.Uint32(b[24:]),
	}
	length := int(binary.BigEndian.Uint16(b[28:]))
	if length > MaxKey {
		return header{}, fmt.Errorf("%w: a key of %d bytes", ErrDamaged, length)
	}
	key := make([]byte, length)
	if _, err := io.ReadFull(r, key); err != nil {
		return header{}, cutShort(err)
	}
	h.key = string(key)
	sum := crc32.Checksum(b[:32], castagnoli)
	if crc32.Update(sum, castagnoli, key) != binary.BigEndian.Uint32(b[32:]) {
		return header{}, fmt.Errorf("%w: the header's checksum is another", ErrDamaged)
	}
	if h.version <= None || h.size < 0 || h.size > MaxValue || b[30] != 0 || b[31] != 0 {
		return header{}, fmt.Errorf("%w: version %d, size %d", ErrDamaged, h.version, h.size)
	}
	return h, nil
}

// fileName returns the name that the file of h must have.
func (h header) fileName() string {
	if h.key == "" {
		return floorName
	}
	return fileName(h.key)
}

// fileSize returns how long the file of h is.
func (h header) fileSize() int64 { return headerSize + int64(len(h.key)) + h.size }

// cutShort makes the end of a file ErrDamaged.
func cutShort(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: cut short", ErrDamaged)
	}
	return err
}
