// Package limit owns what is remembered of each client address: how many
// connections it has open, and how fast it opens them and sends requests. It
// takes addresses and times and answers yes or no; it never closes or answers
// anything.
package limit

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// Sources holds the counts of source addresses for all loops. Its memory is
// bounded: 8 MiB for 131,072 addresses, of which a set of 8 is made when the
// first one of it comes. When a set is full, the address that was quiet longest
// and has no connection open is forgotten; when all have some, a new one goes
// uncounted. An IPv6 address counts as its /64, which one client commonly owns.
//
// Every call costs one hash, one lock of a small shard and a look at one set.
// Nothing is called while the limits are off.
type Sources struct {
	seed   maphash.Seed
	shards [shards]shard
}

const (
	shards = 64
	sets   = 256 // of each shard
	ways   = 8
)

type shard struct {
	mu   sync.Mutex
	sets [sets]*[ways]source // nil: nobody has been there
	_    [64]byte
}

type source struct {
	key      [16]byte
	used     bool
	open     int32
	seen     time.Duration
	conns    bucket
	requests bucket
}

// bucket is a token bucket that holds one second's worth.
type bucket struct {
	tokens float64
	at     time.Duration
}

// take refills the bucket at rate tokens a second and takes one out.
func (b *bucket) take(rate int, now time.Duration) bool {
	if b.at == 0 {
		b.tokens = float64(rate)
	} else if now > b.at {
		b.tokens = min(b.tokens+(now-b.at).Seconds()*float64(rate), float64(rate))
	}
	b.at = max(b.at, now, 1) // loops read the time at different moments, and it is not to pass twice
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// NewSources makes an empty memory, of 128 KiB.
func NewSources() *Sources { return &Sources{seed: maphash.MakeSeed()} }

// Open counts a new connection from addr, unless it would be more than max
// open at once or more than rate a second; a limit of 0 is none. Each Open
// that answers true is to be followed by one Close.
func (s *Sources) Open(addr netip.Addr, max, rate int, now time.Duration) bool {
	sh, set, key := s.find(addr)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	e := sh.entry(set, key, now)
	if e == nil {
		return true
	}
	if max > 0 && int(e.open) >= max || rate > 0 && !e.conns.take(rate, now) {
		return false
	}
	e.open++
	return true
}

// Close takes in that a connection from addr has ended.
func (s *Sources) Close(addr netip.Addr) {
	sh, set, key := s.find(addr)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.sets[set] == nil {
		return
	}
	for i := range sh.sets[set] {
		if e := &sh.sets[set][i]; e.used && e.key == key && e.open > 0 {
			e.open--
		}
	}
}

// Request reports whether addr may send one more request, at rate a second.
func (s *Sources) Request(addr netip.Addr, rate int, now time.Duration) bool {
	sh, set, key := s.find(addr)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	e := sh.entry(set, key, now)
	return e == nil || e.requests.take(rate, now)
}

func (s *Sources) find(addr netip.Addr) (*shard, int, [16]byte) {
	key := addr.As16()
	if addr.Is6() && !addr.Is4In6() {
		clear(key[8:])
	}
	h := maphash.Bytes(s.seed, key[:])
	return &s.shards[h%shards], int(h>>32) % sets, key
}

// entry finds the address in its set, or makes room for it.
func (sh *shard) entry(set int, key [16]byte, now time.Duration) *source {
	if sh.sets[set] == nil {
		sh.sets[set] = new([ways]source)
	}
	var oldest *source
	for i := range sh.sets[set] {
		e := &sh.sets[set][i]
		if e.used && e.key == key {
			e.seen = now
			return e
		}
		if e.open == 0 && (oldest == nil || !e.used || oldest.used && e.seen < oldest.seen) {
			oldest = e
		}
	}
	if oldest != nil {
		*oldest = source{key: key, used: true, seen: now}
	}
	return oldest
}
