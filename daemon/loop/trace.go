package loop

import (
	"time"

	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/relay"
)

// trace says what is about to happen to a session, as far as debug_level asks
// for it (reference, section 6). It is not called at level 0.
func (l *Loop) trace(s *session, ev *relay.Event) {
	say := func(level int, msg string, args ...any) {
		l.log.Say(level, msg, append([]any{"service", s.lis.name, "client", s.client.addr}, args...)...)
	}
	if ev.Kind == relay.Failed && ev.Side == relay.Server && s.server != nil {
		say(klog.Fault, "server failed", "server", s.server.addr, "cause", ev.Cause.String())
	}
	if l.debug < klog.State {
		return
	}
	if ev.Kind == relay.Received && len(ev.Data) > 0 {
		if l.debug >= klog.Relay {
			say(klog.Relay, "relaying", "from", ev.Side.String(), "bytes", len(ev.Data))
		}
		return
	}
	say(klog.State, ev.Kind.String(), "state", s.State(), "side", ev.Side.String())
}

// scheduled says which server a session was given.
func (l *Loop) scheduled(s *session, op *relay.Op) {
	addr := op.Addr
	if op.Server != nil {
		addr = op.Server.Addr
	}
	l.log.Say(klog.Conn, "scheduled", "service", s.lis.name, "client", s.client.addr, "server", addr, "redirect", op.Server == nil)
}

// mostTold is how many refusals a loop logs in a second, up to level Conn: an
// attack consists of them.
const mostTold = 10

// refused says why a client did not get what it asked for. The server's
// connection is still the one that had to do with it.
func (l *Loop) refused(s *session, r *relay.Refusal) {
	switch {
	case l.debug < klog.Fault:
		return
	case l.debug >= klog.Conn:
	case l.told == mostTold:
		l.untold++
		return
	default:
		l.told++
	}
	args := []any{"service", s.lis.name, "client", s.client.addr, "status", r.Status, "reason", r.Reason}
	if len(r.Target) > 0 {
		args = append(args, "target", string(r.Target[:min(len(r.Target), 256)]))
	}
	if s.server != nil {
		args = append(args, "server", s.server.addr)
	}
	l.log.Say(klog.Fault, "refused", args...)
}

// summarize says once a second how many refusals were left out.
func (l *Loop) summarize() {
	if l.untold > 0 {
		l.log.Say(klog.Fault, "refused more", "loop", l.index, "number", l.untold)
	}
	l.told, l.untold = 0, 0
}

// complain logs that the machine has run out of something, once a second at
// most for all loops together.
func (l *Loop) complain(msg, service string, err error) {
	now := time.Now().Unix()
	if last := l.complained.Load(); last != now && l.complained.CompareAndSwap(last, now) {
		l.log.Say(klog.Announce, msg, "service", service, "err", err)
	}
}
