package relay

import (
	"ktcpvs/daemon/http1"
	"ktcpvs/daemon/match"
	"ktcpvs/daemon/stats"
	"ktcpvs/daemon/table"
)

// end takes in that a side has closed its stream.
func (s *Session) end(c *Context, ev *Event) {
	switch side := ev.Side; {
	case s.phase == tunnel:
		s.endTunnel(c, side)
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
	case s.phase == tunnel && ev.Cause > 0 && (ev.Side == Client || s.final):
		if ev.Side == Server && !s.Parted() {
			s.blame(c, stats.Reset)
		}
		s.breakTunnel(c)
	case ev.Side == Client && ev.Cause > 0 && s.phase == exchange && !s.final:
		s.abandon(c, "client reset its connection before its answer began")
	case ev.Side == Client || s.phase != exchange && s.phase != tunnel:
		s.close(c)
	case s.final:
		s.blame(c, stats.Reset)
		s.breakOff(c, "server closed its connection within the response")
	default:
		s.distrust(c, ev)
		if ev.Reused && s.replay(c) {
			return
		}
		s.noServer(c, ev.Cause, ev.Calling, NoTimer)
	}
}

// distrust gives up the idle connections to a server of which one was dead when
// it was used: the server, or the way there, may have been away, and a request
// that may not be sent twice would fail for each of them.
func (s *Session) distrust(c *Context, ev *Event) {
	if ev.Reused && !s.kept && s.server != nil && s.perRequest && s.unanswered() {
		c.op(Op{Kind: Distrust, Side: Server, Server: s.server})
	}
}

// unanswered reports whether nothing has come of the server, not even an interim
// response: that shows that it has the request.
func (s *Session) unanswered() bool { return s.answer.len() == 0 && s.interims == 0 }

// repeatable reports whether the request may be sent twice, and is there to be.
func (s *Session) repeatable() bool { return s.replayable && s.method.Idempotent() }

// replay sends the request once more, over a new connection, if the one it
// was sent over had been idle and was closed before any answer: the server
// may just have been about to close it. Only what may be done twice is
// (RFC 9112, section 9.3.1; RFC 9110, section 9.2.2), and nothing that another
// request on that connection may have prepared.
func (s *Session) replay(c *Context) bool {
	if s.kept || s.replayed || !s.repeatable() || !s.unanswered() || s.server == nil {
		return false
	}
	s.replayed = true
	c.op(Op{Kind: HangUp, Side: Server})
	s.dial(c, Op{Kind: Dial, Side: Server, Server: s.server, Fresh: true})
	c.write(Server, s.head, nil)
	return true
}

// maxTries is how many servers a client waits for in turn: each may take all of
// Timeouts.Connect.
const maxTries = 3

// elsewhere has another server take over from one that cannot be connected to.
// It has got nothing, so that any request may go to the other.
func (s *Session) elsewhere(c *Context, svc *table.Service, cause Cause) bool {
	if svc == nil || s.server == nil {
		return false
	}
	c.spare(s.server.Live, cause)
	if int(s.tries) == len(s.failed) {
		return false
	}
	s.failed[s.tries] = s.server.Live
	s.tries++
	server := s.other(c, svc)
	if server == nil {
		return false
	}
	s.leave()
	s.server, s.untold = server, true
	server.Live.Conns.Add(1)
	s.dial(c, Op{Kind: Dial, Side: Server, Server: server, Fresh: svc.Scheduler.Unit == table.PerConnection, Once: !s.repeatable(), Again: true})
	return true
}

// redirectUnsent has the redirect address take over what no server has got.
func (s *Session) redirectUnsent(c *Context, svc *table.Service) bool {
	if svc == nil || s.redirected || !svc.Redirect.IsValid() {
		return false
	}
	s.leave()
	s.redirected = true
	s.dial(c, Op{Kind: Dial, Side: Server, Addr: svc.Redirect, Again: true})
	return true
}

// other chooses anew, as the table is now. The request is in head as it was
// forwarded, which leaves out what concerns the client's connection only.
func (s *Session) other(c *Context, svc *table.Service) *table.Server {
	var in *match.Input
	if svc.Scheduler.Content {
		var p http1.Parser
		lim := c.Limits
		lim.Line, lim.Head, lim.Fields = len(s.head), len(s.head), len(s.head)
		if n, err := p.Request(s.head, &lim, &c.req); n == 0 || err != nil {
			return nil
		}
		in = c.input(s.Source)
	}
	return svc.ChooseOther(in, c.avoid(s.failed[:s.tries]))
}

// noServer is what happens when the chosen server cannot be used: another one
// or the redirect address takes over, or the client is told.
func (s *Session) noServer(c *Context, cause Cause, calling bool, by Timer) {
	if f, is := cause.failure(calling); is {
		s.blame(c, f)
	}
	svc := c.Snapshot.At(s.live)
	late := c.Timeouts.Total > 0 && s.phase == exchange && c.Now >= s.began+c.Timeouts.Total
	if calling && cause != Exhausted && !late && (s.elsewhere(c, svc, cause) || s.redirectUnsent(c, svc)) {
		return
	}
	code := 502
	switch cause {
	case TimedOut:
		code = 504
	case Portless, Exhausted:
		code = 503
	case Crowded:
		code, s.keep = 503, false // its own place is short, too
	}
	s.lose(c)
	twice := calling || cause != Reset && s.method.Idempotent() && !s.own
	if late || s.phase == exchange && !(s.replayable && twice) {
		svc = nil // no time is left, or the request may have been acted upon, or is gone
	}
	if s.redirect(c, svc, code, cause.reason(calling, by)) && s.phase == exchange {
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
		s.connected, s.connecting = false, false
		how := HangUp
		if s.unfinished() {
			how = Abort
		}
		c.op(Op{Kind: how, Side: Server, Settled: s.settled})
	}
}

// shed gives up what the session holds. A client that is listening and has got
// nothing of an answer yet is told; any other finds its connection reset, so
// that nothing can be taken for whole and the kernel's buffers go too.
func (s *Session) shed(c *Context, ev *Event) {
	switch {
	case !ev.Blocked && s.phase == reading:
		s.method = methodAtSight(s.in.bytes())
		s.refuse(c, 503, noBuffers)
	case !ev.Blocked && s.phase == exchange && !s.final:
		s.refuse(c, 503, noBuffers)
	default:
		s.note(c, 0, noBuffers)
		s.shut(c, Abort)
	}
}

// breakOff ends a session in the middle of a response, so that the client
// cannot take what it got for the whole.
func (s *Session) breakOff(c *Context, why string) {
	s.note(c, 0, why)
	s.close(c)
}
