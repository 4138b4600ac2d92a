package loop

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/poll"
	"ktcpvs/daemon/relay"
)

// conn is one socket of a loop, to a client or to a server.
//
//	server:  connecting --> in use <--> idle (in the pool, sess == nil)
//	              |            |          |
//	client:     in use         |          |
//	              |            |          |
//	              +-- closing -+----------+--> closed (slot free)
//	             (until sent)
type conn struct {
	fd   int
	slot uint32
	side relay.Side
	sess *session

	// Servers only.
	addr       netip.AddrPort
	key        uint64 // of its pool; 0 is none
	uses       int
	connecting bool

	out    []byte // what the socket did not take, from the loop's buffers
	sent   int    // out[:sent] is sent
	broken bool   // it takes nothing any more; what was received may still be read
	finish bool   // end the stream when everything is sent
	guard  bool   // closing it is a reset, whoever does it
	moving *transfer

	// appetite is how much is received at once for this connection to send: it
	// grows while it takes all, and a slow one holds no more than leastAppetite.
	appetite int
}

const leastAppetite = 32 << 10

func (c *conn) queued() bool { return len(c.out) > c.sent }

// blocked reports whether the other side must not be read from now: the
// session's memory stays bounded by what one receive brings.
func (c *conn) blocked() bool { return c != nil && (c.connecting || c.queued()) }

// laden reports whether a client must not be read from now: it has not taken what
// it was given, and answers to requests that need no server would come on top.
func (c *conn) laden() bool { return len(c.out)-c.sent > poll.ReceiveSize }

// calling reports whether a server has not answered the call yet.
func (c *conn) calling() bool { return c != nil && c.connecting }

// unmade is a server's connection that there is no socket for.
func (l *Loop) unmade() *conn {
	c := l.place()
	*c = conn{fd: -1, slot: c.slot, side: relay.Server, connecting: true, appetite: leastAppetite}
	return c
}

// adopt gives the socket a slot and registers it.
func (l *Loop) adopt(fd int, side relay.Side, fresh bool) (*conn, error) {
	c := l.place()
	*c = conn{fd: fd, slot: c.slot, side: side, appetite: leastAppetite}
	if err := l.poll.Add(c.slot, fd, fresh); err != nil {
		unix.Close(fd)
		l.freeSlot(c)
		return nil, err
	}
	return c, nil
}

// discard closes the socket now.
func (l *Loop) discard(c *conn) {
	if c.moving != nil {
		l.endTransfer(c)
	}
	if c.fd >= 0 {
		l.poll.Remove(c.slot)
		closeSocket(c.fd)
	}
	l.ctx.Buffers.Put(c.out)
	l.freeSlot(c)
}

// retire closes a server's connection that is done with. Whoever closes first
// keeps its port for a minute (TIME_WAIT), and ports to one server are few; so it
// is reset, if everything has reached the server: what that has not yet read stays
// readable there.
func (l *Loop) retire(c *conn) {
	if !c.queued() && l.arrived(c.fd) {
		reset(c.fd)
	}
	l.discard(c)
}

// arrived reports whether the peer has everything that was sent, and has not closed
// the connection itself: then its host keeps the port.
func (l *Loop) arrived(fd int) bool {
	size := uint32(unsafe.Sizeof(l.info))
	_, _, errno := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.IPPROTO_TCP, unix.TCP_INFO,
		uintptr(unsafe.Pointer(&l.info)), uintptr(unsafe.Pointer(&size)), 0)
	return errno == 0 && l.info.State == unix.BPF_TCP_ESTABLISHED && l.info.Unacked == 0 && l.info.Notsent_bytes == 0
}

func closeSocket(fd int) {
	unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0)
}

// write sends, or queues behind what is queued.
func (l *Loop) write(c *conn, head, data []byte) unix.Errno {
	if c.broken {
		return 0
	}
	if !c.connecting && !c.queued() {
		n, errno := l.poll.Send(c.slot, head, data)
		if errno != 0 {
			c.broken = true
			return errno
		}
		if n == len(head)+len(data) {
			if n >= c.appetite/2 && c.appetite < poll.ReceiveSize {
				c.appetite *= 2
			}
			return 0
		}
		c.appetite = leastAppetite
		k := min(n, len(head))
		head, data = head[k:], data[n-k:]
	}
	if !c.queued() {
		c.out, c.sent = c.out[:0], 0
	}
	if c.out == nil {
		c.out = l.ctx.Buffers.Get(len(head) + len(data))
	}
	c.out = l.ctx.Buffers.Append(l.ctx.Buffers.Append(c.out, head), data)
	return 0
}

// flush sends what is queued, and does what waited for it to be sent.
func (l *Loop) flush(c *conn) unix.Errno {
	if c.queued() {
		n, errno := l.poll.Send(c.slot, c.out[c.sent:], nil)
		if errno != 0 {
			c.broken = true
			c.sent = len(c.out)
			return errno
		}
		c.sent += n
		if c.queued() {
			return 0
		}
	}
	if c.out != nil {
		l.ctx.Buffers.Put(c.out)
		c.out, c.sent = nil, 0
	}
	if c.finish {
		c.finish = false
		unix.Shutdown(c.fd, unix.SHUT_WR)
		c.guarded(false)
	}
	return 0
}
