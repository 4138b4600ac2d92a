package relay

import (
	"net/netip"

	"ktcpvs/daemon/table"
)

// Side is one end of a session.
type Side uint8

// The two sides of a session.
const (
	Client Side = iota
	Server
)

// Other is the opposite side.
func (s Side) Other() Side { return s ^ 1 }

func (s Side) String() string { return [...]string{"client", "server"}[s] }

// EventKind says what has happened to a session.
type EventKind uint8

const (
	// Opened begins a session: its client connection was accepted.
	Opened EventKind = iota + 1
	// Received brings bytes from Side. Data may be changed by the Step and is
	// not used after its operations are executed; none is the end of the
	// stream. Surplus tells that there may be more behind them already.
	Received
	// Connecting says that the Dial of this Step found no idle connection and
	// waits for a new one; Connected ends that wait.
	Connecting
	Connected
	// Failed says that Side's connection is unusable, by Cause. Reused tells
	// that a server connection had carried earlier requests.
	Failed
	// Moved says that N bytes from Side went to the other side without
	// passing through here, which ends a Splice; N may be less than asked.
	// Surplus tells that there is something behind them.
	Moved
	// Progress says that a Splice from Side has moved N more bytes and goes
	// on. Moved counts them again.
	Progress
	// Expired says that the deadline has passed. Blocked tells that it is the
	// server who does not take what the client has sent.
	Expired
	// Refuse answers a client that is not to be served with status N.
	Refuse
	// Drain asks to finish what is open and take nothing new.
	Drain
)

// Cause is why a connection failed.
type Cause uint8

// The causes that are told apart because the client is told different things.
const (
	Reset       Cause = iota + 1 // closed or reset by the peer
	Refused                      // nobody listens there
	Unreachable                  // no way there
	TimedOut                     // no answer in time
	Exhausted                    // this machine has no port or descriptor left
)

// Event is one thing that happened.
type Event struct {
	Kind    EventKind
	Side    Side
	Cause   Cause
	Reused  bool
	Blocked bool
	Surplus bool
	Data    []byte
	N       int64
}

// OpKind says what the loop is to do.
type OpKind uint8

const (
	// Dial gives the session a server connection: to Server, an idle one
	// unless Fresh; or to Addr, when Server is nil.
	Dial OpKind = iota + 1
	// Write sends Head and Data to Side, in order behind what is queued there.
	// What cannot be sent at once is copied before the next Step.
	Write
	// Release gives the server connection to the pool.
	Release
	// HangUp closes Side: the server's at once, the client's when everything
	// written to it is sent. A client's HangUp ends the session.
	HangUp
	// Abort closes the client's connection with a reset, so that a body whose
	// end is the connection's cannot be taken for whole. It ends the session.
	Abort
	// Finish ends the stream towards Side when everything is sent, and leaves
	// the other direction open.
	Finish
	// Splice moves up to N bytes from Side to the other side inside the
	// kernel. Until Moved comes, nothing is received from Side.
	Splice
)

// Op is one operation. Head and Data are valid until the next Step of any
// session of the same loop.
type Op struct {
	Kind   OpKind
	Side   Side
	Fresh  bool
	Head   []byte
	Data   []byte
	Server *table.Server
	Addr   netip.AddrPort
	N      int64
}

func (k EventKind) String() string {
	return [...]string{"", "opened", "received", "connecting", "connected", "failed", "moved",
		"progress", "expired", "refuse", "drain"}[k]
}

func (c Cause) String() string {
	return [...]string{"", "reset", "refused", "unreachable", "timed out", "nothing left to connect with"}[c]
}
