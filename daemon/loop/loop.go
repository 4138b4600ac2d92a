package loop

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

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
	loops int // there are
	poll  poll.Poller
	store *table.Store
	knobs *knob.Knobs
	log   *klog.Logger
	start time.Time

	ctx       *relay.Context
	conns     []*conn // by slot
	freeConns []*conn
	idle      *pool.Idle
	wheel     wheel
	holders   holders
	listeners []*listener
	bySlot    map[uint32]*listener
	paused    int // listeners that are
	pipes     []*pipe
	busy      []*transfer // have more to move at once
	events    []relay.Event
	sa        sockaddr

	sources    *limit.Sources // of all loops
	debug      int32          // debug_level
	maxPerAddr int            // connections open at once from one source
	connRate   int            // new connections a second from one source
	away       int            // connections that were refused and not yet closed
	nextSecond time.Duration
	memory     *memory       // of the process
	complained *atomic.Int64 // the second in which a loop last logged that something ran out
	stop       bool

	// sessions counts the open ones, for whoever waits for them to end.
	sessions atomic.Int64

	mu    sync.Mutex
	queue []func() // run by the goroutine

	done chan struct{}
}

const (
	idlePerServer = 1024
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
		start:  time.Now(),
		ctx:    relay.NewContext(index),
		idle:   pool.NewIdle(idlePerServer),
		bySlot: map[uint32]*listener{},
		done:   make(chan struct{}),
	}
	l.sources = cfg.sources
	l.complained, l.memory = cfg.complained, cfg.memory
	l.ctx.Sources, l.ctx.Veil = cfg.sources, cfg.Veil
	return l
}

// do has f run by the loop's goroutine.
func (l *Loop) do(f func()) {
	l.mu.Lock()
	l.queue = append(l.queue, f)
	l.mu.Unlock()
	l.poll.Wake()
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
		for l.poll.Next(&ev) {
			l.handle(&ev)
			l.relieve()
		}
		l.move()
		l.timers()
	}
	l.closeAll()
}

// bound is how long the next wait may last.
func (l *Loop) bound() time.Duration {
	if len(l.busy) > 0 {
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
	for {
		id, ok := l.idle.Expired(c.Now - c.Timeouts.KeepAlive)
		if !ok {
			break
		}
		l.discard(l.conns[id])
	}
	l.idle.Forget()
	l.trimPipes()
	l.memory.letGo(c.Buffers.Trim())
	l.memory.look(c.Unix)
	for _, lis := range l.listeners {
		lis.spareTick(c.Now)
	}
}

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
			e.Surplus = !l.poll.Drained(c.slot)
		}
		if len(ev.Data) == 0 && ev.Err == 0 && c.broken {
			// The error was told to the send that failed.
			e = relay.Event{Kind: relay.Failed, Side: c.side, Cause: relay.Reset, Reused: c.uses > 1}
		}
		if ev.Err != 0 {
			e = relay.Event{Kind: relay.Failed, Side: c.side, Cause: cause(ev.Err), Reused: c.uses > 1}
		}
		l.step(c.sess, e)
	case poll.Writable:
		l.writable(c)
	case poll.Readable:
		if c.moving != nil {
			l.transfer(c.moving)
		}
	case poll.HungUp:
		// Only a client whose next bytes nobody waits for: others show their
		// end when they are read.
		if c.side == relay.Client && c.sess.Wants(relay.Client) == 0 && !c.finish {
			l.step(c.sess, relay.Event{Kind: relay.Failed, Side: relay.Client, Cause: relay.Reset})
		}
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
	queued := c.queued()
	if errno := l.flush(c); errno != 0 && c.side == relay.Client {
		l.step(s, relay.Event{Kind: relay.Failed, Side: relay.Client, Cause: cause(errno)})
		return
	}
	if s.Closed() {
		if !c.queued() {
			l.end(s)
		}
		return
	}
	if queued {
		l.step(s, relay.Event{Kind: relay.Progress, Side: c.side.Other(), Blocked: true})
		if c.sess != s {
			return
		}
	}
	if c.queued() {
		return
	}
	l.holders.note(s)
	other := s.client
	if c.side == relay.Client {
		other = s.server
	}
	if other != nil && other.moving != nil {
		l.transfer(other.moving)
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
	for i := 0; i < len(l.events) && !s.Closed(); i++ {
		l.ctx.Snapshot = l.store.Snapshot()
		e := l.events[i]
		if l.debug > klog.Announce {
			l.trace(s, &e)
		}
		l.exec(s, s.Step(l.ctx, &e))
	}
	if s.client == nil {
		return
	}
	l.holders.note(s)
	if s.Closed() {
		// Until the client has taken the rest, or too long does not.
		l.wheel.set(&s.timer, l.ctx.Now+l.ctx.Timeouts.Read)
		return
	}
	l.wheel.set(&s.timer, s.Deadline())
	l.arm(s)
}

// arm waits for what the session wants, from sides whose other side has taken
// all that it was given.
func (l *Loop) arm(s *session) {
	if n := s.Wants(relay.Client); n > 0 && !s.server.blocked() {
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

func (l *Loop) runQueue() {
	l.mu.Lock()
	queue := l.queue
	l.queue = nil
	l.mu.Unlock()
	for _, f := range queue {
		f()
	}
}

// timers ends what has waited too long, and looks at paused listeners.
func (l *Loop) timers() {
	for t := l.wheel.expired(l.ctx.Now); t != nil; t = l.wheel.expired(l.ctx.Now) {
		if s := t.owner; s.Closed() {
			l.end(s)
		} else {
			l.step(s, relay.Event{
				Kind:    relay.Expired,
				Reused:  s.server != nil && s.server.uses > 1,
				Calling: s.server.calling(),
				Blocked: s.obstructed(),
				Stalled: s.client.queued(),
			})
		}
	}
	if l.paused > 0 {
		for _, lis := range l.listeners {
			if lis.paused {
				lis.resume()
			}
		}
	}
}

// end closes the client's connection and forgets the session.
func (l *Loop) end(s *session) {
	l.wheel.set(&s.timer, 0)
	l.holders.remove(s)
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
	for {
		id, ok := l.idle.Expired(1 << 62)
		if !ok {
			break
		}
		l.discard(l.conns[id])
	}
	for _, p := range l.pipes {
		p.close()
	}
	l.poll.Close()
}
