package relay

import (
	"ktcpvs/daemon/http1"
	"ktcpvs/daemon/stats"
)

// gather is up to where a body is copied behind its head, which then takes one
// plain send; a longer one goes from where it lies.
const gather = 4 << 10

// fromServer takes bytes of the server: interim responses, the final one's
// head, and its body.
func (s *Session) fromServer(c *Context, ev *Event) {
	if s.phase != exchange {
		s.close(c) // a server that speaks unasked is not to be understood
		return
	}
	data := s.answer.with(c.Buffers, ev.Data)
	s.wait(c)
	var head []byte
	for !s.final {
		n, err := s.sparser.Response(data, &c.Answers, s.method, &c.res)
		if err != nil {
			code, why := judgement(err)
			s.blame(c, stats.BadResponse)
			s.lose(c)
			s.answerSelf(c, code, why)
			c.show(c.res.BadField, c.res.Bad)
			return
		}
		if n == 0 {
			s.answer.keep(c.Buffers, data)
			return
		}
		data = data[n:]
		s.own = s.own || c.res.Bound
		switch {
		case c.res.Tunnel:
			s.switchProtocols(c, data)
			return
		case c.res.Status < 200:
			// Without an end they would keep the client waiting for ever.
			if s.interims += n; s.interims > c.Answers.Head {
				s.blame(c, stats.BadResponse)
				s.lose(c)
				s.answerSelf(c, 502, "more interim responses than a head may be long")
				return
			}
			s.interim(c)
		default:
			head = s.respond(c)
			s.wait(c) // for its body now
		}
	}
	out, n, err := s.response.take(data, &c.Answers, &c.grown)
	if err != nil {
		_, why := judgement(err)
		s.blame(c, stats.BadResponse)
		if s.spoiled = true; head != nil {
			// Nothing of it has been sent.
			s.lose(c)
			s.answerSelf(c, 502, why)
		} else {
			s.breakOff(c, why)
		}
		c.show(nil, data[n:])
		return
	}
	s.forget(c)
	if len(head) > 0 && s.partial() {
		c.op(Op{Kind: Guard, Side: Client})
	}
	c.send(s, head, out)
	switch data = data[n:]; {
	case s.response.done:
		// Bytes behind a response are not the next one.
		s.spoiled = s.spoiled || len(data) > 0 || ev.Surplus
		s.answer.drop(c.Buffers)
		s.finish(c)
	default:
		s.answer.keep(c.Buffers, data)
		if s.bulk(c, &s.response) {
			s.splice(c, Server, s.response.run())
		}
	}
}

// send writes to the client, and counts.
func (c *Context) send(s *Session, head, data []byte) {
	if s.departure.sent > 0 {
		head = s.departure.rest(c, head)
	}
	s.outBytes += uint64(len(head) + len(data))
	if len(head) > 0 && len(data) > 0 && len(data) <= gather && len(head) <= len(c.scratch) {
		// head is the end of scratch.
		c.scratch = append(c.scratch, data...)
		head, data = c.scratch[len(c.scratch)-len(head)-len(data):], nil
	}
	c.write(Client, head, data)
}

// interim passes a 1xx response on, which clients of HTTP/1.0 do not know.
func (s *Session) interim(c *Context) {
	if s.patient && c.res.Status == 100 {
		s.earn(c, 0, true)
		s.patient = false
		s.bound(c)
	}
	if s.minor == 0 {
		return
	}
	start := len(c.scratch)
	c.scratch = http1.AppendResponse(c.scratch, &c.res, &http1.Forward{KeepAlive: true, Minor: s.minor})
	c.send(s, c.scratch[start:], nil)
}

// respond begins the final response in c.res and returns its head as the
// client gets it.
func (s *Session) respond(c *Context) []byte {
	r := &c.res
	s.final, s.punctual = true, s.request.done
	s.spoiled = s.spoiled || !r.KeepAlive
	// Sending on could reset the connection before the answer is read (RFC 9112, section 9.5).
	s.ceased = !r.KeepAlive && r.Status >= 400
	unchunk := r.Body == http1.ChunkedBody && s.minor == 0
	s.response.start(r.Body, r.Length, unchunk)
	s.response.chunks.Loosen()
	s.response.bare = r.NoTrailers
	s.keep = s.keep && s.request.done && !s.draining && r.Body != http1.CloseBody && !unchunk &&
		(s.shares() && !s.passed || !s.spoiled)
	f := http1.Forward{
		KeepAlive: s.keep,
		Minor:     s.minor,
		Chunked:   r.Body == http1.ChunkedBody && !unchunk,
		Upgrade:   r.Upgrade,
		Date:      c.Date,
	}
	if s.affinity {
		f.Extra = s.sessionCookie(c)
	}
	start := len(c.scratch)
	c.scratch = http1.AppendResponse(c.scratch, r, &f)
	return c.scratch[start:]
}

// finish ends an exchange whose response is complete.
func (s *Session) finish(c *Context) {
	s.settled = s.punctual
	switch {
	case !s.request.done || s.spoiled:
		s.keep = s.keep && s.request.done && s.shares()
		s.lose(c)
	case s.shares() && s.server == nil:
		s.lose(c) // the redirect address has no pool
	case s.shares():
		s.count(c)
		s.connected = false
		s.leave()
		c.op(Op{Kind: Release, Side: Server})
	}
	s.next(c)
}

// next is what comes after a response that the client has got in full.
func (s *Session) next(c *Context) {
	s.count(c)
	s.forget(c)
	switch {
	case s.keep && !s.draining:
		s.rest(c)
	default:
		// Closing now would reset the connection if the client still sends,
		// and the answer could be lost (RFC 9112, section 9.6). Only a client
		// that has asked for the end may send nothing more; behind a body there
		// are some that send an empty line all the same.
		s.lose(c)
		s.in.drop(c.Buffers)
		s.phase = linger
		s.began, s.lingered = c.Now, 0
		s.deadline.set(Lingering, c.Now+c.Timeouts.Linger)
		c.op(Op{Kind: Finish, Side: Client, Last: s.parting && s.request.kind == http1.NoBody})
	}
}

// lingerMost is how many bytes of a client are read and dropped behind the last
// answer.
const lingerMost = 1 << 30

// lingers takes in n bytes that the client still sends behind the last answer. It
// may go on as long as it does not pause, within bounds: many a client reads the
// answer only when all of its body is sent.
func (s *Session) lingers(c *Context, n int) {
	if s.lingered += int64(n); s.lingered > lingerMost {
		s.close(c)
		return
	}
	s.deadline.set(Lingering, min(c.Now+c.Timeouts.Linger, s.began+c.Timeouts.LingerMost))
}

// answerSelf answers the present request without a server. In a tunnel there
// is no way to say anything but to close.
func (s *Session) answerSelf(c *Context, code int, why string) {
	s.live.Stats.Cell(c.Loop).Errors.Add(1)
	if s.phase == tunnel {
		s.note(c, 0, why)
		s.close(c)
		return
	}
	s.note(c, code, why)
	s.keep = s.keep && s.request.done && (s.connected || !s.own)
	start := len(c.scratch)
	c.scratch = http1.AppendError(c.scratch, code, s.keep, s.minor, c.Date, s.method == http1.HEAD)
	s.ownAnswer(c, c.scratch[start:])
}

func (s *Session) ownAnswer(c *Context, response []byte) {
	s.final, s.response.done = true, true
	c.send(s, response, nil)
	s.next(c)
}

// refuse answers a request that is not to be read any further.
func (s *Session) refuse(c *Context, code int, why string) {
	s.lose(c)
	s.keep, s.request.done = false, false
	s.answerSelf(c, code, why)
}
