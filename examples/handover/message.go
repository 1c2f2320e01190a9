package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// This file is what goes over the wire: frames of a header of fourteen bytes,
//
//	version 1 │ kind 1 │ epoch 8 │ length of the body 4
//
// with the numbers in network order, and the body.

const (
	protocolVersion = 1
	headerSize      = 14
	maxPickle       = 16 << 20 // of an offer; far more than a group here needs
	maxReason       = 1 << 10  // of a refusal
)

// A kind is what a message says.
type kind uint8

const (
	offer   kind = iota + 1 // will you take this group?
	ready                   // I have stored it: is it mine?
	commit                  // it is yours
	done                    // I have it
	kept                    // it is not yours, drop it
	refused                 // no, because
)

// maxBody is how long the body of each kind may be.
var maxBody = map[kind]uint32{offer: maxPickle, ready: 0, commit: 0, done: 0, kept: 0, refused: maxReason}

func (k kind) String() string {
	if k < offer || k > refused {
		return fmt.Sprintf("kind %d", uint8(k))
	}
	return [...]string{"offer", "ready", "commit", "done", "kept", "refused"}[k-1]
}

// A message is one of the protocol's.
type message struct {
	kind  kind
	epoch uint64
	body  []byte // the pickle of an offer, the reason of a refusal
}

// errMessage: what was received is no message of this protocol.
var errMessage = errors.New("not a message")

// check tells a header that no message has, before its body is read.
func (m message) check(size uint32) error {
	limit, known := maxBody[m.kind]
	switch {
	case !known:
		return fmt.Errorf("%w: unknown %v", errMessage, m.kind)
	case m.epoch == 0 || m.epoch > maxEpoch:
		return fmt.Errorf("%w: %v of epoch %d, which can't be", errMessage, m.kind, m.epoch)
	case size > limit:
		return fmt.Errorf("%w: %v of %d bytes, the limit is %d", errMessage, m.kind, size, limit)
	case m.kind == offer && size == 0:
		return fmt.Errorf("%w: an offer of nothing", errMessage)
	}
	return nil
}

// writeMessage writes m in one Write.
func writeMessage(w io.Writer, m message) error {
	if uint64(len(m.body)) > maxPickle {
		return fmt.Errorf("%v of %d bytes, the limit is %d", m.kind, len(m.body), maxPickle)
	}
	size := uint32(len(m.body))
	if err := m.check(size); err != nil {
		return err
	}
	frame := make([]byte, headerSize, headerSize+len(m.body))
	frame[0], frame[1] = protocolVersion, byte(m.kind)
	binary.BigEndian.PutUint64(frame[2:], m.epoch)
	binary.BigEndian.PutUint32(frame[10:], size)
	_, err := w.Write(append(frame, m.body...))
	return err
}

// readMessage reads one message. The error is io.EOF if there is none. No memory
// is taken for a body before it is known to be within its limit, and then only
// as it comes.
func readMessage(r io.Reader) (message, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("%w: cut off in its header", errMessage)
		}
		return message{}, err
	}
	if header[0] != protocolVersion {
		return message{}, fmt.Errorf("%w: version %d of the protocol, this program speaks %d", errMessage, header[0], protocolVersion)
	}
	m := message{kind: kind(header[1]), epoch: binary.BigEndian.Uint64(header[2:])}
	size := binary.BigEndian.Uint32(header[10:])
	if err := m.check(size); err != nil || size == 0 {
		return m, err
	}
	var err error
	if m.body, err = io.ReadAll(io.LimitReader(r, int64(size))); err != nil {
		return message{}, err
	}
	if len(m.body) != int(size) {
		return message{}, fmt.Errorf("%w: %v cut off after %d of %d bytes", errMessage, m.kind, len(m.body), size)
	}
	return m, nil
}
