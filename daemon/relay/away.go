package relay

import (
	"slices"
	"time"

	"ktcpvs/daemon/table"
)

// away remembers the servers that could not be connected to, so that not every
// client waits for each of them. It is a loop's own, and short.
//
//	note --> away --- awayFor ---> one may try ---> note, or forget
type away struct {
	servers []*table.Live
	until   []time.Duration
}

// awayFor is how long others are preferred before a server is tried again.
const awayFor = 5 * time.Second

// note takes in that a server cannot be connected to, and drops those that
// nobody has asked for in a long time: they may be gone from the table.
func (a *away) note(live *table.Live, now time.Duration) {
	for i := len(a.servers) - 1; i >= 0; i-- {
		if a.servers[i] == live || a.until[i]+time.Minute < now {
			a.drop(i)
		}
	}
	a.servers = append(a.servers, live)
	a.until = append(a.until, now+awayFor)
}

// forget takes in that a server has been connected to.
func (a *away) forget(live *table.Live) {
	if i := slices.Index(a.servers, live); i >= 0 {
		a.drop(i)
	}
}

func (a *away) drop(i int) {
	a.servers = slices.Delete(a.servers, i, i+1)
	a.until = slices.Delete(a.until, i, i+1)
}

// avoids reports whether another server is to be preferred. It lets one through
// when the time is over, and the next when that one must have found out.
func (a *away) avoids(live *table.Live, now, connect time.Duration) bool {
	i := slices.Index(a.servers, live)
	if i < 0 {
		return false
	}
	if now < a.until[i] {
		return true
	}
	a.until[i] = now + connect
	return false
}
