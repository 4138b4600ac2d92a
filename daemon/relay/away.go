package relay

import (
	"time"

	"ktcpvs/daemon/table"
)

// A server that could not be connected to is away: others are preferred, so that
// not every client waits for it. Each loop finds that out by itself, and marks it
// in the server. That it is down, all know: it is shown and logged, until a loop has
// connected to it again.
//
//	spare --> away --- awayFor ---> one may try ---> spare, or trust

const (
	// awayFor is how long others are preferred before a server is tried again.
	awayFor = 5 * time.Second

	// portlessFor is that for one to which no local port is left: ports come back
	// all the time, but looking for one among thousands that are taken costs a
	// millisecond. It is that for a crowded one, too.
	portlessFor = time.Second
)

// spare takes in that a server cannot be connected to, by cause.
func (c *Context) spare(live *table.Live, cause Cause) {
	d := awayFor
	if cause == Portless || cause == Crowded {
		d = portlessFor
	}
	live.SetAway(c.Loop, c.Now+d)
	if _, is := cause.failure(true); is && live.SetDown(&causes[cause]) {
		c.Turned = true
	}
}

// trust takes in that a server has been connected to.
func (c *Context) trust(live *table.Live) {
	if live.Away(c.Loop) != 0 {
		live.SetAway(c.Loop, 0)
	}
	if live.SetDown(nil) {
		c.Turned = true
	}
}

// avoids reports whether another server is to be preferred. It lets one client
// through when the time is over, and the next when that one must have found out.
func (c *Context) avoids(live *table.Live) bool {
	until := live.Away(c.Loop)
	if until == 0 {
		return false
	}
	if c.Now < until {
		return true
	}
	live.SetAway(c.Loop, c.Now+c.Timeouts.Connect)
	return false
}

// avoid is what a choice beside the servers in failed has to heed. It is valid
// until the next call.
func (c *Context) avoid(failed []*table.Live) *table.Avoid {
	c.shun = table.Avoid{Failed: failed, Loop: c.Loop, Now: c.Now}
	return &c.shun
}
