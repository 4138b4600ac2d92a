package loop

import (
	"context"
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
	start      time.Time // of their clocks
	herald     *herald
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
	running map[place]*running
}

// NewGroup starts the loops.
func NewGroup(cfg Config) (*Group, error) {
	cfg.sources, cfg.complained, cfg.memory = limit.NewSources(), new(atomic.Int64), newMemory()
	cfg.start, cfg.herald = time.Now(), newHerald(cfg.Store, cfg.Log)
	g := &Group{cfg: cfg, running: map[place]*running{}}
	for i := range cfg.Loops {
		p, err := cfg.Open()
		if err != nil {
			for _, l := range g.loops {
				l.poll.Close()
			}
			return nil, err
		}
		l := newLoop(i, p, &cfg)
		g.loops = append(g.loops, l)
	}
	go cfg.herald.run()
	for _, l := range g.loops {
		l.peers = g.loops
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

// Changed has the listeners follow the table: a service may have got another
// scheduler. When it returns, every loop has come by, and is done with what it
// had read of the table before.
func (g *Group) Changed() {
	g.cfg.herald.look()
	for _, l := range g.loops {
		l.call(func() {
			for _, lis := range l.listeners {
				lis.follow()
			}
		})
	}
}

// backlog gives every listener a new queue length; listen on a listening
// socket does just that.
func (g *Group) backlog(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range g.running {
		for _, lis := range r.listeners {
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
	g.cfg.herald.end()
}
