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
	// listDatagram is where a list's datagram is closed and sent.
	listDatagram = 32 << 10

	// listBurst is how many datagrams of a list go out before others get
	// their turn.
	listBurst = 8

	soon          = 100 * time.Microsecond // a list that can go on at once
	shortestPause = time.Millisecond       // a client whose buffer is full
	longestPause  = 20 * time.Millisecond
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

	list *list
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

// pause is how long the client's affairs can rest; 0: they need nothing.
func (p *peer) pause(now time.Time) time.Duration {
	switch {
	case len(p.queue) > 0:
		return p.retry
	case p.list != nil:
		return soon
	case p.batch != nil:
		return batchCheck
	}
	return 0
}

// pump sends what waits, then goes on with the list, until the client's buffer
// is full or its turn is over.
func (e *Engine) pump(p *peer, now time.Time) {
	for len(p.queue) > 0 {
		err := e.sender.Send(p.who.Port, p.queue[0])
		if errors.Is(err, unix.EAGAIN) {
			p.retry = min(2*p.retry, longestPause)
			return
		}
		if err != nil {
			e.drop(p, err.Error())
			return
		}
		p.queued -= len(p.queue[0])
		p.queue = p.queue[1:]
		p.progress, p.retry = now, shortestPause
	}
	for range listBurst {
		if p.list == nil || len(p.queue) > 0 {
			break
		}
		e.deliver(p, e.listPart(p), now)
	}
	if p.idle() {
		e.release(p)
	}
}

// listPart makes the list's next datagram, and closes the list with its last.
func (e *Engine) listPart(p *peer) []byte {
	l := p.list
	out := e.out[:0]
	for len(out) < listDatagram {
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
// full.
func (e *Engine) deliver(p *peer, datagram []byte, now time.Time) {
	if len(p.queue) == 0 {
		err := e.sender.Send(p.who.Port, datagram)
		if err == nil {
			return
		}
		if !errors.Is(err, unix.EAGAIN) {
			e.drop(p, err.Error())
			return
		}
		p.progress, p.retry = now, shortestPause
	}
	if p.queued+len(datagram) > e.limits.QueueBytes || e.keep(p) != nil {
		e.log(fmt.Sprintf("netlink: client %#x (pid %d) does not read: an answer was dropped", p.who.Port, p.who.PID))
		return
	}
	p.queue = append(p.queue, append([]byte(nil), datagram...))
	p.queued += len(datagram)
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
