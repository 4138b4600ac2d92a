package loop

import (
	"cmp"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/knob"
	"ktcpvs/daemon/limit"
	"ktcpvs/daemon/poll"
	"ktcpvs/daemon/pool"
	"ktcpvs/daemon/relay"
	"ktcpvs/daemon/table"
)

// Loop is one reactor. All its fields but the queue belong to its goroutine.
//
//	wait --> events --> sessions step --> operations --> timers --> queue --+
//	  ^                                                                     |
//	  +---------------------------------------------------------------------+
type Loop struct {
	index int
	loops int     // there are
	peers []*Loop // all of them, this one too
	poll  poll.Poller
	store *table.Store
	knobs *knob.Knobs
	log   *klog.Logger
	start time.Time

	ctx       *relay.Context
	conns     []*conn  // by slot
	freeConns []*conn  // of slots without a socket
	leastFree int      // the fewest of these since the last second
	bareSlots []uint32 // slots without either
	idle      *pool.Idle
	wheel     wheel
	due       []*timer // of which it must still be asked whether something has come in time
	dueAt     time.Duration
	dueFor    int   // passes
	mostHeld  int64 // bytes that sessions may hold
	short     int64 // of more than that, what those of one service hold; 0: there is room
	listeners []*listener
	bySlot    map[uint32]*listener
	byPort    map[uint16][]*listener // that have a socket
	paused    int                    // listeners that are
	pipes     []*pipe
	pipeless  time.Duration // until when the kernel is not asked for more
	busy      []*transfer   // have more to move at once
	events    []relay.Event
	handled   int // events in the last pass
	accepted  int // connections, ever
	sa        sockaddr
	info      unix.TCPInfo

	herald      *herald        // of all loops
	sources     *limit.Sources // of all loops
	debug       int32          // debug_level
	maxPerAddr  int            // connections open at once from one source
	connRate    int            // new connections a second from one source
	away        int            // connections that were refused and not yet closed
	serverProbe int            // server_keepalive
	nextSecond  time.Duration
	refusals    ration        // logged
	failures    ration        // of servers, logged
	memory      *memory       // of the process
	complained  *atomic.Int64 // the second in which a loop last logged that something ran out
	stop        bool

	// sessions counts the open ones, for whoever waits for them to end.
	sessions atomic.Int64

	mu    sync.Mutex
	queue []func() // run by the goroutine
	ended bool     // and nobody runs it any more

	done chan struct{}
}

const (
	idlePerServer = 1024
	ever          = time.Duration(1 << 62)
	hurry         = 100 * time.Millisecond // between looks at a listener that had to pause

	// mostAway is how many refused connections may wait for their client to take
	// the answer. Those past it are closed without one.
	mostAway = 64
)

func newLoop(index int, p poll.Poller, cfg *Config) *Loop {
	l := &Loop{
		index:  index,
		loops:  cfg.Loops,
		poll:   p,
		store:  cfg.Store,
		knobs:  cfg.Knobs,
		log:    cfg.Log,
		start:  cfg.start,
		ctx:    relay.NewContext(index),
		idle:   pool.NewIdle(idlePerServer),
		bySlot: map[uint32]*listener{},
		byPort: map[uint16][]*listener{},
		done:   make(chan struct{}),
	}
	l.sources, l.herald = cfg.sources, cfg.herald
	l.complained, l.memory = cfg.complained, cfg.memory
	l.ctx.Sources, l.ctx.Veil = cfg.sources, cfg.Veil
	l.ctx.Via = cmp.Or(cfg.Via, l.ctx.Via)
	return l
}

// do has f run by the loop's goroutine, unless the loop has ended: the poller
// is closed then, and its descriptor may be another file's.
func (l *Loop) do(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.queue = append(l.queue, f)
		l.poll.Wake()
	}
}

// call has f run by the loop's goroutine and waits for it; false when the loop
// has ended.
func (l *Loop) call(f func()) bool {
	ran := make(chan struct{})
	l.do(func() { f(); close(ran) })
	select {
	case <-ran:
		return true
	case <-l.done:
		return false
	}
}

// run is the loop's goroutine.
func (l *Loop) run() {
	runtime.LockOSThread()
	defer close(l.done)
	var ev poll.Event
	l.readKnobs()
	l.refresh()
	for !l.stop {
		if err := l.poll.Wait(l.bound()); err != nil {
			l.log.Say(klog.Fault, "waiting for events", "loop", l.index, "err", err)
			time.Sleep(hurry) // a kernel that refuses to wait must not be asked in a spin
		}
		l.refresh()
		handled := 0
		for ; l.poll.Next(&ev); handled++ {
			l.handle(&ev)
			l.relieve()
		}
		l.handled = handled
		l.move()
		l.timers()
		l.resumePaused()
		l.relieve()
		l.endPass()
	}
	l.closeAll()
}

// bound is how long the next wait may last.
func (l *Loop) bound() time.Duration {
	if len(l.busy) > 0 || len(l.due) > 0 || l.short > 0 {
		return 0
	}
	d := l.wheel.wait(l.ctx.Now)
	if len(l.listeners) > 0 || l.idle.Len() > 0 || len(l.pipes) > 0 {
		d = min(d, l.nextSecond-l.ctx.Now)
	}
	if l.paused > 0 {
		d = min(d, hurry)
	}
	return max(d, 0)
}

// refresh brings the context up to date, once a pass.
func (l *Loop) refresh() {
	c := l.ctx
	c.Now = time.Since(l.start)
	if c.Now >= l.nextSecond {
		l.everySecond()
	}
}

// everySecond does what need not be exact.
func (l *Loop) everySecond() {
	c := l.ctx
	now := time.Now()
	c.Unix = now.Unix()
	c.Date = now.UTC().AppendFormat(c.Date[:0], "Mon, 02 Jan 2006 15:04:05 GMT")
	l.nextSecond = c.Now + time.Second
	l.closeIdle(c.Now-c.Timeouts.KeepAlive, 0)
	l.idle.Forget()
	l.summarize()
	l.trimPipes()
	l.memory.letGo(c.Buffers.Trim() + l.trimSlots())
	l.memory.look(c.Unix)
	if l.memory.tight.Load() {
		l.closeIdle(ever, l.idle.Len()/2) // nothing else costs as little to give up
	}
	for _, lis := range l.listeners {
		lis.spareTick(c.Now)
	}
}

// closeIdle closes the server connections that have been idle since before then,
// the oldest first, as long as there are more than keep.
func (l *Loop) closeIdle(before time.Duration, keep int) {
	for l.idle.Len() > keep {
		id, ok := l.idle.Expired(before)
		if !ok {
			return
		}
		l.retire(l.conns[id])
	}
}

func (l *Loop) runQueue() {
	l.mu.Lock()
	queue := l.queue
	l.queue = nil
	l.mu.Unlock()
	for _, f := range queue {
		f()
	}
}

// part closes the client's connection in order, and forgets the session.
func (l *Loop) part(s *session) {
	s.client.guarded(false)
	l.end(s)
}

// end closes the client's connection and forgets the session.
func (l *Loop) end(s *session) {
	l.wheel.set(&s.timer, 0)
	l.unlist(s)
	if s.server != nil {
		l.discard(s.server)
		s.server = nil
	}
	l.discard(s.client)
	s.client = nil
	s.lis.remove(s)
}

func (l *Loop) closeAll() {
	for len(l.listeners) > 0 {
		lis := l.listeners[0]
		for s := lis.first; s != nil; s = lis.first {
			if !s.Closed() {
				l.step(s, relay.Event{Kind: relay.Failed, Side: relay.Client})
			}
			if s.client != nil {
				l.end(s)
			}
		}
		lis.close()
		l.forget(lis)
	}
	l.closeIdle(ever, 0)
	for _, p := range l.pipes {
		p.close()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.poll.Close()
}
