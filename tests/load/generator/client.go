package generator

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// phase is where a client is between two requests.
type phase uint8

const (
	closed     phase = iota // no socket
	connecting              // until the socket is writable
	idle                    // connected, no request in flight
	awaiting                // sent, the response's head is not complete
	receiving               // in the response's body
	closing                 // response complete, the proxy is to close
)

// maxHead bounds a response head that arrives in pieces.
const maxHead = 8 << 10

// client is one of the load's connections.
type client struct {
	fd        int
	phase     phase
	request   int           // index into the load's requests
	began     time.Duration // when the request was sent, or was due
	remaining int64         // bytes of the body to come
	marked    int           // bytes of the body's marker that were compared
	partial   []byte        // an incomplete head
}

var (
	errEndsEarly  = errors.New("the connection ended before the response")
	errTooLong    = errors.New("bytes after the end of the response")
	errHeadTooBig = fmt.Errorf("a response head over %d bytes", maxHead)
	errWrongBody  = errors.New("the body does not begin with the expected server's number: another server answered")
)

// clientReady moves a client on.
func (l *Loop) clientReady(index int32, events uint32) error {
	c := &l.clients[index]
	if c.phase == connecting {
		if events&(unix.EPOLLERR|unix.EPOLLHUP) != 0 {
			return fmt.Errorf("connect to %s: %w", l.load.Target, socketError(c.fd))
		}
		if events&unix.EPOLLOUT == 0 {
			return nil
		}
		c.phase = idle
		l.connected++
		if l.load.NewConnections {
			return l.sendRequest(c)
		}
		return l.next(index)
	}
	if events&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLERR|unix.EPOLLHUP) == 0 {
		return nil
	}
	if err := l.readResponse(index, events); err != nil {
		return fmt.Errorf("request %s at %s: %w", l.load.Requests[c.request].URI, l.load.Target, err)
	}
	return nil
}

// readResponse takes what arrived for a client.
func (l *Loop) readResponse(index int32, events uint32) error {
	c := &l.clients[index]
	for {
		n, ok, drained, err := l.receiveFor(c)
		if c.phase == closing && err != nil {
			return l.ended(index) // a reset ends it as well
		}
		if err != nil {
			return err
		}
		if !ok {
			return nil
		}
		if n == 0 {
			return l.ended(index)
		}
		if c.phase == receiving && c.remaining == 0 {
			if err := l.complete(index); err != nil {
				return err
			}
			drained = true // nothing was asked that could answer more
		}
		if drained && events&unix.EPOLLRDHUP == 0 {
			return nil
		}
	}
}

// receiveFor reads once. The body behind its marker is dropped in the kernel,
// which leaves more of the generator's core for the load.
func (l *Loop) receiveFor(c *client) (n int, ok, drained bool, err error) {
	if c.phase == receiving && c.marked == markerSize {
		n, ok, err = discard(c.fd, int(c.remaining))
		c.remaining -= int64(n)
		l.bytes += uint64(n)
		return n, ok, c.remaining > 0, err
	}
	n, ok, err = receive(c.fd, l.buffer)
	if err == nil && n > 0 {
		err = l.consume(c, l.buffer[:n])
	}
	return n, ok, n < len(l.buffer), err
}

// consume reads response bytes: the head, then the marker, then counts.
func (l *Loop) consume(c *client, data []byte) error {
	switch c.phase {
	case awaiting:
		held := len(c.partial) > 0
		if held {
			if err := c.hold(data); err != nil {
				return err
			}
			data = c.partial
		}
		size, length, err := responseHead(data)
		if err != nil {
			return fmt.Errorf("%w, found %.60q", err, data)
		}
		if size == 0 {
			if held {
				return nil
			}
			return c.hold(data)
		}
		if length != int64(l.load.BodySize) {
			return fmt.Errorf("Content-Length %d, expected %d", length, l.load.BodySize)
		}
		c.partial = c.partial[:0]
		c.phase, c.remaining, c.marked = receiving, length, 0
		data = data[size:]
	case receiving:
	default:
		return errTooLong
	}
	if int64(len(data)) > c.remaining {
		return errTooLong
	}
	if c.marked < markerSize {
		compared := min(len(data), markerSize-c.marked)
		if server := l.load.Requests[c.request].Server; server != AnyServer {
			body := l.responses[server][len(l.responses[server])-l.load.BodySize:]
			if !bytes.Equal(data[:compared], body[c.marked:c.marked+compared]) {
				return errWrongBody
			}
		}
		c.marked += compared
	}
	c.remaining -= int64(len(data))
	l.bytes += uint64(len(data))
	return nil
}

// hold keeps a piece of a head until the rest is there.
func (c *client) hold(data []byte) error {
	if len(c.partial)+len(data) > cap(c.partial) {
		return errHeadTooBig
	}
	c.partial = append(c.partial, data...)
	return nil
}

// complete counts a whole, correct response and goes on.
func (l *Loop) complete(index int32) error {
	c := &l.clients[index]
	l.inFlight--
	l.latency.Record(l.now() - c.began)
	if l.load.NewConnections {
		c.phase = closing
		return nil
	}
	c.phase = idle
	return l.next(index)
}

// ended handles the end of a client's stream, which is right only after
// "Connection: close" or between two requests.
func (l *Loop) ended(index int32) error {
	c := &l.clients[index]
	if c.phase != closing && c.phase != idle {
		return errEndsEarly
	}
	closeSocket(c.fd)
	c.fd, c.phase = -1, closed
	l.connected--
	if l.issuing || !l.load.NewConnections {
		return l.open(index)
	}
	return nil
}

// open begins a connection for a client.
func (l *Loop) open(index int32) error {
	c := &l.clients[index]
	fd, err := dial(&l.target)
	if err != nil {
		return fmt.Errorf("%s: %w", l.load.Target, err)
	}
	c.fd, c.phase, c.partial = fd, connecting, c.partial[:0]
	if l.load.NewConnections {
		l.inFlight++
		c.began = l.now()
	}
	return watch(l.epoll, fd, clientEvent, index)
}

// next sends an idle client's next request, or lets it wait for its turn.
func (l *Loop) next(index int32) error {
	if l.interval > 0 {
		l.waiting = append(l.waiting, index)
		return nil
	}
	if !l.issuing {
		return nil
	}
	l.inFlight++
	l.clients[index].began = l.now()
	return l.sendRequest(&l.clients[index])
}

// sendRequest sends the load's next request on an idle client.
func (l *Loop) sendRequest(c *client) error {
	c.request = l.turn
	if l.turn += l.stride; l.turn >= len(l.requests) {
		l.turn -= len(l.requests)
	}
	c.phase = awaiting
	request := l.requests[c.request]
	n, err := send(c.fd, request)
	if err == nil && n < len(request) {
		err = errors.New("no room for it in an idle socket")
	}
	if err != nil {
		return fmt.Errorf("send %s to %s: %w", l.load.Requests[c.request].URI, l.load.Target, err)
	}
	return nil
}

// socketError is why a socket failed.
func socketError(fd int) error {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	return unix.Errno(code)
}
