package loop

import (
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/pool"
	"ktcpvs/daemon/relay"
	"ktcpvs/daemon/table"
)

// listener is the listening socket of one address of a service in one loop, and the
// sessions that came of it. It outlives its socket until the last of them has ended.
type listener struct {
	loop   *Loop
	name   string
	live   *table.ServiceLive
	fd     int // -1 once closed
	slot   uint32
	port   uint16
	eager  bool // clients speak first: a connection comes with its first bytes
	paused bool // served as many as may be, or out of descriptors
	retry  time.Duration

	counted   int           // in the listen queue, as Limited
	lookAt    time.Duration // there again, when full
	appealing bool          // for places
	idlers    idlers

	first    *session // open sessions
	count    int
	holdings *holdings  // of all addresses of the service
	spare    []*session // warm connection contexts
	least    int        // the fewest of these since the last tick: nobody has needed them
	keep     pool.Spare
}

// acceptPer is how many events a pass of the loop has for each connection it
// accepts beyond one. Newcomers past that wait in the listen queue, where they
// keep nobody waiting, and when there is little else to do no call of accept
// finds the queue empty.
const acceptPer = 128

// follow takes in that the service may have got another scheduler.
func (lis *listener) follow() {
	svc := lis.loop.store.Snapshot().At(lis.live)
	if svc == nil || lis.fd < 0 {
		return
	}
	lis.keep.Min, lis.keep.Max = spares(svc, lis.loop.loops)
	if svc.Scheduler.Content != lis.eager {
		lis.eager = svc.Scheduler.Content
		unix.SetsockoptInt(lis.fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, deferAccept(lis.eager))
	}
}

// share is one loop's part of n.
func share(n, loops int) int { return (n + loops - 1) / loops }

// spares are how many contexts a loop keeps warm at one address.
func spares(svc *table.Service, loops int) (least, most int) {
	n := loops * (1 + len(svc.Also))
	return share(svc.MinSpareServers, n), share(max(svc.MinSpareServers, svc.MaxSpareServers), n)
}

// listen begins to accept connections of the service from fd, which listens at that port.
func (l *Loop) listen(svc *table.Service, port uint16, fd, loops int) (*listener, error) {
	c := l.place()
	slot := c.slot
	*c = conn{fd: fd, slot: slot}
	if err := l.poll.AddListener(slot, fd); err != nil {
		l.freeSlot(c)
		return nil, err
	}
	least, most := spares(svc, loops)
	lis := &listener{
		loop:  l,
		name:  svc.Name,
		live:  svc.Live,
		fd:    fd,
		slot:  slot,
		port:  port,
		eager: svc.Scheduler.Content,
		keep:  pool.Spare{Min: least, Max: most},

		holdings: l.holdingsOf(svc.Live),
	}
	for range share(svc.StartServers, loops*(1+len(svc.Also))) {
		lis.spare = append(lis.spare, lis.newSession())
	}
	probe(fd, int(l.knobs.Limits.ClientKeepalive.Get())) // connections inherit it
	l.listeners = append(l.listeners, lis)
	l.bySlot[slot] = lis
	l.byPort[lis.port] = append(l.byPort[lis.port], lis)
	return lis, nil
}

func (lis *listener) newSession() *session {
	s := &session{lis: lis}
	s.timer.owner = s
	return s
}

// accept takes what waits, as far as maxclients goes, and reports whether it
// took a whole turn, so that there may be more.
func (lis *listener) accept() bool {
	l := lis.loop
	for range 1 + l.handled/acceptPer {
		if !lis.admit() {
			return false
		}
		fd, errno := l.sa.accept(lis.fd)
		switch errno {
		case 0:
			lis.open(fd, l.sa.get())
			continue
		case unix.EINTR, unix.ECONNABORTED:
			lis.live.Conns.Add(-1)
			continue
		}
		lis.live.Conns.Add(-1)
		if errno != unix.EAGAIN {
			lis.shed(errno)
		}
		return false
	}
	return true
}

// admit counts one more connection, or pauses the listener: past maxclients,
// and when memory for another session is not to be had, new ones wait in the
// listen queue.
func (lis *listener) admit() bool {
	if len(lis.spare) == 0 && lis.loop.memory.tight.Load() {
		lis.pause(lis.loop.ctx.Now + hurry)
		lis.loop.complain("cannot accept connections for the moment", lis.name, errMemory)
		return false
	}
	n := lis.live.Conns.Add(1)
	svc := lis.loop.store.Snapshot().At(lis.live)
	if svc == nil || n <= int64(svc.MaxClients) {
		return true
	}
	lis.live.Conns.Add(-1)
	lis.full(svc.MaxClients)
	return false
}

func (lis *listener) pause(until time.Duration) {
	lis.retry = until
	if !lis.paused && lis.fd >= 0 {
		lis.paused = true
		lis.loop.paused++
		lis.loop.poll.Pause(lis.slot, true)
	}
}

// resume lets a paused listener accept again once there is room.
func (lis *listener) resume() {
	if lis.fd < 0 || lis.loop.ctx.Now < lis.retry {
		return
	}
	if svc := lis.loop.store.Snapshot().At(lis.live); svc != nil && lis.live.Conns.Load() >= int64(svc.MaxClients) {
		if lis.loop.ctx.Now < lis.lookAt || lis.full(svc.MaxClients) {
			return
		}
	}
	lis.paused = false
	lis.loop.paused--
	lis.loop.poll.Pause(lis.slot, false)
}

// shed stops accepting for a moment, because the machine has run out of
// something; the connections wait in the listen queue.
func (lis *listener) shed(errno unix.Errno) {
	l := lis.loop
	// Idle server connections stay: those who are served need them more than
	// newcomers need their descriptors.
	lis.pause(l.ctx.Now + hurry)
	l.complain("cannot accept connections for the moment", lis.name, errno)
}

// open begins the session of an accepted connection, already counted.
func (lis *listener) open(fd int, from netip.AddrPort) {
	l := lis.loop
	lis.counted = max(lis.counted-1, 0)
	if l.accepted++; l.accepted%newcomers == 0 {
		l.memory.measure()
	}
	c, err := l.adopt(fd, relay.Client, lis.eager)
	if err != nil {
		lis.live.Conns.Add(-1)
		lis.shed(unix.ENOMEM)
		return
	}
	var s *session
	if n := len(lis.spare); n > 0 {
		s = lis.spare[n-1]
		lis.spare[n-1] = nil
		lis.spare = lis.spare[:n-1]
		lis.least = min(lis.least, n-1)
	} else {
		s = lis.newSession()
	}
	s.client, c.sess, c.addr = c, s, from
	if s.next = lis.first; s.next != nil {
		s.next.prev = s
	}
	s.prev, lis.first = nil, s
	lis.count++
	l.sessions.Add(1)
	if l.log.Enabled(klog.Lookup) {
		l.log.Say(klog.Lookup, "connection accepted", "service", lis.name, "client", from)
	}
	s.Open(lis.live, from.Addr())
	if l.maxPerAddr > 0 || l.connRate > 0 {
		if s.counted = l.sources.Open(from.Addr(), l.maxPerAddr, l.connRate, l.ctx.Now); !s.counted {
			l.turnAway(s)
			return
		}
	}
	l.step(s, relay.Event{Kind: relay.Opened})
}

// turnAway refuses a source that has too many connections, in HTTP where that
// is spoken. It no longer counts among maxclients, or one source could keep all
// others waiting with connections that are refused.
func (l *Loop) turnAway(s *session) {
	s.turnedAway = true
	l.away++
	s.lis.live.Conns.Add(-1)
	if s.lis.eager && l.away <= mostAway {
		l.step(s, relay.Event{Kind: relay.Refuse, N: 429})
		return
	}
	s.lis.live.Stats.Cell(l.index).Errors.Add(1)
	l.refused(s, &relay.Refusal{Reason: relay.TooManyConns})
	l.step(s, relay.Event{Kind: relay.Failed, Side: relay.Client})
}

// remove takes in that a session has ended.
func (lis *listener) remove(s *session) {
	l := lis.loop
	if s.next != nil {
		s.next.prev = s.prev
	}
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		lis.first = s.next
	}
	s.next, s.prev = nil, nil
	lis.count--
	l.sessions.Add(-1)
	if s.turnedAway {
		s.turnedAway = false
		l.away--
	} else {
		lis.live.Conns.Add(-1)
	}
	if l.log.Enabled(klog.Lookup) {
		l.log.Say(klog.Lookup, "connection expired", "service", lis.name)
	}
	if s.counted {
		s.counted = false
		l.sources.Close(s.Source)
	}
	if lis.paused {
		lis.resume()
	}
	if lis.fd >= 0 {
		lis.spare = append(lis.spare, s)
	} else if lis.count == 0 {
		l.forget(lis)
	}
}

// spareTick keeps the number of warm contexts as the service asks.
func (lis *listener) spareTick(now time.Duration) {
	if lis.fd < 0 {
		return
	}
	switch n := lis.keep.Tick(len(lis.spare), lis.least, now); {
	case n > 0:
		for range n {
			lis.spare = append(lis.spare, lis.newSession())
		}
	case n < 0:
		last := len(lis.spare) + n
		clear(lis.spare[last:])
		lis.spare = lis.spare[:last]
		lis.loop.memory.letGo(int64(-n) * sessionSize)
	}
	lis.least = len(lis.spare)
}

// stop is leave for a service that stops: its sessions are to finish.
func (lis *listener) stop() {
	lis.leave()
	for s, next := lis.first, (*session)(nil); s != nil; s = next {
		next = s.next
		lis.loop.step(s, relay.Event{Kind: relay.Drain})
	}
}

// leave closes the socket, after taking what already waits at it, the backlog and
// one more. Who goes on connecting cannot keep it from that.
func (lis *listener) leave() {
	for most := lis.loop.knobs.MaxBacklog.Get(); most >= 0 && lis.accept(); most-- {
	}
	lis.close()
	if lis.count == 0 {
		lis.loop.forget(lis)
	}
}

func (lis *listener) close() {
	if lis.fd < 0 {
		return
	}
	l := lis.loop
	l.poll.Remove(lis.slot)
	delete(l.bySlot, lis.slot)
	if others := slices.DeleteFunc(l.byPort[lis.port], func(other *listener) bool { return other == lis }); len(others) > 0 {
		l.byPort[lis.port] = others
	} else {
		delete(l.byPort, lis.port)
	}
	unix.Close(lis.fd)
	l.freeSlot(l.conns[lis.slot])
	if lis.paused {
		lis.paused = false
		l.paused--
	}
	l.memory.letGo(int64(len(lis.spare)) * sessionSize)
	lis.fd, lis.spare, lis.idlers = -1, nil, idlers{}
}

// forget drops a listener without socket and sessions.
func (l *Loop) forget(lis *listener) {
	for i := range l.listeners {
		if l.listeners[i] == lis {
			l.listeners = append(l.listeners[:i], l.listeners[i+1:]...)
			return
		}
	}
}
