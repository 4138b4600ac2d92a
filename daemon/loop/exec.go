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
			if errno := l.write(c, op.Head, op.Data); errno != 0 {
				l.events = append(l.events, unsent(op.Side, errno))
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
				l.hangUpServer(s, op)
			} else if !s.client.queued() || s.client.broken {
				l.part(s)
			}
		case relay.Abort:
			if op.Side == relay.Server {
				l.hangUpServer(s, op)
				continue
			}
			s.client.guarded(true)
			l.end(s)
		case relay.Guard:
			if c := s.side(op.Side); c != nil {
				c.guarded(true)
			}
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
				l.retire(l.conns[id])
			}
		case relay.Splice:
			l.beginTransfer(s, op)
		}
	}
}

// unsent is the event of a send that failed.
func unsent(to relay.Side, errno unix.Errno) relay.Event {
	if to == relay.Server {
		return relay.Event{Kind: relay.Broken, Side: to}
	}
	return relay.Event{Kind: relay.Failed, Side: to, Cause: cause(errno)}
}

// hangUpServer closes the server's connection, in order or by a reset, and ends
// what was being moved to it. Over a settled connection nothing more is to come.
func (l *Loop) hangUpServer(s *session, op *relay.Op) {
	if s.client.moving != nil {
		l.endTransfer(s.client)
		l.poll.Recheck(s.client.slot)
	}
	switch c := s.server; {
	case c == nil:
		return
	case op.Kind == relay.Abort:
		c.guarded(true)
		l.discard(c)
	case op.Settled:
		l.retire(c)
	default:
		c.guarded(false)
		l.discard(c)
	}
	s.server = nil
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
		l.retire(l.conns[old])
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
		if c := l.takeIdle(op); c != nil {
			c.uses++
			c.sess, s.server = s, c
			s.Attach(l.ctx)
			return
		}
	}
	l.open(s, addr, key)
}

// takeIdle gives an idle connection to the server, or nil. What may be sent once
// only is sent over none that the server has closed, though its end may not have
// been handed out yet.
func (l *Loop) takeIdle(op *relay.Op) *conn {
	if op.Fresh {
		return nil
	}
	for id, ok := l.idle.Take(op.Server.Live.Key); ok; id, ok = l.idle.Take(op.Server.Live.Key) {
		c := l.conns[id]
		if c.addr == op.Server.Addr && (!op.Once || empty(c.fd)) {
			return c
		}
		l.retire(c)
	}
	return nil
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
