package sched

import (
	"math/bits"

	"ktcpvs/daemon/table"
)

// leastConns picks the server with the least connections for its weight; of
// equals, the earlier one in list order.
type leastConns []*table.Server

// newLeastConns leaves out quiescent servers once and for all: a weight does
// not change under a picker, the table builds another.
func newLeastConns(servers []*table.Server) table.Picker {
	usable := make(leastConns, 0, len(servers))
	for _, s := range servers {
		if s.Weight > 0 {
			usable = append(usable, s)
		}
	}
	return usable
}

// Pick reads each server's count once: O(servers). Counts that change
// meanwhile make the choice at worst as good as it was when they were read.
func (p leastConns) Pick(uint32) *table.Server {
	if len(p) == 0 {
		return nil
	}
	least := p[0]
	conns := active(least)
	for _, s := range p[1:] {
		if n := active(s); lessLoaded(n, s.Weight, conns, least.Weight) {
			least, conns = s, n
		}
	}
	return least
}

// PickOther is O(servers) as well, and needed only when a server has failed.
func (p leastConns) PickOther(_ uint32, avoid *table.Avoid) *table.Server {
	var least *table.Server
	conns, isAway := uint64(0), false
	for _, s := range p {
		if avoid.HasFailed(s.Live) {
			continue
		}
		n, away := active(s), avoid.IsAway(s.Live)
		if least == nil || isAway && !away || isAway == away && lessLoaded(n, s.Weight, conns, least.Weight) {
			least, conns, isAway = s, n, away
		}
	}
	return least
}

// active is never negative: a count that is being settled between two loops
// must not make a server look better than an idle one.
func active(s *table.Server) uint64 { return uint64(max(0, s.Live.Conns.Load())) }

// lessLoaded tells whether a/aWeight < b/bWeight, cross-multiplied in 128
// bits: no division, no overflow.
func lessLoaded(a uint64, aWeight int, b uint64, bWeight int) bool {
	aHigh, aLow := bits.Mul64(a, uint64(bWeight))
	bHigh, bLow := bits.Mul64(b, uint64(aWeight))
	return aHigh < bHigh || aHigh == bHigh && aLow < bLow
}
