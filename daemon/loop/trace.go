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

// complain logs that the machine has run out of something, once a second at
// most for all loops together.
func (l *Loop) complain(msg, service string, err error) {
	now := time.Now().Unix()
	if last := l.complained.Load(); last != now && l.complained.CompareAndSwap(last, now) {
		l.log.Say(klog.Announce, msg, "service", service, "err", err)
	}
}
