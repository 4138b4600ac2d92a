package loop

import (
	"golang.org/x/sys/unix"

	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/poll"
	"ktcpvs/daemon/relay"
)

// exec does what the session asked for. What goes wrong is put behind the
// present event, for the next Step.
func (l *Loop) exec(s *session, ops []relay.Op) {
	for i := range ops {
		op := &ops[i]
		switch op.Kind {
		case relay.Write:
			c := s.side(op.Side)
			if c == nil {
				continue
			}
			if errno := l.write(c, op.Head, op.Data); errno != 0 && op.Side == relay.Client {
				l.events = append(l.events, relay.Event{Kind: relay.Failed, Side: relay.Client, Cause: cause(errno)})
			}
		case relay.Dial:
			if l.debug >= klog.Conn {
				l.scheduled(s, op)
			}
			l.dial(s, op)
		case relay.Release:
			l.release(s)
		case relay.HangUp:
			if op.Side == relay.Server {
				l.hangUpServer(s)
			} else if !s.client.queued() || s.client.broken {
				l.end(s)
			}
		case relay.Abort:
			reset(s.client)
			l.end(s)
		case relay.Finish:
			c := s.side(op.Side)
			switch {
			case c == nil:
			case op.Last && !c.queued() && empty(c.fd):
				l.events = append(l.events, relay.Event{Kind: relay.Received, Side: op.Side})
			default:
				c.finish = true
				if !c.queued() && !c.connecting {
					l.flush(c)
				}
			}
		case relay.Distrust:
			for id, ok := l.idle.Take(op.Server.Live.Key); ok; id, ok = l.idle.Take(op.Server.Live.Key) {
				l.discard(l.conns[id])
			}
		case relay.Splice:
			l.beginTransfer(s, op)
		}
	}
}

// hangUpServer closes the server's connection, and ends what was being moved to
// it.
func (l *Loop) hangUpServer(s *session) {
	if s.client.moving != nil {
		l.endTransfer(s.client)
		l.poll.Recheck(s.client.slot)
	}
	if s.server != nil {
		l.discard(s.server)
		s.server = nil
	}
}

// release puts the server's connection into the pool, unless it is not fit.
func (l *Loop) release(s *session) {
	c := s.server
	s.server = nil
	s.client.appetite = leastAppetite // what comes next may be small, and is not to wait for its turn
	if c.broken || c.queued() || c.key == 0 {
		l.discard(c)
		return
	}
	c.sess = nil
	if old, full := l.idle.Put(c.key, c.slot, l.ctx.Now); full {
		l.discard(l.conns[old])
		if old == c.slot {
			return
		}
	}
	// It brings nothing but its end, until it is used again, and that must not
	// wait for its turn.
	l.poll.Recv(c.slot, poll.BulkReceive)
}

// dial gives the session an idle connection to the server, or a new one.
func (l *Loop) dial(s *session, op *relay.Op) {
	if op.Again && s.server != nil {
		old := s.server
		defer l.handOver(s, old.out, old.finish)
		old.out = nil
		l.discard(old)
		s.server = nil
	}
	addr, key := op.Addr, uint64(0)
	if op.Server != nil {
		addr, key = op.Server.Addr, op.Server.Live.Key
		if !op.Fresh {
			if id, ok := l.idle.Take(key); ok {
				c := l.conns[id]
				if c.addr == addr {
					c.uses++
					c.sess, s.server = s, c
					return
				}
				l.discard(c)
			}
		}
	}
	c, errno := l.open(op, key)
	if c != nil {
		c.addr, c.key = addr, key
		c.uses, c.sess, s.server = 1, s, c
	}
	if errno != 0 {
		why := cause(errno)
		if c == nil {
			why = relay.Exhausted // nothing holds the request for another server
		}
		if why == relay.Exhausted {
			l.complain("cannot connect to a server", s.lis.name, errno)
		}
		l.events = append(l.events, relay.Event{Kind: relay.Failed, Side: relay.Server, Cause: why, Calling: true})
		return
	}
	if c.connecting {
		l.events = append(l.events, relay.Event{Kind: relay.Connecting})
	} else {
		l.events = append(l.events, relay.Event{Kind: relay.Connected})
	}
}

// handOver gives the session's server what the one before it did not get.
func (l *Loop) handOver(s *session, out []byte, finish bool) {
	c := s.server
	switch {
	case c == nil:
		l.ctx.Buffers.Put(out)
		return
	case c.connecting:
		c.out = out
	default:
		l.write(c, out, nil)
		l.ctx.Buffers.Put(out)
	}
	if c.finish = finish; finish && !c.connecting {
		l.flush(c)
	}
}

// open begins a new connection. One that failed at once is given as well, as
// one that is not made: it holds what is written to it until the session knows.
func (l *Loop) open(op *relay.Op, key uint64) (*conn, unix.Errno) {
	addr := op.Addr
	if op.Server != nil {
		addr = op.Server.Addr
	}
	family := l.sa.set(addr)
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if errno, failed := err.(unix.Errno); failed && (errno == unix.EMFILE || errno == unix.ENFILE) && l.spareFile() {
		fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	}
	if err != nil {
		errno, _ := err.(unix.Errno)
		return nil, errno
	}
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	errno := l.sa.connect(fd)
	c, err := l.adopt(fd, relay.Server, false)
	if err != nil {
		return nil, unix.ENOMEM
	}
	c.connecting = errno != 0
	if errno == unix.EINPROGRESS {
		l.poll.WantWrite(c.slot)
		errno = 0
	}
	return c, errno
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

// connected ends a connect in progress.
func (l *Loop) connected(c *conn) {
	errno, err := unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && errno != 0 {
		l.step(c.sess, relay.Event{Kind: relay.Failed, Side: relay.Server, Cause: cause(unix.Errno(errno)), Calling: true})
		return
	}
	c.connecting = false
	l.flush(c)
	if from := c.sess.client; from.moving != nil && !c.queued() {
		l.resume(from.moving)
	}
	if c.sess != nil {
		l.step(c.sess, relay.Event{Kind: relay.Connected})
	}
}
