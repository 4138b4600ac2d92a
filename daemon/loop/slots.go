package loop

import "unsafe"

// What a connection costs while nothing is held for it.
const (
	sessionSize = int64(unsafe.Sizeof(session{}))
	connSize    = int64(unsafe.Sizeof(conn{}))
)

// fewSlots keep their conn for the next connections, as these cost little.
const fewSlots = 64

// place is a slot that is free.
func (l *Loop) place() *conn {
	if n := len(l.freeConns) - 1; n >= 0 {
		c := l.freeConns[n]
		l.freeConns[n] = nil
		l.freeConns = l.freeConns[:n]
		l.leastFree = min(l.leastFree, n)
		return c
	}
	c := &conn{}
	if n := len(l.bareSlots) - 1; n >= 0 {
		c.slot = l.bareSlots[n]
		l.bareSlots = l.bareSlots[:n]
		l.conns[c.slot] = c
		return c
	}
	c.slot = uint32(len(l.conns))
	l.conns = append(l.conns, c)
	return c
}

// freeSlot makes it free again.
func (l *Loop) freeSlot(c *conn) {
	*c = conn{fd: -1, slot: c.slot}
	l.freeConns = append(l.freeConns, c)
}

// trimSlots lets go of half of the conns that no connection has needed since the
// last second, and tells how many bytes that are.
func (l *Loop) trimSlots() (garbage int64) {
	n := min((l.leastFree+1)/2, len(l.freeConns)-fewSlots)
	for ; n > 0; n-- {
		last := len(l.freeConns) - 1
		c := l.freeConns[last]
		l.freeConns[last] = nil
		l.freeConns = l.freeConns[:last]
		l.conns[c.slot] = nil
		l.bareSlots = append(l.bareSlots, c.slot)
		garbage += connSize
	}
	l.leastFree = len(l.freeConns)
	return garbage
}
