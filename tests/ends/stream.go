package ends

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/wait"
)

// much is more than all sockets, buffers and pipes of a way hold, and little
// passes through.
const (
	much   = 3 << 20
	little = 3000
)

// stream is one stream under way.
type stream struct {
	*kind
	sender, receiver *net.TCPConn
	heard            *bufio.Reader // by the sender, of the other direction
	body             io.Reader     // what the receiver gets, without its framing
	total            int           // bytes that are to be sent

	sent  atomic.Int64
	wrote chan error // how the writing ended
	close []func()
}

// open makes the stream, up to its first byte. If it is to be complete its length
// is promised truly.
func (s *site) open(k *kind, six bool, total int, complete bool) (*stream, error) {
	st := &stream{kind: k, total: total, wrote: make(chan error, 1)}
	id, comes := s.expect()
	conn, err := s.Client.Dial(s.address(k.scheduler, six))
	if err != nil {
		return st, err
	}
	st.close = append(st.close, func() { conn.Close() })
	client := conn.(*net.TCPConn)
	n := total
	if !complete {
		n += promised
	}
	if _, err := io.WriteString(client, k.asks(id, n)); err != nil {
		return st, err
	}
	var a *arrival
	select {
	case a = <-comes:
		st.close = append(st.close, func() { a.conn.Close(); close(a.done) })
	case <-time.After(wait.Limit):
		return st, errors.New("the request never comes to the server")
	}
	asked, err := k.asked(a.in, id)
	if err != nil {
		return st, fmt.Errorf("the server reads the request: %w", err)
	}
	if _, err := io.WriteString(a.conn, k.answers(n)); err != nil {
		return st, err
	}
	answer := bufio.NewReader(client)
	st.sender, st.receiver, st.heard = a.conn, client, a.in
	if k.up {
		st.sender, st.receiver, st.heard = client, a.conn, answer
	}
	return st, st.meet(asked, a.in, answer)
}

// asked is the request as the server gets it, if it is one.
func (k *kind) asked(in *bufio.Reader, id string) (*http.Request, error) {
	if k.framing == raw {
		_, err := io.ReadFull(in, make([]byte, len(k.asks(id, 0))))
		return nil, err
	}
	return http.ReadRequest(in)
}

// meet reads what stands in front of the stream.
func (st *stream) meet(asked *http.Request, server, client *bufio.Reader) error {
	var response *http.Response
	if st.framing != raw && st.column != request {
		var err error
		if response, err = http.ReadResponse(client, nil); err != nil {
			return fmt.Errorf("the client reads the response: %w", err)
		}
	}
	switch {
	case st.column == request:
		st.body = asked.Body
	case st.column == tunnel && st.up:
		st.body = server
	case st.column == tunnel:
		st.body = client
	default:
		st.body = response.Body
	}
	return nil
}

// write sends the stream in pieces, and tells how that ended.
func (st *stream) write() {
	var err error
	piece := make([]byte, 16<<10)
	for err == nil && int(st.sent.Load()) < st.total {
		at := int(st.sent.Load())
		part := piece[:min(len(piece), st.total-at)]
		for i := range part {
			part[i] = pattern(at + i)
		}
		if _, err = st.sender.Write(st.frames(part)); err == nil {
			st.sent.Add(int64(len(part)))
		}
	}
	st.wrote <- err
}

// pattern is the byte at a place of every stream.
func pattern(at int) byte { return byte(at*7 + at>>8) }

// fill begins to send: a stream that is stuck until nothing moves any more, any
// other until the receiver has all.
func (st *stream) fill(stuck bool) error {
	go st.write()
	if stuck {
		// That it moves no more is no condition for what is expected then.
		for last := int64(-1); last != st.sent.Load(); wait.Gap(50 * time.Millisecond) {
			last = st.sent.Load()
		}
		return nil
	}
	return st.read(st.total, 0)
}

// read has the receiver read n bytes from a place on.
func (st *stream) read(n, from int) error {
	got := make([]byte, n)
	n, err := io.ReadFull(st.body, got)
	for i, b := range got[:n] {
		if b != pattern(from+i) {
			return fmt.Errorf("byte %d is %#x, expected %#x", from+i, b, pattern(from+i))
		}
	}
	return err
}

// complete sends what ends a message.
func (st *stream) complete() {
	if st.framing == chunked {
		io.WriteString(st.sender, "0\r\n\r\n")
	}
}

// gone reports whether a connection has been reset, or has ended both ways, without
// reading or writing.
func gone(conn *net.TCPConn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return true
	}
	const closed = 7 // TCP_CLOSE of net/tcp_states.h
	is := false
	raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		is = err != nil || info.State == closed
	})
	return is
}
