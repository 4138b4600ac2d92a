package sched

import (
	"math/bits"

	"ktcpvs/daemon/table"
)

// leastConns picks the server with the least connections for its weight. Equals
// take turns as their weights say.
type leastConns struct {
	servers []*table.Server
	turns   turns
}

// newLeastConns leaves out quiescent servers once and for all: a weight does
// not change under a picker, the table builds another.
func newLeastConns(servers []*table.Server) table.Picker {
	usable := make([]*table.Server, 0, len(servers))
	for _, s := range servers {
		if s.Weight > 0 {
			usable = append(usable, s)
		}
	}
	return leastConns{usable, newTurns(usable)}
}

// Pick reads each server's count once, and once more when there are equals:
// O(servers). Counts that change meanwhile make the choice at worst as good as it
// was when they were read.
func (p leastConns) Pick(loop int, _ uint32) *table.Server {
	if len(p.servers) == 0 {
		return nil
	}
	least, tied := 0, false
	conns, weight := active(p.servers[0]), p.servers[0].Weight
	for i, s := range p.servers[1:] {
		n := active(s)
		switch compare(n, s.Weight, conns, weight) {
		case -1:
			least, conns, weight, tied = i+1, n, s.Weight, false
		case 0:
			tied = true
		}
	}
	if !tied {
		return p.servers[least]
	}
	equals := p.turns.of(loop)
	equals.join(least, weight)
	for i, s := range p.servers[least+1:] {
		if compare(active(s), s.Weight, conns, weight) == 0 {
			equals.join(least+1+i, s.Weight)
		}
	}
	return p.servers[equals.end()]
}

// PickOther is O(servers) as well, and needed only when a server has failed.
func (p leastConns) PickOther(_ uint32, avoid *table.Avoid) *table.Server {
	least, tied := -1, false
	var conns uint64
	weight, away := 0, false
	for i, s := range p.servers {
		if avoid.HasFailed(s.Live) {
			continue
		}
		n, isAway := active(s), avoid.IsAway(s.Live)
		order := -1
		if least >= 0 {
			order = compareOther(n, s.Weight, isAway, conns, weight, away)
		}
		switch order {
		case -1:
			least, conns, weight, away, tied = i, n, s.Weight, isAway, false
		case 0:
			tied = true
		}
	}
	if least < 0 {
		return nil
	}
	if !tied {
		return p.servers[least]
	}
	equals := p.turns.of(avoid.Loop)
	equals.join(least, weight)
	for i, s := range p.servers[least+1:] {
		if !avoid.HasFailed(s.Live) && compareOther(active(s), s.Weight, avoid.IsAway(s.Live), conns, weight, away) == 0 {
			equals.join(least+1+i, s.Weight)
		}
	}
	return p.servers[equals.end()]
}

// active is never negative: a count that is being settled between two loops
// must not make a server look better than an idle one.
func active(s *table.Server) uint64 { return uint64(max(0, s.Live.Conns.Load())) }

// compare is -1 when a/aWeight < b/bWeight, 0 when both are alike and 1 otherwise,
// cross-multiplied in 128 bits: no division, no overflow.
func compare(a uint64, aWeight int, b uint64, bWeight int) int {
	aHigh, aLow := bits.Mul64(a, uint64(bWeight))
	bHigh, bLow := bits.Mul64(b, uint64(aWeight))
	switch {
	case aHigh < bHigh || aHigh == bHigh && aLow < bLow:
		return -1
	case aHigh == bHigh && aLow == bLow:
		return 0
	}
	return 1
}

// compareOther is compare, but one that is away comes behind all that are not.
func compareOther(a uint64, aWeight int, aAway bool, b uint64, bWeight int, bAway bool) int {
	switch {
	case aAway == bAway:
		return compare(a, aWeight, b, bWeight)
	case bAway:
		return -1
	}
	return 1
}
