package relay

import "ktcpvs/daemon/table"

// maxPasses is how many times a request may have passed this daemon before: one
// service may stand before another, or before a server that asks the daemon again.
// A gateway must not forward a message to itself for ever (RFC 9110, section 7.6).
const maxPasses = 2

// pseudonym is what Via calls the gateway in requests of the service, "" for no
// Via.
func (c *Context) pseudonym(svc *table.Service) string {
	switch svc.Via {
	case table.ViaOn:
		return c.Via
	case table.ViaOff:
		return ""
	}
	return svc.Via
}

// leadsBack reports whether the request in c.req has passed this daemon too often.
// Connections that such a request went over end with its answer, each because the
// one behind it does (see respond): kept, they could be all that a service may have.
func (s *Session) leadsBack(c *Context, svc *table.Service) bool {
	n := c.req.Passes(c.Via, svc.Via)
	s.passed = n > 0
	return n > maxPasses
}
