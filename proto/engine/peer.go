package engine

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

const (
	// listDatagram is where a list's datagram is closed and sent: one is made in
	// a turn, and all others wait for it. The first is made with the request, and
	// so is smaller.
	listDatagram  = 32 << 10
	firstDatagram = 2 << 10

	shortestPause = time.Millisecond // a client whose buffer is full
	longestPause  = 100 * time.Millisecond

	// standstill is how long a client must have let its answer or batch wait
	// before another may have its place.
	standstill = time.Second
)

// peer is a client with something under way.
type peer struct {
	who   proto.Peer
	batch *batch

	// queue holds datagrams that found the client's buffer full.
	queue    [][]byte
	queued   int           // bytes
	progress time.Time     // when the queue last moved
	retry    time.Duration // pause until the next try
	retryAt  time.Time

	list *list

	moved  time.Time // when anything of it last went on
	inTurn bool      // it is in the engine's turns
}

// list is an answer in many parts, of which the rest is still to be made.
type list struct {
	header  proto.Header
	next    func() (proto.Reply, bool)
	stop    func()
	started time.Time
}

func newList(h proto.Header, replies iter.Seq[proto.Reply], now time.Time) *list {
	next, stop := iter.Pull(parts(replies))
	return &list{header: h, next: next, stop: stop, started: now}
}

// parts splits what is too large for one message.
func parts(replies iter.Seq[proto.Reply]) iter.Seq[proto.Reply] {
	return func(yield func(proto.Reply) bool) {
		for r := range replies {
			for part := range r.Parts() {
				if !yield(part) {
					return
				}
			}
		}
	}
}

func (p *peer) closeList() {
	if p.list != nil {
		p.list.stop()
		p.list = nil
	}
}

func (p *peer) idle() bool { return len(p.queue) == 0 && p.list == nil && p.batch == nil }

// pending names what is under way, for the log.
func (p *peer) pending() string {
	if p.batch != nil {
		return fmt.Sprintf("batch of %d changes was", p.batch.changes())
	}
	return "answer was"
}

// advance does the next small part of what is under way to a client: it sends one
// datagram that waits, or makes and sends one of its list.
func (e *Engine) advance(p *peer, now time.Time) {
	e.expire(p, now)
	switch {
	case e.peers[p.who.Port] != p:
		return
	case len(p.queue) > 0:
		err := e.sender.Send(p.who.Port, p.queue[0])
		if errors.Is(err, unix.EAGAIN) {
			p.retry = min(2*p.retry, longestPause)
			p.retryAt = now.Add(p.retry)
			break
		}
		if err != nil {
			e.drop(p, err.Error())
			return
		}
		e.unqueue(p)
		p.progress, p.moved, p.retry, p.retryAt = now, now, shortestPause, now
	case p.list != nil:
		e.sendList(p, listDatagram, now)
	}
	e.settle(p, now)
}

// settle forgets a client with nothing under way, and sees to it that others get
// their turn, at once or later.
func (e *Engine) settle(p *peer, now time.Time) {
	switch {
	case p.idle():
		e.release(p)
		return
	case p.inTurn:
	case len(p.queue) > 0 && p.retryAt.After(now):
		e.wakeAt(p.retryAt)
	case len(p.queue) > 0 || p.list != nil:
		p.inTurn = true
		e.turns = append(e.turns, p)
	}
	if p.batch != nil {
		e.wakeAt(p.batch.checked.Add(batchCheck))
	}
}

// wakeAt has Tick look after everybody at t, if not before.
func (e *Engine) wakeAt(t time.Time) {
	if e.due.IsZero() || t.Before(e.due) {
		e.due = t
	}
}

// wake drops what has waited too long, and gives those a turn whose pause is over.
func (e *Engine) wake(now time.Time) {
	e.due = time.Time{}
	for _, p := range e.peers {
		e.expire(p, now)
		if e.peers[p.who.Port] == p {
			e.settle(p, now)
		}
	}
	if !e.due.IsZero() {
		// With many clients, not for each by itself.
		e.due = later(e.due, now.Add(shortestPause))
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sendList sends the list's next datagram, of some such size.
func (e *Engine) sendList(p *peer, size int, now time.Time) {
	p.moved = now
	if !e.deliver(p, e.listPart(p, size), now) && p.list != nil {
		e.drop(p, "too much waits for clients that do not read") // rather than go on with a gap
	}
}

// listPart makes the list's next datagram, and closes the list with its last.
func (e *Engine) listPart(p *peer, size int) []byte {
	l := p.list
	out := e.out[:0]
	for len(out) < size {
		r, ok := l.next()
		if !ok {
			out = proto.AppendDone(out, l.header.Seq, p.who.Port)
			p.closeList()
			break
		}
		start := len(out)
		h := l.header
		h.Type, h.Port = proto.FamilyID, p.who.Port
		h.Flags = proto.FlagMulti
		b, err := proto.AppendReply(proto.BeginMessage(out, h), &r)
		if err != nil {
			e.log(fmt.Sprintf("netlink: a value can not be listed: %v", err))
			out = out[:start]
			continue
		}
		out = proto.EndMessage(b, start)
	}
	e.out = out
	return out
}

// deliver sends a datagram, or queues a copy while the client's buffer is
// full. It tells whether it did one of them.
func (e *Engine) deliver(p *peer, datagram []byte, now time.Time) bool {
	if len(p.queue) == 0 {
		err := e.sender.Send(p.who.Port, datagram)
		if err == nil {
			return true
		}
		if !errors.Is(err, unix.EAGAIN) {
			e.drop(p, err.Error())
			return false
		}
		p.progress, p.retry, p.retryAt = now, shortestPause, now.Add(shortestPause)
	}
	if p.queued+len(datagram) > e.limits.QueueBytes || e.queued+len(datagram) > e.limits.TotalQueue || e.keep(p, now) != nil {
		e.log(fmt.Sprintf("netlink: client %#x (pid %d) does not read: an answer was dropped", p.who.Port, p.who.PID))
		return false
	}
	p.queue = append(p.queue, append([]byte(nil), datagram...))
	p.queued += len(datagram)
	e.queued += len(datagram)
	return true
}

// unqueue takes the first datagram out of the queue.
func (e *Engine) unqueue(p *peer) {
	p.queued -= len(p.queue[0])
	e.queued -= len(p.queue[0])
	p.queue[0] = nil
	p.queue = p.queue[1:]
}

// expire drops what a client has let wait too long.
func (e *Engine) expire(p *peer, now time.Time) {
	switch {
	case len(p.queue) > 0 && now.Sub(p.progress) > e.limits.Stall:
		e.drop(p, "it does not read")
	case p.list != nil && now.Sub(p.list.started) > e.limits.List:
		e.drop(p, "it reads too slowly")
	case p.batch != nil:
		e.expireBatch(p, now)
	}
}
