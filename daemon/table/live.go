package table

import (
	"net/netip"
	"sync/atomic"
	"time"

	"ktcpvs/daemon/stats"
)

const cacheLine = 64 // bytes

// Live is what changes about a real server while the table stays the same. It
// passes from snapshot to snapshot for as long as the service has a server of
// that address. A server that is deleted and added again gets a new one, and
// connections that are still open finish on the old.
type Live struct {
	Key   uint64 // of the address: the same in every service, and after a restart
	Stats *stats.Counters
	away  []time.Duration // by loop: until when others are preferred, on its clock

	down  atomic.Pointer[string]
	downs atomic.Uint32

	// Conns is how many connections or requests the server is serving now.
	// Every loop writes it at each choice, so it has a cache line to itself.
	_     [cacheLine - 52]byte
	Conns atomic.Int64
	_     [cacheLine - 8]byte
}

// ServiceLive is what changes about a virtual service while the table stays
// the same. It passes from snapshot to snapshot for as long as the service is
// there.
type ServiceLive struct {
	// Slot is a small number that no other service of a snapshot has, for
	// tables per loop. It is free for another service after deletion: whoever
	// keeps a slot asks Snapshot.At whose it is.
	Slot  int
	Stats *stats.Counters

	// LimitSaid is the second in which it was last logged that Conns are as many
	// as may be.
	LimitSaid atomic.Int64

	// Conns is how many connections are being served, in all loops.
	_     [cacheLine - 24]byte
	Conns atomic.Int64
	_     [cacheLine - 8]byte
}

// Down says why no connection to the server could be made, and is "" once one could
// again.
func (l *Live) Down() string {
	if why := l.down.Load(); why != nil {
		return *why
	}
	return ""
}

// SetDown takes in that no connection to the server could be made, and why, or with
// nil that one could. It writes only what is news, and reports whether it was.
func (l *Live) SetDown(why *string) bool {
	was := l.down.Load()
	if (was == nil) == (why == nil) || !l.down.CompareAndSwap(was, why) {
		return false
	}
	if why != nil {
		l.downs.Add(1)
	}
	return true
}

// TimesDown is how often SetDown has taken in that the server is down.
func (l *Live) TimesDown() uint32 { return l.downs.Load() }

// NewLive is a server that has not served yet, for loops 0 to loops-1.
func NewLive(addr netip.AddrPort, loops int) *Live {
	return &Live{Key: addressKey(addr), Stats: stats.New(loops), away: make([]time.Duration, loops)}
}

// addressKey is the FNV-1a hash of the address in its 16-byte form and of the
// port.
func addressKey(addr netip.AddrPort) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	key := uint64(offset)
	add := func(b byte) { key = (key ^ uint64(b)) * prime }
	for _, b := range addr.Addr().As16() {
		add(b)
	}
	add(byte(addr.Port() >> 8))
	add(byte(addr.Port()))
	return key
}
