package stats

import "sync/atomic"

const cacheLine = 64 // bytes, on amd64 and on nearly every arm64

// Cell is what one event loop counts for one service or one real server. Only
// its loop adds to it; anybody may read it. It fills whole cache lines.
type Cell struct {
	Conns    atomic.Uint64 // accepted, or given to a session: one kept to a server counts again each time
	Requests atomic.Uint64
	InBytes  atomic.Uint64 // from clients
	OutBytes atomic.Uint64 // to clients
	Errors   atomic.Uint64 // answers the daemon had to make itself, 4xx and 5xx, connections turned away without one, and requests whose client went first
	Limited  atomic.Uint64 // connections that had to wait in the listen queue, as maxclients were served
	_        [cacheLine - 6*8]byte

	// Why a server did not do what it was asked for. They are rare, and have a cache
	// line to themselves.
	Unconnected  atomic.Uint64 // it took no connection
	Resets       atomic.Uint64 // it ended one before its response was whole
	Timeouts     atomic.Uint64 // it took a connection, and too long for its response
	BadResponses atomic.Uint64 // it sent what is no response
	_            [cacheLine - 4*8]byte
}

func (c *Cell) load() Sums {
	return Sums{
		Conns:    c.Conns.Load(),
		Requests: c.Requests.Load(),
		InBytes:  c.InBytes.Load(),
		OutBytes: c.OutBytes.Load(),
		Errors:   c.Errors.Load(),
		Limited:  c.Limited.Load(),

		Unconnected:  c.Unconnected.Load(),
		Resets:       c.Resets.Load(),
		Timeouts:     c.Timeouts.Load(),
		BadResponses: c.BadResponses.Load(),
	}
}
