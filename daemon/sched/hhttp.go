package sched

import "ktcpvs/daemon/table"

// hhttp is http, but hashes a capture group of the matched rule, so that the
// same part of a URI always goes to the same server.
var hhttp = table.Scheduler{
	Name:      "hhttp",
	Unit:      table.PerConnection,
	Content:   true,
	HashGroup: true,
	Build:     newHashed,
}

// hashed has a place for each server of the list; the key modulo their number
// is the place.
type hashed []*table.Server

// newHashed keeps the place of a quiescent server and gives it to the next
// usable one in list order, the first following the last: the keys of the
// others stay where they are. With no usable server there are no places.
func newHashed(servers []*table.Server) table.Picker {
	places := make(hashed, len(servers))
	var next *table.Server
	for range 2 { // the second round gives the last places their followers
		for i := len(servers) - 1; i >= 0; i-- {
			if servers[i].Weight > 0 {
				next = servers[i]
			}
			places[i] = next
		}
	}
	if next == nil {
		return hashed{}
	}
	return places
}

// Pick is O(1).
func (p hashed) Pick(_ int, key uint32) *table.Server {
	if len(p) == 0 {
		return nil
	}
	return p[key%uint32(len(p))]
}

// PickOther takes the next place that another server has: the keys of one that
// is away go where they went if it were quiescent. It is O(places).
func (p hashed) PickOther(key uint32, avoid *table.Avoid) *table.Server {
	var away *table.Server // the first that is, for want of a better one
	if len(p) == 0 {
		return nil
	}
	place := int(key % uint32(len(p)))
	for range p {
		s := p[place]
		if place++; place == len(p) {
			place = 0
		}
		switch {
		case avoid.HasFailed(s.Live):
		case !avoid.IsAway(s.Live):
			return s
		case away == nil:
			away = s
		}
	}
	return away
}
