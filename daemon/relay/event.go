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
	// stream. Surplus tells that there may be more behind them already; Stalled,
	// that the client has yet to take what it was sent before.
	Received
	// Connecting says that the Dial of this Step found no idle connection and
	// waits for a new one; Connected ends that wait.
	Connecting
	Connected
	// Failed says that Side's connection is unusable, by Cause. Reused tells
	// that a server connection was one of the idle ones, so that it may be long dead;
	// Calling, that it was not made yet, so that nothing was sent over it.
	Failed
	// Broken says that Side, a server, takes nothing more. What it has sent before
	// may still be received, and tells the rest; Failed follows, unless the end of
	// its stream has been received already.
	Broken
	// Progress says that bytes from Side were taken by the other side: what was
	// queued for it, or N that a Splice has moved past here and not yet told of.
	// Blocked tells that Side had to wait for that; Stalled as in Received.
	Progress
	// Moved is the last Progress of a Splice, which ends; in all it may be less
	// than was asked. Surplus tells that there is something behind a response that
	// ends with it.
	Moved
	// Expired says that Deadline has passed. Blocked tells that it is the
	// server who does not take what the client has sent; Stalled, that the client
	// does not take what it is sent; Calling and Reused as in Failed.
	Expired
	// Refuse answers a client that is not to be served with status N.
	Refuse
	// Drain asks to finish what is open and take nothing new.
	Drain
	// Shed asks to give up whatever is held, which others need. Blocked tells
	// that the client does not take what it was sent.
	Shed
	// Departed says that the client has ended its stream, behind what it may have sent
	// and nobody has received yet: it has gone, or only has nothing more to send.
	Departed
	// Yield asks a client that is kept between two requests to give its place to
	// another one: its connection is closed.
	Yield
)

// Cause is why a connection failed.
type Cause uint8

// The causes that are told apart because the client is told different things.
const (
	Reset       Cause = iota + 1 // closed or reset by the peer
	Refused                      // nobody listens there
	Unreachable                  // no way there from here
	TimedOut                     // no answer in time
	Portless                     // every local port to that very address is taken
	Exhausted                    // this machine has no descriptor or memory left
	Crowded                      // it is a service of this daemon, all places of which are taken by those who wait for it
)

// Event is one thing that happened.
type Event struct {
	Kind    EventKind
	Side    Side
	Cause   Cause
	Reused  bool
	Calling bool
	Blocked bool
	Stalled bool
	Surplus bool
	Data    []byte
	N       int64
}

// OpKind says what the loop is to do.
type OpKind uint8

const (
	// Dial gives the session a server connection: to Server, an idle one
	// unless Fresh; or to Addr, when Server is nil. Once tells that what is to be
	// sent over it cannot be sent again. Again takes what was written
	// to the one that could not be made over to this one.
	Dial OpKind = iota + 1
	// Write sends Head and Data to Side, in order behind what is queued there.
	// What cannot be sent at once is copied before the next Step.
	Write
	// Release gives the server connection to the pool.
	Release
	// HangUp closes Side in order: the server's at once, the client's when everything
	// written to it is sent. A client's HangUp ends the session. Settled tells that
	// nothing is on its way from the server, which has answered all it was asked, or
	// nothing that anybody waits for.
	HangUp
	// Abort closes Side with a reset, so that a stream whose end is the connection's
	// cannot be taken for whole. A client's ends the session.
	Abort
	// Guard has the end of Side's connection be a reset from now on, even if the
	// process is killed, until the stream to it has ended by HangUp or Finish.
	Guard
	// Finish ends the stream towards Side when everything is sent, and leaves
	// the other direction open. With Last, if there is nothing to be received
	// from Side, its stream may be taken for ended too.
	Finish
	// Distrust closes the idle connections to Server, since one of their kind has
	// turned out to be dead.
	Distrust
	// Splice moves up to N bytes from Side to the other side inside the
	// kernel. Until Moved comes, nothing is received from Side.
	Splice
)

// Op is one operation. Head and Data are valid until the next Step of any
// session of the same loop.
type Op struct {
	Kind    OpKind
	Side    Side
	Fresh   bool
	Once    bool
	Last    bool
	Again   bool
	Settled bool
	Head    []byte
	Data    []byte
	Server  *table.Server
	Addr    netip.AddrPort
	N       int64
}

func (k EventKind) String() string {
	return [...]string{"", "opened", "received", "connecting", "connected", "failed", "broken", "progress",
		"moved", "expired", "refuse", "drain", "shed", "departed", "yield"}[k]
}

func (c Cause) String() string {
	return causes[c]
}

var causes = [...]string{"", "reset", "refused", "unreachable", "timed out", "no local port left", "nothing left to connect with", "no place left"}
