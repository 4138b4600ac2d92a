package pool

import "time"

const none = -1

// Idle is the idle server connections of one event loop, keyed by server. The
// newest is used first, so that the surplus grows old and expires. Every
// operation is O(1); Take and Put do not allocate once the pool has been as
// large as it gets.
//
//	Put ---> newest of its server ---> ... ---> oldest
//	Take <---'                                    '---> Expire, or PerServer exceeded
type Idle struct {
	// PerServer is how many connections to one server are kept.
	PerServer int

	heads map[uint64]*stack
	links []link // by id
	first int32  // oldest of all
	last  int32
	count int
}

// stack is one server's idle connections.
type stack struct {
	newest int32
	oldest int32
	count  int
}

type link struct {
	owner        *stack
	newer, older int32 // within the server
	next, prev   int32 // by age over all servers: next is younger
	since        time.Duration
}

// NewIdle makes an empty pool that keeps at most perServer connections to
// each server.
func NewIdle(perServer int) *Idle {
	return &Idle{PerServer: perServer, heads: map[uint64]*stack{}, first: none, last: none}
}

// Len is how many connections are idle.
func (p *Idle) Len() int { return p.count }

// Put keeps connection id for server. Should that be one too many, the
// server's oldest leaves the pool and is returned, for the caller to close.
func (p *Idle) Put(server uint64, id uint32, now time.Duration) (evicted uint32, full bool) {
	s := p.heads[server]
	if s == nil {
		s = &stack{newest: none, oldest: none}
		p.heads[server] = s
	}
	for int(id) >= len(p.links) {
		p.links = append(p.links, link{})
	}
	p.links[id] = link{owner: s, newer: none, older: s.newest, next: none, prev: p.last, since: now}
	if s.newest != none {
		p.links[s.newest].newer = int32(id)
	} else {
		s.oldest = int32(id)
	}
	s.newest = int32(id)
	if p.last != none {
		p.links[p.last].next = int32(id)
	} else {
		p.first = int32(id)
	}
	p.last = int32(id)
	s.count++
	p.count++
	if s.count > p.PerServer {
		evicted = uint32(s.oldest)
		p.Remove(evicted)
		return evicted, true
	}
	return 0, false
}

// Take gives the server's most recently used connection.
func (p *Idle) Take(server uint64) (id uint32, ok bool) {
	s := p.heads[server]
	if s == nil || s.newest == none {
		return 0, false
	}
	id = uint32(s.newest)
	p.Remove(id)
	return id, true
}

// Remove takes one connection out, because it is used or gone. A connection
// that is not idle is left alone.
func (p *Idle) Remove(id uint32) {
	if int(id) >= len(p.links) || p.links[id].owner == nil {
		return
	}
	l := p.links[id]
	p.links[id].owner = nil
	if l.newer != none {
		p.links[l.newer].older = l.older
	} else {
		l.owner.newest = l.older
	}
	if l.older != none {
		p.links[l.older].newer = l.newer
	} else {
		l.owner.oldest = l.newer
	}
	if l.next != none {
		p.links[l.next].prev = l.prev
	} else {
		p.last = l.prev
	}
	if l.prev != none {
		p.links[l.prev].next = l.next
	} else {
		p.first = l.next
	}
	l.owner.count--
	p.count--
}

// Expired gives a connection that has been idle since before the given time,
// the oldest first, and takes it out of the pool; false when there is none.
func (p *Idle) Expired(before time.Duration) (id uint32, ok bool) {
	if p.first == none || p.links[p.first].since > before {
		return 0, false
	}
	id = uint32(p.first)
	p.Remove(id)
	return id, true
}

// Forget drops the empty stacks of servers that are gone, so that a table that
// changes for years does not grow the map.
func (p *Idle) Forget() {
	for server, s := range p.heads {
		if s.count == 0 {
			delete(p.heads, server)
		}
	}
}
