// Package loop owns the data plane's sockets: an event loop per core, each on
// a thread of its own with its own listeners, connections, pool of server
// connections, buffers and timers. It executes the operations that relay's
// sessions ask for and tells them what came of it.
//
// Nothing is shared between loops on the way of a request but the table's
// snapshot and the counters. Other goroutines reach a loop by its queue only;
// there is no lock on the hot path.
package loop
