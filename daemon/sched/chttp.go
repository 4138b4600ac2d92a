package sched

import "ktcpvs/daemon/table"

// chttp is phttp with affinity: a client that a server gave a cookie comes
// back to that server.
var chttp = table.Scheduler{
	Name:     "chttp",
	Unit:     table.PerRequest,
	Content:  true,
	Affinity: true,
	Build:    newLeastConns,
}
