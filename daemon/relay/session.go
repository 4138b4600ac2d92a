package relay

import (
	"net/netip"
	"time"

	"ktcpvs/daemon/http1"
	"ktcpvs/daemon/table"
)

// Session is one client connection and what is done for it.
//
//	          Opened
//	            |
//	  wlc ------+------ content schedulers
//	   |                v
//	   |     +------> idle <---------------------------------+
//	   |     |          | first byte                         |
//	   |     |          v                                    |
//	   |     |       reading --- whole head ---> exchange ---+ both messages ended,
//	   |     |          |                         |    |       both sides go on
//	   v     |          |                         |    |
//	tunnel <-------------------- 101 -------------+    |
//	   |                |                              |
//	   |                +--- refused, no server, ------+
//	   |                |    broken: an answer
//	   v                v
//	 closed <------- linger (reads and drops what still comes)
//
// A session of a per-request scheduler has a server connection during an
// exchange only; one of a per-connection scheduler keeps its first, and so does
// one whose client has authenticated it.
type Session struct {
	Source netip.Addr // the client

	live     *table.ServiceLive
	phase    phase
	ahead    int // Policy.Ahead
	draining bool
	keep     bool // the client goes on after this exchange
	parting  bool // it has said itself that it does not
	minor    uint8

	// The exchange.
	method     http1.Method
	replayable bool // the request lies whole in head
	replayed   bool
	redirected bool
	perRequest bool // the scheduler chooses anew for each request
	upgrade    bool // the client asked to switch protocols
	final      bool // the response, or the tunnel, has begun
	patient    bool // the client waits for the server's 100 before it sends the body
	affinity   bool // the response may set or renew the session cookie
	passed     bool // the request has passed this daemon before
	request    body
	response   body
	interims   int    // bytes of interim responses so far
	head       []byte // the request's head as sent, until the response begins
	returned   sid    // what the request's session cookie said

	failed [maxTries - 1]*table.Live // failed[:tries] cannot be connected to
	tries  uint8

	server     *table.Server // chosen, and counted in its Live.Conns
	untold     bool          // not yet counted what it was given
	connected  bool          // there is a server connection, or one on its way
	connecting bool          // it is on its way
	spoiled    bool          // it cannot be used for another exchange
	settled    bool          // what was asked over it is answered, and was all there when the answer began
	punctual   bool          // the request was complete when its response began
	kept       bool          // it is that of the exchange before
	own        bool          // it is this client's alone, by what one of them has said of the other
	ceased     bool          // it has refused the request and wants no more of it
	splicing   [2]bool       // bytes from that side go past the session

	in       pending // from the client
	answer   pending // from the server
	parser   http1.Parser
	sparser  http1.Parser
	ended    [2]bool // tunnel: the side has closed its stream
	deaf     bool    // tunnel: the server takes nothing more
	streak   uint8   // tunnel: receives in a row that filled the buffer
	inBytes  uint64  // not yet counted
	outBytes uint64

	served int // requests so far

	departure departure

	deadline deadline
	lingered int64         // bytes of the client that were dropped
	began    time.Duration // the exchange, or lingering
	active   time.Duration // when a byte last went either way
	asked    time.Duration // since when the client alone is waited for, for more of its body
	allow    time.Duration // how long it may take
}

type phase uint8

const (
	unopened phase = iota
	idle
	reading
	exchange
	tunnel
	linger
	closed
)

const (
	headRead = 16 << 10  // received at once while a head is expected, unless Policy.Ahead says
	bodyRead = 256 << 10 // and while bytes are relayed

	// countEach is how many bytes go by before the counters show them: a long
	// body is seen to move.
	countEach = 1 << 20
)

// Open makes the session new, for a client of the service that live stands
// for. The next Step is to be Opened.
func (s *Session) Open(live *table.ServiceLive, source netip.Addr) {
	*s = Session{live: live, Source: source}
}

// Closed reports whether the session is over: no further Step is to come.
func (s *Session) Closed() bool { return s.phase == closed }

// Idle reports whether the session waits for a client that has sent nothing.
func (s *Session) Idle() bool { return s.phase == idle && !s.waiting() }

// Kept reports whether the session waits for another request of a client that has
// asked before, and since when.
func (s *Session) Kept() (since time.Duration, kept bool) {
	return s.active, s.Idle() && s.served > 0 && !s.draining
}

// waiting reports whether requests wait for their turn, and none has it.
func (s *Session) waiting() bool { return s.phase == idle && s.in.len() > 0 }

// Server is the real server that the session uses at the moment, or nil.
func (s *Session) Server() *table.Server { return s.server }

// Live is the service the session belongs to.
func (s *Session) Live() *table.ServiceLive { return s.live }

// State names the session's phase, for the list of connections.
func (s *Session) State() string {
	return [...]string{"NEW", "IDLE", "READING", "EXCHANGE", "TUNNEL", "LINGER", "CLOSED"}[s.phase]
}

// Wants is how many bytes the session will take from a side at present; 0 is
// to leave them where they are.
func (s *Session) Wants(side Side) int {
	switch s.phase {
	case idle, reading:
		if side == Client {
			return wantIf(!s.waiting(), s.in.room(s.ahead))
		}
		return wantIf(s.connected, headRead) // only to see it close
	case exchange:
		if side == Server {
			return wantIf(s.connected && !s.splicing[Server], s.answer.room(bodyRead))
		}
		// As much of what follows the body as of what follows any request.
		rest := int(min(s.request.run(), bodyRead)) + s.ahead
		return wantIf(!s.request.done && !s.ceased && s.connected && !s.splicing[Client], s.in.room(min(rest, bodyRead)))
	case tunnel:
		return wantIf(!s.splicing[side] && s.connected && !s.ended[side] && !(side == Client && s.deaf), bodyRead)
	case linger:
		return wantIf(side == Client, bodyRead)
	}
	return 0
}

// Completes reports whether n bytes more of the server are known to be the whole
// rest of its response.
func (s *Session) Completes(n int) bool {
	return s.phase == exchange && s.final && s.response.kind == http1.LengthBody && s.response.left == int64(n)
}

func wantIf(cond bool, n int) int {
	if cond {
		return n
	}
	return 0
}

// Step takes in one event and returns what is to be done, in order. The
// operations are valid until the next Step with the same Context. It does not
// allocate once the Context is warm, and its cost is linear in Data.
func (s *Session) Step(c *Context, ev *Event) []Op {
	c.begin()
	switch ev.Kind {
	case Opened:
		s.open(c)
	case Received:
		switch {
		case len(ev.Data) == 0:
			s.end(c, ev)
		case s.phase == linger:
			s.lingers(c, len(ev.Data))
		case s.phase == tunnel:
			s.pass(c, ev.Side, ev.Data)
		case ev.Side == Client:
			s.inBytes += uint64(len(ev.Data))
			s.fromClient(c, ev.Data)
		default:
			s.fromServer(c, ev)
		}
	case Connecting:
		s.call(c)
	case Connected:
		s.connecting, s.asked = false, c.Now
		if s.server != nil {
			c.trust(s.server.Live)
			s.Attach(c)
		}
		s.wait(c)
		s.final = s.final || s.phase == tunnel
	case Failed:
		s.fail(c, ev)
	case Broken:
		s.deafen(c)
	case Progress:
		s.progress(c, ev)
	case Moved:
		s.moved(c, ev)
	case Expired:
		s.expire(c, ev)
	case Refuse:
		s.minor = 1
		s.refuse(c, int(ev.N), TooManyConns)
	case Drain:
		s.drain(c)
	case Shed:
		s.shed(c, ev)
	case Departed:
		s.departs(c)
	case Yield:
		if s.Idle() {
			s.close(c)
		}
	}
	if s.waiting() {
		// They came while an exchange was under way. A client that has not taken
		// earlier responses gets no more of them to be held for it.
		if s.deadline.set(ReadTimeout, c.Now+c.Timeouts.Read); !ev.Stalled {
			s.requests(c, s.in.bytes())
		}
	}
	if s.inBytes+s.outBytes > countEach {
		s.count(c)
	}
	return c.ops
}

func (s *Session) open(c *Context) {
	svc := c.Snapshot.At(s.live)
	if svc == nil {
		s.close(c)
		return
	}
	cell := s.live.Stats.Cell(c.Loop)
	cell.Conns.Add(1)
	if svc.Scheduler.Content {
		s.rest(c)
		s.deadline.set(HeaderTimeout, c.Now+c.Timeouts.Head) // a newcomer is not kept alive, it has yet to ask
		return
	}
	s.phase = tunnel
	c.op(Op{Kind: Guard, Side: Client})
	s.connect(c, svc, c.present(svc, svc.Picker.Pick(c.Loop, 0), nil))
}

// drain ends an idle session within a moment and any other with its present
// exchange. In that moment a request that is there and not yet read, or on its
// way, is still taken: closing over it would reset the connection. A tunnel has
// no such point, and is left to its ends and to its deadline.
func (s *Session) drain(c *Context) {
	const moment = 100 * time.Millisecond
	s.draining = true
	if s.phase == idle {
		s.deadline.also(Draining, c.Now+moment)
	}
}

func (s *Session) shut(c *Context, how OpKind) {
	s.lose(c)
	s.in.drop(c.Buffers)
	s.forget(c)
	s.phase = closed
	s.deadline = deadline{}
	c.op(Op{Kind: how, Side: Client})
}

// forget gives up the request that was kept for sending it again.
func (s *Session) forget(c *Context) {
	c.Buffers.Put(s.head)
	s.head = nil
}
