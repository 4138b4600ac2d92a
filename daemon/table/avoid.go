package table

import (
	"slices"
	"time"
)

// Avoid says on which servers a choice is not to fall.
type Avoid struct {
	Failed []*Live // those that were tried for this very request: a few
	Loop   int     // who chooses
	Now    time.Duration
}

// remembered is for how long after its time a server that was away counts as
// such, unless it has been connected to: it has yet to be tried again.
const remembered = time.Minute

// HasFailed reports whether the server has failed.
func (a *Avoid) HasFailed(live *Live) bool { return slices.Contains(a.Failed, live) }

// IsAway reports whether the loop has found that the server cannot be connected
// to. It costs the same however many of them there are.
func (a *Avoid) IsAway(live *Live) bool {
	until := live.Away(a.Loop)
	return until != 0 && a.Now < until+remembered
}

// Away is until when the loop prefers others, on its own clock; 0 is not at all.
func (l *Live) Away(loop int) time.Duration {
	if loop >= len(l.away) {
		return 0
	}
	return l.away[loop]
}

// Loops is how many loops may choose the server.
func (l *Live) Loops() int { return len(l.away) }

// SetAway is for the loop itself: nobody else reads or writes its mark.
func (l *Live) SetAway(loop int, until time.Duration) {
	if loop < len(l.away) {
		l.away[loop] = until
	}
}
