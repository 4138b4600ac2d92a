package loop

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/table"
)

// place is one of a service's addresses.
type place struct {
	service string
	addr    netip.AddrPort
}

// running is a service that listens: in each loop, at one of its addresses. Another
// address takes other sockets, which are there before these are closed, and leaves those
// of the addresses that stay as they are:
//
//	        Prepare              settle(true)
//	(none) ---------> held ----------------------> accepting
//	                   |  settle(false)                | of another address, or stopped:
//	                   +----------------> closed <-----+ what waits is accepted first
type running struct {
	live      *table.ServiceLive
	dual      bool // IPv4 too, at [::]
	free      bool // Service.Freebind
	listeners []*listener
}

// never is when a listener that is held would accept.
const never = time.Duration(1<<63 - 1)

// is reports whether that is how the service is to run at that address.
func (r *running) is(svc *table.Service, at netip.AddrPort, in *table.Snapshot) bool {
	return r != nil && svc != nil && svc.Running && r.live == svc.Live && svc.ListensAt(at) &&
		r.dual == in.TakesIPv4(svc, at) && r.free == svc.Freebind
}

// own is an address where this process listens.
type own struct {
	stays bool // it goes on to
	dual  bool // of IPv4, too
}

// Prepare opens the sockets of whatever is to run in next and does not listen yet.
// They queue connections and accept none before settle(true), which also closes what
// is to listen no more; settle(false) takes everything back. The error is a
// *table.ListenError, and then nothing was opened. One Prepare at a time: what g runs
// must not change before it is settled.
func (g *Group) Prepare(next *table.Snapshot) (settle func(taken bool), err error) {
	g.mu.Lock()
	going := g.going(next)
	ours := map[netip.AddrPort]own{}
	for at, r := range g.running {
		ours[at.addr] = own{stays: ours[at.addr].stays || going[at] == nil, dual: ours[at.addr].dual || r.dual}
	}
	opened := map[place]*running{}
	for _, svc := range next.Services {
		if err = g.openAll(svc, next, ours, opened); err != nil {
			break
		}
	}
	g.mu.Unlock()
	if err != nil {
		g.abandon(opened)
		return nil, err
	}
	return func(taken bool) {
		if !taken {
			g.abandon(opened)
			return
		}
		g.replace(next, opened, going)
	}, nil
}

// openAll opens those addresses of a service that runs in next at which it does not
// listen yet, and adds them to opened and to ours. The error is a *table.ListenError.
func (g *Group) openAll(svc *table.Service, next *table.Snapshot, ours map[netip.AddrPort]own, opened map[place]*running) error {
	if !svc.Running {
		return nil
	}
	for addr := range svc.Listens() {
		at := place{svc.Name, addr}
		if g.running[at].is(svc, addr, next) {
			continue
		}
		r, err := g.open(svc, addr, next.TakesIPv4(svc, addr), ours)
		if err != nil {
			return &table.ListenError{Service: svc.Name, Err: err}
		}
		opened[at] = r
		ours[addr] = own{stays: true, dual: r.dual || ours[addr].dual} // what goes is there until then
	}
	return nil
}

// going are those that listen and are not to, once next is the table.
func (g *Group) going(next *table.Snapshot) map[place]*running {
	going := map[place]*running{}
	for at, r := range g.running {
		if !r.is(next.Lookup(at.service), at.addr, next) {
			going[at] = r
		}
	}
	return going
}

// replace takes the place of what goes with what was opened.
func (g *Group) replace(next *table.Snapshot, opened, going map[place]*running) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for at, r := range going {
		delete(g.running, at)
		svc := next.Lookup(at.service)
		end := (*listener).stop
		if svc != nil && svc.Running && svc.Live == r.live {
			end = (*listener).leave
		}
		for _, lis := range r.listeners {
			lis.loop.call(func() { end(lis) })
		}
		g.cfg.Log.Say(klog.Daemon, "stopped listening", "service", at.service, "address", at.addr)
	}
	backlog := int(g.cfg.Knobs.MaxBacklog.Get())
	for at, r := range opened {
		for _, lis := range r.listeners {
			lis.loop.call(func() {
				unix.Listen(lis.fd, backlog) // which may have changed
				lis.retry = 0
				lis.resume()
			})
		}
		g.running[at] = r
		g.cfg.Log.Say(klog.Daemon, "listening", "service", at.service, "address", at.addr)
	}
}

// abandon closes sockets that were opened and have accepted nothing.
func (g *Group) abandon(opened map[place]*running) {
	for _, r := range opened {
		for _, lis := range r.listeners {
			lis.loop.call(func() {
				lis.close()
				lis.loop.forget(lis)
			})
		}
	}
}

// open binds and listens at an address in every loop, and accepts nothing yet. The error is the
// kernel's, and then nothing listens.
func (g *Group) open(svc *table.Service, addr netip.AddrPort, dual bool, ours map[netip.AddrPort]own) (*running, error) {
	if !beside(addr, dual, ours) {
		if err := inUse(svc, addr, dual); err != nil {
			return nil, err
		}
	}
	r := &running{live: svc.Live, dual: dual, free: svc.Freebind}
	for _, l := range g.loops {
		fd, err := listenSocket(svc, addr, dual, int(g.cfg.Knobs.MaxBacklog.Get()), true)
		if err == nil {
			l.call(func() {
				var lis *listener
				if lis, err = l.listen(svc, addr.Port(), fd, len(g.loops)); err != nil {
					unix.Close(fd)
					return
				}
				lis.pause(never)
				r.listeners = append(r.listeners, lis)
			})
		}
		if err != nil {
			g.abandon(map[place]*running{{svc.Name, addr}: r})
			return nil, unable(svc, addr, dual, err)
		}
	}
	return r, nil
}

// beside reports whether the kernel would refuse the address to a socket that does
// not share it, because of this process's own: one of all addresses beside one of
// them, or one that is about to be closed. Two services never share one address, and
// none has one twice.
func beside(addr netip.AddrPort, dual bool, ours map[netip.AddrPort]own) bool {
	if of, found := ours[addr]; found {
		return !of.stays
	}
	for other, of := range ours {
		all := addr.Addr().IsUnspecified() || other.Addr().IsUnspecified()
		if addr.Port() == other.Port() && all && (addr.Addr().Is4() == other.Addr().Is4() || dual || of.dual) {
			return true
		}
	}
	return false
}

// StopAll closes every listener and has all connections finish. It does not wait for
// them.
func (g *Group) StopAll() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for at, r := range g.running {
		for _, lis := range r.listeners {
			lis.loop.call(lis.stop)
		}
		delete(g.running, at)
	}
}
