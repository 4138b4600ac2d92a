// Package ends holds the gateway to what ktcpvsd(8) says under ENDS: what each
// side of a stream sees, whichever way it ends.
//
//	sender --> ktcpvsd --> receiver
//
// The table of the manual is the expectation: its rows are events, its columns
// kinds of streams, and each cell is tried through a running daemon for each
// scheduler that has such streams, in each direction, over IPv4 and IPv6, with
// nothing under way and with sockets, buffers and pipes full. The package owns
// both ends of the streams; it never looks into the daemon.
package ends
