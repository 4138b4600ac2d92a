package generator

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// server is one connection that a proxy opened to one of the servers.
type server struct {
	fd      int
	number  int  // which listening socket took it
	matched int  // bytes of a head's final CR LF CR LF seen so far
	owed    int  // responses to send
	sent    int  // bytes of the current response that are gone
	last    bool // the peer asked for "Connection: close" at the end of a head
}

// serverReady answers what came in and continues what did not fit.
func (l *Loop) serverReady(index int32, events uint32) {
	s := &l.servers[index]
	if events&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLERR|unix.EPOLLHUP) != 0 && !l.readRequests(s, events) || !l.writeResponses(s) {
		closeSocket(s.fd)
		s.fd = -1
		l.freeServers = append(l.freeServers, index)
	}
}

// readRequests counts the requests that end in what arrived; false at the end
// of the stream. Requests have no body, so each ends with its head.
func (l *Loop) readRequests(s *server, events uint32) bool {
	for {
		n, ok, err := receive(s.fd, l.buffer)
		if err != nil || ok && n == 0 {
			return false
		}
		if !ok {
			return true
		}
		s.owed += s.countHeads(l.buffer[:n])
		s.last = s.last || bytes.HasSuffix(l.buffer[:n], lastField)
		// A short read has emptied the socket, but does not show its end.
		if n < len(l.buffer) && events&unix.EPOLLRDHUP == 0 {
			return true
		}
	}
}

// countHeads is how many heads end in data, which continues what was seen before.
func (s *server) countHeads(data []byte) (heads int) {
	if s.matched == 0 && len(data) >= len(headEnd) && bytes.Index(data, headEnd) == len(data)-len(headEnd) {
		return 1
	}
	for _, b := range data {
		switch {
		case b == headEnd[s.matched]:
			s.matched++
		case b == '\r':
			s.matched = 1
		default:
			s.matched = 0
		}
		if s.matched == len(headEnd) {
			heads++
			s.matched = 0
		}
	}
	return heads
}

// lastField is how the generator's own clients, and only they, end a head that
// asks for the end of the connection: it serves measurements without a proxy.
var lastField = []byte(closeField + "\r\n")

// writeResponses sends what is owed, as far as it fits; false when the
// connection is broken or done.
func (l *Loop) writeResponses(s *server) bool {
	response := l.responses[s.number]
	for s.owed > 0 {
		n, err := send(s.fd, response[s.sent:])
		if err != nil {
			return false
		}
		if s.sent += n; s.sent < len(response) {
			return true // the rest when there is room again
		}
		s.sent = 0
		s.owed--
	}
	return !s.last
}

// acceptServers takes every connection that waits at a listening socket.
func (l *Loop) acceptServers(number int32) error {
	for {
		fd, ok, err := accept(l.listeners[number])
		if err != nil || !ok {
			return err
		}
		var index int32
		if last := len(l.freeServers) - 1; last >= 0 {
			index = l.freeServers[last]
			l.freeServers = l.freeServers[:last]
		} else {
			index = int32(len(l.servers))
			l.servers = append(l.servers, server{})
		}
		l.servers[index] = server{fd: fd, number: int(number)}
		if err := watch(l.epoll, fd, serverEvent, index); err != nil {
			return err
		}
	}
}
