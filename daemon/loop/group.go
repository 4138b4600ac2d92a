package loop

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/knob"
	"ktcpvs/daemon/limit"
	"ktcpvs/daemon/poll"
	"ktcpvs/daemon/relay"
	"ktcpvs/daemon/table"
)

// Config is what a Group needs.
type Config struct {
	Loops int
	Open  func() (poll.Poller, error)
	Store *table.Store
	Knobs *knob.Knobs
	Log   *klog.Logger
	Veil  relay.Veil // of the session cookies
	Via   string     // the daemon's pseudonym; "": ktcpvs

	// What the loops share.
	sources    *limit.Sources
	complained *atomic.Int64
	memory     *memory
}

// Group is all loops of the daemon. Its methods may be called from any
// goroutine; each waits for the loops to have done it.
type Group struct {
	cfg   Config
	loops []*Loop

	mu      sync.Mutex
	running map[string][]*listener // by service; a listener a loop
}

// NewGroup starts the loops.
func NewGroup(cfg Config) (*Group, error) {
	cfg.sources, cfg.complained, cfg.memory = limit.NewSources(), new(atomic.Int64), newMemory()
	g := &Group{cfg: cfg, running: map[string][]*listener{}}
	for i := range cfg.Loops {
		p, err := cfg.Open()
		if err != nil {
			g.Close()
			return nil, err
		}
		l := newLoop(i, p, &cfg)
		g.loops = append(g.loops, l)
		go l.run()
	}
	cfg.Knobs.MaxBacklog.OnChange(func(_, n int32) { g.backlog(int(n)) })
	for _, k := range cfg.Knobs.All() {
		k.OnChange(func(_, _ int32) {
			for _, l := range g.loops {
				l.call(l.readKnobs)
			}
		})
	}
	return g, nil
}

// Poller names the kernel interface in use.
func (g *Group) Poller() string { return g.loops[0].poll.Name() }

// Start binds and listens for the service in every loop. The error wraps the
// kernel's errno, and then nothing listens.
func (g *Group) Start(svc *table.Service) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running[svc.Name] != nil {
		return nil
	}
	if err := inUse(svc); err != nil {
		return err
	}
	backlog := int(g.cfg.Knobs.MaxBacklog.Get())
	var fds []int
	for range g.loops {
		fd, err := listenSocket(svc, backlog, len(g.loops) > 1)
		if err != nil {
			for _, fd := range fds {
				unix.Close(fd)
			}
			return fmt.Errorf("listen on %v: %w", svc.Listen, err)
		}
		fds = append(fds, fd)
	}
	var failed error
	var started []*listener
	for i, l := range g.loops {
		l.call(func() {
			if err := l.listen(svc, fds[i], len(g.loops)); err != nil {
				failed = err
				unix.Close(fds[i])
				return
			}
			started = append(started, l.listeners[len(l.listeners)-1])
		})
	}
	if failed != nil {
		g.stop(started)
		return failed
	}
	g.running[svc.Name] = started
	g.cfg.Log.Say(klog.Daemon, "listening", "service", svc.Name, "address", svc.Listen)
	return nil
}

// Stop closes the service's listeners and has its connections finish. It does
// not wait for them.
func (g *Group) Stop(name string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if started := g.running[name]; started != nil {
		g.stop(started)
		delete(g.running, name)
		g.cfg.Log.Say(klog.Daemon, "stopped listening", "service", name)
	}
	return nil
}

// Changed has the listeners follow the table: a service may have got another
// scheduler. When it returns, every loop has come by, and is done with what it
// had read of the table before.
func (g *Group) Changed() {
	for _, l := range g.loops {
		l.call(func() {
			for _, lis := range l.listeners {
				lis.follow()
			}
		})
	}
}

func (g *Group) stop(started []*listener) {
	for _, lis := range started {
		lis.loop.call(lis.stop)
	}
}

// backlog gives every listener a new queue length; listen on a listening
// socket does just that.
func (g *Group) backlog(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, started := range g.running {
		for _, lis := range started {
			lis.loop.call(func() {
				if lis.fd >= 0 {
					unix.Listen(lis.fd, n)
				}
			})
		}
	}
}

// Sessions is how many client connections are open.
func (g *Group) Sessions() int {
	var n int64
	for _, l := range g.loops {
		n += l.sessions.Load()
	}
	return int(n)
}

// Wait returns when no connection is open, or with ctx's error.
func (g *Group) Wait(ctx context.Context) error {
	t := time.NewTicker(10 * time.Millisecond)
	defer t.Stop()
	for g.Sessions() > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
	return nil
}

// Connection is one line of the list of connections.
type Connection struct {
	Service string
	Client  netip.AddrPort
	Server  netip.AddrPort // invalid: none at the moment
	State   string
	Loop    int
}

// Connections lists the open ones, each loop's at one moment.
func (g *Group) Connections() []Connection {
	var list []Connection
	for _, l := range g.loops {
		l.call(func() {
			for _, lis := range l.listeners {
				for s := lis.first; s != nil; s = s.next {
					c := Connection{Service: lis.name, Client: s.client.addr, State: s.State(), Loop: l.index}
					if s.server != nil {
						c.Server = s.server.addr
					}
					list = append(list, c)
				}
			}
		})
	}
	return list
}

// Close ends all loops and whatever is open in them.
func (g *Group) Close() {
	for _, l := range g.loops {
		l.do(func() { l.stop = true })
	}
	for _, l := range g.loops {
		<-l.done
	}
}
