package loop

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/relay"
	"ktcpvs/daemon/table"
)

// holdings is what the sessions of one service hold in this loop, and who they
// are. Who began to hold first comes first. A client that takes what it is given
// leaves its list each time it has taken all, and a request when its response
// begins, so that those in front are the ones who make no use of the memory.
type holdings struct {
	bytes    int64
	requests holders // a request is kept until its server answers
	keeping  holders // what one side has not taken, or what more must come of
}

// holders is one list of them.
type holders struct{ first, last *session }

// holder is what a session holds, and its place in a list.
type holder struct {
	next, prev *session
	in         *holders // nil: it holds nothing
	bytes      int64
	since      time.Duration
}

// note brings the holdings of its service in line with what s holds now.
func (l *Loop) note(s *session) {
	h, all := &s.held, s.lis.holdings
	bytes, in := s.holding(), (*holders)(nil)
	switch {
	case bytes == 0:
	case s.HoldsRequest():
		in = &all.requests
	default:
		in = &all.keeping
	}
	if bytes != h.bytes {
		all.bytes += bytes - h.bytes
		h.bytes = bytes
	}
	if in != h.in {
		if h.in != nil {
			h.in.remove(s)
		}
		if in != nil {
			in.add(s, l.ctx.Now)
		}
	}
}

// unlist takes in that s holds nothing any more.
func (l *Loop) unlist(s *session) {
	if s.held.in != nil {
		s.held.in.remove(s)
	}
	s.lis.holdings.bytes -= s.held.bytes
	s.held.bytes = 0
}

// holding is how many bytes the session holds in buffers and in pipes.
func (s *session) holding() int64 {
	n := int64(s.Keeps() + cap(s.client.out))
	if t := s.client.moving; t != nil {
		n += t.lent
	}
	if c := s.server; c != nil {
		n += int64(cap(c.out))
		if t := c.moving; t != nil {
			n += t.lent
		}
	}
	return n
}

func (h *holders) add(s *session, now time.Duration) {
	s.held.in, s.held.since = h, now
	s.held.prev, s.held.next = h.last, nil
	if h.last != nil {
		h.last.held.next = s
	} else {
		h.first = s
	}
	h.last = s
}

func (h *holders) remove(s *session) {
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
	s.held.in, s.held.next, s.held.prev = nil, nil, nil
}

// payer is who gives up first what it holds: of those in front, the one that
// takes more memory for more time.
func (h *holdings) payer(now time.Duration) *session {
	a, b := h.keeping.first, h.requests.first
	switch {
	case a == nil:
		return b
	case b == nil || a.held.price(now) >= b.held.price(now):
		return a
	}
	return b
}

// price is bytes times milliseconds.
func (h *holder) price(now time.Duration) int64 {
	return h.bytes * int64(1+(now-h.since)/time.Millisecond)
}

// shedTurn is how many sessions one event ends before others are served.
const shedTurn = 64

var errHeld = errors.New("max_buffered_mb is reached")

// relieve ends sessions as long as more is held than may be: of the service that
// holds most, until another one does, and there those who have held for longest.
// So they pay, and not who asks for something next; and a service that holds
// less than its part, which is what there is divided among those who want more
// than that, pays nothing.
//
//	hung    ################|......      gives up what is right of the line
//	slow    ################|...
//	site    ###                          nothing
//
// Each loop has its part of the whole, and nothing is shared between loops.
func (l *Loop) relieve() {
	if l.short = 0; l.ctx.Buffers.Held() > l.mostHeld {
		l.makeRoom()
	}
}

// makeRoom is one turn of that.
func (l *Loop) makeRoom() {
	for n := 0; n < shedTurn; {
		lis, next := l.heaviest()
		if lis == nil {
			return
		}
		l.complain("ending connections that hold memory", lis.name, errHeld)
		for ; n < shedTurn && lis.holdings.bytes >= next; n++ {
			s := lis.holdings.payer(l.ctx.Now)
			if s == nil {
				return
			}
			if l.shed(s); l.ctx.Buffers.Held() <= l.mostHeld {
				return
			}
		}
	}
	if lis, _ := l.heaviest(); lis != nil {
		l.short = lis.holdings.bytes
	}
}

// holdingsOf are those of a service.
func (l *Loop) holdingsOf(live *table.ServiceLive) *holdings {
	for _, lis := range l.listeners {
		if lis.live == live {
			return lis.holdings
		}
	}
	return &holdings{}
}

// heaviest is a listener of the service whose sessions hold most, and how much those of
// the service after it hold, at least 1; nil if nobody holds anything.
func (l *Loop) heaviest() (first *listener, second int64) {
	most := int64(0)
	second = 1
	for _, lis := range l.listeners {
		switch n := lis.holdings.bytes; {
		case first != nil && lis.holdings == first.holdings: // another address
		case n > most:
			first, most, second = lis, n, max(most, second)
		case n > second:
			second = n
		}
	}
	return first, second
}

// pays reports whether a new request is to be refused because more is held than
// may be, and more of its service, which holds most, is to be ended than one turn
// allows.
func (l *Loop) pays(lis *listener) bool { return l.short > 0 && lis.holdings.bytes >= l.short }

// shed has a session give up what it holds.
func (l *Loop) shed(s *session) {
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
