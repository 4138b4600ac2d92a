package relay

import "ktcpvs/daemon/http1"

// end takes in that a side has closed its stream.
func (s *Session) end(c *Context, ev *Event) {
	switch side := ev.Side; {
	case s.phase == tunnel:
		s.ended[side] = true
		if s.ended[side.Other()] || !s.connected {
			s.close(c)
			return
		}
		c.op(Op{Kind: Finish, Side: side.Other()})
	case side == Client || s.phase != exchange:
		s.close(c)
	case s.final && s.response.kind == http1.CloseBody && !s.response.done:
		s.spoiled, s.response.done = true, true
		s.finish(c)
	default:
		s.fail(c, &Event{Kind: Failed, Side: Server, Cause: Reset, Reused: ev.Reused})
	}
}

// fail takes in that a connection is unusable.
func (s *Session) fail(c *Context, ev *Event) {
	switch {
	case ev.Side == Client || s.phase != exchange && s.phase != tunnel:
		s.close(c)
	case s.phase == tunnel && s.final:
		s.shut(c, Abort)
	case s.final:
		s.breakOff(c)
	case ev.Reused && s.replay(c):
	default:
		s.noServer(c, ev.Cause)
	}
}

// replay sends the request once more, over a new connection, if the one it
// was sent over had been idle and was closed before any answer: the server
// may just have been about to close it. Only what may be done twice is
// (RFC 9112, section 9.3.1; RFC 9110, section 9.2.2).
func (s *Session) replay(c *Context) bool {
	if s.replayed || !s.replayable || !s.method.Idempotent() || s.answer.len() > 0 || s.server == nil {
		return false
	}
	s.replayed = true
	c.op(Op{Kind: HangUp, Side: Server})
	s.dial(c, Op{Kind: Dial, Side: Server, Server: s.server, Fresh: true})
	c.write(Server, s.head, nil)
	return true
}

// noServer is what happens when the chosen server cannot be used: the redirect
// address takes over, or the client is told.
func (s *Session) noServer(c *Context, cause Cause) {
	code := 502
	switch cause {
	case TimedOut:
		code = 504
	case Exhausted:
		code = 503
	}
	s.lose(c)
	svc := c.Snapshot.At(s.live)
	if cause == Reset && s.phase == exchange || s.phase == exchange && !s.replayable {
		svc = nil // the request may have been acted upon, or is gone
	}
	if s.redirect(c, svc, code) && s.phase == exchange {
		c.write(Server, s.head, nil)
	}
}

// lose gives up the server and its connection.
func (s *Session) lose(c *Context) {
	s.count(c)
	s.leave()
	s.answer.drop(c.Buffers)
	s.splicing = [2]bool{}
	if s.connected {
		s.connected = false
		c.op(Op{Kind: HangUp, Side: Server})
	}
}

// breakOff ends a session in the middle of a response, so that the client
// cannot take what it got for the whole.
func (s *Session) breakOff(c *Context) {
	if s.response.kind == http1.CloseBody || s.response.unchunk {
		s.shut(c, Abort)
		return
	}
	s.close(c)
}
