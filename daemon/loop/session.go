package loop

import "ktcpvs/daemon/relay"

// session is a relay session with its sockets.
type session struct {
	relay.Session
	lis        *listener
	client     *conn
	server     *conn
	timer      timer
	next, prev *session // of its listener
	held       holder
	counted    bool // in Loop.sources
	turnedAway bool // not counted in live.Conns, but in Loop.away
}

// side is the connection to that side, or nil.
func (s *session) side(side relay.Side) *conn {
	if side == relay.Client {
		return s.client
	}
	return s.server
}

// obstructed reports whether the client can send nothing more before the server
// takes something.
func (s *session) obstructed() bool {
	return s.server.blocked() || s.client.moving != nil && s.client.moving.full
}

// stalled reports whether the client has yet to take something.
func (s *session) stalled() bool {
	return s.client.queued() || s.server != nil && s.server.moving != nil && s.server.moving.full
}
