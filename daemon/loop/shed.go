package loop

import (
	"errors"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/relay"
)

// holders lists the sessions that hold bytes: what one side has not taken, or
// what more must come of. Who began to hold first comes first. A client that
// takes what it is given leaves the list each time it has taken all, so that
// those in front are the ones who make no use of the memory.
type holders struct{ first, last *session }

// holder is a session's place in the list.
type holder struct {
	next, prev *session
	listed     bool
}

// note brings the list in line with what s holds now.
func (h *holders) note(s *session) {
	holds := s.client.holds() || s.server != nil && s.server.holds() || s.Holds()
	switch {
	case holds == s.held.listed:
	case holds:
		h.add(s)
	default:
		h.remove(s)
	}
}

func (h *holders) add(s *session) {
	s.held = holder{prev: h.last, listed: true}
	if h.last != nil {
		h.last.held.next = s
	} else {
		h.first = s
	}
	h.last = s
}

func (h *holders) remove(s *session) {
	if !s.held.listed {
		return
	}
	next, prev := s.held.next, s.held.prev
	if next != nil {
		next.held.prev = prev
	} else {
		h.last = prev
	}
	if prev != nil {
		prev.held.next = next
	} else {
		h.first = next
	}
	s.held = holder{}
}

// shedTurn is how many sessions one event ends before others are served.
const shedTurn = 64

var errHeld = errors.New("max_buffered_mb is reached")

// relieve ends those who have held bytes for longest, as long as more is held
// than may be: they pay, and not who asks for something next. Where nobody can
// be made to give up anything, relay refuses new requests.
func (l *Loop) relieve() {
	for n := 0; l.ctx.Buffers.Held() > l.ctx.Policy.Held && n < shedTurn; n++ {
		s := l.holders.first
		if s == nil {
			l.complain("new requests get 503 for the moment", "", errHeld)
			return
		}
		l.complain("ending connections that hold memory", s.lis.name, errHeld)
		l.shed(s)
	}
}

// shed has a session give up what it holds.
func (l *Loop) shed(s *session) {
	l.holders.remove(s)
	if !s.Closed() {
		l.step(s, relay.Event{Kind: relay.Shed, Blocked: s.client.queued()})
		return
	}
	s.client.guarded(true)
	l.end(s)
}

// reset has the end of a socket that is no connection's yet be a reset.
func reset(fd int) {
	unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}
