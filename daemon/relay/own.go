package relay

import "ktcpvs/daemon/table"

// NTLM and Negotiate authenticate the connection: whoever sends requests over it
// is taken for who authenticated (RFC 4559, section 6). Once one of the two is
// named in credentials or in a challenge, the server's connection is the client's
// own, as that of a per-connection scheduler is, and the two end together:
//
//	shared --- credentials, challenge ---> own ---+--- end of either: both are closed
//	   ^                                          |
//	   +---- a request for another server <-------+    it is closed, and never shared
//
// A client that goes on elsewhere authenticates anew when it comes back. It
// cannot be kept meanwhile: a session has one server connection.

// shares reports whether the server connection goes back into the pool.
func (s *Session) shares() bool { return s.perRequest && !s.own }

// holds reports whether the session has a connection of its own to the server.
func (s *Session) holds(server *table.Server) bool {
	return s.own && s.connected && s.server != nil && server != nil && s.server.Live == server.Live
}

// claim gives up the server connection if the request in c.req goes to another
// server, and makes the one that it goes over the client's own if it has such
// credentials.
func (s *Session) claim(c *Context, server *table.Server) {
	if s.own && s.connected && server != s.server && !s.holds(server) {
		s.lose(c)
		s.own = false
	}
	s.kept = s.connected
	s.own = s.own || c.req.Bound
}
