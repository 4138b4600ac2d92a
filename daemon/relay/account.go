package relay

import "ktcpvs/daemon/stats"

// A server is counted what it was given: a connection once there is one, and the
// request with it. One that could not be connected to has got neither, but a failure.

// Attach takes in that the chosen server has a connection for the session: one that
// was idle, or, with Connected, a new one.
func (s *Session) Attach(c *Context) {
	if s.untold {
		s.untold = false
		s.tally(c, 1)
	}
}

// tally counts for the server the request, if there is one, and the connection
// that it was given, which is none if it came over the one before.
func (s *Session) tally(c *Context, given uint64) {
	if s.server == nil {
		return
	}
	cell := s.server.Live.Stats.Cell(c.Loop)
	if s.phase == exchange {
		cell.Requests.Add(1)
	}
	cell.Conns.Add(given)
}

// count adds to the service's and the server's counters what has gone by.
func (s *Session) count(c *Context) {
	if s.inBytes|s.outBytes == 0 {
		return
	}
	cell := s.live.Stats.Cell(c.Loop)
	cell.InBytes.Add(s.inBytes)
	cell.OutBytes.Add(s.outBytes)
	if s.server != nil {
		cell = s.server.Live.Stats.Cell(c.Loop)
		cell.InBytes.Add(s.inBytes)
		cell.OutBytes.Add(s.outBytes)
	}
	s.inBytes, s.outBytes = 0, 0
}

// blame counts what the server of the session, or the redirect address, did not do.
func (s *Session) blame(c *Context, f stats.Failure) {
	s.live.Stats.Cell(c.Loop).Fail(f)
	if s.server != nil {
		cell := s.server.Live.Stats.Cell(c.Loop)
		cell.Fail(f)
		cell.Errors.Add(1)
	}
}

// failure is what a cause is counted as; false for what is this daemon's own, or its
// machine's.
func (cause Cause) failure(calling bool) (f stats.Failure, is bool) {
	switch {
	case cause == Portless || cause == Exhausted || cause == Crowded:
		return 0, false
	case calling:
		return stats.Unconnected, true
	case cause == TimedOut:
		return stats.Timeout, true
	}
	return stats.Reset, true
}
