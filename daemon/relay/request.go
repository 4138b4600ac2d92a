package relay

import (
	"bytes"

	"ktcpvs/daemon/http1"
	"ktcpvs/daemon/match"
	"ktcpvs/daemon/table"
)

// fromClient takes bytes of the client: heads of requests one after the
// other, and the body of the present one.
func (s *Session) fromClient(c *Context, data []byte) {
	data = s.in.with(c.Buffers, data)
	if s.phase == exchange {
		data = s.sendBody(c, data)
	}
	s.requests(c, data)
}

// requests begins the exchanges that data, all pending bytes of the client,
// holds, until one waits for its server; the rest is kept.
func (s *Session) requests(c *Context, data []byte) {
	for (s.phase == idle || s.phase == reading) && len(data) > 0 {
		n, err := s.parser.Request(data, &c.Limits, &c.req)
		if err != nil {
			s.method = methodAtSight(data)
			code, why := judgement(err)
			s.refuse(c, code, why)
			break
		}
		if n == 0 {
			if c.Short {
				s.method = methodAtSight(data)
				s.refuse(c, 503, noBuffers)
				break
			}
			if s.phase == idle {
				s.phase = reading
				// A newcomer has less, since it came, unless drain has cut that short.
				if s.served > 0 || s.draining {
					s.deadline.set(HeaderTimeout, c.Now+c.Timeouts.Head)
				}
			}
			break
		}
		data = s.begin(c, n, data[n:])
	}
	if s.phase == closed || s.phase == linger {
		return
	}
	s.in.keep(c.Buffers, data)
}

// methodAtSight is the method of a request that is refused, as far as it says
// whether the client expects a body.
func methodAtSight(data []byte) http1.Method {
	if bytes.HasPrefix(bytes.TrimPrefix(data, []byte("\r\n")), []byte("HEAD ")) {
		return http1.HEAD
	}
	return http1.OtherMethod
}

// begin starts the exchange of the request in c.req, whose head was size bytes
// long and whose body may begin with data, and returns what follows the body.
func (s *Session) begin(c *Context, size int, data []byte) []byte {
	r := &c.req
	s.phase = exchange
	s.method = r.Method
	s.minor = r.Minor
	s.keep, s.parting = r.KeepAlive && !s.draining, !r.KeepAlive
	s.upgrade = r.Upgrade != nil
	s.final, s.replayed, s.redirected = false, false, false
	s.spoiled, s.ceased, s.passed = false, false, false
	s.affinity, s.returned = false, sid{}
	s.tries, s.interims = 0, 0
	s.request.start(r.Body, r.Length, false)
	s.request.bare = r.NoTrailers
	s.response = body{}
	s.served++
	s.began, s.asked, s.allow = c.Now, c.Now, c.Timeouts.BodyGrace
	s.live.Stats.Cell(c.Loop).Requests.Add(1)
	if c.Policy.Requests > 0 && s.served >= c.Policy.Requests {
		s.keep = false
	}

	svc := c.Snapshot.At(s.live)
	switch {
	case svc == nil:
		s.keep = false
		s.answerSelf(c, 503, "the service is gone")
		return data
	case r.Method == http1.CONNECT:
		s.refuse(c, 405, "CONNECT is not for a gateway")
		return data
	case r.MaxForwards == 0:
		s.lastHop(c)
		return data
	case c.Policy.RequestRate > 0 && !c.Sources.Request(s.Source, c.Policy.RequestRate, c.Now):
		s.answerSelf(c, 429, "more requests of this source than request_rate_per_source")
		return data
	case c.Policy.Body > 0 && r.Length > c.Policy.Body:
		s.refuse(c, 413, longBody)
		return data
	case c.Short:
		s.refuse(c, 503, noBuffers)
		return data
	case r.Passed && s.leadsBack(c, svc):
		s.keep = false
		s.answerSelf(c, 508, looped)
		return data
	}
	s.perRequest = svc.Scheduler.Unit == table.PerRequest
	server := s.server
	if !s.connected || s.own && s.perRequest {
		server = s.choose(c, svc)
	}
	s.claim(c, server)
	f := http1.Forward{KeepAlive: s.keep || s.shares(), Upgrade: r.Upgrade, Via: c.pseudonym(svc)}
	if r.Host == nil && server != nil {
		// HTTP/1.0 need not name a host, and HTTP/1.1 must (RFC 9112, section 3.2).
		start := len(c.scratch)
		c.scratch = server.Addr.AppendTo(c.scratch)
		f.Host = c.scratch[start:]
	}
	s.head = http1.AppendRequest(c.Buffers.Get(size+len(r.Fields)+addedToHead), r, &f)
	// The part of the body that is here already goes along with the head.
	out, n, err := s.request.take(data, &c.Limits, &c.grown)
	if err != nil {
		code, why := judgement(err)
		s.refuse(c, code, why)
		return data
	}
	s.patient = r.Expect100 && n == 0
	if s.tooLong(c) {
		s.refuse(c, 413, longBody)
		return data
	}
	s.replayable = s.request.done && len(s.head)+len(out) <= keepable(cap(s.head))
	if s.replayable && len(out) > 0 {
		s.head = c.Buffers.Append(s.head, out)
		out = nil
	}
	switch {
	case s.connected:
		s.settled = false
		s.wait(c)
		s.tally(c, 0)
	case !s.connect(c, svc, server):
		return data[n:]
	}
	c.write(Server, s.head, out)
	return data[n:]
}

// addedToHead is room for the fields that a forwarded request gets; a blank
// behind each colon comes on top.
const addedToHead = 256

// keepable is how long a head and its body may be together to be kept for
// sending them again, when the head by itself has a buffer of that size.
func keepable(size int) int {
	if size <= smallBuffer {
		return smallBuffer
	}
	return max(size, largeBuffer)
}

// choose finds the server of the request in c.req.
func (s *Session) choose(c *Context, svc *table.Service) *table.Server {
	if svc.Scheduler.Affinity {
		s.affinity = true
		if server := s.returning(c, svc); server != nil {
			if s.holds(server) {
				return server
			}
			return c.present(svc, server, c.input(s.Source))
		}
	}
	in := c.input(s.Source)
	if s.own && s.server != nil {
		if server := svc.Keep(c.Loop, c.Unix, in, s.server.Live); server != nil {
			return server
		}
	}
	return c.present(svc, svc.Choose(c.Loop, c.Unix, in), in)
}

// present is the server that was chosen, or another one as long as that is away.
func (c *Context) present(svc *table.Service, server *table.Server, in *match.Input) *table.Server {
	if server == nil || !c.avoids(server.Live) {
		return server
	}
	if other := svc.ChooseOther(in, c.avoid(nil)); other != nil && other.Live.Away(c.Loop) == 0 {
		return other
	}
	return server
}

// connect gets a connection to the server, or to the service's redirect
// address when there is none. It returns false when neither is to be had, and
// has told the client so.
func (s *Session) connect(c *Context, svc *table.Service, server *table.Server) bool {
	if server == nil {
		return s.redirect(c, svc, 503, "no server of the service is for this request, nor is there a redirect address")
	}
	s.server, s.untold = server, true
	server.Live.Conns.Add(1)
	s.dial(c, Op{Kind: Dial, Side: Server, Server: server, Fresh: svc.Scheduler.Unit == table.PerConnection, Once: !s.repeatable()})
	return true
}

func (s *Session) dial(c *Context, op Op) {
	s.connected, s.connecting, s.spoiled, s.settled = true, false, false, false
	s.wait(c)
	s.sparser.Reset()
	c.op(op)
	if s.phase == tunnel {
		c.op(Op{Kind: Guard, Side: Server})
	}
}

// redirect sends the session to the service's redirect address, once, or
// answers with code.
func (s *Session) redirect(c *Context, svc *table.Service, code int, why string) bool {
	s.leave()
	if s.redirected || svc == nil || !svc.Redirect.IsValid() {
		s.answerSelf(c, code, why)
		return false
	}
	s.redirected = true
	s.dial(c, Op{Kind: Dial, Side: Server, Addr: svc.Redirect})
	return true
}

// leave ends the use of the chosen server.
func (s *Session) leave() {
	if s.server != nil {
		s.server.Live.Conns.Add(-1)
		s.server, s.untold = nil, false
	}
}

// sendBody passes on what data holds of the request's body, and returns what
// follows it.
func (s *Session) sendBody(c *Context, data []byte) []byte {
	if s.request.done {
		return data
	}
	if s.ceased {
		return nil // on its way already; the connection closes after the answer
	}
	out, n, err := s.request.take(data, &c.Limits, &c.grown)
	switch {
	case err != nil:
		code, why := judgement(err)
		s.reject(c, code, why)
		return nil
	case s.tooLong(c):
		s.reject(c, 413, longBody)
		return nil
	}
	s.earn(c, int64(n), false)
	s.patient = false
	s.wait(c)
	c.write(Server, nil, out)
	if s.bulk(c, &s.request) {
		s.splice(c, Client, s.request.run())
	}
	return data[n:]
}

// reject ends an exchange whose request has turned out to be bad.
func (s *Session) reject(c *Context, code int, why string) {
	if s.final {
		s.breakOff(c, why)
	} else {
		s.refuse(c, code, why)
	}
}

// tooLong reports whether the body is longer than may be. A chunk counts as a
// whole as soon as its size is known.
func (s *Session) tooLong(c *Context) bool {
	b := &s.request
	return c.Policy.Body > 0 && b.kind == http1.ChunkedBody && b.chunks.Remaining() > c.Policy.Body-b.size
}

// bulk reports whether what comes next of a body is worth splicing.
func (s *Session) bulk(c *Context, b *body) bool {
	return c.SpliceFrom > 0 && s.connected && b.run() >= c.SpliceFrom
}

func (s *Session) splice(c *Context, from Side, n int64) {
	s.splicing[from] = true
	c.op(Op{Kind: Splice, Side: from, N: n})
}

// lastHop answers a TRACE or OPTIONS that may go no further.
func (s *Session) lastHop(c *Context) {
	if s.method != http1.OPTIONS || !s.request.done {
		s.refuse(c, 405, "Max-Forwards is 0")
		return
	}
	start := len(c.scratch)
	c.scratch = http1.AppendOptions(c.scratch, s.keep, s.minor, c.Date)
	s.ownAnswer(c, c.scratch[start:])
}
