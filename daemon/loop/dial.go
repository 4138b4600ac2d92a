package loop

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/relay"
)

// open gives the session a new connection to a server. One that failed at once is
// given as well, without a socket: it holds what is written to it until the session
// knows, so that another server can take over.
func (l *Loop) open(s *session, addr netip.AddrPort, key uint64) {
	family := l.sa.set(addr)
	fd, errno := l.socket(family)
	if errno == 0 {
		errno = l.sa.connect(fd)
	}
	if errno == 0 && l.mirrored(fd, addr) {
		reset(fd)
		errno = unix.ECONNREFUSED
	}
	crowded := (errno == 0 || errno == unix.EINPROGRESS) && l.crowded(s, fd, addr)
	if crowded {
		errno = unix.EBUSY
	}
	var c *conn
	if errno == 0 || errno == unix.EINPROGRESS {
		var err error
		if c, err = l.adopt(fd, relay.Server, false); err != nil {
			fd, errno = -1, unix.ENOMEM // adopt has closed it
		}
	}
	if c == nil {
		c = l.unmade()
	}
	c.addr, c.key = addr, key
	c.uses, c.sess, s.server = 1, s, c
	switch errno {
	case 0:
		l.events = append(l.events, relay.Event{Kind: relay.Connected})
	case unix.EINPROGRESS:
		c.connecting = true
		l.poll.WantWrite(c.slot)
		l.events = append(l.events, relay.Event{Kind: relay.Connecting})
	default:
		why := callCause(errno, fd, family)
		if crowded {
			reset(fd)
			why = relay.Crowded
		}
		if fd >= 0 {
			closeSocket(fd)
		}
		if why == relay.Exhausted || why == relay.Portless {
			l.complain("cannot connect to a server", s.lis.name, fmt.Errorf("%v: %w", addr, errno))
		}
		l.events = append(l.events, relay.Event{Kind: relay.Failed, Side: relay.Server, Cause: why, Calling: true})
	}
}

// socket makes one, and gives up for it what only may be of use later.
func (l *Loop) socket(family int) (int, unix.Errno) {
	const kind = unix.SOCK_STREAM | unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC
	fd, err := unix.Socket(family, kind, 0)
	if (err == unix.EMFILE || err == unix.ENFILE) && l.spareFile() {
		fd, err = unix.Socket(family, kind, 0)
	}
	if err != nil {
		errno, _ := err.(unix.Errno)
		return -1, errno
	}
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if l.serverProbe > 0 {
		probe(fd, l.serverProbe)
	}
	return fd, 0
}

// probe has the kernel ask after so many seconds of silence whether the other host
// is still there, and go on asking as net.ipv4.tcp_keepalive_intvl and
// tcp_keepalive_probes say; 0 is never.
func probe(fd, idle int) {
	if idle > 0 {
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, idle)
	}
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, min(idle, 1))
}

// spareFile closes what only may be of use later, and reports whether there was
// any: a server that is called now needs it more.
func (l *Loop) spareFile() bool {
	if len(l.pipes) > 0 {
		l.trimPipes()
		return true
	}
	n := l.idle.Len()
	l.closeIdle(ever, n-1)
	return n > 0
}

// mirrored reports whether a socket is connected to itself. Where nobody listens
// at an address of this host, and the kernel picks the very port to connect from,
// its call answers itself (RFC 9293, section 3.5, both sides open at once).
func (l *Loop) mirrored(fd int, addr netip.AddrPort) bool {
	if !l.sa.name(fd) {
		return false
	}
	own := l.sa.get()
	return own.Port() == addr.Port() && (own.Addr() == addr.Addr().Unmap() || addr.Addr().IsUnspecified())
}

// crowded reports whether the connection of fd would wait for a place that only
// those who wait for one can give back: it leads to a service of this daemon, all
// of whose maxclients are taken, and that is the session's own or its client came
// from this host, as a service does that leads back.
func (l *Loop) crowded(s *session, fd int, addr netip.AddrPort) bool {
	// A connection to an address of this host comes from that address.
	local := func(to netip.Addr) bool { return l.sa.name(fd) && l.sa.get().Addr() == to }
	for _, lis := range l.byPort[addr.Port()] {
		svc := l.store.Snapshot().At(lis.live)
		if svc == nil || lis.live.Conns.Load() < int64(svc.MaxClients) {
			continue
		}
		if _, ok := svc.Takes(addr, local); !ok {
			continue
		}
		from := s.Source.Unmap()
		return lis.live == s.lis.live || from.IsLoopback() || l.sa.name(s.client.fd) && l.sa.get().Addr() == from
	}
	return false
}

// connected ends a connect in progress.
func (l *Loop) connected(c *conn) {
	value, err := unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	errno := unix.Errno(value)
	if err != nil {
		errno = 0
	}
	if errno == 0 && l.mirrored(c.fd, c.addr) {
		reset(c.fd) // its port is the server's, and free again at once
		errno = unix.ECONNREFUSED
	}
	if errno != 0 {
		l.step(c.sess, relay.Event{Kind: relay.Failed, Side: relay.Server, Cause: callCause(errno, c.fd, unix.AF_INET), Calling: true})
		return
	}
	c.connecting = false
	failed := l.flush(c)
	if from := c.sess.client; from.moving != nil && !c.queued() {
		l.resume(from.moving)
	}
	if c.sess != nil {
		l.step(c.sess, relay.Event{Kind: relay.Connected})
	}
	if failed != 0 && c.sess != nil {
		l.step(c.sess, unsent(relay.Server, failed))
	}
}
