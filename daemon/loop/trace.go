package loop

import (
	"strings"
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
	if ev.Kind == relay.Failed && ev.Side == relay.Server && s.server != nil && !s.excuses(ev) && l.failures.take(l.debug) {
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

// excuses reports whether a server's reset is the client's doing: many protocols
// end with one side closing while the other still says goodbye, and that brings
// a reset.
func (s *session) excuses(ev *relay.Event) bool {
	return ev.Cause == relay.Reset && !ev.Calling && s.Tunnel() && (s.Parted() || s.client.ended())
}

// scheduled says which server a session was given.
func (l *Loop) scheduled(s *session, op *relay.Op) {
	addr := op.Addr
	if op.Server != nil {
		addr = op.Server.Addr
	}
	l.log.Say(klog.Conn, "scheduled", "service", s.lis.name, "client", s.client.addr, "server", addr, "redirect", op.Server == nil)
}

// mostTold is how many lines of one kind a loop logs in a second, up to level
// Conn: an attack consists of them, and so does a server that is away.
const mostTold = 10

// ration is what there is of such lines in this second.
type ration struct{ told, untold int }

// take reports whether one more is to be logged.
func (r *ration) take(debug int32) bool {
	switch {
	case debug < klog.Fault:
		return false
	case debug >= klog.Conn:
		return true
	case r.told == mostTold:
		r.untold++
		return false
	}
	r.told++
	return true
}

// refused says why a client did not get what it asked for. The server's
// connection is still the one that had to do with it.
func (l *Loop) refused(s *session, r *relay.Refusal) {
	if !l.refusals.take(l.debug) {
		return
	}
	args := []any{"service", s.lis.name, "client", s.client.addr, "status", r.Status, "reason", r.Reason}
	if len(r.Target) > 0 {
		args = append(args, "target", string(r.Target[:min(len(r.Target), 256)]))
	}
	if s.server != nil {
		args = append(args, "server", s.server.addr)
	}
	if len(r.Field) > 0 {
		args = append(args, "field", escaped(r.Field))
	}
	if len(r.Bytes) > 0 {
		args = append(args, "bytes", escaped(r.Bytes))
	}
	l.log.Say(klog.Fault, "refused", args...)
}

// escaped is foreign bytes as a log may hold them: what is not visible ASCII or
// a blank, and the percent sign, as in a URI.
func escaped(b []byte) string {
	const digits = "0123456789ABCDEF"
	var s strings.Builder
	for _, c := range b {
		if c < ' ' || c > '~' || c == '%' {
			s.WriteString(string([]byte{'%', digits[c>>4], digits[c&15]}))
			continue
		}
		s.WriteByte(c)
	}
	return s.String()
}

// summarize says once a second how many lines were left out.
func (l *Loop) summarize() {
	l.makeUp(&l.refusals, "refused more")
	l.makeUp(&l.failures, "more servers failed")
}

func (l *Loop) makeUp(r *ration, msg string) {
	if r.untold > 0 {
		l.log.Say(klog.Fault, msg, "loop", l.index, "number", r.untold)
	}
	*r = ration{}
}

// complain logs that the machine has run out of something, once a second at
// most for all loops together.
func (l *Loop) complain(msg, service string, err error) {
	now := time.Now().Unix()
	if last := l.complained.Load(); last != now && l.complained.CompareAndSwap(last, now) {
		l.log.Say(klog.Announce, msg, "service", service, "err", err)
	}
}
