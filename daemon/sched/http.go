package sched

import "ktcpvs/daemon/table"

// http matches the first request of a connection against the rules and takes
// the least loaded server of the rule for the whole connection.
var http = table.Scheduler{
	Name:    "http",
	Unit:    table.PerConnection,
	Content: true,
	Build:   newLeastConns,
}
