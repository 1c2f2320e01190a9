package pickle

// A buffer is what is written, in pieces that are not moved as it grows.
type buffer struct {
	full [][]byte // each filled to its capacity
	last []byte
	size int // of the full ones
}

const (
	firstPiece = 1 << 9
	mostPiece  = 1 << 18
)

func (b *buffer) len() int { return b.size + len(b.last) }

// WriteByte appends a byte.
func (b *buffer) WriteByte(c byte) error {
	if len(b.last) == cap(b.last) {
		b.more()
	}
	b.last = append(b.last, c)
	return nil
}

// Write appends p.
func (b *buffer) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if len(b.last) == cap(b.last) {
			b.more()
		}
		k := min(len(p), cap(b.last)-len(b.last))
		b.last = append(b.last, p[:k]...)
		p = p[k:]
	}
	return n, nil
}

func (b *buffer) more() {
	size := firstPiece
	if cap(b.last) > 0 {
		b.full = append(b.full, b.last)
		b.size += len(b.last)
		size = min(2*cap(b.last), mostPiece)
	}
	b.last = make([]byte, 0, size)
}

// appendTo appends what was written to dst.
func (b *buffer) appendTo(dst []byte) []byte {
	for _, piece := range b.full {
		dst = append(dst, piece...)
	}
	return append(dst, b.last...)
}

// writeTo appends what was written to another buffer.
func (b *buffer) writeTo(to *buffer) {
	for _, piece := range b.full {
		_, _ = to.Write(piece)
	}
	_, _ = to.Write(b.last)
}

func (b *buffer) reset() {
	if len(b.full) > 0 {
		b.last = b.full[0]
		clear(b.full)
		b.full = b.full[:0]
	}
	b.last, b.size = b.last[:0], 0
}
