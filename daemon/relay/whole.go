package relay

import "ktcpvs/daemon/http1"

// What has no other end than the connection's looks whole when the connection
// ends in order. So a connection ends in order only behind a whole stream:
//
//	stream                              ends it in order         else
//	tunnel, either direction            the other side's end     reset
//	response that the close delimits    the server's end         reset
//	response with length, or chunks     its last byte            closed: it shows
//	request body, to the server         its last byte            reset: the server stops at once
//
// Guard keeps to that while the process may be killed at any moment.

// partial reports whether what the client has got would look whole if its
// connection ended in order now, and is not.
func (s *Session) partial() bool {
	switch s.phase {
	case unopened:
		return true // of a protocol that may not show it
	case tunnel:
		return !s.ended[Server]
	case exchange:
		return s.final && !s.response.done && (s.response.kind == http1.CloseBody || s.response.unchunk)
	}
	return false
}

// unfinished reports whether the server has yet to get something that it has
// not answered already.
func (s *Session) unfinished() bool {
	return s.phase == tunnel && !s.ended[Client] || s.phase == exchange && !s.request.done && !s.response.done
}

// Tunnel reports whether the session relays what it does not look at.
func (s *Session) Tunnel() bool { return s.phase == tunnel }

// Parted reports whether one side of a tunnel has ended its stream.
func (s *Session) Parted() bool { return s.phase == tunnel && (s.ended[Client] || s.ended[Server]) }

// close ends the session: the client's connection when everything is sent, or
// at once if all that it is to get will not come.
func (s *Session) close(c *Context) {
	how := HangUp
	if s.partial() {
		how = Abort
	}
	s.shut(c, how)
}

// endTunnel takes in that one direction has ended in order.
func (s *Session) endTunnel(c *Context, from Side) {
	s.ended[from] = true
	switch {
	case from == Server && s.deaf:
		s.breakTunnel(c) // it takes no more of the client
	case s.ended[from.Other()] || !s.connected:
		s.close(c)
	default:
		c.op(Op{Kind: Finish, Side: from.Other()})
	}
}

// breakTunnel resets both sides of a tunnel, since one has failed: the other is
// to know that, also if its own stream had ended in order.
func (s *Session) breakTunnel(c *Context) {
	s.ended = [2]bool{}
	s.close(c)
}

// deafen takes in that a server takes nothing more. In an exchange it may have
// answered all the same, and the client goes on sending what is dropped, as
// resetting it could lose that answer (RFC 9112, section 9.6). In a tunnel what
// it has sent is passed on, and then both sides end.
func (s *Session) deafen(c *Context) {
	if s.phase != tunnel || !s.connected {
		return
	}
	s.deaf = true
	if s.ended[Server] {
		s.breakTunnel(c)
	}
}
