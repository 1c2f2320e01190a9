package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// exchangeTime is how long one exchange may take, from the first byte of its
	// handshake to the last of its answer.
	exchangeTime = 10 * time.Second
	// maxExchanges is how many are let in at a time; others wait.
	maxExchanges = 16
)

// A delivery takes a message that came in. It calls answer once or not at all,
// and returns when it will not call it any more, or when ctx is done.
type delivery func(ctx context.Context, m message, answer func(message))

// A link carries messages to the peer and from it. It may lose any: who wants to
// be sure repeats. A message is one connection, and the answer to it, if there is
// one, comes back on that.
type link struct {
	server, client *tls.Config
	addr           string // the peer's
	deliver        delivery
	say            func(text string)

	sending atomic.Bool // an exchange of ours is under way
	work    sync.WaitGroup

	mu   sync.Mutex
	last string // what was last said of sending, not to say it with each attempt
}

// send begins to send m, unless the message before is still on its way: then it
// is lost.
func (l *link) send(ctx context.Context, m message) {
	if !l.sending.CompareAndSwap(false, true) {
		return
	}
	l.work.Go(func() {
		answer, err := l.ask(ctx, m)
		l.sending.Store(false)
		switch {
		case err == nil:
			l.complain("")
			l.deliver(ctx, answer, func(message) {}) // an answer has none
		case errors.Is(err, io.EOF): // there is no answer
			l.complain("")
		case ctx.Err() == nil:
			l.complain(fmt.Sprintf("%v to %s: %v", m.kind, l.addr, err))
		}
	})
}

// complain says what is wrong, once.
func (l *link) complain(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if text != "" && text != l.last {
		l.say(text)
	}
	l.last = text
}

// ask sends m and returns the answer. The error is io.EOF if there is none.
func (l *link) ask(ctx context.Context, m message) (message, error) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTime)
	defer cancel()
	conn, err := (&tls.Dialer{Config: l.client}).DialContext(ctx, "tcp", l.addr)
	if err != nil {
		return message{}, err
	}
	defer closing(ctx, conn)()
	if err := writeMessage(conn, m); err != nil {
		return message{}, err
	}
	return readMessage(conn)
}

// closing bounds how long a connection lasts. What it returns closes it.
func closing(ctx context.Context, conn net.Conn) (closeNow func()) {
	_ = conn.SetDeadline(time.Now().Add(exchangeTime))
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return func() {
		stop()
		_ = conn.Close()
	}
}

// accept lets the peer in until ctx is done.
func (l *link) accept(ctx context.Context, listener net.Listener) {
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })()
	places := make(chan struct{}, maxExchanges)
	for ctx.Err() == nil {
		places <- struct{}{}
		conn, err := listener.Accept()
		if err != nil {
			<-places
			if ctx.Err() == nil {
				l.say(fmt.Sprintf("accept: %v", err))
				time.Sleep(100 * time.Millisecond) // out of files, say: it may pass
			}
			continue
		}
		l.work.Go(func() {
			defer func() { <-places }()
			if err := l.admit(ctx, conn); err != nil && ctx.Err() == nil {
				l.say(fmt.Sprintf("refused %v: %v", conn.RemoteAddr(), err))
			}
		})
	}
}

// admit serves one connection: one message, and its answer.
func (l *link) admit(ctx context.Context, plain net.Conn) error {
	conn := tls.Server(plain, l.server)
	defer closing(ctx, conn)()
	if err := conn.HandshakeContext(ctx); err != nil {
		return err
	}
	m, err := readMessage(conn)
	if err != nil {
		return err
	}
	l.deliver(ctx, m, func(answer message) {
		// That an answer is lost is not said: the peer will ask again.
		_ = writeMessage(conn, answer)
	})
	return nil
}
