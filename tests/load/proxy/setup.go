// Package proxy starts the proxies that are compared, configured alike, each on
// a given core, and ends them. It owns their configuration texts and processes;
// it never makes load and never judges a figure.
//
// Alike means: one thread, loop or worker; HTTP/1.1 with connections kept on
// both sides and never retired by a request count; server connections shared
// by all clients (haproxy: http-reuse always); the client's Host passed on; no
// logs; the same rules in the same order to the same servers.
package proxy

import (
	"fmt"
	"net"
	"net/netip"
	"os"
)

// Rule sends requests to one server.
type Rule struct {
	// Pattern is an extended regular expression, or with Prefix the literal
	// beginning of the path. It holds no quote characters.
	Pattern string
	Prefix  bool
	Server  int // index into Setup.Servers
}

// Setup is what every proxy is told alike.
type Setup struct {
	Servers []netip.AddrPort
	Rules   []Rule // tried in this order
	Default int    // index of the server for what no rule takes

	// Bulk lets each proxy use its means for large bodies: haproxy splices,
	// nginx gets large buffers and no temporary files.
	Bulk bool

	// Copy sets our own knob zerocopy_send to 0.
	Copy bool
}

// MaxClients is the most client connections that the proxies are set up for. It
// keeps haproxy's file descriptors within common limits.
const MaxClients = 2048

// freePort finds a port of 127.0.0.1 on which nothing listens, below the range
// from which the kernel takes the ports of outgoing connections.
func freePort() (netip.AddrPort, error) {
	const first, last = 20000, 32000
	for i := range last - first {
		port := first + (os.Getpid()*31+i)%(last-first)
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
		listener, err := net.Listen("tcp4", addr.String())
		if err != nil {
			continue
		}
		return addr, listener.Close()
	}
	return netip.AddrPort{}, fmt.Errorf("no free port of 127.0.0.1 between %d and %d", first, last)
}
