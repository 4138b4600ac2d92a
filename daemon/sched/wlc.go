package sched

import "ktcpvs/daemon/table"

// wlc is weighted least connections over all servers of the service, for any
// protocol over TCP.
var wlc = table.Scheduler{
	Name:  "wlc",
	Unit:  table.PerConnection,
	Build: newLeastConns,
}
