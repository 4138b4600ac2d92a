// Package engine is the daemon's end of the conversation: it takes datagrams
// and gives datagrams, in the role that the kernel's generic netlink code and
// nlctrl have for a family of the kernel. It frames, checks, acknowledges,
// gathers batches, and paces lists for clients that read slowly. What a request
// means is its Handler's business; sockets and clocks are its caller's.
//
// Requests are served one after the other in the order of their arrival, as by
// a kernel family without parallel operations. Nobody's slowness delays
// anybody: what a client does not read waits in that client's own queue, which
// is bounded in bytes and in time, and lists are made in small parts, one client's
// after the other's, while no request waits.
package engine

import (
	"fmt"
	"iter"
	"time"

	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// Sender hands datagrams to clients.
type Sender interface {
	// Send never waits: EAGAIN when the client's buffer is full, and
	// ECONNREFUSED when the client is gone.
	Send(port uint32, datagram []byte) error

	// Alive tells whether the client's process is still there. It is asked once a
	// second for each batch, and must cost little. In doubt it is.
	Alive(who proto.Peer) bool
}

// Handler gives requests their meaning. An error goes to the client as its
// errno and text; make it a *proto.Error.
type Handler interface {
	// Do carries out a request that is only acknowledged.
	Do(from proto.Peer, r *proto.Request) error

	// Commit makes all of the changes, which are counted from 1, or none. Its
	// error names the change that failed by its Index.
	Commit(from proto.Peer, changes iter.Seq2[int, proto.Change]) error

	// List gives the answer to a GET: one value or, when the request asks
	// for a dump, all. It is read from one snapshot, perhaps long after.
	List(from proto.Peer, r *proto.Request) (iter.Seq[proto.Reply], error)
}

// Limits bound what clients can make the engine keep.
type Limits struct {
	Peers        int           // clients with a list or batch under way
	BatchChanges int           // changes of one batch
	BatchBytes   int           // bytes of one batch
	TotalBytes   int           // bytes of all batches
	QueueBytes   int           // answers that wait for one client
	TotalQueue   int           // bytes of answers that wait for all
	BatchIdle    time.Duration // a batch is dropped after this long without a message
	Stall        time.Duration // a queue is dropped after this long without a read
	List         time.Duration // a list is dropped after this long altogether
}

// DefaultLimits leave room for tables of a hundred thousand rules.
func DefaultLimits() Limits {
	return Limits{
		Peers:        1024,
		BatchChanges: 1 << 18,
		BatchBytes:   32 << 20,
		TotalBytes:   64 << 20,
		QueueBytes:   256 << 10,
		TotalQueue:   64 << 20,
		BatchIdle:    10 * time.Second,
		Stall:        5 * time.Second,
		List:         2 * time.Minute,
	}
}

// Engine serves the clients of one port id. It is for one goroutine.
type Engine struct {
	sender  Sender
	handler Handler
	limits  Limits
	log     func(text string)

	peers  map[uint32]*peer // those with a queue, list or batch
	turns  []*peer          // those of them who can go on, the next one first
	due    time.Time        // when to look after all of them; zero: no need
	staged int              // bytes of all batches
	queued int              // bytes of all queues
	out    []byte           // the answer being made
}

// New makes an engine. log is told when a client's answers or batch are
// dropped; it may be nil.
func New(sender Sender, handler Handler, limits Limits, log func(text string)) *Engine {
	if log == nil {
		log = func(string) {}
	}
	return &Engine{sender: sender, handler: handler, limits: limits, log: log, peers: map[uint32]*peer{}}
}

// Handle serves the messages of a datagram, up to the first that is not whole.
// Whatever the bytes are, it does not panic and keeps at most what the limits
// allow.
func (e *Engine) Handle(from proto.Peer, datagram []byte, now time.Time) {
	p := e.peers[from.Port]
	if p != nil && p.who.PID != from.PID {
		// The port id has a new owner, who is not to inherit a batch.
		e.drop(p, "its port id has a new owner")
		p = nil
	}
	if p == nil {
		p = &peer{who: from}
	}
	for len(datagram) > 0 {
		h, message, rest, ok := proto.NextMessage(datagram)
		if !ok {
			e.refuseCut(p, h, datagram, now)
			break
		}
		e.serve(p, h, message, now)
		datagram = rest
	}
	e.settle(p, now)
}

// Again is the answer of a Tick that has more to do at once.
const Again time.Duration = -1

// Tick does one small part of what is under way, each client's in turn, so that
// requests which have arrived meanwhile wait for no more than that, however many
// lists there are. It tells how long until it wants to be called again; 0: not
// before the next datagram; Again: at once, once it has been looked whether one
// has arrived.
func (e *Engine) Tick(now time.Time) time.Duration {
	if !e.due.IsZero() && !now.Before(e.due) {
		e.wake(now)
	}
	for len(e.turns) > 0 {
		p := e.turns[0]
		e.turns[0] = nil
		e.turns = e.turns[1:]
		p.inTurn = false
		if e.peers[p.who.Port] == p {
			e.advance(p, now)
			break
		}
	}
	switch {
	case len(e.peers) == 0:
		e.due = time.Time{}
		return 0
	case len(e.turns) > 0:
		return Again
	case e.due.IsZero():
		return 0
	}
	return max(e.due.Sub(now), 1)
}

// Close drops whatever is under way.
func (e *Engine) Close() {
	for _, p := range e.peers {
		e.release(p)
	}
}

// keep remembers a client while something of it is under way. Where too many are,
// the one that has stood still for longest makes room.
func (e *Engine) keep(p *peer, now time.Time) error {
	if e.peers[p.who.Port] == nil && len(e.peers) >= e.limits.Peers {
		idlest := p
		for _, other := range e.peers {
			if now.Sub(other.moved) >= standstill && (idlest == p || other.moved.Before(idlest.moved)) {
				idlest = other
			}
		}
		if idlest == p {
			return proto.Errorf(unix.EBUSY, "%d clients have a list or batch under way", len(e.peers))
		}
		e.drop(idlest, "another client needs its place")
	}
	p.moved = now
	e.peers[p.who.Port] = p
	return nil
}

// drop forgets a client and says so if that loses something.
func (e *Engine) drop(p *peer, why string) {
	if !p.idle() {
		e.log(fmt.Sprintf("netlink: client %#x (pid %d): its %s dropped: %s", p.who.Port, p.who.PID, p.pending(), why))
	}
	e.release(p)
}

// release forgets a client.
func (e *Engine) release(p *peer) {
	e.closeBatch(p)
	p.closeList()
	e.queued -= p.queued
	p.queue, p.queued = nil, 0
	delete(e.peers, p.who.Port)
}
