package generator

import (
	"fmt"
	"net/netip"
	"time"
)

// AnyServer as a Request's Server says that any of them may answer.
const AnyServer = -1

// Request is one request line's target and who must answer it.
type Request struct {
	URI    string
	Server int // index into Servers, or AnyServer
}

// Load is what the clients do.
type Load struct {
	Target      netip.AddrPort // where they connect to
	Connections int            // how many clients there are, each with at most one request in flight
	Requests    []Request      // sent in an order that visits all of them evenly, see stride
	BodySize    int            // bytes of every response's body, at least MinBody

	// Rate is requests per second over all clients; 0 sends the next request as
	// soon as a response is complete. With a rate, latency counts from the moment
	// a request was due, so that a queue is not hidden by waiting to send.
	Rate float64

	// NewConnections opens a connection for each request, which asks for
	// "Connection: close"; latency then includes the handshake.
	NewConnections bool
}

// Window is what was seen in one Run.
type Window struct {
	Elapsed  time.Duration
	Busy     time.Duration // processor time of the generator's own thread
	Requests uint64        // complete, checked responses
	Bytes    uint64        // body bytes that arrived, of incomplete responses too
	P50, P99 time.Duration // latency from sending (see Load.Rate) to the last byte
}

// check returns what is wrong with a load, before anything is opened.
func (l Load) check(servers int) error {
	switch {
	case !l.Target.Addr().Is4():
		return fmt.Errorf("load: target %s, expected an IPv4 address", l.Target)
	case l.Connections < 1:
		return fmt.Errorf("load: %d connections, expected at least 1", l.Connections)
	case len(l.Requests) == 0:
		return fmt.Errorf("load: no requests")
	case l.BodySize < MinBody:
		return fmt.Errorf("load: body of %d bytes, expected at least %d", l.BodySize, MinBody)
	case l.Rate < 0:
		return fmt.Errorf("load: rate of %v requests/s, expected 0 or more", l.Rate)
	case l.Rate > 0 && l.NewConnections:
		return fmt.Errorf("load: a rate goes with kept connections only")
	}
	for _, r := range l.Requests {
		if r.Server < AnyServer || r.Server >= servers {
			return fmt.Errorf("load: request %s expects server %d, there are %d", r.URI, r.Server, servers)
		}
	}
	return nil
}

// stride is the step from one request's index to the next, about 0.618 n and
// coprime with n: all n are visited before any is repeated, and any stretch of
// the sequence is spread evenly over the list. A proxy that tries rules in
// order so sees average ones even when a run is too short to reach them all.
func stride(n int) int {
	step := max(int(0.6180339887*float64(n)), 1)
	for gcd(step, n) != 1 {
		step++
	}
	return step
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

const closeField = "Connection: close\r\n"

// encode is the request's bytes on the wire.
func (l Load) encode(r Request) []byte {
	connection := ""
	if l.NewConnections {
		connection = closeField
	}
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: ktcpvs-bench\r\nAccept: */*\r\n%s\r\n", r.URI, connection)
}
