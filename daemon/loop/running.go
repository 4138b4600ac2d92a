package loop

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/table"
)

// running is a service that listens: in each loop, at one address. Another address
// takes other sockets, which are there before these are closed:
//
//	        Prepare              settle(true)
//	(none) ---------> held ----------------------> accepting
//	                   |  settle(false)                | of another address, or stopped:
//	                   +----------------> closed <-----+ what waits is accepted first
type running struct {
	live      *table.ServiceLive
	listen    netip.AddrPort
	dual      bool // IPv4 too, at [::]
	free      bool // Service.Freebind
	listeners []*listener
}

// never is when a listener that is held would accept.
const never = time.Duration(1<<63 - 1)

// is reports whether that is how the service is to run.
func (r *running) is(svc *table.Service, in *table.Snapshot) bool {
	return r != nil && svc != nil && svc.Running && r.live == svc.Live && r.listen == svc.Listen &&
		r.dual == in.TakesIPv4(svc) && r.free == svc.Freebind
}

// Prepare opens the sockets of whatever is to run in next and does not listen yet.
// They queue connections and accept none before settle(true), which also closes what
// is to listen no more; settle(false) takes everything back. The error is a
// *table.ListenError, and then nothing was opened. One Prepare at a time: what g runs
// must not change before it is settled.
func (g *Group) Prepare(next *table.Snapshot) (settle func(taken bool), err error) {
	g.mu.Lock()
	going := g.going(next)
	ours := map[netip.AddrPort]bool{} // where this process listens, and whether it goes on
	for name, r := range g.running {
		ours[r.listen] = ours[r.listen] || going[name] == nil
	}
	opened := map[string]*running{}
	for _, svc := range next.Services {
		if !svc.Running || g.running[svc.Name].is(svc, next) {
			continue
		}
		r, failed := g.open(svc, next.TakesIPv4(svc), ours)
		if failed != nil {
			err = &table.ListenError{Service: svc.Name, Err: failed}
			break
		}
		opened[svc.Name] = r
		ours[svc.Listen] = true
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

// going are those that listen and are not to, once next is the table.
func (g *Group) going(next *table.Snapshot) map[string]*running {
	going := map[string]*running{}
	for name, r := range g.running {
		if !r.is(next.Lookup(name), next) {
			going[name] = r
		}
	}
	return going
}

// replace takes the place of what goes with what was opened.
func (g *Group) replace(next *table.Snapshot, opened, going map[string]*running) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for name, r := range going {
		delete(g.running, name)
		svc := next.Lookup(name)
		end := (*listener).stop
		if svc != nil && svc.Running && svc.Live == r.live {
			end = (*listener).leave
		}
		for _, lis := range r.listeners {
			lis.loop.call(func() { end(lis) })
		}
		g.cfg.Log.Say(klog.Daemon, "stopped listening", "service", name, "address", r.listen)
	}
	backlog := int(g.cfg.Knobs.MaxBacklog.Get())
	for name, r := range opened {
		for _, lis := range r.listeners {
			lis.loop.call(func() {
				unix.Listen(lis.fd, backlog) // which may have changed
				lis.retry = 0
				lis.resume()
			})
		}
		g.running[name] = r
		g.cfg.Log.Say(klog.Daemon, "listening", "service", name, "address", r.listen)
	}
}

// abandon closes sockets that were opened and have accepted nothing.
func (g *Group) abandon(opened map[string]*running) {
	for _, r := range opened {
		for _, lis := range r.listeners {
			lis.loop.call(func() {
				lis.close()
				lis.loop.forget(lis)
			})
		}
	}
}

// open binds and listens in every loop, and accepts nothing yet. The error is the
// kernel's, and then nothing listens. ours are the addresses where this process
// listens, and whether it goes on to.
func (g *Group) open(svc *table.Service, dual bool, ours map[netip.AddrPort]bool) (*running, error) {
	if !beside(svc.Listen, ours) {
		if err := inUse(svc, dual); err != nil {
			return nil, err
		}
	}
	r := &running{live: svc.Live, listen: svc.Listen, dual: dual, free: svc.Freebind}
	for _, l := range g.loops {
		fd, err := listenSocket(svc, dual, int(g.cfg.Knobs.MaxBacklog.Get()), true)
		if err == nil {
			l.call(func() {
				var lis *listener
				if lis, err = l.listen(svc, fd, len(g.loops)); err != nil {
					unix.Close(fd)
					return
				}
				lis.pause(never)
				r.listeners = append(r.listeners, lis)
			})
		}
		if err != nil {
			g.abandon(map[string]*running{svc.Name: r})
			return nil, unable(svc, dual, err)
		}
	}
	return r, nil
}

// beside reports whether the kernel would refuse the address to a socket that does
// not share it, because of this process's own: one of all addresses beside one of
// them, or one that is about to be closed. Two services never share one address.
func beside(addr netip.AddrPort, ours map[netip.AddrPort]bool) bool {
	if stays, found := ours[addr]; found {
		return !stays
	}
	for other := range ours {
		if addr.Port() == other.Port() && (addr.Addr().IsUnspecified() || other.Addr().IsUnspecified()) {
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
	for name, r := range g.running {
		for _, lis := range r.listeners {
			lis.loop.call(lis.stop)
		}
		delete(g.running, name)
	}
}
