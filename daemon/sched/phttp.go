package sched

import "ktcpvs/daemon/table"

// phttp matches every request of a persistent connection by itself and takes
// the least loaded server of its rule.
var phttp = table.Scheduler{
	Name:    "phttp",
	Unit:    table.PerRequest,
	Content: true,
	Build:   newLeastConns,
}
