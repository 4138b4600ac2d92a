package loop

import (
	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/poll"
	"ktcpvs/daemon/relay"
)

// handle gives one event to the session it concerns.
func (l *Loop) handle(ev *poll.Event) {
	switch ev.Kind {
	case poll.Woken:
		l.runQueue()
		return
	case poll.Acceptable:
		if lis := l.bySlot[ev.Slot]; lis != nil {
			lis.accept()
		}
		return
	}
	c := l.conns[ev.Slot]
	if c.sess == nil {
		l.gone(c)
		return
	}
	switch ev.Kind {
	case poll.Received:
		e := relay.Event{Kind: relay.Received, Side: c.side, Data: ev.Data, Reused: c.uses > 1}
		if c.side == relay.Server {
			e.Stalled = c.sess.client.queued()
			e.Surplus = !l.poll.Drained(c.slot)
			if e.Surplus && c.sess.Completes(len(ev.Data)) {
				// A full receive may have been all that there was. Before the end nobody
				// looks: that could take away the error that the next receive is to bring.
				e.Surplus = !empty(c.fd)
			}
		}
		if len(ev.Data) == 0 && ev.Err == 0 && c.broken {
			// The error was told to the send that failed.
			e = relay.Event{Kind: relay.Failed, Side: c.side, Cause: relay.Reset, Reused: c.uses > 1}
		}
		if ev.Err != 0 {
			e = relay.Event{Kind: relay.Failed, Side: c.side, Cause: cause(ev.Err), Reused: c.uses > 1}
		}
		l.step(c.sess, e)
		if ev.Last && len(ev.Data) > 0 {
			l.halfClosed(c)
		}
	case poll.HalfClosed:
		l.halfClosed(c)
	case poll.Writable:
		l.writable(c)
	case poll.Readable:
		if c.moving != nil {
			l.resume(c.moving)
		}
	case poll.HungUp:
		// Who is to be read shows that then. Of the others, a client that nobody reads
		// of is gone; a server whose stream has ended takes no more of the client's.
		if c.side == relay.Server {
			l.step(c.sess, relay.Event{Kind: relay.Broken, Side: relay.Server})
			return
		}
		if !c.finish && (c.sess.Wants(relay.Client) == 0 || c.sess.HoldsRequest() && c.sess.obstructed()) {
			l.step(c.sess, relay.Event{Kind: relay.Failed, Side: relay.Client, Cause: relay.Reset})
		}
	}
}

// halfClosed tells a session that its client has ended its stream, which it may not
// read for long. A server's end is met where it is read.
func (l *Loop) halfClosed(c *conn) {
	if c.side == relay.Client && c.sess != nil {
		l.step(c.sess, relay.Event{Kind: relay.Departed})
	}
}

// gone closes a connection without a session: an idle one that the server has
// closed, or has sent something over unasked.
func (l *Loop) gone(c *conn) {
	l.idle.Remove(c.slot)
	l.discard(c)
}

// writable goes on with a connect or with what is queued.
func (l *Loop) writable(c *conn) {
	s := c.sess
	if c.connecting {
		l.connected(c)
		return
	}
	queued, sent := c.queued(), c.sent
	if errno := l.flush(c); errno != 0 {
		if l.step(s, unsent(c.side, errno)); c.side == relay.Client || c.sess != s {
			return
		}
	}
	if s.Closed() {
		switch {
		case !c.queued():
			l.part(s)
		case c.sent > sent:
			l.wheel.set(&s.timer, l.ctx.Now+l.ctx.Timeouts.Read)
		}
		return
	}
	if queued {
		l.step(s, relay.Event{Kind: relay.Progress, Side: c.side.Other(), Blocked: true, Stalled: s.client.queued()})
		if c.sess != s {
			return
		}
	}
	if c.queued() {
		return
	}
	l.note(s)
	other := s.client
	if c.side == relay.Client {
		other = s.server
	}
	if other != nil && other.moving != nil {
		l.resume(other.moving)
		return
	}
	l.arm(s)
}

// step drives the session with one event, and with those that come of it.
func (l *Loop) step(s *session, ev relay.Event) {
	if s.Closed() {
		// Only the rest of what was written is still to go.
		if ev.Kind == relay.Failed && ev.Side == relay.Client {
			l.end(s)
		}
		return
	}
	l.events = append(l.events[:0], ev)
	l.ctx.Short = l.pays(s.lis)
	for i := 0; i < len(l.events) && !s.Closed(); i++ {
		l.ctx.Snapshot = l.store.Snapshot()
		e := l.events[i]
		if l.debug > klog.Announce {
			l.trace(s, &e)
		}
		ops := s.Step(l.ctx, &e)
		for i := range l.ctx.Refusals {
			l.refused(s, &l.ctx.Refusals[i])
		}
		if l.ctx.Turned {
			l.ctx.Turned = false
			l.herald.look()
		}
		l.exec(s, ops)
	}
	if s.client == nil {
		return
	}
	l.note(s)
	if s.Closed() {
		// Until the client has taken the rest, or too long does not.
		l.wheel.set(&s.timer, l.ctx.Now+l.ctx.Timeouts.Read)
		return
	}
	_, at := s.Deadline()
	l.wheel.set(&s.timer, at)
	l.arm(s)
}

// arm waits for what the session wants, from sides whose other side has taken
// all that it was given.
func (l *Loop) arm(s *session) {
	if n := s.Wants(relay.Client); n > 0 && !s.server.blocked() && !s.client.laden() {
		if s.server != nil {
			n = min(n, s.server.appetite)
		}
		l.poll.Recv(s.client.slot, n)
	}
	if s.server != nil && !s.server.connecting {
		if n := s.Wants(relay.Server); n > 0 && !s.client.blocked() {
			l.poll.Recv(s.server.slot, min(n, s.client.appetite))
		}
	}
}
