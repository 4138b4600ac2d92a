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
	_        [cacheLine - 5*8]byte
}

func (c *Cell) load() Sums {
	return Sums{
		Conns:    c.Conns.Load(),
		Requests: c.Requests.Load(),
		InBytes:  c.InBytes.Load(),
		OutBytes: c.OutBytes.Load(),
		Errors:   c.Errors.Load(),
	}
}
