// Package table owns what the balancer is told to do: virtual services, their
// real servers and their rules (reference section 4). A Store has one writer
// at a time, which describes its changes in a transaction; the result is a new
// immutable Snapshot with everything in it that a request needs, published in
// one atomic step. It never opens a socket, keeps time or starts a goroutine.
package table
